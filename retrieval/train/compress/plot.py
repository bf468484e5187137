"""The table of variants as one page of plots that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retrieval.train.compress.sweep import Variant

# A part looks the same in both plots.
PARTS = (
    ("encoder", "diamond", "#0f6e5c"),
    ("vectors", "circle", "#c26a1b"),
    ("index", "square", "#4657c4"),
)


def plot_variants(variants: Sequence[Variant], path: Path) -> None:
    """Recall over size, and over the time of a query; a point's name and measures on hovering."""
    from plotly.graph_objects import Figure, Scatter
    from plotly.subplots import make_subplots

    figure: Figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        x_title="",
        subplot_titles=("by size", "by time of a query"),
    )
    for part, symbol, color in PARTS:
        rows = [variant for variant in variants if variant.part == part]
        for column, key in ((1, "size_mib"), (2, "p50_ms")):
            shown = [variant for variant in rows if getattr(variant, key) is not None]
            figure.add_trace(
                Scatter(
                    x=[getattr(variant, key) for variant in shown],
                    y=[variant.recall for variant in shown],
                    text=[describe(variant) for variant in shown],
                    hoverinfo="text",
                    mode="markers",
                    name=part,
                    legendgroup=part,
                    showlegend=column == 1,
                    marker={"symbol": symbol, "color": color, "size": 10},
                ),
                row=1,
                col=column,
            )
    figure.update_xaxes(type="log", title_text="MiB", row=1, col=1)
    figure.update_xaxes(type="log", title_text="ms, median", row=1, col=2)
    figure.update_yaxes(title_text="recall@100 against exact", row=1, col=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.write_html(path, include_plotlyjs=True)


def describe(variant: Variant) -> str:
    """What hovering over a point says."""
    lines = [f"{variant.part}: {variant.name}", f"{variant.size_mib} MiB"]
    if variant.p50_ms is not None:
        lines.append(f"{variant.p50_ms} ms")
    lines.append(f"recall@100 {variant.recall}")
    if variant.ndcg is not None:
        lines.append(f"nDCG@10 {variant.ndcg}")
    return "<br>".join(lines)
