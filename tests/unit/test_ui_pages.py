"""What the pages are made of: cards, chips, words, suggestions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import pytest

from assistant.types import (
    Act,
    Comparison,
    ComparisonEvent,
    ComparisonRow,
    DoneEvent,
    ErrorEvent,
    QuestionEvent,
    Sentence,
    TextEvent,
    Understanding,
)
from retrieval.errors import CallerError
from retrieval.types import AttributeFilter, Filters, Language, Product, Range, Sort
from ui.chips import drop_chips, join_filters, list_chips
from ui.language import choose_language
from ui.listen import bind_port
from ui.render import Renderer, describe_stock, image_link, product_link
from ui.samples import sample_products, sample_service, sample_store, sample_vocabulary
from ui.suggest import suggest_messages
from ui.texts import TEXTS, say
from ui.turnview import TurnView

EN, ZH = Language.ENGLISH, Language.CHINESE


class Tags(HTMLParser):
    """The tags and attributes of a text, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(SimpleNamespace(store=sample_store(), vocabulary=sample_vocabulary()))


@pytest.fixture
def view(renderer: Renderer) -> TurnView:
    return TurnView(renderer, EN)


# ---------------------------------------------------------------------- cards


def test_a_card_shows_the_saving_and_the_stock(renderer: Renderer) -> None:
    card = renderer.card(sample_products()[0], EN)
    assert (card.price, card.list_price, card.discount) == ("$149", "$199", 25)
    assert (card.stock, card.rating, card.rated) == ("In stock", "4.6", "4.6 of 5, 128 ratings")


def test_a_list_price_that_saves_nothing_is_left_out(renderer: Renderer) -> None:
    product = sample_products()[0].model_copy(update={"list_price": Decimal("149")})
    assert renderer.card(product, EN).list_price == ""


def test_a_card_speaks_the_shoppers_language(renderer: Renderer) -> None:
    card = renderer.card(sample_products()[0], ZH)
    assert (card.title, card.stock, card.price) == ("静音头戴式耳机", "有货", "149美元")


def test_a_card_without_price_rating_stock_or_picture_still_stands(renderer: Renderer) -> None:
    card = renderer.card(Product(id="p", title="Thing", price=None, currency="USD"), EN)
    assert (card.price, card.rating, card.stock, card.image) == ("Price on request", "", "", "")


def test_a_saving_is_never_rounded_up(renderer: Renderer) -> None:
    prices = {"price": Decimal("10.01"), "list_price": Decimal("19.99")}
    reduced = Product(id="p", title="Thing", currency="USD", **prices)
    assert renderer.card(reduced, EN).discount == 49


@pytest.mark.parametrize(
    ("stock", "shown"), [(None, ""), (0, "Sold out"), (1, "Only 1 left"), (6, "In stock")]
)
def test_stock_is_told_as_far_as_it_is_known(stock: int | None, shown: str) -> None:
    assert describe_stock(stock, EN)[0] == shown


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://shop.example/p/1", "https://shop.example/p/1"),
        ("javascript:alert(1)", "/shop/products/a%2Fb"),
        ("data:text/html,x", "/shop/products/a%2Fb"),
        (None, "/shop/products/a%2Fb"),
    ],
)
def test_only_web_addresses_become_links(url: str | None, link: str) -> None:
    product = Product(id="a/b", title="t", price=None, currency="USD", url=url)
    assert product_link(product) == link


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("media/a b.svg", "/media/a%20b.svg"),
        ("http://cdn.example/a.jpg", "http://cdn.example/a.jpg"),
        ("javascript:alert(1)", ""),
        ("//evil.example/a.png", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_pictures_become_pictures(url: str | None, link: str) -> None:
    assert image_link(url) == link


# ---------------------------------------------------------------------- a turn


def test_hostile_texts_stay_text_everywhere(view: TurnView, tmp_path: Path) -> None:
    service = sample_service(tmp_path)
    bad = '<script>hack()</script><img src=x onerror=hack()>"><svg onload=hack()>'
    view.add(service.cards("x1", reasons=[bad]))
    view.add(TextEvent(sentence=Sentence(text=bad, product_ids=('"><b>',))))
    row = ComparisonRow(name="n", label=bad, values=(bad, bad))
    view.add(
        ComparisonEvent(
            comparison=Comparison(product_ids=("a", "b"), names=(bad, bad), rows=(row,))
        )
    )
    view.add(QuestionEvent(text=bad, options=(bad,)))
    view.add(ErrorEvent(message=bad, remedy=bad))

    tags = Tags(view.cards + view.answer)
    assert not tags.named("script") and not tags.named("svg") and not tags.named("b onmouseover")
    assert [image["src"] for image in tags.named("img")] == ["/media/x1.svg"]
    assert not [a for _, a in tags.seen if any(name.startswith("on") for name in a)]
    assert tags.named("button")[0]["data-say"] == bad
    assert view.cards.count("&lt;script&gt;") == 2  # the title and the reason


def test_a_turn_waits_until_it_is_done(view: TurnView, tmp_path: Path) -> None:
    assert "Looking" in view.answer
    view.add(sample_service(tmp_path).cards("h1"))
    assert "Writing" in view.answer
    view.add(DoneEvent(turn_id="t", trace={}))
    assert view.answer == ""


def test_a_later_products_event_replaces_the_cards(view: TurnView, tmp_path: Path) -> None:
    service = sample_service(tmp_path)
    view.add(service.cards("h1", "h2"))
    view.add(service.cards("h3"))
    assert [card["data-id"] for card in Tags(view.cards).named("article")] == ["h3"]


def test_an_error_keeps_what_was_shown(view: TurnView, tmp_path: Path) -> None:
    view.add(sample_service(tmp_path).cards("h1"))
    view.add(TextEvent(sentence=Sentence(text="It is good.")))
    view.add(ErrorEvent(message="It broke.", remedy="Try again."))
    assert "h1" in view.cards and "It is good." in view.answer and "Try again." in view.answer


def test_small_talk_does_not_say_that_nothing_was_found(view: TurnView, tmp_path: Path) -> None:
    empty = sample_service(tmp_path).cards()
    view.add(empty)
    assert "Nothing matches" in view.cards
    talk = empty.understanding.model_copy(update={"act": Act.SMALL_TALK})
    view.add(empty.model_copy(update={"understanding": talk}))
    assert view.cards.strip() == ""


def test_a_comparison_is_a_table_that_marks_the_best(view: TurnView) -> None:
    rows = (
        ComparisonRow(name="price", label="price", values=("$149", "$79.90"), best=("h2",)),
        ComparisonRow(name="rating", label="rating", values=("4.6", "4.2"), best=("h1",)),
    )
    comparison = Comparison(product_ids=("h1", "h2"), names=("Over-ear", "In-ear"), rows=rows)
    view.add(ComparisonEvent(comparison=comparison))
    cells = [cell.get("class") for cell in Tags(view.answer).named("td")[1:]]
    assert cells == [None, "best", "best", None]
    assert len(Tags(view.answer).named("th")) == 4


def test_a_sentence_points_at_the_cards_it_speaks_of(view: TurnView, tmp_path: Path) -> None:
    view.add(sample_service(tmp_path).cards("h2", "h1"))
    view.add(TextEvent(sentence=Sentence(text="Good.", product_ids=("h1", "gone"))))
    assert Tags(view.answer).named("span")[0]["data-ids"] == "h1 gone"
    assert '<sup class="ai-ref" aria-hidden="true">2</sup>' in view.answer


# ---------------------------------------------------------------------- chips

READ = Understanding(
    act=Act.SEARCH,
    language=EN,
    query="headphones",
    sort=Sort.RATING,
    filters=Filters(
        price=Range(minimum=Decimal(50), maximum=Decimal(200), exclusive_maximum=True),
        brands=("Lumen",),
        excluded_brands=("Pip",),
        categories=(("Audio", "Headphones"),),
        excluded_categories=(("Kitchen", "Kettles"),),
        attributes=(
            AttributeFilter(name="color", values=("black",)),
            AttributeFilter(name="weight", range=Range(maximum=Decimal("300.0")), unit="g"),
            AttributeFilter(name="wireless", values=("true",), exclude=True),
        ),
        excluded_terms=("leather",),
        in_stock=True,
        minimum_rating=Decimal("4.50"),
    ),
)


def chips(read: Understanding, language: Language) -> Iterator[tuple[str, str]]:
    for chip in list_chips(read, sample_store(), sample_vocabulary(), language):
        yield chip.key, chip.label


def test_every_condition_is_a_chip_in_english() -> None:
    assert list(chips(READ, EN)) == [
        ("category:Audio > Headphones", "Headphones"),
        ("brand:Lumen", "Lumen"),
        ("price", "$50 to $200"),
        ("attribute:color", "black"),
        ("attribute:weight", "weight up to 300 g"),
        ("not-attribute:wireless", "not wireless"),
        ("rating", "rated 4.5 or more"),
        ("stock", "In stock"),
        ("not-brand:Pip", "not Pip"),
        ("not-category:Kitchen > Kettles", "not Kettles"),
        ("not-term:leather", "not leather"),
        ("sort", "Best rated"),
    ]


def test_chips_speak_chinese() -> None:
    labels = dict(chips(READ, ZH))
    assert labels["category:Audio > Headphones"] == "耳机"
    assert labels["price"] == "50美元至200美元"
    assert labels["attribute:color"] == "黑色"
    assert labels["attribute:weight"] == "重量 300克以内"
    assert labels["not-brand:Pip"] == "不要 Pip"


def test_dropping_every_chip_one_by_one_leaves_a_bare_query() -> None:
    read = READ
    for key, _ in chips(READ, EN):
        before = len(list(chips(read, EN)))
        read = drop_chips(read, {key})
        assert len(list(chips(read, EN))) == before - 1
    assert read == Understanding(act=Act.SEARCH, language=EN, query="headphones")


def test_unknown_chip_keys_change_nothing() -> None:
    assert drop_chips(READ, {"nonsense", "brand:Nobody"}) == READ


def test_given_filters_take_the_place_of_what_was_read() -> None:
    joined = join_filters(READ, Filters(brands=("Hearth",)), Sort.NEWEST)
    assert joined.filters.brands == ("Hearth",) and joined.sort is Sort.NEWEST
    assert joined.filters.price == READ.filters.price
    assert join_filters(READ, Filters(brands=()), None) == READ


# ---------------------------------------------------------------------- words


def test_every_text_takes_the_same_values_in_both_languages() -> None:
    for key, (english, chinese) in TEXTS.items():
        names = {name for _, name, _, _ in Formatter().parse(english + chinese) if name}
        values = dict.fromkeys(names, "@")
        assert english and chinese, key
        assert say(key, EN, **values).count("@") == say(key, ZH, **values).count("@"), key


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("", "zh-CN,zh;q=0.9,en;q=0.8", ZH),
        ("", "en-GB,zh;q=0.9", EN),
        ("", "", EN),
        ("", "fr", EN),
        ("en", "zh-CN", EN),
        ("zh", "en", ZH),
    ],
)
def test_the_page_speaks_what_was_asked_or_the_browsers_first(
    asked: str, accepted: str, language: Language
) -> None:
    assert choose_language(asked, accepted) is language


def test_suggestions_come_from_the_catalogue() -> None:
    vocabulary = sample_vocabulary().model_copy(
        update={"price_quantiles": {"Headphones": tuple(map(Decimal, (30, 79, 120)))}}
    )
    assert suggest_messages(sample_store(), vocabulary, EN) == (
        "Headphones under $80",
        "The best rated kettles",
    )
    assert suggest_messages(sample_store(), vocabulary, ZH) == (
        "80美元以内的耳机",
        "评分最高的水壶",
    )


# ---------------------------------------------------------------------- serving


@pytest.mark.parametrize(
    ("host", "word"), [("shop..example", "unknown"), ("203.0.113.7", "not an address")]
)
def test_a_host_that_cannot_be_had_is_explained(
    host: str, word: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("socket_enabled")
    with pytest.raises(CallerError) as caught:
        bind_port(host, 7860)
    assert word in caught.value.message and "AISLE_HOST" in caught.value.remedy
