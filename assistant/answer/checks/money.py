"""Claims on prices, the budget and discounts."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from assistant.answer.metrics import saving
from assistant.answer.quantity import Quantity
from assistant.answer.scene import ClaimError, D, P, Scene
from retrieval.types import Product

_UNDER = r"(?:under|below|less than|lower than|beneath|within|inside|short of|cheaper than)"
_OVER = r"(?:over|above|more than|higher than|beyond|past|outside|out of)"
_BUDGET = (
    rf"(?:(?:your|the|this|a) )?(?:{D} )?(?:maximum |stated )?budget(?: limit| cap| range)?"
    rf"(?:,? ?\(?(?:of |is |was |at |: ?)?{D}\)?)?"
)
_ZH_BUDGET = (
    rf"(?:您的?|你的?)?(?:{D}的?)?预算(?:上限|范围|金额)?(?:(?:为|是|"
    rf":)?\(?{D}\)?)?(?:的?(?:预算|上限))?"
)
_LIST = (
    r"(?:the |its |a |their )?(?:list|original|regular|usual|full|normal|old|previous|retail)"
    r" price(?: of| is| was|:| at)?"
)
# (pattern, sign): +1 the price is under the budget, -1 over it, 0 exactly at it.
_BUDGET_PATTERNS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern), sign)
    for pattern, sign in (
        (rf"(?P<d>{D}) {_UNDER} (?P<b>{_BUDGET})", 1),
        (rf"(?P<d>{D}) {_OVER} (?P<b>{_BUDGET})", -1),
        (rf"{_UNDER} (?P<b>{_BUDGET}) by (?P<d>{D})", 1),
        (rf"(?:{_OVER}|exceeds?|exceeding) (?P<b>{_BUDGET}) by (?P<d>{D})", -1),
        (
            rf"(?:leaves?|leaving|saves?|saving|with) (?:you )?(?:with )?(?P<d>{D})"
            rf" (?:left |to spare |remaining |spare |free )?(?:of|from|in|within|on|under|below) "
            rf"(?P<b>{_BUDGET})",
            1,
        ),
        (rf"(?:exceeds?|exceeding|goes over|breaks|{_OVER}) (?P<b>{_BUDGET})", -1),
        (
            rf"(?:fits?(?: in| into| within| under| inside)?|fitting|meets?|matches|respects|"
            rf"stays?|in|"
            rf"keeps? (?:to|within|under)|{_UNDER}) (?P<b>{_BUDGET})",
            1,
        ),
        (rf"(?:exactly )?(?:at|equals?|equal to|on|hits?|exactly) (?P<b>{_BUDGET})", 0),
        (
            rf"(?:比|较|低于|少于)(?P<b>{_ZH_BUDGET})(?:还|要)?(?:低|便宜|少|省)?(?:了|"
            rf"出)?约?(?P<d>{D})",
            1,
        ),
        (
            rf"(?:比|高于|超出|超过|超)(?:了)?(?P<b>{_ZH_BUDGET})(?:还|要)?(?:高|贵|多|"
            rf"超)(?:了|出)?约?(?P<d>{D})",
            -1,
        ),
        (rf"(?:超出|超过|高于|超)(?:了)?(?P<b>{_ZH_BUDGET})约?(?P<d>{D})", -1),
        (
            rf"(?P<b>{_ZH_BUDGET})(?:里|内|中)?(?:还|可)?(?:剩|余|省|结余|富余)(?:下|出|"
            rf"了)?(?P<d>{D})",
            1,
        ),
        (rf"(?:正好|刚好|恰好)?等于(?P<b>{_ZH_BUDGET})", 0),
        (
            rf"(?:没有?|未|不)(?:超出|超过|超)(?:了)?(?P<b>{_ZH_BUDGET})(?:范围)?|"
            rf"(?:符合|满足|低于|在|处于|不高于)(?P<b2>{_ZH_BUDGET})(?:之|以)?(?:内|范围内|"
            rf"范围之内|要求|里)?|"
            rf"(?P<b3>{_ZH_BUDGET})(?:之|以)?(?:内|范围内)",
            1,
        ),
        (rf"(?:超出|超过|高于|超)(?:了)?(?P<b>{_ZH_BUDGET})", -1),
    )
)
_BUDGET_MENTION = re.compile(rf"{_BUDGET}|{_ZH_BUDGET}")
_LIST_PRICE = re.compile(
    rf"(?:{_LIST}|was(?: originally)?|originally(?: priced at)?|down from|reduced from|"
    rf"discounted from|marked down from|instead of|normally|usually)(?: {_LIST})? (?P<d>{D})|"
    rf"(?:原价|划线价|吊牌价)(?:为|是|:|的)?(?P<d2>{D})"
)
_SAVING = re.compile(
    rf"(?P<d>{D}|{P}) (?:off|discount|reduction|(?:less|cheaper|lower) than|below|under)"
    rf"(?: (?:from |on |off |of )?{_LIST}(?: (?P<l>{D}))?)?(?! {D})|"
    rf"(?:saves?(?: you)?|saving(?: you)?|reduced by|discounted by|marked down by|"
    rf"(?:discount|savings?|reduction) of) (?P<d2>{D}|{P})(?: (?:from|on|"
    rf"off) {_LIST}(?: (?P<l2>{D}))?)?|"
    rf"[比较]原价(?P<l3>{D})?(?:低|便宜|省|少|优惠|降|下降|减)(?:了|约)?(?P<d3>{D}|{P})|"
    rf"(?:立减|直降|优惠|降价|降低|节省|可省|省|便宜|减|降|折扣|让利)(?:了|约|为|"
    rf"幅度)*(?P<d4>{D}|{P})"
)
_FOLD = re.compile(r"打?(?P<digits>[1-9](?:\.\d)?|[1-9]\d|[一二三四五六七八九]{1,2})折")
_DISCOUNTED = re.compile(
    r"\b(?:on sale|discounted|reduced|marked down|at a discount|on offer|a discount|sale price|"
    rf"(?:below|under|less than|cheaper than|lower than) {_LIST})\b|"
    r"打折|特价|促销|有折扣|有优惠|折扣|降价|[比低]于?原价(?:更|还)?(?:便宜|低)?"
)
_BOUND = re.compile(
    rf"(?P<low>under|below|less than|lower than|no more than|at most|up to|within|just under|"
    rf"低于|不到|不超过|少于) ?(?P<d>{D})|"
    rf"(?P<high>over|above|more than|at least|higher than|高于|超过|不低于) ?(?P<d2>{D})|"
    rf"(?P<d3>{D})(?P<zlow>以内|以下|之内)|(?P<d4>{D})(?P<zhigh>以上)"
)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approximately|roughly|nearly|almost|some)|约|大约|差不多|近) ?$"
)
_DIRECTED = re.compile(r"\b(?:nearly|almost)|近 ?$")
# "about $650" may stand for $649 or $655, not for $700.
_ROUGHLY = Decimal("0.02")


def check_budget(scene: Scene) -> None:
    """ "$151 under your budget", 比预算低151美元, "within budget"."""
    limit = _limit(scene)
    for pattern, sign in _BUDGET_PATTERNS:
        for match in pattern.finditer(scene.text):
            if limit is None:
                raise ClaimError("budget: the shopper named none")
            groups = match.groupdict()
            _check_budget_mention(
                scene, groups.get("b") or groups.get("b2") or groups.get("b3") or "", limit
            )
            amount = groups.get("d")
            quantity = scene.quantity(amount) if amount else None
            # A negation inside the match (没有超出) belongs to it.
            scene.claim(match.start(), _budget_predicate(limit, sign, quantity), "budget", "price")
            scene.consume_match(match)
    for match in _BUDGET_MENTION.finditer(scene.text):
        if limit is None:
            raise ClaimError("budget: the shopper named none")
        _check_budget_mention(scene, match.group(), limit)
        scene.consume_match(match)


def _limit(scene: Scene) -> Decimal | None:
    price = scene.setting.understanding.filters.price
    return price.maximum if price and not price.derived else None


def _check_budget_mention(scene: Scene, text: str, limit: Decimal) -> None:
    for slot in re.findall(D, text):
        quantity = scene.quantity(slot)
        currencies = {p.currency for p in scene.setting.shown}
        if quantity.value != limit or not currencies & quantity.currencies:
            raise ClaimError(f"budget: it is {limit}, not {quantity.value}")


def _budget_predicate(
    limit: Decimal, sign: int, amount: Quantity | None
) -> Callable[[Product], bool | None]:
    def predicate(product: Product) -> bool | None:
        if product.price is None:
            return None
        difference = limit - product.price
        if amount is None:
            return difference >= 0 if sign > 0 else difference < 0 if sign < 0 else not difference
        return difference == amount.value * sign and product.currency in amount.currencies

    return predicate


def check_discounts(scene: Scene) -> None:
    """ "19% off", "was $799", 比原价低150美元, 8折, "on sale"."""
    for match in _SAVING.finditer(scene.text):
        groups = match.groupdict()
        slot = next(groups[k] for k in ("d", "d2", "d3", "d4") if groups[k])
        listed = next((groups[k] for k in ("l", "l2", "l3") if groups[k]), None)
        scene.claim(match.start(), _saves(scene.quantity(slot)), "discount", "list_price")
        if listed:
            scene.claim(match.start(), _lists(scene.quantity(listed)), "list price", "list_price")
        scene.consume_match(match)
    for match in _LIST_PRICE.finditer(scene.text):
        slot = match["d"] or match["d2"]
        scene.claim(match.start(), _lists(scene.quantity(slot)), "list price", "list_price")
        scene.consume_match(match)
    for match in _DISCOUNTED.finditer(scene.text):
        scene.claim(match.start(), lambda p: saving(p) is not None, "discount", "list_price")
        scene.consume_match(match)
    if _FOLD.search(scene.text):
        raise ClaimError("discount: tenths of the price are not checked")


def _saves(quantity: Quantity) -> Callable[[Product], bool | None]:
    def predicate(product: Product) -> bool | None:
        amount = saving(product)
        if amount is None or product.list_price is None:
            return False
        if quantity.is_percent:
            # Rounded to the nearest, or down as the shop itself does.
            more = amount * 100 / product.list_price - quantity.value
            return -quantity.step / 2 <= more < quantity.step
        return amount == quantity.value and product.currency in quantity.currencies

    return predicate


def _lists(quantity: Quantity) -> Callable[[Product], bool | None]:
    return lambda p: (
        saving(p) is not None
        and p.list_price == quantity.value
        and p.currency in quantity.currencies
    )


def check_prices(scene: Scene) -> None:
    """Bounds ("under $700"), then every amount left over must be its product's price."""
    for match in _BOUND.finditer(scene.text):
        groups = match.groupdict()
        slot = next(groups[k] for k in ("d", "d2", "d3", "d4") if groups[k])
        low = bool(groups["low"] or groups["zlow"])
        scene.claim(match.start(), _bounded(scene.quantity(slot), low), "price bound", "price")
        scene.consume_match(match)
    for match in re.finditer(D, scene.text):
        quantity = scene.quantity(match.group())
        about = _ABOUT.search(scene.text, 0, match.start())
        what = f"price {quantity.value}"
        scene.claim(match.start(), _costs(quantity, about), what, "price", negated=False)
        if scene.negated(match.start()):
            raise ClaimError(f"{what}: denied")
        scene.consume(about.start() if about else match.start(), match.end())


def _bounded(quantity: Quantity, low: bool) -> Callable[[Product], bool | None]:
    def predicate(product: Product) -> bool | None:
        if product.price is None:
            return None
        if product.currency not in quantity.currencies:
            return False
        return product.price <= quantity.value if low else product.price >= quantity.value

    return predicate


def _costs(quantity: Quantity, about: re.Match[str] | None) -> Callable[[Product], bool | None]:
    def predicate(product: Product) -> bool | None:
        if product.price is None or product.currency not in quantity.currencies:
            return False
        if about is None:
            return product.price == quantity.value
        if _DIRECTED.search(about.group()) and product.price > quantity.value:
            return False
        return abs(product.price - quantity.value) <= product.price * _ROUGHLY

    return predicate
