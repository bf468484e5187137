"""What an agent does at the desk: read, take over, reply, hand back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from assistant.desk.queue import DeskError, HandoffQueue
from assistant.desk.types import DeskMessage, Ticket
from assistant.guard import bound_message
from assistant.store.shop import Shop
from assistant.store.types import Shopper
from assistant.types import Act, ConversationStore, Sentence, Turn, Understanding

# An agent's message is bounded as a shopper's is.
REPLY_LIMIT = 2000


@dataclass(frozen=True)
class Spoken:
    """One entry of a transcript: a turn with the assistant, or a message by hand."""

    when: datetime
    turn: Turn | None = None
    message: DeskMessage | None = None


class Desk:
    """The agents' side of the queue; `password` is empty where the desk is off."""

    def __init__(
        self,
        queue: HandoffQueue,
        conversations: ConversationStore,
        shop: Shop,
        password: str,
    ) -> None:
        self.queue = queue
        self.password = password
        self._conversations = conversations
        self._shop = shop

    def ticket(self, conversation_id: str) -> Ticket:
        """The ticket; raises DeskError where there is none."""
        ticket = self.queue.ticket(conversation_id)
        if ticket is None:
            raise DeskError("This conversation was never handed over.")
        return ticket

    def customer(self, ticket: Ticket) -> Shopper | None:
        """Who it is, if they were signed in when they asked."""
        return self._shop.backend.shopper(ticket.shopper_id) if ticket.shopper_id else None

    def transcript(self, conversation_id: str) -> tuple[Spoken, ...]:
        """Turns and messages by hand in the order they were said."""
        turns = self._conversations.load(conversation_id).turns
        said = [Spoken(when=turn.started, turn=turn) for turn in turns if turn.message]
        by_hand = self.queue.messages(conversation_id)
        said += [Spoken(when=message.written, message=message) for message in by_hand]
        return tuple(sorted(said, key=lambda spoken: spoken.when))

    def last_said(self, conversation_id: str) -> str:
        """The shopper's latest message, to suggest a reply to."""
        for spoken in reversed(self.transcript(conversation_id)):
            if spoken.turn:
                return spoken.turn.message
            if spoken.message and spoken.message.speaker == "shopper":
                return spoken.message.text
        return ""

    def reply(
        self, conversation_id: str, agent: str, text: str, product_ids: tuple[str, ...] = ()
    ) -> DeskMessage:
        """Say `text` to the shopper; the products with it count as shown to them."""
        text = bound_message(text, REPLY_LIMIT)
        message = self.queue.say(conversation_id, text, agent=agent, product_ids=product_ids)
        if product_ids:
            self._show(conversation_id, message)
        return message

    def _show(self, conversation_id: str, message: DeskMessage) -> None:
        """ "The second one" and the cart must know what the agent showed."""
        language = self.ticket(conversation_id).language
        read = Understanding(act=Act.HANDOFF, language=language, references=message.product_ids)
        said = Sentence(text=message.text, product_ids=message.product_ids, evidence=("agent",))
        self._conversations.append(
            conversation_id,
            Turn(
                id=uuid.uuid4().hex,
                message="",
                understanding=read,
                shown=message.product_ids,
                sentences=(said,),
                started=message.written,
            ),
        )
