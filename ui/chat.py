"""The chat tab: cards first, then verified sentences, then answers to tap."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from assistant.types import AssistantService
from retrieval.types import Language
from ui.render import Renderer
from ui.suggest import suggest_messages
from ui.texts import say
from ui.turnview import TurnView, view_turn
from ui.visitor import current_visitor

CHAT_STREAMS = 32
"""Turns under way at once through this page; the service bounds its own parts."""

LISTEN_S = 3.0
"""How often the page asks what an agent has said; only where there is a desk."""

SAY_ON_CLICK = """
element.addEventListener('click', (event) => {
  const option = event.target.closest('[data-say]');
  if (option) trigger('click', {say: option.dataset.say});
});
"""


@dataclass
class Transcript:
    """What a page shows of a conversation; `past` are finished turns."""

    conversation_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    past: str = ""
    said: str = ""
    cards: str = ""
    answer: str = ""

    def begin(self, said: str) -> None:
        """Push the last turn up and start one with what the shopper said."""
        if self.said:
            self.past += f'<section class="ai-turn">{self.said}{self.cards}{self.answer}</section>'
        self.said, self.cards, self.answer = said, "", ""


class ChatTab:
    """The components of the tab and what they do."""

    def __init__(self, service: AssistantService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def build(self, language: gr.State) -> None:
        """Make the components inside the running Blocks context and wire them."""
        self.transcript = gr.State(None)
        with gr.Column(elem_id="ai-log"):
            self.past = gr.HTML(js_on_load=SAY_ON_CLICK, apply_default_css=False, elem_id="ai-past")
            with gr.Column(elem_id="ai-now"):
                self.cards = gr.HTML(
                    self.welcome(Language.ENGLISH),
                    js_on_load=SAY_ON_CLICK,
                    apply_default_css=False,
                    elem_id="ai-cards",
                )
                self.answer = gr.HTML(
                    js_on_load=SAY_ON_CLICK, apply_default_css=False, elem_id="ai-answer"
                )
            self.hand = gr.HTML(apply_default_css=False, elem_id="ai-hand")
        with gr.Row(elem_id="ai-composer"):
            self.box = gr.Textbox(
                show_label=False,
                label=say("chat_placeholder", Language.ENGLISH),
                placeholder=say("chat_placeholder", Language.ENGLISH),
                lines=1,
                max_lines=5,
                autofocus=True,
                container=False,
                elem_id="ai-box",
                html_attributes=gr.InputHTMLAttributes(enterkeyhint="send", autocomplete="off"),
            )
            self.stop = gr.Button(
                say("stop", Language.ENGLISH), visible=False, elem_id="ai-stop", min_width=0
            )
            self.send = gr.Button(
                say("send", Language.ENGLISH), variant="primary", elem_id="ai-send", min_width=0
            )
            self.fresh = gr.Button(
                say("new_chat", Language.ENGLISH), elem_id="ai-fresh", min_width=0, size="sm"
            )
        self._wire(language)

    def _wire(self, language: gr.State) -> None:
        outputs = [
            self.box,
            self.transcript,
            self.past,
            self.cards,
            self.answer,
            self.send,
            self.stop,
        ]
        common: dict[str, Any] = {
            "outputs": outputs,
            "show_progress": "hidden",
            "concurrency_limit": CHAT_STREAMS,
            "concurrency_id": "chat",
            "api_visibility": "private",
        }
        typed = gr.on(
            [self.box.submit, self.send.click],
            self.reply,
            inputs=[self.box, self.transcript, language],
            **common,
        )
        tapped = gr.on(
            [self.past.click, self.cards.click, self.answer.click],
            self.reply_to_tap,
            inputs=[self.transcript, language],
            **common,
        )
        desk = self._service.desk
        gr.Timer(LISTEN_S, active=desk is not None and bool(desk.password)).tick(
            self.listen,
            inputs=[self.transcript, language],
            outputs=[self.hand],
            show_progress="hidden",
            queue=False,
            api_visibility="private",
        )
        for button, action in ((self.stop, self.stop_answer), (self.fresh, self.start_afresh)):
            button.click(
                action,
                inputs=[self.transcript, language],
                outputs=outputs,
                cancels=[typed, tapped],
                show_progress="hidden",
                queue=False,
                api_visibility="private",
            )

    # ------------------------------------------------------------- actions

    async def reply(
        self, message: str, transcript: Transcript | None, language: Language
    ) -> AsyncIterator[list[Any]]:
        """Stream one turn into the page."""
        if not message.strip():
            yield [gr.skip()] * 7
            return
        transcript = transcript or Transcript()
        transcript.begin(self._renderer.message(message))
        view = TurnView(self._renderer, language)
        transcript.answer = view.answer
        yield ["", *self._page(transcript, running=True)]
        events = self._service.reply(
            message, transcript.conversation_id, language, visitor=current_visitor()
        )
        async for shown in view_turn(view, events):
            transcript.cards, transcript.answer = shown.cards, shown.answer
            yield [gr.skip(), *self._page(transcript, running=True)]
        yield [gr.skip(), *self._page(transcript, running=False)]

    async def reply_to_tap(
        self, transcript: Transcript | None, language: Language, event: gr.EventData
    ) -> AsyncIterator[list[Any]]:
        """A tapped answer or suggestion is sent as a message."""
        async for update in self.reply(str(event.say), transcript, language):
            yield update

    async def listen(self, transcript: Transcript | None, language: Language) -> Any:
        """Who has the conversation, and what an agent has said in it."""
        desk = self._service.desk
        if desk is None or transcript is None:
            return gr.skip()
        ticket = await asyncio.to_thread(desk.queue.ticket, transcript.conversation_id)
        if ticket is None:
            return gr.skip()
        said = await asyncio.to_thread(desk.queue.messages, transcript.conversation_id)
        messages = [message for message in said if message.speaker == "agent"]
        ids = [i for message in messages for i in message.product_ids]
        names = {p.id: p.title_in(language) for p in await self._service.products(ids)}
        return self._renderer.render(
            "hand.html", language, ticket=ticket, messages=messages, names=names
        )

    def stop_answer(self, transcript: Transcript | None, language: Language) -> list[Any]:
        """Keep what was shown and say that it was stopped."""
        transcript = transcript or Transcript()
        words = say("stopped", language)
        transcript.answer = f'{_without_waiting(transcript.answer)}<p class="ai-note">{words}</p>'
        return [gr.skip(), *self._page(transcript, running=False)]

    def start_afresh(self, transcript: Transcript | None, language: Language) -> list[Any]:
        """A new conversation on an empty page."""
        page = self._page(Transcript(), running=False)
        page[2] = self.welcome(language)
        return ["", *page]

    def speak(self, language: Language, transcript: Transcript | None) -> list[Any]:
        """Updates of `speaking` for a change of language."""
        words = say("chat_placeholder", language)
        return [
            gr.update(placeholder=words, label=words),
            say("send", language),
            say("stop", language),
            say("new_chat", language),
            gr.skip() if transcript and transcript.said else self.welcome(language),
        ]

    @property
    def speaking(self) -> list[Any]:
        """The components whose words depend on the language."""
        return [self.box, self.send, self.stop, self.fresh, self.cards]

    def welcome(self, language: Language) -> str:
        """What an empty conversation shows."""
        return self._renderer.render(
            "welcome.html",
            language,
            suggestions=suggest_messages(self._service.store, self._service.vocabulary, language),
        )

    def _page(self, transcript: Transcript, *, running: bool) -> list[Any]:
        return [
            transcript,
            transcript.past,
            transcript.said + transcript.cards,
            transcript.answer,
            gr.update(visible=not running),
            gr.update(visible=running),
        ]


def _without_waiting(html: str) -> str:
    start = html.find('<p class="ai-waiting"')
    if start < 0:
        return html
    return html[:start] + html[html.index("</p>", start) + 4 :]
