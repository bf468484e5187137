"""The queries asked most, and what they led to."""

from __future__ import annotations

from retrieval.analytics.attribution import Sales, Touch, attribute_orders
from retrieval.analytics.log import CleanLog
from retrieval.analytics.searches import Search, by_query, find_searches, shown_queries
from retrieval.analytics.types import Hidden, QueryReport, QueryRow
from retrieval.profile.types import Action


def report_queries(log: CleanLog, limit: int) -> QueryReport:
    """The `limit` queries with the most searches."""
    searches = find_searches(log)
    queries = by_query(searches)
    shown = shown_queries(queries)
    hidden = [query for query in queries if query not in shown]
    sales = attribute_orders(_touches(log, searches), log.acts)
    rows = [_row(query, queries[query], sales[query]) for query in shown]
    rows.sort(key=lambda row: (-row.searches, -row.shoppers, row.query))
    return QueryReport(
        period=log.period,
        rows=tuple(rows[:limit]),
        searches=len(searches),
        distinct=len(queries),
        clicked=sum(search.clicked for search in searches),
        hidden=Hidden(rows=len(hidden), events=sum(len(queries[query]) for query in hidden)),
    )


def _touches(log: CleanLog, searches: list[Search]) -> list[Touch]:
    """The clicks on searches' lists."""
    lists = {s.event.query_id: s.query for s in searches if s.event.query_id}
    return [
        Touch(lists[event.query_id], stored.shopper_id, event.object_id, event.timestamp)
        for stored in log.acts
        if (event := stored.event).action_name is Action.CLICK
        and event.object_id
        and event.query_id in lists
    ]


def _row(query: str, searches: list[Search], sales: Sales) -> QueryRow:
    clicked = sum(search.clicked for search in searches)
    return QueryRow(
        query=query,
        searches=len(searches),
        shoppers=len({search.shopper_id for search in searches}),
        clicked=clicked,
        click_rate=round(clicked / len(searches), 4),
        zero_results=sum(search.is_empty for search in searches),
        orders=sales.orders,
        revenue=round(sales.revenue, 2),
    )
