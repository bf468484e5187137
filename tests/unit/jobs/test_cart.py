"""The cart over a real SQLite file: only what was shown, versions, stock, totals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Engine
from support.jobs_store import STORE, find

from assistant.conversation import SqlConversationStore
from assistant.jobs.result import JobResult
from assistant.jobs.run import JobRunner
from assistant.jobs.types import CartAction, CartJob
from assistant.store.shop import Caller, Shop
from assistant.store.sql import SqlStoreBackend
from assistant.store.types import StoreBackendError
from retrieval.types import Language

from .conftest import context, show

ZH = Language.CHINESE


def texts(result: JobResult) -> str:
    return " ".join(s.text for s in result.sentences)


def add(*ids: str, quantity: int = 1, words: str = "") -> CartJob:
    return CartJob(action=CartAction.ADD, product_ids=ids, quantity=quantity, words=words)


def test_adds_what_was_shown_and_says_the_total(
    runner: JobRunner, conversations: SqlConversationStore
) -> None:
    conversation = show(conversations, "mouse", "lamp")
    result = runner.run(add("mouse", "lamp", quantity=2), context(conversation))
    assert result.cart is not None
    assert [(line.product_id, line.quantity) for line in result.cart.lines] == [
        ("mouse", 2),
        ("lamp", 2),
    ]
    assert result.cart.total == Decimal("129.98")
    assert "$129.98" in texts(result)
    assert all(sentence.evidence for sentence in result.sentences)


def test_the_cart_outlives_the_process(
    runner: JobRunner, conversations: SqlConversationStore, database: Engine
) -> None:
    runner.run(add("mouse"), context(show(conversations, "mouse")))
    again = SqlStoreBackend(database, STORE, find)
    assert [line.product_id for line in again.cart("conversation:c").lines] == ["mouse"]


def test_what_was_not_shown_here_is_refused(
    runner: JobRunner, shop: Shop, conversations: SqlConversationStore
) -> None:
    show(conversations, "mouse", conversation_id="other")
    conversation = show(conversations, "lamp")
    with pytest.raises(StoreBackendError, match="shown"):
        shop.add(Caller("c"), "mouse", None, 1)
    assert runner.run(add("mouse"), context(conversation)).failed
    assert not shop.cart(Caller("c")).lines


@pytest.mark.parametrize(
    ("language", "words", "variant", "price"),
    [
        ("en", "size 41", "s41r", "80"),
        ("en", "42 in black", "s42b", "85"),
        ("zh", "42码红色", "s42r", "80"),
        ("zh", "黑的，42", "s42b", "85"),
    ],
)
def test_the_version_that_was_said(
    runner: JobRunner,
    conversations: SqlConversationStore,
    language: str,
    words: str,
    variant: str,
    price: str,
) -> None:
    said = context(show(conversations, "shoe"), words, Language(language))
    result = runner.run(add("shoe", words=words), said)
    assert result.cart is not None
    assert [(line.variant_id, line.unit_price) for line in result.cart.lines] == [
        (variant, Decimal(price))
    ]


def test_an_open_version_is_asked_for_and_nothing_is_added(
    runner: JobRunner, shop: Shop, conversations: SqlConversationStore
) -> None:
    conversation = show(conversations, "shoe")
    result = runner.run(add("shoe", quantity=2), context(conversation, language=ZH))
    assert "尺码" in result.question
    assert result.options == ("41", "42")
    assert isinstance(result.job, CartJob)
    assert (result.job.asked, result.job.quantity) == ("shoe", 2)
    assert not shop.cart(Caller("c")).lines


@pytest.mark.parametrize(
    ("product", "quantity", "said"),
    [("tent", 1, "sold out"), ("mouse", 4, "Only 3"), ("desk", 1, "no price"), ("lamp", 100, "99")],
)
def test_what_cannot_be_bought_is_said_why(
    runner: JobRunner,
    shop: Shop,
    conversations: SqlConversationStore,
    product: str,
    quantity: int,
    said: str,
) -> None:
    result = runner.run(add(product, quantity=quantity), context(show(conversations, product)))
    assert result.failed
    assert said in texts(result)
    assert not shop.cart(Caller("c")).lines


def test_two_pieces_in_two_steps_may_not_pass_the_stock(
    runner: JobRunner, conversations: SqlConversationStore
) -> None:
    conversation = show(conversations, "mouse")
    runner.run(add("mouse", quantity=2), context(conversation))
    result = runner.run(add("mouse", quantity=2), context(conversation))
    assert result.failed
    assert result.cart is not None
    assert result.cart.count == 2


def test_changes_and_removes_by_words_by_it_and_by_pointing(
    runner: JobRunner, conversations: SqlConversationStore
) -> None:
    conversation = show(conversations, "mouse", "lamp")
    runner.run(add("mouse", "lamp"), context(conversation))
    change = CartJob(action=CartAction.SET, quantity=3, words="lamp")
    result = runner.run(change, context(conversation))
    assert result.cart is not None
    assert {line.product_id: line.quantity for line in result.cart.lines} == {"mouse": 1, "lamp": 3}
    away = CartJob(action=CartAction.REMOVE, words="鼠标")
    result = runner.run(away, context(conversation, language=ZH))
    assert result.cart is not None
    assert [line.product_id for line in result.cart.lines] == ["lamp"]
    result = runner.run(CartJob(action=CartAction.REMOVE, it=True), context(conversation))
    assert result.cart is not None
    assert not result.cart.lines


def test_remove_it_asks_which_of_several(
    runner: JobRunner, shop: Shop, conversations: SqlConversationStore
) -> None:
    conversation = show(conversations, "mouse", "lamp")
    runner.run(add("mouse", "lamp"), context(conversation))
    result = runner.run(CartJob(action=CartAction.REMOVE, it=True), context(conversation))
    assert result.question
    assert len(result.options) == 2
    assert shop.cart(Caller("c")).count == 2


@pytest.mark.parametrize("action", [CartAction.SET, CartAction.REMOVE])
def test_changing_an_empty_cart_only_says_so(
    action: CartAction, runner: JobRunner, conversations: SqlConversationStore
) -> None:
    job = CartJob(action=action, quantity=2, it=True)
    result = runner.run(job, context(show(conversations, "mouse")))
    assert "empty" in texts(result)


def test_a_line_of_somebody_else_cannot_be_touched(
    shop: Shop, conversations: SqlConversationStore
) -> None:
    show(conversations, "mouse")
    line = shop.add(Caller("c"), "mouse", None, 1).lines[0]
    with pytest.raises(StoreBackendError):
        shop.set_quantity(Caller("thief"), line.id, 0)
    assert shop.cart(Caller("c")).count == 1


def test_signing_in_takes_the_cart_along_as_far_as_there_is_stock(
    shop: Shop, conversations: SqlConversationStore
) -> None:
    show(conversations, "mouse", "lamp")
    ann = Caller("c", "ann")
    shop.backend.add_to_cart(ann.owner, "mouse", None, 2)
    shop.add(Caller("c"), "mouse", None, 2)
    shop.add(Caller("c"), "lamp", None, 1)
    cart = shop.take_cart_along(ann)
    assert {line.product_id: line.quantity for line in cart.lines} == {"mouse": 3, "lamp": 1}
    assert not shop.cart(Caller("c")).lines


def test_a_conversation_named_like_a_shopper_is_not_that_shopper(shop: Shop) -> None:
    assert Caller("shopper:ann").owner != Caller("c", "ann").owner


def test_reads_the_cart_out_by_number(
    runner: JobRunner, conversations: SqlConversationStore
) -> None:
    conversation = show(conversations, "mouse", "lamp")
    runner.run(add("mouse", "lamp"), context(conversation))
    result = runner.run(CartJob(action=CartAction.VIEW), context(conversation, language=ZH))
    assert "1. 静音无线鼠标：24.99美元" in texts(result)
    assert "64.99美元" in texts(result)
    assert result.references == ("mouse", "lamp")
