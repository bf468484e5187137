"""What a shopper may ask to be done: each job with typed arguments and nothing else."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from assistant.memory.types import Statement
from retrieval.types import Frozen


class CartAction(StrEnum):
    """What to do with the cart."""

    ADD = "add"
    SET = "set"
    REMOVE = "remove"
    CLEAR = "clear"
    VIEW = "view"
    CHECK_OUT = "check_out"


class CartJob(Frozen):
    """A change of the cart, or a look at it.

    `product_ids` are the products pointed at; where there are none, `words` are what was said
    of them ("the red kettle") and `it` says that the line touched last is meant. `quantity` is
    added (ADD) or set (SET). `choices` are the versions between which the shopper was asked
    to choose, `asked` the product they belong to; `later` are further products whose version is
    still to be asked for, with their quantities, and `said` what was said of all of them.
    """

    kind: Literal["cart"] = "cart"
    action: CartAction
    product_ids: tuple[str, ...] = ()
    quantity: int | None = None
    words: str = ""
    it: bool = False
    asked: str = ""
    choices: tuple[str, ...] = ()
    later: tuple[tuple[str, int], ...] = ()
    said: str = ""


class OrderAction(StrEnum):
    """What to do about orders."""

    STATUS = "status"
    RETURN = "return"


class OrderJob(Frozen):
    """A question about own orders, or a return.

    A return is made only when `confirmed`: first the shopper is asked about `order_id` and
    `product_id`, or between `choices` (order id, product id, title).
    """

    kind: Literal["order"] = "order"
    action: OrderAction
    order_id: str = ""
    product_id: str = ""
    words: str = ""
    confirmed: bool = False
    choices: tuple[tuple[str, str, str], ...] = ()


class PolicyJob(Frozen):
    """A question about the store's rules; `topics` are lines of `policy_topics.txt`."""

    kind: Literal["policy"] = "policy"
    topics: tuple[int, ...] = ()


class HandoffReason(StrEnum):
    """Why a human is wanted, or why the assistant keeps out of it."""

    REQUEST = "request"
    ANGER = "anger"
    FAILURES = "failures"
    SELF_HARM = "self_harm"
    MEDICAL = "medical"
    LEGAL = "legal"
    SECRETS = "secrets"


class HandoffJob(Frozen):
    """A conversation to be handed to a human, or a matter that is answered in one line."""

    kind: Literal["handoff"] = "handoff"
    reason: HandoffReason


class PreferenceAction(StrEnum):
    """What to do with what the shopper told of themselves."""

    REMEMBER = "remember"
    LIST = "list"
    FORGET = "forget"
    FORGET_ALL = "forget_all"


class PreferenceJob(Frozen):
    """A statement and nothing else, or a wish about what is kept; `words` say which of it."""

    kind: Literal["preference"] = "preference"
    action: PreferenceAction
    statements: tuple[Statement, ...] = ()
    words: str = ""


class WhyAction(StrEnum):
    """What is to be explained."""

    THIS = "this"
    NOT = "not"
    IF = "if"


class WhyJob(Frozen):
    """A question about the list: `product_ids` or `words` name the product, or the condition."""

    kind: Literal["why"] = "why"
    action: WhyAction
    product_ids: tuple[str, ...] = ()
    words: str = ""


class AdviceJob(Frozen):
    """A question how to choose; `words` are the message."""

    kind: Literal["advice"] = "advice"
    words: str = ""


class BundleItem(Frozen):
    """One thing of a set, in the shopper's words, and how many of it."""

    text: str
    quantity: int = Field(default=1, ge=1)


class BundleJob(Frozen):
    """Several things at once; `budget` is for all of them together."""

    kind: Literal["bundle"] = "bundle"
    items: tuple[BundleItem, ...]
    budget: Decimal | None = None


Job = Annotated[
    CartJob | OrderJob | PolicyJob | HandoffJob | PreferenceJob | WhyJob | AdviceJob | BundleJob,
    Field(discriminator="kind"),
]
