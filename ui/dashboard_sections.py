"""The dashboard's reports as HTML: numbers in words and tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from markupsafe import escape

from assistant.answer.money import format_money
from retrieval.analytics.types import (
    CampaignReport,
    ContentReport,
    ExperimentReport,
    ExperimentRow,
    FailingReport,
    FunnelReport,
    Hidden,
    Lift,
    ModelReport,
    ProfileReport,
    QueryReport,
    SegmentReport,
    Verdict,
)
from retrieval.errors import AisleError
from retrieval.experiment.measures import Measure
from retrieval.types import Language
from ui.render import Renderer
from ui.texts import TEXTS, say

Column = tuple[str, str]
"""The key of a head, and the class of its cells: number, long or nothing."""

RATES = {Measure.CTR, Measure.CONVERSION, Measure.ZERO_RESULTS, Measure.HANDOFFS}


class Drawer:
    """Fills the dashboard's templates."""

    def __init__(self, renderer: Renderer, currency: str) -> None:
        self._renderer = renderer
        self._currency = currency

    def problem(self, error: AisleError) -> str:
        """A section that cannot be made: why, and what helps."""
        return f'<p class="dash-empty" role="alert">{escape(f"{error.message} {error.remedy}")}</p>'

    def kpis(self, report: FunnelReport, failing: FailingReport, language: Language) -> str:
        """The sums, over the funnel's head."""
        total = report.total
        seen = total.impressions
        kpis = [
            ("shoppers", total.shoppers, ""),
            ("searches", failing.searches, ""),
            ("impressions", seen, ""),
            *(
                (name, number, f"{number / seen:.1%}" if seen else "")
                for name in ("opened", "carts", "orders")
                for number in [getattr(total, name)]
            ),
        ]
        left_out = sum(report.left_out.values())
        return self._renderer.render(
            "dash_kpis.html", language, funnel=report, kpis=kpis, left_out=left_out
        )

    def failing(self, report: FailingReport, language: Language) -> tuple[str, str]:
        """The head with the sums, and the table under the plot."""
        head = self._renderer.render("dash_failing.html", language, report=report)
        names = ("searches", "shoppers", "failed", "zero_results", "relaxed", "no_click")
        columns = [("query", ""), *((name, "number") for name in (*names, "reformulated"))]
        rows = [
            [row.query, *(getattr(row, n) for n in (*names, "reformulated")), " · ".join(row.then)]
            for row in report.rows
        ]
        foot = self._foot("dash_hidden", report.hidden, language)
        return head, self._table(language, [*columns, ("then", "long")], rows, foot=foot)

    def queries(self, report: QueryReport, language: Language) -> str:
        """The queries asked most."""
        names = ("searches", "shoppers", "clicked", "zero_results", "orders", "revenue")
        rows = [
            [
                row.query,
                row.searches,
                row.shoppers,
                f"{row.click_rate:.0%}",
                row.zero_results,
                row.orders,
                self._money(row.revenue, language),
            ]
            for row in report.rows
        ]
        columns = [("query", ""), *((name, "number") for name in names)]
        foot = self._foot("dash_hidden", report.hidden, language)
        return self._table(language, columns, rows, "queries", empty="no_queries", foot=foot)

    def segments(self, report: SegmentReport, language: Language) -> str:
        """Shoppers in groups."""
        rows = [
            [
                _spoken(f"dash_{row.value}", row.label, language),
                say(f"dash_{row.dimension.value}", language),
                row.shoppers,
                row.sessions,
                row.searches,
                row.buyers,
                f"{row.conversion:.0%}",
                self._money(row.revenue, language),
            ]
            for row in report.rows
        ]
        names = ("shoppers", "sessions", "searches", "buyers", "conversion", "revenue")
        columns = [("group", ""), ("by", "long"), *((name, "number") for name in names)]
        foot = " ".join((*report.notes, self._foot("dash_hidden_groups", report.hidden, language)))
        return self._table(
            language, columns, rows, "segments", empty="no_segments", foot=foot.strip()
        )

    def mix_head(self, report: ProfileReport, language: Language) -> str:
        """The head over the plots of tastes."""
        hint = say("dash_profiles_hint", language, profiles=f"{report.profiles:,}")
        return self._table(language, [], [], "profiles", hint=hint)

    def content(self, report: ContentReport, language: Language) -> str:
        """Guides and reviews that were shown or quoted."""
        used = [row for row in report.rows if row.shown or row.clicked or row.quoted]
        rows = [
            [
                row.title or say("dash_reviews", language),
                row.shown,
                row.clicked,
                _share(row.ctr),
                row.quoted,
                row.then_clicked,
            ]
            for row in used
        ]
        names = ("shown", "clicked", "ctr", "quoted", "then_clicked")
        columns = [("guide", ""), *((name, "number") for name in names)]
        return self._table(language, columns, rows, "content", empty="no_content")

    def campaigns(self, report: CampaignReport, language: Language) -> str:
        """Sponsored campaigns."""
        rows = [
            [
                row.campaign_id,
                row.state.replace("_", " "),
                row.impressions,
                row.clicks,
                _share(row.ctr),
                self._money(row.spend, language),
                row.orders,
                self._money(row.revenue, language),
                "–" if row.return_on_spend is None else f"{row.return_on_spend:.1f}×",
            ]
            for row in report.rows
        ]
        names = ("impressions", "clicks", "ctr", "spend", "orders", "revenue", "roas")
        columns = [("campaign", ""), ("state", "long"), *((name, "number") for name in names)]
        return self._table(language, columns, rows, "campaigns", empty="no_campaigns")

    def experiments_head(self, report: ExperimentReport, language: Language) -> str:
        """The head, or what to do where nothing runs."""
        empty = "" if report.rows else "no_experiments"
        return self._table(language, [], [], "experiments", empty=empty)

    def verdict(self, row: ExperimentRow, language: Language) -> str:
        """What may be said now, and what warns of it."""
        return self._renderer.render(
            "dash_experiment.html",
            language,
            row=row,
            verdict=_say_verdict(row, language),
            tone=_tone(row),
            warnings=row.warnings,
        )

    def lifts(self, row: ExperimentRow, language: Language) -> str:
        """Every measure in numbers."""
        names = ("arm", "control", "value", "lift", "always", "fixed")
        rows = [
            [
                say(f"measure_{lift.measure}", language),
                lift.arm,
                _measured(lift.control, lift.measure),
                _measured(lift.value, lift.measure),
                "–" if lift.lift is None else f"{lift.lift:+.1%}",
                _interval(lift.always),
                _interval(lift.fixed),
                say(f"dash_{_word(lift)}", language),
            ]
            for lift in row.lifts
        ]
        columns = [("measure", ""), *((name, "number") for name in names), ("says", "long")]
        return self._table(language, columns, rows)

    def models(self, report: ModelReport, language: Language) -> str:
        """What serves now, and what was trained."""
        here = say("dash_trained_here", language)
        parts = [
            [
                part.part,
                part.model,
                " · ".join(filter(None, (here * part.trained_here, part.detail))),
            ]
            for part in report.parts
        ]
        serving = self._table(
            language, [("part", ""), ("serves", "long"), ("state", "long")], parts, "models"
        )
        rows = [
            [
                row.version,
                row.kind,
                say("dash_serves", language) if row.in_force else "",
                f"{row.measure} {row.value:.4g}",
                _moment(row.trained),
                _moment(row.promoted),
            ]
            for row in report.rows
        ]
        names = ("kind", "state", "measure", "trained", "promoted")
        columns = [("version", ""), *((name, "long") for name in names)]
        return serving + self._table(language, columns, rows, empty="no_models")

    # ------------------------------------------------------------- plumbing

    def _table(
        self,
        language: Language,
        columns: Sequence[Column],
        rows: Sequence[Sequence[object]],
        title: str = "",
        *,
        hint: str = "",
        empty: str = "",
        foot: str = "",
    ) -> str:
        return self._renderer.render(
            "dash_table.html",
            language,
            title=say(f"dash_{title}", language) if title else "",
            hint=hint,
            columns=[(say(f"dash_{name}", language), kind) for name, kind in columns],
            rows=[[_cell(cell) for cell in row] for row in rows],
            empty=say(f"dash_{empty}", language) if empty else "",
            foot=foot,
        )

    def _money(self, amount: float | Decimal, language: Language) -> str:
        return format_money(Decimal(str(amount)), self._currency, language)

    def _foot(self, key: str, hidden: Hidden, language: Language) -> str:
        return say(key, language, rows=f"{hidden.rows:,}") if hidden.rows else ""


def _say_verdict(row: ExperimentRow, language: Language) -> str:
    teams = row.detail.get("teams")
    if teams and row.verdict in (Verdict.DECIDED, Verdict.UNDECIDED):
        told = {
            "p": f"{teams['p_value']:.2g}",
            "winner": max(row.units, key=lambda a: row.units[a]),
        }
        undecided = "" if row.verdict is Verdict.DECIDED else "_undecided"
        return say(f"dash_verdict_teams{undecided}", language, **told)
    decided = [lift for lift in row.lifts if lift.decided]
    which = [
        f"{say(f'measure_{lift.measure}', language)} {say(f'dash_{_word(lift)}', language)}"
        for lift in decided
    ]
    joint = "、" if language is Language.CHINESE else ", "
    counts: dict[str, object] = {
        "count": len(decided),
        "all": len(row.lifts),
        "which": joint.join(which),
    }
    return say(f"dash_verdict_{row.verdict.value}", language, **counts)


def _tone(row: ExperimentRow) -> str:
    """The verdict's colour; none while some measures are better and others worse."""
    if row.verdict is Verdict.MISMATCH:
        return "bad"
    goods = {lift.good for lift in row.lifts if lift.good is not None}
    if row.verdict is not Verdict.DECIDED or len(goods) == 2:
        return ""
    return "bad" if goods == {False} else "good"


def _word(lift: Lift) -> str:
    if not lift.decided:
        return "not_yet"
    return {True: "better", False: "worse", None: "differs"}[lift.good]


def _interval(ends: tuple[float | None, float | None]) -> str:
    low, high = ends
    return "–" if low is None or high is None else f"{low:+.1%} … {high:+.1%}"


def _measured(value: float, measure: str) -> str:
    """A measure's value: rates as percent."""
    return f"{value:.2%}" if Measure(measure) in RATES else f"{value:,.4g}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "–"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _spoken(key: str, label: str, language: Language) -> str:
    """The words of a value that has any of its own, else its label."""
    return say(key, language) if key in TEXTS else label
