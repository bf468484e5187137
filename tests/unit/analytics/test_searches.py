"""What people ask for, and don't find, over a real log."""

from __future__ import annotations

from support.merchant_log import MerchantLog

from retrieval.analytics.failing import report_failing
from retrieval.analytics.queries import report_queries
from retrieval.analytics.types import FEWEST_SHOPPERS
from retrieval.profile.types import Action

CROWD = [f"shopper{n}" for n in range(FEWEST_SHOPPERS)]


def test_every_sign_of_failure_is_counted_and_a_search_fails_once(log: MerchantLog) -> None:
    for shopper in CROWD:
        log.search(shopper, "Left-handed  Mouse", minute=0, detail={"results": 0})
        log.search(shopper, "left-handed mouse", minute=1, detail={"results": 2, "relaxed": True})
        seen = log.search(shopper, "ergonomic mouse", minute=2)
        log.click(shopper, seen, "mouse-1", minute=3)
        log.search(shopper, "ergonomic mouse", minute=30)
        log.search(shopper, "desk lamp", minute=31)  # another wish, not other words
    report = report_failing(log.read(), 10)
    first, *others = report.rows
    assert (first.query, first.searches, first.shoppers) == ("left-handed mouse", 10, 5)
    assert (first.failed, first.zero_results, first.relaxed) == (10, 5, 5)
    assert (first.no_click, first.reformulated, first.then) == (5, 5, ("ergonomic mouse",))
    assert {row.query: row.failed for row in others} == {"desk lamp": 5, "ergonomic mouse": 5}
    assert all(row.reformulated == 0 for row in others)
    assert (report.searches, report.failed, report.zero_results) == (25, 20, 5)


def test_a_condition_taken_back_is_a_sign_although_something_was_clicked(log: MerchantLog) -> None:
    for shopper in CROWD:
        seen = log.search(shopper, "red kettle")
        log.add(Action.CORRECTION, shopper, minute=1, query_id=seen, detail={"dropped": "red"})
        log.click(shopper, seen, "kettle-1", minute=2)
    (row,) = report_failing(log.read(), 10).rows
    assert (row.failed, row.no_click, row.reformulated) == (5, 0, 5)


def test_a_query_of_few_shoppers_is_in_the_sums_alone(log: MerchantLog) -> None:
    for shopper in CROWD[1:]:
        for _ in range(3):
            log.search(shopper, "anna karenina, 5 elm street", detail={"results": 0})
    for shopper in CROWD:
        log.search(shopper, "kettle")
    clean = log.read()
    failing, queries = report_failing(clean, 10), report_queries(clean, 10)
    assert [row.query for row in failing.rows] == ["kettle"]
    assert [row.query for row in queries.rows] == ["kettle"]
    assert (failing.failed, failing.hidden.rows, failing.hidden.events) == (17, 1, 12)
    assert (queries.searches, queries.distinct, queries.hidden.events) == (17, 2, 12)
    assert "elm" not in failing.model_dump_json() + queries.model_dump_json()


def test_the_chat_counts_where_it_looked_for_products(log: MerchantLog) -> None:
    for shopper in CROWD:
        chat = {"surface": "chat", "query_id": f"t-{shopper}"}
        log.add(
            Action.CHAT_TURN, shopper, user_query="a quiet mouse", detail={"results": 3}, **chat
        )
        log.add(
            Action.CHAT_TURN, shopper, minute=1, user_query="cheaper",
            detail={"results": 3, "follows": True}, query_id=f"u-{shopper}",
        )  # fmt: skip
        log.add(Action.CHAT_TURN, shopper, minute=2, user_query="where is my order", detail={})
        log.click(shopper, chat["query_id"], "mouse-1", minute=3)
    report = report_queries(log.read(), 10)
    (row,) = report.rows
    assert (row.query, row.searches, row.clicked, row.click_rate) == ("a quiet mouse", 5, 5, 1.0)


def test_orders_count_for_the_query_whose_list_was_clicked_last(log: MerchantLog) -> None:
    for shopper in CROWD:
        one, two = log.search(shopper, "mouse"), log.search(shopper, "lamp", minute=1)
        log.click(shopper, one, "m1", minute=2)
        log.click(shopper, two, "l1", minute=3)
        log.order(shopper, "m1", 20, minute=9)
        log.order(shopper, "other", 99, minute=9)
    rows = {row.query: row for row in report_queries(log.read(), 10).rows}
    assert (rows["mouse"].orders, rows["mouse"].revenue) == (5, 100)
    assert (rows["lamp"].orders, rows["lamp"].revenue) == (0, 0)


def test_the_list_ends_where_it_is_told(log: MerchantLog) -> None:
    for shopper in CROWD:
        for query in ("a lamp", "a mouse", "a kettle"):
            log.search(shopper, query)
    assert len(report_queries(log.read(), 2).rows) == 2
