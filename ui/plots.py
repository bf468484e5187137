"""The dashboard's plots, in the page's colours; only importer of plotly in the faces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from plotly.graph_objects import Bar, Figure, Funnel, Scatter

from retrieval.analytics.types import (
    ExperimentRow,
    FailingReport,
    FunnelReport,
    Lift,
    ProfileReport,
)
from retrieval.types import Language
from ui.texts import say

GREEN, DARK, AMBER, RED, GREY = "#0f6b5c", "#0a5246", "#d09a2e", "#b3372f", "#8b9097"
INK, LINE, PAPER = "#1d1f23", "#e6e4de", "#ffffff"
STEPS = ("impressions", "opened", "carts", "orders")
STEP_COLOURS = ("#7fb5aa", "#3d8f80", GREEN, DARK)
FONT = "system-ui, -apple-system, Segoe UI, Roboto, PingFang SC, Noto Sans CJK SC, sans-serif"

# Queries and values whose bars can be told apart and read.
BARS = 12
# Characters of a label; the table has the whole.
LABEL = 24
# Lifts beyond this are drawn to the edge: an interval of thousands of percent hides the others.
WIDEST = 2.0


def plot_funnel(report: FunnelReport, language: Language) -> Figure:
    """Shoppers by the step they came to, each with its share of the first."""
    figure = Figure(
        Funnel(
            y=[say(f"dash_{step}", language) for step in STEPS],
            x=[report.reached[step] for step in STEPS],
            textinfo="value+percent initial",
            textposition="auto",
            marker={"color": list(STEP_COLOURS)},
            connector={"fillcolor": "#eef4f2", "line": {"width": 0}},
            hoverinfo="skip",
        )
    )
    return _style(figure, height=300, left=70)


def plot_days(report: FunnelReport, language: Language) -> Figure:
    """What was opened, put in carts and ordered by day, over all surfaces."""
    days: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(STEPS, 0))
    for row in report.rows:
        for step in STEPS[1:]:
            days[row.day.isoformat()][step] += getattr(row, step)
    names = sorted(days)
    figure = Figure(
        [
            Scatter(
                x=names,
                y=[days[name][step] for name in names],
                name=say(f"dash_{step}", language),
                mode="lines+markers" if len(names) < 15 else "lines",
                line={"color": colour, "width": 2},
            )
            for step, colour in zip(STEPS[1:], ("#5aa596", AMBER, DARK), strict=True)
        ]
    )
    figure.update_xaxes(tickformat="%b %d" if language is Language.ENGLISH else "%m-%d", nticks=8)
    figure.update_yaxes(rangemode="tozero", gridcolor=LINE)
    return _style(figure, height=300, left=40, legend=True)


def plot_failing(report: FailingReport, language: Language) -> Figure:
    """The queries that failed most: found nothing, or led to no click."""
    rows = list(reversed(report.rows[:BARS]))
    labels = _distinct([row.query for row in rows])
    bars = (("zero_results", RED), ("no_click", AMBER))
    figure = Figure(
        [
            Bar(
                y=labels,
                x=[getattr(row, name) for row in rows],
                name=say(f"dash_{name}", language),
                orientation="h",
                marker={"color": colour},
                hovertemplate="%{y}: %{x}<extra></extra>",
            )
            for name, colour in bars
        ]
    )
    figure.add_trace(
        Scatter(
            y=labels,
            x=[row.reformulated or None for row in rows],
            name=say("dash_reformulated", language),
            mode="markers",
            marker={"color": INK, "size": 8, "symbol": "line-ns", "line": {"width": 2.5}},
        )
    )
    figure.update_layout(barmode="stack", bargap=0.35)
    figure.update_xaxes(gridcolor=LINE, rangemode="tozero", tickformat="d")
    return _style(figure, height=110 + 27 * len(rows), left=160, legend=True)


def plot_mix(report: ProfileReport, facet: str, language: Language) -> Figure:
    """How many profiles hold the values of one facet."""
    rows = [row for row in report.rows if row.facet == facet][:BARS][::-1]
    figure = Figure(
        Bar(
            y=_distinct([row.label for row in rows]),
            x=[row.shoppers for row in rows],
            orientation="h",
            marker={"color": "#3d8f80"},
            text=[f"{row.shoppers:,}" for row in rows],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_layout(bargap=0.35)
    figure.update_xaxes(visible=False)
    return _style(figure, height=60 + 26 * max(len(rows), 3), left=150)


def plot_experiment(row: ExperimentRow, language: Language) -> Figure | None:
    """Lifts with both intervals, or shoppers by the ranking they prefer; None without either."""
    if row.interleaved:
        return _plot_teams(row, language) if sum(row.units.values()) else None
    lifts = [lift for lift in row.lifts if lift.lift is not None and None not in lift.always]
    return _plot_lifts(lifts, len(row.planned) > 2, language) if lifts else None


def _plot_lifts(lifts: Sequence[Lift], many: bool, language: Language) -> Figure:
    figure = Figure()
    for lift in reversed(lifts):
        name = say(f"measure_{lift.measure}", language) + (f" · {lift.arm}" if many else "")
        colour = {True: GREEN, False: RED, None: INK if lift.decided else GREY}[lift.good]
        for ends, width, opacity in ((lift.always, 2, 1.0), (lift.fixed, 9, 0.4)):
            line = {"color": colour, "width": width}
            figure.add_trace(
                Scatter(
                    x=list(ends), y=[name, name], mode="lines", line=line, opacity=opacity,
                    hoverinfo="skip",
                )
            )  # fmt: skip
        figure.add_trace(
            Scatter(
                x=[lift.lift],
                y=[name],
                mode="markers",
                marker={"color": colour, "size": 11},
                hovertemplate="%{y}: %{x:+.1%}<extra></extra>",
            )
        )
    reach = max(abs(end) for lift in lifts for end in lift.always if end is not None)
    bound = min(WIDEST, 1.1 * reach)
    figure.update_xaxes(
        range=[-bound, bound], tickformat="+.0%", gridcolor=LINE, zeroline=True,
        zerolinecolor=INK, zerolinewidth=1,
    )  # fmt: skip
    return _style(figure, height=80 + 34 * len(lifts), left=120)


def _plot_teams(row: ExperimentRow, language: Language) -> Figure:
    total = sum(row.units.values())
    figure = Figure(
        [
            Bar(
                x=[units / total],
                y=[""],
                name=say("dash_prefer", language, arm=arm),
                orientation="h",
                text=[f"{arm}  {units:,} · {units / total:.0%}"],
                textposition="inside",
                insidetextanchor="middle",
                marker={"color": colour},
                hoverinfo="skip",
            )
            for (arm, units), colour in zip(row.units.items(), (GREY, GREEN), strict=False)
        ]
    )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(tickformat=".0%", range=[0, 1], gridcolor=LINE)
    figure.add_vline(x=0.5, line={"color": INK, "width": 1, "dash": "dot"})
    return _style(figure, height=150, left=12)


def _distinct(labels: Sequence[str]) -> list[str]:
    """Labels short enough to stand beside a bar; two that end up equal stay two bars."""
    short = [text if len(text) <= LABEL else text[: LABEL - 1] + "…" for text in labels]
    return [text + "\u200b" * short[:place].count(text) for place, text in enumerate(short)]


def _style(figure: Figure, *, height: int, left: int, legend: bool = False) -> Figure:
    figure.update_layout(
        height=height,
        autosize=True,
        margin={"l": left, "r": 16, "t": 34 if legend else 12, "b": 32},
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        showlegend=legend,
        legend={"orientation": "h", "traceorder": "normal", "x": 0, "y": 1.0, "yanchor": "bottom"},
        dragmode=False,
        hovermode="closest",
    )
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True, automargin=True, ticksuffix="  ")
    return figure
