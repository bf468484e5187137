"""What a job is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assistant.desk.types import HandoffState
from assistant.jobs.types import Job
from assistant.memory.types import Preference
from assistant.store.shop import Caller
from assistant.store.types import Cart
from assistant.types import Bundle, Conversation, Sentence, Understanding
from retrieval.types import Language, Product


@dataclass(frozen=True)
class JobContext:
    """One message: who says it, in which language, after which turns; `find` loads products."""

    caller: Caller
    language: Language
    message: str
    conversation: Conversation
    find: Callable[[Sequence[str]], Sequence[Product]]
    turn_id: str = ""

    def product(self, product_id: str) -> Product | None:
        """The product of that id, if the catalogue has it."""
        return next(iter(self.find([product_id])), None)


@dataclass(frozen=True)
class JobResult:
    """Sentences with evidence, a question perhaps, the cart where it was touched or read.

    `job` replaces the one that was asked for where the next message must know more of it;
    `references` are the products that "it" then means; `handoff` says that a human was asked
    for; `topic` is the standing request where the job changed it; `failed` says that the
    shopper did not get what they wanted. `shown` are the products that ordinals then point at;
    `preferences` what is kept in mind now, where the message was about that.
    """

    sentences: tuple[Sentence, ...] = ()
    question: str = ""
    options: tuple[str, ...] = ()
    cart: Cart | None = None
    job: Job | None = None
    references: tuple[str, ...] = field(default=())
    failed: bool = False
    topic: Understanding | None = None
    bundle: Bundle | None = None
    shown: tuple[str, ...] = ()
    handoff: HandoffState | None = None
    preferences: tuple[Preference, ...] | None = None
