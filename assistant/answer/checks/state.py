"""Claims on stock, ratings and policies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from assistant.answer.known import CJK, split_words
from assistant.answer.lexicon import harmless_words
from assistant.answer.quantity import Quantity, read_quantities
from assistant.answer.record import Verdict
from assistant.answer.scene import DONE, ClaimError, N, Scene
from retrieval.index.analysis import fold
from retrieval.types import Language, Policy, Product

_PEOPLE = r"(?:reviews?|ratings?|customers?|buyers?|shoppers?|people|users?|reviewers?|opinions?)"
_ZH_PEOPLE = r"(?:顾客|用户|买家|客户|消费者|评价|评论|评分|打分)"
_RATING = re.compile(
    rf"(?:(?:rated|ratings?(?: of| is| at|:)?|scores?(?: of)?|scored|"
    rf"averag\w*(?: rating)?(?: of)?) "
    rf"(?P<r>{N})(?: ?(?:out of|of|/|from) ?(?P<top>{N}))?(?:[ -]?stars?)?|"
    rf"(?P<r2>{N}) ?(?:out of|/|of) ?(?P<top2>{N})(?:[ -]?stars?)?|"
    rf"(?P<r3>{N})[ -]?stars?(?: rating)?)(?! reviews?\b)|"
    rf"(?:评分|得分|打分|评价)(?:均|都|分别|也|高|同)*(?:达到|达|为|是|有|"
    rf":)?(?P<r4>{N})(?:颗?星|分)?"
    rf"(?:\(?,?(?:满分|总分)(?:为|是)?(?P<top4>{N})分?\)?|/(?P<top5>{N})分?)?|"
    rf"(?P<r5>{N})(?:分|颗?星)(?:\(?,?(?:满分|总分)(?:为|是)?(?P<top6>{N})分?\)?)?(?!评价|的?好评)"
)
_COUNT = re.compile(
    rf"(?P<c>{N}) (?:\w+ )?{_PEOPLE}\b|"
    rf"(?P<c2>{N})(?:多)?(?:位|个|名|条|份|人)(?:的|真实)*(?:{_ZH_PEOPLE}的?)*"
)
_STARS = re.compile(rf"(?:an? )?(?P<s>{N})[ -]stars? reviews?|(?P<s2>{N})颗?星的?评[价论]")
_LEFT = re.compile(
    rf"(?P<n>{N}) (?:units? |pieces? |items? |pcs )?(?:are |is )?(?:left|remaining|"
    rf"in stock)(?: in stock)?|"
    rf"(?:仅|只|还)?(?:剩余|剩|余)(?:下|有)?(?P<n2>{N})[件个台只双款]?|库存(?:仅|只|"
    rf"还)*(?:剩余|剩|有|为)?(?P<n3>{N})[件个台只双]?"
)
_IN_STOCK = re.compile(
    r"\b(?:in stock|available)\b(?! in\b)|有货|现货|有库存|有现货|"
    r"(?<!无)(?<!没)库存(?:中)?(?:可供)?"
)
_SOLD_OUT = re.compile(
    r"\b(?:sold out|out of stock|unavailable|not available|not in stock|no longer available)\b|"
    r"缺货|已?售罄|无货|没有?货|断货|卖完|无库存|没有?库存"
)
POLICY = re.compile(
    r"\b(?:ship\w*|deliver\w*|returns?|returned|returning|refund\w*|warrant\w*|guarant\w*|"
    r"exchang\w*|"
    r"coupons?|vouchers?|arriv\w*|tomorrow|dispatch\w*|postage|money back)\b|"
    r"配送|送达|发货|送货|快递|包邮|免邮|运费|退货|退款|退换|换货|保修|质保|保证|优惠券|明天|"
    r"到货|承诺"
)
# A rating from here on may be called high.
HIGHLY = Decimal("4.5")
_HIGHLY = re.compile(
    r"\b(?:highly|well|top|strongly)[ -]rated\b|\bhigh ratings?\b|高评分|评分(?:很|较)?高(?!于)"
)


def check_stock(scene: Scene) -> None:
    """ "in stock", "only 3 left", 已售罄."""
    for match in _LEFT.finditer(scene.text):
        quantity = scene.quantity(match["n"] or match["n2"] or match["n3"])
        scene.claim(match.start(), _has_left(quantity.value), "stock", "stock")
        scene.consume_match(match)
    for match in _SOLD_OUT.finditer(scene.text):
        inside = match.group().startswith(("not ", "no ")) or match.group()[0] in "无没"
        scene.claim(
            match.start(), _sold_out, "stock", "stock",
            negated=scene.negated(match.start()) if not inside else False,
        )  # fmt: skip
        scene.consume_match(match)
    for match in _IN_STOCK.finditer(scene.text):
        scene.claim(match.start(), _in_stock, "stock", "stock")
        scene.consume_match(match)


def _sold_out(product: Product) -> bool | None:
    return None if product.stock is None else product.stock == 0


def _in_stock(product: Product) -> bool | None:
    return None if product.stock is None else product.stock > 0


def check_ratings(scene: Scene) -> None:
    """ "rated 4.6 of 5 by 128 customers", 评分4.6, "highly rated"."""
    for match in _STARS.finditer(scene.text):
        stars = scene.quantity(match["s"] or match["s2"]).value
        scene.claim(match.start(), _has_review(stars), "review", "reviews")
        scene.consume_match(match)
    for match in _RATING.finditer(scene.text):
        groups = match.groupdict()
        slot = next(v for k, v in groups.items() if k.startswith("r") and v)
        top = next((v for k, v in groups.items() if k.startswith("top") and v), None)
        if top and scene.quantity(top).value != 5:
            raise ClaimError("rating: it is out of 5")
        scene.claim(match.start(), _rates(scene.quantity(slot)), "rating", "rating", negated=False)
        if scene.negated(match.start()):
            raise ClaimError("rating: denied")
        scene.consume_match(match)
    for match in _COUNT.finditer(scene.text):
        count = scene.quantity(match["c"] or match["c2"]).value
        scene.claim(
            match.start(),
            _is_reviewed_by(count),
            "number of reviews",
            "rating_count",
            negated=False,
        )
        scene.consume_match(match)
    for match in _HIGHLY.finditer(scene.text):
        scene.claim(match.start(), _is_rated_highly, "highly rated", "rating")
        scene.consume_match(match)


def _rates(quantity: Quantity) -> Callable[[Product], bool | None]:
    if quantity.unit is not None or quantity.is_money:
        raise ClaimError("rating: not a rating")
    return lambda p: bool(p.rating_count) and p.rating == quantity.value


def _has_review(stars: Decimal) -> Callable[[Product], bool | None]:
    return lambda p: any(r.rating == stars for r in p.reviews)


def _is_reviewed_by(count: Decimal) -> Callable[[Product], bool | None]:
    return lambda p: p.rating_count == count


def _has_left(count: Decimal) -> Callable[[Product], bool | None]:
    return lambda p: p.stock == count


def _is_rated_highly(product: Product) -> bool | None:
    return bool(product.rating_count) and product.rating is not None and product.rating >= HIGHLY


def check_policies(scene: Scene) -> None:
    """Shipping, returns and promises: every word and number from one policy, or rejected.

    A product's own attribute ("warranty: 2 years") is left to the words check.
    """
    for match in POLICY.finditer(scene.text):
        start, end = scene.clause_span(match.start())
        if DONE in match.group() or scene.text[match.start()] == DONE:
            continue
        if all(_known(scene, p, match.group()) for p in scene.subject_at(match.start()) or ("",)):
            continue
        policy = _find_policy(scene, start, end)
        if policy is None:
            raise ClaimError(f"policy: nothing backs {match.group()!r}")
        if scene.negated(match.start()):
            raise ClaimError("policy: denied")
        scene.evidence[f"policy:{policy}"] = None
        scene.policy = True
        scene.consume(start, end)


def _known(scene: Scene, product_id: str, word: str) -> bool:
    record = scene.setting.records.get(product_id)
    return record is not None and record.says(word).verdict is not Verdict.UNKNOWN


def _find_policy(scene: Scene, start: int, end: int) -> str | None:
    """The policy one sentence of which says all that the clause says, conditions included."""
    clause = scene.text[start:end]
    numbers = [scene.quantity(c) for c in clause if c in scene.quantities]
    harmless = harmless_words(Language.ENGLISH)
    words = {w for w in split_words(re.sub(rf"[{CJK}]", " ", clause)) if w not in harmless}
    runs = re.findall(rf"[{CJK}]{{2,}}", clause)
    for policy in scene.setting.store.policies:
        title = " ".join(fold(t) for t in policy.titles.values())
        for sentence in _policy_sentences(policy):
            written = list(read_quantities(sentence))
            # "free from $50" must not become "free".
            bounds = [q for q in written if q.is_money]
            if (
                words <= {*split_words(sentence), *split_words(title)}
                and all(_covered(run, [sentence, title]) for run in runs)
                and all(_is_written(number, written) for number in numbers)
                and all(_is_written(bound, numbers) for bound in bounds)
            ):
                return policy.id
    return None


def _policy_sentences(policy: Policy) -> Iterator[str]:
    for text in policy.texts.values():
        yield from filter(None, re.split(r"[;。!?]|\.(?!\d)", fold(text)))


def _is_written(number: Quantity, written: Sequence[Quantity]) -> bool:
    return any(
        q.value == number.value and q.unit == number.unit and q.is_money == number.is_money
        for q in written
    )


def _covered(run: str, texts: Sequence[str]) -> bool:
    """Whether every two neighbouring characters of `run` stand so in one of `texts`."""
    harmless = harmless_words(Language.CHINESE)
    pairs = (run[i : i + 2] for i in range(len(run) - 1))
    return all(any(p in t for t in texts) or p in harmless for p in pairs)
