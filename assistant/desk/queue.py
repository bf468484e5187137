"""The queue of conversations that wait for a human, in the SQL database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Index, Integer, String, Text, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, mapped_column

from assistant.conversation import Base
from assistant.desk.types import DeskMessage, HandoffState, HandoffSummary, Ticket
from assistant.errors import CallerError
from assistant.jobs.types import HandoffReason
from retrieval.types import Language

# A desk shows what is open; closed tickets are kept for the record.
OPEN = (HandoffState.WAITING, HandoffState.HELD)


class DeskError(CallerError):
    """The conversation is not in the state that the wish needs."""


class TicketRow(Base):
    """One conversation's hand-off, the latest."""

    __tablename__ = "handoffs"

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    shopper_id: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    opened: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    agent: Mapped[str] = mapped_column(String(64), default="")
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (Index("handoffs_by_state", "state", "opened"),)


class MessageRow(Base):
    """One message between shopper and agent."""

    __tablename__ = "desk_messages"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(String(64))
    speaker: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64), default="")
    text: Mapped[str] = mapped_column(Text)
    product_ids: Mapped[list[str]] = mapped_column(JSON)
    written: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("desk_messages_by_conversation", "conversation_id", "number"),)


class HandoffQueue:
    """Tickets and messages; every change of state is one statement, so two agents never share."""

    def __init__(
        self, database: Engine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    # ------------------------------------------------------------- tickets

    def open(
        self,
        conversation_id: str,
        reason: HandoffReason,
        language: Language,
        summary: HandoffSummary,
        shopper_id: str | None,
    ) -> Ticket:
        """Queue a conversation; one that is queued or held already stays as it is."""
        with Session(self._database) as session, session.begin():
            row = session.get(TicketRow, conversation_id)
            if row is None or row.state not in OPEN:
                row = session.merge(
                    TicketRow(
                        conversation_id=conversation_id,
                        shopper_id=shopper_id,
                        language=language,
                        reason=reason,
                        state=HandoffState.WAITING,
                        opened=self._clock(),
                        agent="",
                        summary=summary.model_dump(mode="json"),
                    )
                )
            return _ticket(row)

    def ticket(self, conversation_id: str) -> Ticket | None:
        """The conversation's ticket, closed or not."""
        with Session(self._database) as session:
            row = session.get(TicketRow, conversation_id)
            return _ticket(row) if row else None

    def waiting(self) -> tuple[Ticket, ...]:
        """Open tickets; whoever waits longest comes first, self-harm before all."""
        with Session(self._database) as session:
            rows = session.scalars(
                select(TicketRow).where(TicketRow.state.in_(OPEN)).order_by(TicketRow.opened)
            ).all()
            tickets = tuple(_ticket(row) for row in rows)
        return tuple(sorted(tickets, key=lambda t: t.reason is not HandoffReason.SELF_HARM))

    def take(self, conversation_id: str, agent: str) -> Ticket:
        """Give a waiting conversation to `agent`; raises DeskError when somebody else has it."""
        changed = self._move(conversation_id, agent, HandoffState.WAITING, HandoffState.HELD)
        ticket = self.ticket(conversation_id)
        if ticket is None or (not changed and ticket.agent != agent):
            raise DeskError("Somebody else has taken this conversation, or it is closed.")
        return ticket

    def hand_back(self, conversation_id: str, agent: str) -> None:
        """The assistant speaks again; raises DeskError unless `agent` holds the conversation."""
        if not self._move(conversation_id, agent, HandoffState.HELD, HandoffState.CLOSED):
            raise DeskError("You do not hold this conversation.")

    def _move(
        self, conversation_id: str, agent: str, before: HandoffState, after: HandoffState
    ) -> bool:
        statement = update(TicketRow).where(
            TicketRow.conversation_id == conversation_id, TicketRow.state == before
        )
        if before is HandoffState.HELD:
            statement = statement.where(TicketRow.agent == agent)
        with Session(self._database) as session, session.begin():
            result = session.execute(statement.values(state=after, agent=agent))
            return bool(result.rowcount)  # type: ignore[attr-defined]

    # ------------------------------------------------------------- messages

    def say(
        self,
        conversation_id: str,
        text: str,
        *,
        agent: str = "",
        product_ids: tuple[str, ...] = (),
    ) -> DeskMessage:
        """Add a message of `agent`, or of the shopper where there is none.

        Raises DeskError for an agent who does not hold the conversation.
        """
        ticket = self.ticket(conversation_id)
        held = ticket is not None and ticket.state is HandoffState.HELD
        if agent and not (held and ticket and ticket.agent == agent):
            raise DeskError("Take the conversation over first.")
        row = MessageRow(
            conversation_id=conversation_id,
            speaker="agent" if agent else "shopper",
            name=agent,
            text=text,
            product_ids=list(product_ids),
            written=self._clock(),
        )
        with Session(self._database, expire_on_commit=False) as session, session.begin():
            session.add(row)
        return _message(row)

    def messages(self, conversation_id: str, after: int = 0) -> tuple[DeskMessage, ...]:
        """What was said by hand, oldest first, beyond message number `after`."""
        with Session(self._database) as session:
            rows = session.scalars(
                select(MessageRow)
                .where(MessageRow.conversation_id == conversation_id, MessageRow.number > after)
                .order_by(MessageRow.number)
            ).all()
            return tuple(_message(row) for row in rows)


def _ticket(row: TicketRow) -> Ticket:
    return Ticket(
        conversation_id=row.conversation_id,
        shopper_id=row.shopper_id,
        language=Language(row.language),
        reason=HandoffReason(row.reason),
        state=HandoffState(row.state),
        opened=_aware(row.opened),
        agent=row.agent,
        summary=HandoffSummary.model_validate(row.summary),
    )


def _message(row: MessageRow) -> DeskMessage:
    return DeskMessage(
        number=row.number,
        conversation_id=row.conversation_id,
        speaker="agent" if row.speaker == "agent" else "shopper",
        name=row.name,
        text=row.text,
        product_ids=tuple(row.product_ids),
        written=_aware(row.written),
    )


def _aware(moment: datetime) -> datetime:
    """SQLite gives times back without their zone; all are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
