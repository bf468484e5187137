"""A refusal said of nothing ("I don't like leather"): a taste, and nothing to search for."""

from __future__ import annotations

from assistant.jobs.types import PreferenceAction, PreferenceJob
from assistant.memory.types import Statement, StatementKind
from assistant.types import Act, Understanding
from assistant.understand.act import understand_job
from retrieval.types import Filters


def take_as_statement(read: Understanding) -> Understanding:
    """`read` as the wish to be remembered, where it refuses things and asks for none."""
    filters = read.filters
    values = tuple(a for a in filters.attributes if a.exclude)
    refusals = Filters(
        excluded_terms=filters.excluded_terms,
        excluded_brands=filters.excluded_brands,
        attributes=values,
    )
    if read.act is not Act.SEARCH or read.query or read.wishes or filters != refusals:
        return read
    said = [a for a in values if not a.implied and a.values != ("true",)]
    words = (
        *filters.excluded_terms,
        *filters.excluded_brands,
        *(value for attribute in said for value in attribute.values),
    )
    if not words:
        return read
    statements = tuple(Statement(kind=StatementKind.AVOID, words=w) for w in dict.fromkeys(words))
    job = PreferenceJob(action=PreferenceAction.REMEMBER, statements=statements)
    return understand_job(job, read.language)
