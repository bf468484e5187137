"""The merchant's dashboard at /dashboard: funnel, failing queries, experiments, models and more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from fastapi import FastAPI
from markupsafe import escape

from assistant.analytics import Analytics
from assistant.types import AssistantService
from retrieval.analytics.period import read_period
from retrieval.analytics.types import ExperimentReport, Period, ReportName
from retrieval.errors import AisleError
from retrieval.types import Language
from ui.dashboard_sections import Drawer
from ui.language import choose_language
from ui.plots import plot_days, plot_experiment, plot_failing, plot_funnel, plot_mix
from ui.render import Renderer
from ui.staff import mount_staff_page, say_off
from ui.texts import say

PERIODS = ("7", "30", "90", "custom")
USUAL = "30"

OFF = """<!doctype html><title>Dashboard</title>
<body style="font:16px system-ui;margin:4em auto;max-width:36em">
<h1>The dashboard is off</h1><p>Set <code>AISLE_DESK_PASSWORD</code> (at least 8 characters) and
start Aisle again; the shop’s people then sign in here with their name and that password.</p>"""


def mount_dashboard(app: FastAPI, service: AssistantService) -> None:
    """The page at /dashboard, signed in as the desk is; else one that says how to turn it on."""
    desk, analytics = service.desk, service.analytics
    if desk is None or not desk.password or analytics is None:
        say_off(app, "/dashboard", OFF)
        return
    mount_staff_page(
        app,
        "/dashboard",
        DashboardPage(service, analytics).build(),
        desk,
        "Your name and the desk’s password.",
    )


@dataclass(frozen=True)
class Look:
    """What one page shows: a period, in a language; every section follows its changes."""

    period: Period
    language: Language = Language.ENGLISH


class DashboardPage:
    """The page as Blocks; each section asks for its report by itself, so quick ones come first."""

    def __init__(self, service: AssistantService, analytics: Analytics) -> None:
        self._service = service
        self._analytics = analytics
        renderer = Renderer(service)
        self._renderer = renderer
        self._draw = Drawer(renderer, service.store.currency)

    def build(self) -> gr.Blocks:
        """Make and wire the components."""
        title = f"{say('dash_title', Language.ENGLISH)} · {self._service.store.title}"
        blocks: gr.Blocks = gr.Blocks(title=title, analytics_enabled=False, fill_width=True)
        with blocks:
            self._look: Any = gr.State(None)
            self._build_header()
            self._build_sections()
            self._wire(blocks)
        return blocks

    def _build_header(self) -> None:
        english = Language.ENGLISH
        with gr.Row(elem_id="dash-header"):
            self._title = _html(self._title_html(english), elem_id="dash-title")
            self._period = gr.Radio(
                _periods(english),
                value=USUAL,
                show_label=False,
                label="Period",
                container=False,
                elem_id="dash-period",
            )
            self._switch = gr.Radio(
                [("English", "en"), ("中文", "zh")],
                value="en",
                show_label=False,
                label="Language / 语言",
                container=False,
                elem_id="ai-language",
            )
        with gr.Row(elem_id="dash-dates", visible=False) as self._dates:
            self._since = gr.Textbox(label=say("dash_from", english), placeholder="2026-11-01")
            self._until = gr.Textbox(label=say("dash_to", english), placeholder="2026-11-30")
            self._show = gr.Button(say("dash_show", english), elem_id="dash-show")
        self._note = _html(elem_id="dash-note")

    def _build_sections(self) -> None:
        with _section("dash-funnel"):
            self._kpis = _html()
            with gr.Row():
                self._funnel, self._days = _plot("dash-steps", 300), _plot("dash-days", 300)
        with _section("dash-failing"):
            self._failing_head, self._failing = _html(), _plot("dash-failed")
            self._failing_rows = _html()
        with _section("dash-experiments"):
            self._experiments_head = _html()
            self._which = gr.Dropdown(
                [], show_label=False, label="Experiment", elem_id="dash-which", visible=False
            )
            self._verdict, self._lifts, self._measures = _html(), _plot("dash-lifts"), _html()
        with _section("dash-models"):
            self._models = _html()
        with _section("dash-queries"):
            self._queries = _html()
        with _section("dash-segments"):
            self._segments = _html()
            self._mix_head = _html()
            with gr.Row():
                self._mix_tastes, self._mix_brands = (
                    _plot("dash-mix", 280),
                    _plot("dash-brand", 280),
                )
        with _section("dash-content"):
            self._campaigns, self._content = _html(), _html()

    def _wire(self, blocks: gr.Blocks) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        chosen = [self._period, self._since, self._until, self._look]
        head = [self._look, self._note, self._dates]
        blocks.load(self._open, None, [*head, *self._spoken()], **quiet)
        self._period.input(self._choose, chosen, head, **quiet)
        gr.on(
            [self._show.click, self._since.submit, self._until.submit],
            self._choose, chosen, head, **quiet,
        )  # fmt: skip
        self._switch.input(
            self._speak, [self._switch, self._look], [self._look, *self._spoken()], **quiet
        )
        sections: list[tuple[Any, list[Any]]] = [
            (self._draw_funnel, [self._kpis, self._funnel, self._days]),
            (self._draw_failing, [self._failing_head, self._failing, self._failing_rows]),
            (self._draw_experiments, [
                self._experiments_head, self._which, self._verdict, self._lifts, self._measures
            ]),
            (self._draw_models, [self._models]),
            (self._draw_queries, [self._queries]),
            (self._draw_segments, [self._segments]),
            (self._draw_mix, [self._mix_head, self._mix_tastes, self._mix_brands]),
            (self._draw_content, [self._campaigns, self._content]),
        ]  # fmt: skip
        for draw, outputs in sections:
            self._look.change(draw, [self._look], outputs, **quiet)
        self._which.input(
            self._draw_one, [self._which, self._look],
            [self._verdict, self._lifts, self._measures], **quiet,
        )  # fmt: skip

    def _spoken(self) -> list[Any]:
        return [
            self._title, self._period, self._switch, self._since, self._until, self._show
        ]  # fmt: skip

    # ------------------------------------------------------------- period and language

    def _open(self, request: gr.Request) -> list[Any]:
        language = choose_language("", str(request.headers.get("accept-language", "")))
        look = Look(read_period(self._analytics.now(), days=int(USUAL)), language)
        return [look, "", gr.update(visible=False), *self._words(language)]

    def _choose(self, period: str, since: str | None, until: str | None, look: Look) -> list[Any]:
        """The chosen period; bad dates are told and change nothing."""
        custom = gr.update(visible=period == "custom")
        since, until = (since or "").strip(), (until or "").strip()
        if period == "custom" and not (since or until):
            return [gr.skip(), "", custom]
        try:
            now = self._analytics.now()
            if period == "custom":
                read = read_period(now, since=since, until=until)
            else:
                read = read_period(now, days=int(period))
        except AisleError as error:
            told = escape(f"{error.message} {error.remedy}")
            return [gr.skip(), f'<p class="ai-error" role="alert">{told}</p>', custom]
        return [replace(look, period=read), "", custom]

    def _speak(self, code: str, look: Look) -> list[Any]:
        language = Language(code)
        return [replace(look, language=language), *self._words(language)]

    def _words(self, language: Language) -> list[Any]:
        return [
            self._title_html(language),
            gr.update(choices=_periods(language)),
            language.value,
            gr.update(label=say("dash_from", language)),
            gr.update(label=say("dash_to", language)),
            gr.update(value=say("dash_show", language)),
        ]

    def _title_html(self, language: Language) -> str:
        return (
            '<div class="ai-brandline"><span class="ai-mark"></span>'
            f"<h1>{escape(self._service.store.title)}</h1>"
            f'<span class="ai-muted">{escape(say("dash_title", language))}</span></div>'
        )

    # ------------------------------------------------------------- sections

    async def _ask(self, name: ReportName, look: Look) -> Any:
        return await asyncio.to_thread(
            self._analytics.report, name, look.period, language=look.language
        )

    async def _draw_funnel(self, look: Look) -> list[Any]:
        try:
            report = await self._ask(ReportName.FUNNEL, look)
            failing = await self._ask(ReportName.FAILING, look)
        except AisleError as error:
            return [self._draw.problem(error), _no_plot(), _no_plot()]
        html = self._draw.kpis(report, failing, look.language)
        if not report.rows:
            return [html, _no_plot(), _no_plot()]
        return [
            html,
            _shown(plot_funnel(report, look.language)),
            _shown(plot_days(report, look.language)),
        ]

    async def _draw_failing(self, look: Look) -> list[Any]:
        try:
            report = await self._ask(ReportName.FAILING, look)
        except AisleError as error:
            return [self._draw.problem(error), _no_plot(), ""]
        head, rows = self._draw.failing(report, look.language)
        plot = _shown(plot_failing(report, look.language)) if report.rows else _no_plot()
        return [head, plot, rows]

    async def _draw_experiments(self, look: Look) -> list[Any]:
        hidden = gr.update(visible=False)
        try:
            report: ExperimentReport = await self._ask(ReportName.EXPERIMENTS, look)
        except AisleError as error:
            return [self._draw.problem(error), hidden, "", _no_plot(), ""]
        head = self._draw.experiments_head(report, look.language)
        if not report.rows:
            return [head, hidden, "", _no_plot(), ""]
        names = [row.name for row in report.rows]
        which = gr.update(choices=names, value=names[0], visible=True)
        return [head, which, *self._one(report, names[0], look.language)]

    async def _draw_one(self, name: str, look: Look) -> list[Any]:
        try:
            report = await self._ask(ReportName.EXPERIMENTS, look)
        except AisleError as error:
            return [self._draw.problem(error), _no_plot(), ""]
        return self._one(report, name, look.language)

    def _one(self, report: ExperimentReport, name: str, language: Language) -> list[Any]:
        row = next((row for row in report.rows if row.name == name), None)
        if row is None:
            return ["", _no_plot(), ""]
        figure = plot_experiment(row, language)
        plot = _no_plot() if figure is None else _shown(figure)
        return [self._draw.verdict(row, language), plot, self._draw.lifts(row, language)]

    async def _draw_models(self, look: Look) -> Any:
        return await self._table(ReportName.MODELS, look, self._draw.models)

    async def _draw_queries(self, look: Look) -> Any:
        return await self._table(ReportName.QUERIES, look, self._draw.queries)

    async def _draw_segments(self, look: Look) -> Any:
        return await self._table(ReportName.SEGMENTS, look, self._draw.segments)

    async def _draw_content(self, look: Look) -> list[Any]:
        return [
            await self._table(ReportName.CAMPAIGNS, look, self._draw.campaigns),
            await self._table(ReportName.CONTENT, look, self._draw.content),
        ]

    async def _table(self, name: ReportName, look: Look, draw: Any) -> str:
        try:
            return str(draw(await self._ask(name, look), look.language))
        except AisleError as error:
            return self._draw.problem(error)

    async def _draw_mix(self, look: Look) -> list[Any]:
        try:
            report = await self._ask(ReportName.PROFILES, look)
        except AisleError as error:
            return [self._draw.problem(error), _no_plot(), _no_plot()]
        told = {row.facet for row in report.rows}
        if not told & {"category", "brand"}:
            return ["", _no_plot(), _no_plot()]
        return [
            self._draw.mix_head(report, look.language),
            *(
                _shown(plot_mix(report, facet, look.language)) if facet in told else _no_plot()
                for facet in ("category", "brand")
            ),
        ]


def _periods(language: Language) -> list[tuple[str, str]]:
    return [(say(f"dash_{name}", language), name) for name in PERIODS]


def _section(name: str) -> Any:
    return gr.Column(elem_id=name, elem_classes=["dash-section"])


def _html(value: str = "", **options: Any) -> Any:
    return gr.HTML(value, apply_default_css=False, **options)


def _plot(name: str, width: int = 0) -> Any:
    with gr.Column(min_width=width):
        return gr.Plot(
            show_label=False, container=False, visible=False, elem_id=name,
            elem_classes=["dash-plot"],
        )  # fmt: skip


def _shown(figure: Any) -> Any:
    return gr.update(value=figure, visible=True)


def _no_plot() -> Any:
    return gr.update(value=None, visible=False)
