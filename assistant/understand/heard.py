"""One message and what surrounds it, as the readers of jobs take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.jobs.types import Job
from assistant.types import Conversation
from assistant.understand.lexicon import Lexicon
from assistant.understand.reference import Pointing, read_references
from assistant.understand.scan import Scan
from retrieval.types import Language, Product

# A message that only names a thing ("return policy", 运费, "one more") is this short.
BARE_CHARACTERS = 30


@dataclass(frozen=True, slots=True)
class Heard:
    """One message and what surrounds it."""

    scan: Scan
    language: Language
    conversation: Conversation
    shown: Sequence[Product]
    lexicon: Lexicon

    @property
    def last_job(self) -> Job | None:
        """The job of the turn before, if it was one."""
        last = self.conversation.last
        return last.understanding.job if last else None

    @property
    def spoken_of(self) -> tuple[str, ...]:
        """What "all of them" means: the several products just spoken of, else those shown."""
        last = self.conversation.last
        focus = last.understanding.references if last else ()
        return focus if len(focus) > 1 else tuple(product.id for product in self.shown)

    def point(self, scan: Scan, ids: Sequence[str] | None = None) -> Pointing:
        """What `scan` points at among the cards, or among `ids` listed in their place."""
        last = self.conversation.last
        focus = last.understanding.references if last else ()
        if ids is None:
            return read_references(scan, self.shown, focus, self.lexicon)
        listed = [Product(id=i, title="", price=None, currency="") for i in ids]
        return read_references(scan, listed, focus, self.lexicon)
