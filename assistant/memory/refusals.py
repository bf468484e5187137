"""What a shopper refuses, for profiles and recommendations: read from the preference memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from assistant.memory.store import PreferenceStore
from assistant.memory.types import StatementKind
from retrieval.types import Filters

T = TypeVar("T")


def owners_of(names: Sequence[str]) -> tuple[str, ...]:
    """Owners under which tastes of a shopper are kept, given their user and client ids."""
    return tuple(f"{kind}:{name}" for name in names for kind in ("shopper", "client"))


def refusal_reader(store: PreferenceStore) -> Callable[[Sequence[str]], Filters]:
    """Reads all that is refused under these user and client ids.

    Of every scope: what nobody asked for is no place to try a shopper's patience.
    """

    def read(names: Sequence[str]) -> Filters:
        kept = store.recent(*owners_of(names))
        return join_refusals([p.filters for p in kept if p.kind is StatementKind.AVOID])

    return read


def join_refusals(found: Sequence[Filters]) -> Filters:
    """The refusals of all of them."""
    return Filters(
        excluded_brands=_union(f.excluded_brands for f in found),
        excluded_categories=_union(f.excluded_categories for f in found),
        excluded_terms=_union(f.excluded_terms for f in found),
        attributes=_union(tuple(a for a in f.attributes if a.exclude) for f in found),
    )


def _union(parts: Iterable[Sequence[T]]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(each for part in parts for each in part))
