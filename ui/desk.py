"""The agents' desk at /desk: queue, customer, conversation with evidence, reply, hand back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import gradio as gr
from fastapi import FastAPI
from markupsafe import escape

from assistant.desk.desk import Desk
from assistant.desk.types import HandoffState, Ticket
from assistant.types import AssistantService, Sentence, Suggestion
from retrieval.errors import AisleError
from retrieval.types import Language, Product
from ui.render import Renderer, say_price
from ui.staff import mount_staff_page, say_off

REFRESH_S = 3.0
"""How often the desk looks for new tickets and messages."""

FOUND = 8
"""Products the finder lists."""

OFF = """<!doctype html><title>Desk</title>
<body style="font:16px system-ui;margin:4em auto;max-width:36em">
<h1>The agents’ desk is off</h1><p>Set <code>AISLE_DESK_PASSWORD</code> (at least 8 characters) and
start Aisle again; agents then sign in here with their name and that password.</p>"""


def mount_desk(app: FastAPI, service: AssistantService) -> None:
    """The desk at /desk, signed in; without a password a page that says how to turn it on."""
    desk = service.desk
    if desk is None or not desk.password:
        say_off(app, "/desk", OFF)
        return
    mount_staff_page(
        app,
        "/desk",
        DeskPage(service, desk).build(),
        desk,
        "Your name, as shoppers will see it, and the desk’s password.",
    )


@dataclass
class Look:
    """What one agent's page shows: a ticket, the products found, and the drawn transcript."""

    conversation_id: str = ""
    found: tuple[str, ...] = ()
    drawn: str = ""


class DeskPage:
    """The page as Blocks and what its buttons do."""

    def __init__(self, service: AssistantService, desk: Desk) -> None:
        self._service = service
        self._desk = desk
        self._renderer = Renderer(service)

    def build(self) -> gr.Blocks:
        """Make and wire the components."""
        blocks: gr.Blocks = gr.Blocks(
            title=f"Desk · {self._service.store.title}", analytics_enabled=False, fill_width=True
        )
        with blocks:
            self._look = gr.State(Look())
            with gr.Row(elem_id="desk"):
                with gr.Column(scale=2, min_width=220):
                    gr.Markdown("### Queue")
                    self._queue = gr.Radio([], label="Queue", show_label=False, elem_id="queue")
                    self._customer = gr.HTML(apply_default_css=False, elem_id="customer")
                with gr.Column(scale=5, min_width=360):
                    self._talk = gr.HTML(apply_default_css=False, elem_id="talk")
                    self._box = gr.Textbox(
                        label="Your message", lines=2, max_lines=8, elem_id="desk-box"
                    )
                    with gr.Row():
                        self._take = gr.Button("Take over", elem_id="take")
                        self._send = gr.Button("Reply", variant="primary", elem_id="reply")
                        self._back = gr.Button("Hand back", elem_id="back")
                    self._note = gr.HTML(apply_default_css=False, elem_id="desk-note")
                with gr.Column(scale=3, min_width=280):
                    gr.Markdown("### Suggested reply")
                    self._suggest = gr.Button("Suggest", size="sm", elem_id="suggest")
                    self._suggestion = gr.HTML(apply_default_css=False, elem_id="suggestion")
                    gr.Markdown("### Products")
                    self._find = gr.Textbox(
                        show_label=False,
                        label="Find products",
                        placeholder="Find products …",
                        elem_id="find",
                    )
                    self._found = gr.CheckboxGroup(
                        [], label="Send with the reply", elem_id="found", visible=False
                    )
            self._timer = gr.Timer(REFRESH_S)
            self._wire(blocks)
        return blocks

    def _wire(self, blocks: gr.Blocks) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page = [self._look, self._queue, self._customer, self._talk, self._note]
        blocks.load(self._refresh, [self._look], page, queue=False, **quiet)
        self._timer.tick(self._refresh, [self._look], page, queue=False, **quiet)
        self._queue.input(self._open, [self._queue, self._look], page, **quiet)
        self._take.click(self._take_over, [self._look], page, **quiet)
        self._back.click(self._hand_back, [self._look], page, **quiet)
        gr.on(
            [self._send.click],
            self._reply,
            [self._box, self._found, self._look],
            [*page, self._box, self._found],
            **quiet,
        )
        self._suggest.click(
            self._make_suggestion,
            [self._look],
            [self._suggestion, self._box, self._found],
            **quiet,
        )
        self._find.submit(self._search, [self._find, self._look], [self._found], **quiet)

    # ------------------------------------------------------------- what the page shows

    async def _refresh(self, look: Look) -> list[Any]:
        return await self._draw(look, "")

    async def _open(self, chosen: str | None, look: Look) -> list[Any]:
        return await self._draw(Look(conversation_id=chosen or ""), "")

    async def _draw(self, look: Look, note: str) -> list[Any]:
        tickets = await asyncio.to_thread(self._desk.queue.waiting)
        choices = [(_label(ticket), ticket.conversation_id) for ticket in tickets]
        ids = [ticket.conversation_id for ticket in tickets]
        chosen = look.conversation_id if look.conversation_id in ids else None
        queue = gr.update(choices=choices, value=chosen)
        ticket = (
            await asyncio.to_thread(self._desk.queue.ticket, look.conversation_id)
            if look.conversation_id
            else None
        )
        if ticket is None:
            empty = "Nobody is waiting." if not tickets else "Choose a conversation."
            return [look, queue, "", f'<p class="ai-note">{empty}</p>', _note(note)]
        drawn = await self._talk_html(ticket)
        shown = gr.skip() if drawn == look.drawn else drawn
        look = Look(look.conversation_id, look.found, drawn)
        return [look, queue, await self._customer_html(ticket), shown, _note(note)]

    async def _customer_html(self, ticket: Ticket) -> str:
        customer = await asyncio.to_thread(self._desk.customer, ticket)
        summary = ticket.summary
        products = await self._service.products((*summary.seen, *summary.rejected))
        names = {p.id: p.title_in(Language.ENGLISH) for p in products}
        return self._renderer.render(
            "desk_customer.html",
            Language.ENGLISH,
            ticket=ticket,
            customer=customer,
            seen=[(i, names[i]) for i in summary.seen if i in names],
            rejected=[(i, names[i]) for i in summary.rejected if i in names],
        )

    async def _talk_html(self, ticket: Ticket) -> str:
        spoken = await asyncio.to_thread(self._desk.transcript, ticket.conversation_id)
        ids = {i for s in spoken if s.turn for i in s.turn.shown}
        ids |= {i for s in spoken if s.message for i in s.message.product_ids}
        names = {
            p.id: p.title_in(ticket.language) for p in await self._service.products(sorted(ids))
        }
        return self._renderer.render(
            "desk_talk.html", Language.ENGLISH, spoken=spoken, names=names, ticket=ticket
        )

    # ------------------------------------------------------------- what the buttons do

    async def _take_over(self, look: Look, request: gr.Request) -> list[Any]:
        return await self._do(look, self._desk.queue.take, look.conversation_id, _agent(request))

    async def _hand_back(self, look: Look, request: gr.Request) -> list[Any]:
        return await self._do(
            look, self._desk.queue.hand_back, look.conversation_id, _agent(request)
        )

    async def _do(self, look: Look, action: Any, *arguments: Any) -> list[Any]:
        """Do it in a thread; a refusal becomes the note under the buttons."""
        if not look.conversation_id:
            return await self._draw(look, "Choose a conversation first.")
        try:
            await asyncio.to_thread(action, *arguments)
        except AisleError as error:
            return await self._draw(look, f"{error.message} {error.remedy}".strip())
        return await self._draw(look, "")

    async def _reply(
        self, text: str, chosen: list[str], look: Look, request: gr.Request
    ) -> list[Any]:
        """Say it to the shopper; what was typed stays when it is refused."""
        page = await self._do(
            look,
            self._desk.reply,
            look.conversation_id,
            _agent(request),
            text,
            tuple(chosen or ()),
        )
        if page[-1]:
            return [*page, gr.skip(), gr.skip()]
        return [*page, "", gr.update(value=[], choices=[], visible=False)]

    async def _make_suggestion(self, look: Look) -> list[Any]:
        """What the assistant would say, each sentence checked, with its evidence."""
        if not look.conversation_id:
            return [_note("Choose a conversation first."), gr.skip(), gr.skip()]
        ticket = await asyncio.to_thread(self._desk.ticket, look.conversation_id)
        asked = await asyncio.to_thread(self._desk.last_said, look.conversation_id)
        try:
            made = await self._service.suggest(
                asked, look.conversation_id, ticket.language, ticket.shopper_id
            )
        except AisleError as error:
            return [_note(error.message), gr.skip(), gr.skip()]
        joint = "" if ticket.language is Language.CHINESE else " "
        text = joint.join(sentence.text for sentence in made.sentences)
        return [
            self._suggestion_html(asked, made),
            text or gr.skip(),
            _choices(made.products, ticket.language),
        ]

    def _suggestion_html(self, asked: str, made: Suggestion) -> str:
        sentences: tuple[Sentence, ...] = made.sentences
        return self._renderer.render(
            "desk_suggestion.html", Language.ENGLISH, asked=asked, sentences=sentences
        )

    async def _search(self, text: str, look: Look) -> Any:
        if not text.strip():
            return gr.update(choices=[], visible=False)
        try:
            understanding, result = await self._service.search(text, limit=FOUND)
        except AisleError:
            return gr.update(choices=[], visible=False)
        return _choices(tuple(hit.product for hit in result.hits), understanding.language)


def _choices(products: tuple[Product, ...], language: Language) -> Any:
    labels = [
        (f"{p.title_in(language)} · {say_price(p.price, p.currency, language)}", p.id)
        for p in products
    ]
    return gr.update(choices=labels, value=[], visible=bool(labels))


def _label(ticket: Ticket) -> str:
    waits = f"{ticket.opened:%H:%M} UTC"
    who = ticket.shopper_id or f"guest {ticket.conversation_id[:6]}"
    state = f" · {ticket.agent}" if ticket.state is HandoffState.HELD else ""
    reason = ticket.reason.value.replace("_", " ")
    return f"{reason} · {who} · {ticket.language.value} · {waits}{state}"


def _agent(request: gr.Request) -> str:
    return str(request.username).strip()


def _note(text: str) -> str:
    return f'<p class="ai-error" role="alert">{escape(text)}</p>' if text else ""
