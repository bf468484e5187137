"""What people ask for and don't find."""

from __future__ import annotations

from collections import Counter

from retrieval.analytics.log import CleanLog
from retrieval.analytics.searches import Search, by_query, find_searches, shown_queries
from retrieval.analytics.types import FailingReport, FailingRow, Hidden

# Queries that followed, listed of one that failed.
_THEN = 3


def report_failing(log: CleanLog, limit: int) -> FailingReport:
    """The `limit` queries with the most failed searches."""
    searches = find_searches(log)
    failed = by_query(search for search in searches if search.is_failed)
    queries = by_query(searches)
    shown = shown_queries(queries)
    hidden = [query for query in failed if query not in shown]
    rows = [_row(query, queries[query], shown) for query in failed if query in shown]
    rows.sort(key=lambda row: (-row.failed, -row.shoppers, row.query))
    return FailingReport(
        period=log.period,
        rows=tuple(rows[:limit]),
        searches=len(searches),
        hidden=Hidden(rows=len(hidden), events=sum(len(failed[query]) for query in hidden)),
        **_signs(searches),  # type: ignore[arg-type]  # all of them are numbers
    )


def _row(query: str, searches: list[Search], shown: set[str]) -> FailingRow:
    then = Counter(s.then for s in searches if s.then in shown)
    return FailingRow(
        query=query,
        searches=len(searches),
        shoppers=len({search.shopper_id for search in searches}),
        then=tuple(text for text, _ in then.most_common(_THEN)),
        **_signs(searches),
    )


def _signs(searches: list[Search]) -> dict[str, int]:
    return {
        "failed": sum(s.is_failed for s in searches),
        "zero_results": sum(s.is_empty for s in searches),
        "relaxed": sum(s.relaxed for s in searches),
        "no_click": sum(s.is_without_click for s in searches),
        "reformulated": sum(s.is_reformulated for s in searches),
    }
