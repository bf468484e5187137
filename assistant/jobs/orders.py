"""Own orders and returns in chat, for a signed-in shopper only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from babel.dates import format_date

from assistant.answer.money import format_money
from assistant.jobs.cart import short_name
from assistant.jobs.match import best_matches
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import OrderAction, OrderJob
from assistant.jobs.wording import say
from assistant.store.shop import Shop
from assistant.store.types import Order, OrderLine, OrderStatus
from assistant.types import Sentence

# Orders told in one answer; an open one matters more than an old one.
TOLD = 2
# Products offered to be returned.
OFFERED = 6

Returnable = tuple[Order, OrderLine]


class OrderJobs:
    """Tells of orders and notes returns."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def run(self, job: OrderJob, context: JobContext) -> JobResult:
        """Do `job` for the shopper whose token came with the message."""
        if not self._shop.backend.has_orders:
            return JobResult(sentences=(_plain("no_order_system", context),), failed=True)
        shopper = self._shop.shopper(context.caller)
        if shopper is None:
            return JobResult(sentences=(_plain("sign_in", context),))
        orders = self._shop.backend.orders(shopper.id)
        if job.order_id:
            orders = tuple(o for o in orders if o.id == job.order_id)
            if not orders:
                text = say("no_such_order", context.language, id=job.order_id)
                return JobResult(
                    sentences=(Sentence(text=text, evidence=("orders",)),), failed=True
                )
        if not orders:
            return JobResult(sentences=(_plain("no_orders", context),))
        if job.action is OrderAction.RETURN:
            return self._return(job, shopper.id, orders, context)
        return self._status(orders, context)

    # ------------------------------------------------------------- status

    def _status(self, orders: Sequence[Order], context: JobContext) -> JobResult:
        open_ = [o for o in orders if o.status in (OrderStatus.PROCESSING, OrderStatus.SHIPPED)]
        told = (open_ or list(orders))[:TOLD] if len(orders) > 1 else list(orders)
        if not open_:
            told = told[:1]
        said = [s for order in told for s in self._tell(order, context)]
        if left := len(orders) - len(told):
            key = "more_orders" if left > 1 else "one_more_order"
            said.append(Sentence(text=say(key, context.language, count=left), evidence=("orders",)))
        shown = tuple(line.product_id for order in told for line in order.lines)
        return JobResult(sentences=tuple(said), references=shown)

    def _tell(self, order: Order, context: JobContext) -> Iterator[Sentence]:
        language, evidence = context.language, (f"order:{order.id}",)
        joint = "、" if language == "zh" else ", "
        items = joint.join(_item(line, context) for line in order.lines)
        head = say(
            "order_head",
            language,
            id=order.id,
            placed=_day(order.placed.date(), context),
            total=format_money(order.total, order.currency, language),
            items=items,
        )
        ids = tuple(line.product_id for line in order.lines)
        yield Sentence(text=head, product_ids=ids, evidence=evidence)
        yield Sentence(text=_progress(order, context), evidence=evidence)
        if order.tracking and order.status is OrderStatus.SHIPPED:
            text = say("tracking", language, tracking=order.tracking)
            yield Sentence(text=text, evidence=evidence)
        if order.returnable_until:
            past = order.returnable_until < _today()
            key = "not_returnable" if past else "returnable"
            text = say(key, language, until=_day(order.returnable_until, context))
            yield Sentence(text=text, evidence=(*evidence, "policy:returns"))

    # ------------------------------------------------------------- returns

    def _return(
        self, job: OrderJob, shopper_id: str, orders: Sequence[Order], context: JobContext
    ) -> JobResult:
        if job.confirmed and job.product_id:
            return self._note_return(job, shopper_id, orders, context)
        able = [
            (order, line)
            for order in orders
            for line in order.lines
            if order.returnable_until and order.returnable_until >= _today()
        ]
        if job.product_id:
            able = [pair for pair in able if pair[1].product_id == job.product_id]
        elif job.words:
            titles = [_title(line, context) for _, line in able]
            able = [able[n] for n in best_matches(job.words, titles)] or able
        if not able:
            return self._cannot(job, orders, context)
        if len(able) > 1:
            return self._ask_which(able, context)
        order, line = able[0]
        if known := next((r for r in order.returns if r.product_id == line.product_id), None):
            text = say(
                "return_known",
                context.language,
                id=known.id,
                name=_name(line, context),
                day=_day(known.requested.date(), context),
            )
            return JobResult(sentences=(Sentence(text=text, evidence=(f"return:{known.id}",)),))
        question = say("ask_return", context.language, name=_name(line, context), order=order.id)
        options = (say("yes_return", context.language), say("no_return", context.language))
        waiting = OrderJob(action=OrderAction.RETURN, order_id=order.id, product_id=line.product_id)
        return JobResult(question=question, options=options, job=waiting)

    def _note_return(
        self, job: OrderJob, shopper_id: str, orders: Sequence[Order], context: JobContext
    ) -> JobResult:
        noted = self._shop.backend.request_return(shopper_id, job.order_id, job.product_id)
        line = next(line for o in orders for line in o.lines if line.product_id == job.product_id)
        text = say(
            "return_noted",
            context.language,
            name=_name(line, context),
            order=job.order_id,
            id=noted.id,
        )
        evidence = (f"return:{noted.id}", f"order:{job.order_id}")
        return JobResult(
            sentences=(Sentence(text=text, product_ids=(job.product_id,), evidence=evidence),)
        )

    def _ask_which(self, able: Sequence[Returnable], context: JobContext) -> JobResult:
        choices = tuple(
            (order.id, line.product_id, _name(line, context)) for order, line in able[:OFFERED]
        )
        waiting = OrderJob(action=OrderAction.RETURN, choices=choices)
        options = tuple(dict.fromkeys(title for _, _, title in choices))
        return JobResult(
            question=say("which_return", context.language), options=options, job=waiting
        )

    def _cannot(self, job: OrderJob, orders: Sequence[Order], context: JobContext) -> JobResult:
        if job.order_id and orders[0].delivered is None:
            text = say("too_early", context.language, order=job.order_id)
        elif job.order_id and (until := orders[0].returnable_until):
            text = say("not_returnable", context.language, until=_day(until, context))
        else:
            text = say("none_returnable", context.language)
        sentence = Sentence(text=text, evidence=("orders", "policy:returns"))
        return JobResult(sentences=(sentence,), failed=True)


def _progress(order: Order, context: JobContext) -> str:
    """Where the order is, with the days that are known."""
    days = {
        name: _day(day, context)
        for name in ("shipped", "expected", "delivered")
        if (day := getattr(order, name))
    }
    language = context.language
    if order.status is OrderStatus.PROCESSING:
        key = "processing_expected" if "expected" in days else "processing_plain"
    elif order.status is OrderStatus.SHIPPED:
        key = "shipped" if {"shipped", "expected"} <= days.keys() else "shipped_plain"
    elif order.status is OrderStatus.DELIVERED:
        key = "delivered" if "delivered" in days else "delivered_plain"
    else:
        key = "cancelled"
    return say(key, language, **days)


def _item(line: OrderLine, context: JobContext) -> str:
    name = _name(line, context)
    if line.quantity == 1:
        return name
    return say("several", context.language, quantity=line.quantity, name=name)


def _name(line: OrderLine, context: JobContext) -> str:
    """The title today's catalogue gives, else the order's own, else the id."""
    product = context.product(line.product_id)
    return short_name(product, context.language) if product else line.title or line.product_id


def _title(line: OrderLine, context: JobContext) -> str:
    product = context.product(line.product_id)
    return product.title_in(context.language) if product else line.title


def _day(day: date, context: JobContext) -> str:
    """ "4 November" or 11月4日, with the year where it is another one."""
    chinese = context.language == "zh"
    pattern = "M月d日" if chinese else "d MMMM"
    if day.year != _today().year:
        pattern = "y年M月d日" if chinese else "d MMMM y"
    return str(format_date(day, pattern, locale="zh" if chinese else "en"))


def _today() -> date:
    return datetime.now(UTC).date()


def _plain(key: str, context: JobContext) -> Sentence:
    return Sentence(text=say(key, context.language), evidence=("orders",))
