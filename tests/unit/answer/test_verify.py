"""Sentences as a language model writes them, each with its verdict, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from support.answer_products import BAGS, EN, LAPTOPS, MICE, STORE, VOCABULARY, ZH

from assistant.answer.facts import build_facts
from assistant.answer.verify import ClaimVerifier
from assistant.types import Act, Rejection, Sentence, Understanding
from retrieval.types import Filters, Language, Product, Range

VERIFIER = ClaimVerifier(VOCABULARY)
TRUE_EN = """
The Tavrik Hush costs $24.99, which is $5.01 under your budget.
The Tavrik Hush Wireless Mouse matches your wish for a quiet and left-handed mouse.
It is tied with the Pixmere Moss Mouse for best rated of the three.
The Quenlo Glide is the cheapest of the three at $19.99.
The Quenlo Glide is cheaper than the Tavrik Hush by $5.
The Hush is $5 more expensive than the Glide, but it is quieter.
The Pixmere Moss Mouse is $4.50 over your budget and only 3 are left in stock.
The Tavrik Hush is discounted by 17%, down from $29.99.
The Tavrik Hush weighs 72 g and makes 20 dB of noise.
The Tavrik Hush weighs 0.072 kg.
The Tavrik Hush has Bluetooth and a battery life of 400 hours.
The Quenlo Glide misses your wish for a quiet mouse.
Both the Tavrik Hush and the Pixmere Moss are left-handed.
The Tavrik Hush is a good choice at $24.99.
The Tavrik Hush is the only one that is quiet.
Here are three options.
The second one is white and in stock.
The Pixmere Moss has a longer battery life than the Quenlo Glide.
All three are in stock.
The Hush lasts over 300 hours.
Neither the Glide nor the Moss is quiet.
The Hush is black, the Glide is white and the Moss is green.
The Tavrik Hush meets all your needs.
For $19.99 you get the Glide.
If you want a quiet mouse, the Tavrik Hush is a good choice at $24.99.
The Moss is $14.51 more expensive than the Glide.
You asked for a quiet mouse, and the Hush is quiet.
The Hush is the quietest of the three at 20 dB.
The catalogue doesn't say whether the Hush is waterproof.
Orders over $50 ship free within 3 days.
You can return it within 30 days.
The Tavrik Hush has a noise level of 20 dB.
They are quiet and rated 4.6 of 5 by 128 customers.
The Tavrik Hush is $24.99 with a 17% discount and is black.
"""
FALSE_EN = """
The Tavrik Hush costs $24.95.
The Tavrik Hush costs €24.99.
The Tavrik Hush is the cheapest of the three.
The Moss is the best rated of the three.
The Quenlo Glide is a Tavrik Hush.
The Quenlo Glide is from Tavrik.
The Glide is quieter than the Hush.
None of them is quiet.
Neither the Hush nor the Glide is under your budget.
The Hush is $24.99, the Glide is $24.99.
The Hush saves you $10.
The Moss has fewer buttons than the Hush.
The Hush supports wireless charging.
The Glide meets all your needs.
The Hush is rated 4.6 out of 10.
The Hush has 128 buttons.
The Hush is the second cheapest.
Only the Hush is left-handed.
The Tavrik Hush is the only one that is left-handed.
The Hush has a 20 hour battery.
The Hush weighs 20 dB.
The price is $19.99.
The Hush is ideal for the office.
The Hush is made in Germany.
Customers love the Hush.
The Moss is sold out.
The Glide is left-handed too.
The third one is the cheapest.
The Hush is 27% off.
The Glide is on sale.
The Hush is the cheapest in our store.
Free shipping is included.
Orders over $30 ship free.
You can return it within 60 days.
The Tavrik Hush ships tomorrow.
You can get 10% off with a coupon.
It offers great value.
The Tavrik Hush is perfect.
The Tavrik Hush has a more comfortable shape.
The catalogue doesn't say whether the Hush is quiet.
这款鼠标很好。
"""
TRUE_ZH = """
塔瑞克Hush价格24.99美元，比您的预算低5.01美元。
塔瑞克 Hush 符合您静音和左手的需求。
坤洛Glide是三款中最便宜的，售价19.99美元。
坤洛Glide比塔瑞克Hush便宜5美元，但不静音。
派茉Moss重64克，是三款中最轻的。
塔瑞克Hush支持蓝牙，续航400小时。
它与派茉Moss并列三款中评分最高。
塔瑞克Hush评分4.6分，有128位顾客评价。
派茉Moss超出预算4.50美元，仅剩3件。
塔瑞克Hush比原价低5美元，降了17%。
第二款是白色的，有货。
三款都有货。
坤洛Glide和派茉Moss都不静音。
塔瑞克Hush是黑色，坤洛Glide是白色，派茉Moss是绿色。
塔瑞克Hush完全符合您的需求。
如果您想要静音鼠标，可以选择塔瑞克Hush，价格24.99美元。
坤洛Glide不符合静音和左手的要求。
目录里没有说明塔瑞克Hush是否防水。
派茉Moss比坤洛Glide贵14.51美元。
塔瑞克Hush 评分4.6，128位顾客评价。
派茉Moss 价格34.50美元，是三款中最轻的，评分4.6。
塔瑞克Hush 是三款中最安静的，续航最长。
"""
FALSE_ZH = """
塔瑞克Hush价格25.99美元。
塔瑞克Hush价格24.99元。
坤洛Glide静音。
塔瑞克Hush不静音。
坤洛Glide就是塔瑞克Hush。
坤洛Glide是塔瑞克的产品。
坤洛Glide支持蓝牙。
塔瑞克Hush没有蓝牙。
塔瑞克Hush是三款中最便宜的。
塔瑞克Hush是三款中最便宜且最轻的。
派茉Moss评分最高。
塔瑞克Hush防水。
塔瑞克Hush比坤洛Glide便宜。
坤洛Glide比塔瑞克Hush更安静。
派茉Moss在预算内。
坤洛Glide完全符合您的需求。
只有塔瑞克Hush适合左手。
三款中只有坤洛Glide有货。
三款都支持蓝牙。
塔瑞克Hush有5个按键。
塔瑞克Hush重400克。
塔瑞克Hush续航超过500小时。
塔瑞克Hush是最受欢迎的。
顾客都喜欢塔瑞克Hush。
塔瑞克Hush是您的完美选择。
塔瑞克Hush质量很好。
塔瑞克Hush打8折。
塔瑞克Hush原价34.99美元。
塔瑞克Hush明天送达。
全场包邮。
支持60天退货。
索尼Foo价格24.99美元。
目录里没有说明塔瑞克Hush是否静音。
目录里没有说明塔瑞克Hush是否适合左手。
塔瑞克Hush 是两款中最安静的。
塔瑞克Hush 是三款中最安静的，重量最轻。
塔瑞克Hush售价为19.99美元，坤洛Glide售价为24.99美元。
The Tavrik Hush costs $24.99.
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def verdict(
    sentence: str, language: Language, products: Sequence[Product] = MICE
) -> Sentence | Rejection:
    understanding = Understanding(
        act=Act.SEARCH,
        language=language,
        query="quiet left-handed mouse" if language is EN else "静音左手鼠标",
        filters=Filters(price=Range(maximum=Decimal(30))),
    )
    facts = build_facts(understanding, products, VOCABULARY, STORE)
    previous = (products[0].id,)
    return VERIFIER.check(sentence, understanding, facts, STORE, previous)


@pytest.mark.parametrize("sentence", lines(TRUE_EN))
def test_true_english_sentences_are_kept(sentence: str) -> None:
    kept = verdict(sentence, EN)
    assert isinstance(kept, Sentence), kept
    assert kept.text == sentence and kept.by == "llm"


@pytest.mark.parametrize("sentence", lines(FALSE_EN))
def test_false_english_sentences_are_rejected_with_a_reason(sentence: str) -> None:
    rejected = verdict(sentence, EN)
    assert isinstance(rejected, Rejection), rejected
    assert rejected.reason


@pytest.mark.parametrize("sentence", lines(TRUE_ZH))
def test_true_chinese_sentences_are_kept(sentence: str) -> None:
    kept = verdict(sentence, ZH)
    assert isinstance(kept, Sentence), kept


@pytest.mark.parametrize("sentence", lines(FALSE_ZH))
def test_false_chinese_sentences_are_rejected_with_a_reason(sentence: str) -> None:
    rejected = verdict(sentence, ZH)
    assert isinstance(rejected, Rejection), rejected


@pytest.mark.parametrize("language", [EN, ZH])
def test_two_are_compared_with_or_without_an_article(language: Language) -> None:
    text = {
        EN: "The Kestova Vanta 14 Laptop is cheaper of the two and is lighter of the two.",
        ZH: "凯思拓Vanta 是两款中最便宜的，也是两款中最轻的。",
    }[language]
    kept = verdict(text, language, LAPTOPS)
    assert isinstance(kept, Sentence), kept
    swapped = text.replace("Kestova Vanta 14", "Miravolt Orbit 15").replace(
        "凯思拓Vanta", "米拉伏Orbit"
    )
    assert isinstance(verdict(swapped, language, LAPTOPS), Rejection)


def test_evidence_names_the_fields_behind_each_claim() -> None:
    kept = verdict("The Tavrik Hush costs $24.99, weighs 72 g and is in stock.", EN)
    assert isinstance(kept, Sentence)
    assert set(kept.evidence) == {"price", "attribute:weight", "stock"}
    kept = verdict("You can return it within 30 days.", EN)
    assert isinstance(kept, Sentence) and kept.evidence == ("policy:returns",)


def test_a_word_of_the_description_alone_proves_nothing() -> None:
    rejected = verdict("The Kestova Vanta 14 Laptop is for students.", EN, LAPTOPS)
    assert isinstance(rejected, Rejection)
    kept = verdict("The Kestova Vanta 14 Laptop is an aluminium laptop for students.", EN, LAPTOPS)
    assert isinstance(kept, Sentence), kept


def test_what_one_product_does_not_say_ranks_nothing() -> None:
    rejected = verdict("The Hexalune Trek is the lightest of the three.", EN, BAGS)
    assert isinstance(rejected, Rejection)
