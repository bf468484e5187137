from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assistant.types import Act, Conversation, Turn, Understanding
from assistant.understand.clarify import choose_question, impurity, nice, price_options
from assistant.understand.quick import RuleReader
from retrieval.types import (
    Attribute,
    Filters,
    Hit,
    Language,
    Product,
    Range,
    SearchRequest,
    SearchResult,
    Vocabulary,
)

EMPTY = Conversation(id="c")


def products(
    count: int,
    *,
    categories: Sequence[str] = ("Mouse",),
    colours: Sequence[str] = (),
    prices: Sequence[int] = (20,),
) -> SearchResult:
    hits = tuple(
        Hit(
            product=Product(
                id=str(i),
                title=f"Thing {i}",
                price=Decimal(prices[i % len(prices)]),
                currency="USD",
                category=("Shop", categories[i % len(categories)]),
                attributes=(Attribute(name="colour", value=colours[i % len(colours)]),)
                if colours
                else (),
            ),
            score=1.0,
        )
        for i in range(count)
    )
    return SearchResult(request=SearchRequest(text="x"), hits=hits, total=count)


def wish(
    query: str = "mouse", language: Language = Language.ENGLISH, **more: object
) -> Understanding:
    return Understanding(act=Act.SEARCH, language=language, query=query, **more)


def turn(question: str | None = None, **more: object) -> Turn:
    return Turn(
        id="t",
        message="m",
        understanding=wish(**more),
        question=question,
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_asks_for_the_kind_when_categories_split_the_list(vocabulary: Vocabulary) -> None:
    result = products(30, categories=("Mouse", "Keyboard", "Headphones"))
    question = choose_question(wish("logitech"), result, EMPTY, vocabulary)
    assert question is not None
    assert set(question.options) == {"Mouse", "Keyboard", "Headphones"}
    chinese = choose_question(wish("罗技", Language.CHINESE), result, EMPTY, vocabulary)
    assert chinese is not None
    assert set(chinese.options) == {"鼠标", "键盘", "耳机"}


def test_asks_for_an_attribute_that_splits_the_list(vocabulary: Vocabulary) -> None:
    result = products(30, colours=("Black", "White", "Red"))
    question = choose_question(wish(), result, EMPTY, vocabulary)
    assert question is not None
    assert "colour" in question.text
    assert set(question.options) == {"Black", "White", "Red"}


def test_asks_for_the_budget_when_prices_differ_widely(
    vocabulary: Vocabulary, reader: RuleReader
) -> None:
    result = products(30, prices=(5, 9, 40, 60, 300, 500))
    for language in Language:
        question = choose_question(wish(language=language), result, EMPTY, vocabulary)
        assert question is not None
        assert 2 <= len(question.options) <= 4
        for option in question.options:
            assert reader.read(option, EMPTY, ()).filters.price is not None


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("currency", ["USD", "EUR", "SEK"])
def test_price_options_are_read_back_exactly(
    reader: RuleReader, language: Language, currency: str
) -> None:
    from retrieval.types import StoreInfo

    store = StoreInfo(name="s", title="s", currency=currency)
    same = RuleReader(Vocabulary(), store)
    low, middle, high = price_options(Decimal(50), Decimal(200), currency, language)
    read = [same.read(o, EMPTY, ()).filters.price for o in (low, middle, high)]
    assert [(r.minimum, r.maximum) for r in read if r] == [
        (None, 50),
        (50, 200),
        (200, None),
    ]


@pytest.mark.parametrize(
    "understanding",
    [
        wish("wireless ergonomic vertical mouse for gaming"),
        wish("tn-2110"),
        wish("适合左撇子孩子用的安静的鼠标", Language.CHINESE),
        wish(no_questions=True),
        Understanding(act=Act.ASK, language=Language.ENGLISH, query="mouse"),
        Understanding(act=Act.SMALL_TALK, language=Language.ENGLISH),
    ],
)
def test_never_asks_when_the_wish_is_clear_or_questions_are_unwelcome(
    understanding: Understanding, vocabulary: Vocabulary
) -> None:
    result = products(30, categories=("Mouse", "Keyboard", "Headphones"))
    assert choose_question(understanding, result, EMPTY, vocabulary) is None


def test_never_asks_about_a_short_or_uniform_list(vocabulary: Vocabulary) -> None:
    split = ("Mouse", "Keyboard", "Headphones")
    assert choose_question(wish(), products(5, categories=split), EMPTY, vocabulary) is None
    assert choose_question(wish(), products(30), EMPTY, vocabulary) is None


def test_never_the_same_question_twice_nor_two_in_a_row(vocabulary: Vocabulary) -> None:
    result = products(30, categories=("Mouse", "Keyboard", "Headphones"))
    first = choose_question(wish(), result, EMPTY, vocabulary)
    assert first is not None
    asked = Conversation(id="c", turns=(turn(first.text),))
    assert choose_question(wish(), result, asked, vocabulary) is None
    later = Conversation(id="c", turns=(turn(first.text), turn(None)))
    again = choose_question(wish(), result, later, vocabulary)
    assert again is None or again.text != first.text
    other = choose_question(wish(language=Language.CHINESE), result, later, vocabulary)
    assert other is None


def test_never_after_just_show_me(vocabulary: Vocabulary) -> None:
    result = products(30, categories=("Mouse", "Keyboard", "Headphones"))
    before = Conversation(id="c", turns=(turn(no_questions=True), turn()))
    assert choose_question(wish(), result, before, vocabulary) is None


def test_what_is_settled_is_not_asked(vocabulary: Vocabulary) -> None:
    wide = products(30, prices=(5, 9, 40, 60, 300, 500))
    priced = wish(filters=Filters(price=Range(maximum=Decimal(500))))
    assert choose_question(priced, wide, EMPTY, vocabulary) is None
    coloured = products(30, colours=("Black", "White", "Red"))
    assert choose_question(wish("red mouse"), coloured, EMPTY, vocabulary) is None


def test_answer_to_a_question_refines(
    reader: RuleReader, shown: Sequence[Product], talk: Callable[..., Conversation]
) -> None:
    conversation = talk("logitech", shown, filters=Filters(price=Range(maximum=Decimal(90))))
    last = conversation.turns[0].model_copy(update={"question": "What kind are you looking for?"})
    read = reader.read("Keyboard", Conversation(id="c", turns=(last,)), shown)
    assert read.act is Act.REFINE
    assert read.filters.price == Range(maximum=Decimal(90))
    assert set(read.query.lower().split()) == {"keyboard", "logitech"}


def test_impurity_is_the_expected_change() -> None:
    assert impurity([10]) == 0
    assert impurity([5, 5]) == pytest.approx(0.5)
    assert impurity([]) == 0


@pytest.mark.parametrize(
    ("value", "rounded"), [(47.83, "50"), (0.37, "0.4"), (1234, "1000"), (99, "100")]
)
def test_nice_numbers(value: float, rounded: str) -> None:
    assert nice(value) == Decimal(rounded)
