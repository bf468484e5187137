"""Where conversations are kept: one table of turns in the SQL database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index, Integer, String, delete, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from assistant.types import Conversation, Turn

# A shopper's older turns no longer bear on the next answer; loading them would cost time.
REMEMBERED_TURNS = 20


class Base(DeclarativeBase):
    """Tables of people and conversations."""


class TurnRow(Base):
    """One turn, whole, as JSON; `position` orders the turns of a conversation."""

    __tablename__ = "turns"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (Index("turns_by_conversation", "conversation_id", "position"),)


class SqlConversationStore:
    """Conversations in SQL (SQLite or PostgreSQL, by URL)."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def load(self, conversation_id: str) -> Conversation:
        """The latest turns of a conversation, oldest first; none when the id is new."""
        statement = (
            select(TurnRow.content)
            .where(TurnRow.conversation_id == conversation_id)
            .order_by(TurnRow.position.desc())
            .limit(REMEMBERED_TURNS)
        )
        with Session(self._database) as session:
            contents = session.scalars(statement).all()
        turns = tuple(Turn.model_validate(content) for content in reversed(contents))
        return Conversation(id=conversation_id, turns=turns)

    def append(self, conversation_id: str, turn: Turn) -> None:
        """Add a turn at the end; a turn that is already there is replaced."""
        with Session(self._database) as session, session.begin():
            last = session.scalar(
                select(func.max(TurnRow.position)).where(TurnRow.conversation_id == conversation_id)
            )
            known = session.get(TurnRow, turn.id)
            session.merge(
                TurnRow(
                    id=turn.id,
                    conversation_id=conversation_id,
                    position=known.position if known else (last or 0) + 1,
                    content=turn.model_dump(mode="json"),
                )
            )

    def all_turns(self, conversation_id: str) -> tuple[Turn, ...]:
        """Every turn of a conversation, oldest first, however old."""
        statement = (
            select(TurnRow.content)
            .where(TurnRow.conversation_id == conversation_id)
            .order_by(TurnRow.position)
        )
        with Session(self._database) as session:
            return tuple(Turn.model_validate(c) for c in session.scalars(statement))

    def erase(self, conversation_id: str) -> None:
        """Remove a conversation."""
        with Session(self._database) as session, session.begin():
            session.execute(delete(TurnRow).where(TurnRow.conversation_id == conversation_id))

    def close(self) -> None:
        """Give the connections back."""
        self._database.dispose()
