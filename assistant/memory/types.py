"""The nouns of preference memory."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from retrieval.types import Filters, Frozen


class StatementKind(StrEnum):
    """What a statement is about."""

    AVOID = "avoid"
    SIZE = "size"
    TRAIT = "trait"
    PERSON = "person"


class Statement(Frozen):
    """A taste as it was said: `words` are its object ("leather", "42", "left-handed").

    `always` says that it holds whatever is looked for.
    """

    kind: StatementKind
    words: str
    always: bool = False


class Preference(Frozen):
    """A kept taste: the conditions and wishes it adds to searches in its scope.

    `scope` is the beginning of a category path, empty for all. `source` is the turn in which
    it was said.
    """

    id: str
    kind: StatementKind
    text: str
    filters: Filters = Filters()
    wishes: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    source: str
    kept: datetime
    expires: datetime
