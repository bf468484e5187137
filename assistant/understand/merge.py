"""Settles what the rules and the model read differently."""

from __future__ import annotations

import re

from assistant.types import Act, Source, Understanding
from assistant.understand.context import merge_filters
from retrieval.types import Filters, Language

# So few words of a wish are the best search text there is; longer ones tell stories.
PLAIN_WORDS = 5

_WORD = re.compile(r"[^\W_]+")
# Plural endings and word order do not make another search.
_ENDING = re.compile(r"(?:es|s)$")


def merge(quick: Understanding, read: Understanding) -> Understanding:
    """One understanding from the rules' `quick` and the model's `read`.

    Numbers, negations, ordinals and the order stand as the rules read them wherever they are
    certain. The model decides the act where the rules are not, and adds its wording of the
    wish to the search. What the model alone found (a price, a refusal) joins the filters.
    """
    act = quick.act if "act" in quick.certain else read.act
    if act is Act.SMALL_TALK and quick.act is not Act.SMALL_TALK and _has_conditions(quick):
        act = quick.act
    filters = _merged_filters(quick, read, act)
    query, rewrites = _merged_query(quick, read, act)
    if act is Act.SMALL_TALK:
        query, rewrites, filters = "", (), Filters()
    return quick.model_copy(
        update={
            "act": act,
            "query": query,
            "rewrites": rewrites,
            "filters": filters,
            "references": _merged_references(quick, read, act),
            "source": Source.MERGED,
        }
    )


def needs_model(quick: Understanding) -> bool:
    """Whether the model can add anything to what the rules read.

    Not to small talk, nor to a question or comparison whose products are settled, nor to a
    request in English of a few words whose act is plain: there the search text is the
    message itself. A Chinese wish always profits from the model's English wording.
    """
    if "act" not in quick.certain:
        return True
    if quick.act is Act.SMALL_TALK:
        return False
    if quick.act in (Act.ASK, Act.COMPARE):
        return not quick.references
    return quick.language is not Language.ENGLISH or len(quick.query.split()) > PLAIN_WORDS


def changes_search(quick: Understanding, merged: Understanding) -> bool:
    """Whether `merged` asks for other products than `quick` did, so that a new search pays."""
    if merged.act is Act.SMALL_TALK:
        return quick.act is not Act.SMALL_TALK
    if merged.act in (Act.ASK, Act.COMPARE) and merged.references:
        return quick.act not in (Act.ASK, Act.COMPARE) or merged.references != quick.references
    if quick.act not in (Act.SEARCH, Act.REFINE) and merged.act in (Act.SEARCH, Act.REFINE):
        return True
    return (
        merged.filters != quick.filters
        or merged.sort != quick.sort
        or _key(merged.query) != _key(quick.query)
        or bool(
            {_key(r) for r in merged.rewrites} - {_key(q) for q in (quick.query, *quick.rewrites)}
        )
    )


def _merged_filters(quick: Understanding, read: Understanding, act: Act) -> Filters:
    """The rules' filters, with the model's where the rules have nothing of that kind."""
    filters = quick.filters
    own = read.filters
    if quick.act is Act.REFINE and act is Act.SEARCH:
        filters = _of_this_message(quick, own)
    elif quick.act is Act.SEARCH and act is Act.REFINE:
        filters = merge_filters(own, filters)
    update: dict[str, object] = {}
    if own.price is not None and "price" not in quick.certain:
        update["price"] = own.price
    if own.excluded_terms and "negation" not in quick.certain:
        joined = merge_filters(filters, Filters(excluded_terms=own.excluded_terms))
        update["excluded_terms"] = joined.excluded_terms
    return filters.model_copy(update=update)


def _of_this_message(quick: Understanding, own: Filters) -> Filters:
    """A new topic drops earlier conditions; those the rules read just now are certain ones."""
    kept: dict[str, object] = {}
    if "price" in quick.certain:
        kept["price"] = quick.filters.price
    if "negation" in quick.certain:
        for name in ("excluded_brands", "excluded_terms", "excluded_categories"):
            kept[name] = getattr(quick.filters, name)
    return own.model_copy(update=kept)


def _merged_query(
    quick: Understanding, read: Understanding, act: Act
) -> tuple[str, tuple[str, ...]]:
    """The search text and its further wordings.

    Where the rules took the message for something else, or did not understand, the model's
    wording replaces theirs; else it stands beside it.
    """
    if not read.query or _key(read.query) == _key(quick.query):
        return quick.query, quick.rewrites
    if not quick.query or (act is not quick.act and act in (Act.SEARCH, Act.REFINE)):
        return read.query, ()
    # The bare English name of the kind was only there until the model's whole wish in English.
    chinese = quick.language is Language.CHINESE
    own = [r for r in quick.rewrites if not (chinese and r.isascii())]
    return quick.query, tuple(dict.fromkeys((*own, read.query)))


def _merged_references(quick: Understanding, read: Understanding, act: Act) -> tuple[str, ...]:
    """The rules' references if they are certain or the model has none."""
    if "ordinal" in quick.certain or not read.references or act not in (Act.ASK, Act.COMPARE):
        return quick.references
    return read.references


def _has_conditions(quick: Understanding) -> bool:
    return bool({"price", "negation", "ordinal", "sort", "kind"} & quick.certain)


def _key(text: str) -> frozenset[str]:
    """The words of `text` as far as they make a search: no order, no plural, no case."""
    return frozenset(_ENDING.sub("", w) or w for w in _WORD.findall(text.lower()))
