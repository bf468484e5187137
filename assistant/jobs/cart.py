"""The cart in chat: add what was shown, choose a version, change, remove, read out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from assistant.answer.money import format_money
from assistant.answer.names import name_products
from assistant.jobs.match import best_matches
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import BundleJob, CartAction, CartJob
from assistant.jobs.variants import Choice, choose_variant, describe_options
from assistant.jobs.wording import say
from assistant.store.shop import Shop
from assistant.store.types import MOST_OF_ONE, Cart, CartLine, StoreBackendError
from assistant.types import Sentence
from retrieval.types import Language, Product, Vocabulary

# Answers to tap; more versions than these are named in full all the same.
OPTIONS = 12


class CartJobs:
    """Does cart jobs over a shop."""

    def __init__(self, shop: Shop, vocabulary: Vocabulary) -> None:
        self._shop = shop
        self._vocabulary = vocabulary

    def run(self, job: CartJob, context: JobContext) -> JobResult:
        """Do `job`; whatever is refused is said in the shopper's language."""
        if job.action is CartAction.ADD:
            return self._add(job, context)
        if job.action is CartAction.CLEAR:
            cart = self._shop.clear(context.caller)
            return JobResult(sentences=(_said("cleared", context),), cart=cart)
        if job.action in (CartAction.SET, CartAction.REMOVE):
            return self._change(job, context)
        cart = self._shop.cart(context.caller)
        pays = job.action is CartAction.CHECK_OUT
        paying = (_said("pay_in_shop", context),) if pays else ()
        return JobResult(
            sentences=(*self._read_out(cart, context), *paying),
            cart=cart,
            references=tuple(line.product_id for line in cart.lines),
        )

    # ------------------------------------------------------------- adding

    def _add(self, job: CartJob, context: JobContext) -> JobResult:
        products = self._meant(job, context)
        if not products:
            return self._ask_which(context)
        wanted = [(p, self._pieces(p, job, context), job.words) for p in products]
        quantities = dict(job.later)
        wanted += [(p, quantities[p.id], job.said) for p in context.find(tuple(quantities))]
        said: list[Sentence] = []
        cart: Cart | None = None
        failed = False
        open_: list[tuple[Product, int, str]] = []
        for product, quantity, words in wanted:
            if self._choice(product, words):
                open_.append((product, quantity, words))
                continue
            try:
                cart = self._put_in(product, quantity, words, context, said)
            except StoreBackendError:
                failed = True
                said.append(self._refusal(product, quantity, context))
        if cart is not None:
            said.append(self._total(cart, context))
        if open_:
            return _joined(tuple(said), self._ask_version(open_, job, context), cart)
        return JobResult(
            sentences=tuple(said),
            cart=cart or self._shop.cart(context.caller),
            references=tuple(p.id for p, _, _ in wanted),
            failed=failed,
        )

    def _pieces(self, product: Product, job: CartJob, context: JobContext) -> int:
        """How many: as said, else as many as the set just planned has of it."""
        last = context.conversation.last
        if last and isinstance(last.understanding.job, BundleJob) and (job.quantity or 1) == 1:
            planned = zip(last.understanding.references, last.understanding.job.items, strict=False)
            return next((item.quantity for id_, item in planned if id_ == product.id), 1)
        return job.quantity or 1

    def _put_in(
        self,
        product: Product,
        quantity: int,
        words: str,
        context: JobContext,
        said: list[Sentence],
    ) -> Cart:
        variant = choose_variant(product, words, self._vocabulary).variant
        cart = self._shop.add(context.caller, product.id, variant.id if variant else None, quantity)
        line = cart.line_of(product.id, variant.id if variant else None)
        price = line.unit_price if line else product.price
        what = self._what(quantity, product, variant.options if variant else {}, context)
        said.append(
            Sentence(
                text=say(
                    "added" if quantity > 1 else "added_one",
                    context.language,
                    what=what,
                    price=_money(price or Decimal(0), cart.currency, context),
                ),
                product_ids=(product.id,),
                evidence=("cart", "title", "price"),
            )
        )
        return cart

    def _meant(self, job: CartJob, context: JobContext) -> Sequence[Product]:
        """The products to add: pointed at, "it", or the shown one whose words were said."""
        ids = job.product_ids
        if not ids and job.it:
            ids = _focus(context)
        if ids:
            return context.find(ids)
        shown = context.find(context.conversation.shown)
        if not job.words:
            return shown if len(shown) == 1 else ()
        found = best_matches(job.words, [p.title_in(context.language) for p in shown])
        return [shown[found[0]]] if len(found) == 1 else ()

    def _ask_which(self, context: JobContext) -> JobResult:
        shown = context.find(context.conversation.shown)
        if not shown:
            return JobResult(sentences=(_said("nothing_shown", context),), failed=True)
        chinese = context.language == "zh"
        options = [
            f"把第{n}个加入购物车" if chinese else f"Add number {n} to my cart"
            for n in range(1, min(len(shown), OPTIONS) + 1)
        ]
        return JobResult(
            question=say("which_product", context.language), options=tuple(options[:4])
        )

    def _choice(self, product: Product, words: str) -> Choice | None:
        """What is still open of the version, or None."""
        if not product.variants:
            return None
        choice = choose_variant(product, words, self._vocabulary)
        return choice if choice.variant is None and choice.option else None

    def _ask_version(
        self, open_: Sequence[tuple[Product, int, str]], job: CartJob, context: JobContext
    ) -> JobResult:
        """A question for what is still open of the first product's version; the others wait."""
        product, quantity, words = open_[0]
        choice = self._choice(product, words)
        assert choice is not None
        labels = tuple(self._vocabulary.label(v, context.language) for v in choice.values)
        text = say(
            "which_option",
            context.language,
            option=self._vocabulary.label(choice.option, context.language).lower(),
            name=short_name(product, context.language),
        )
        waiting = CartJob(
            action=CartAction.ADD,
            quantity=quantity,
            words=words,
            asked=product.id,
            choices=tuple(dict.fromkeys((*labels, *choice.values))),
            later=tuple((p.id, n) for p, n, _ in open_[1:]),
            said=job.said,
        )
        return JobResult(
            question=text, options=labels[:OPTIONS], job=waiting, references=(product.id,)
        )

    def _refusal(self, product: Product, quantity: int, context: JobContext) -> Sentence:
        """Why it was not put in, from the product's own record."""
        name = short_name(product, context.language)
        stock = product.stock
        if product.price is None:
            key = "no_price"
        elif stock == 0:
            key = "sold_out"
        elif stock is not None and stock < quantity:
            key = "only_one" if stock == 1 else "only_stock"
        else:
            key = "only_stock" if stock is not None else "too_many"
        text = say(
            key, context.language, name=name, stock=stock, quantity=quantity, most=MOST_OF_ONE
        )
        return Sentence(text=text, product_ids=(product.id,), evidence=("stock",))

    # ------------------------------------------------------------- changing

    def _change(self, job: CartJob, context: JobContext) -> JobResult:
        cart = self._shop.cart(context.caller)
        if not cart.lines:
            return JobResult(sentences=(_said("empty", context),), cart=cart)
        lines = self._lines_meant(job, cart, context)
        if not lines:
            return JobResult(sentences=(_said("no_such_line", context),), cart=cart, failed=True)
        if len(lines) > 1 and not job.product_ids:
            return self._ask_line(job, lines, context)
        quantity = 0 if job.action is CartAction.REMOVE else (job.quantity or 1)
        said = []
        for line in lines:
            product = context.product(line.product_id)
            name = product or line
            try:
                cart = self._shop.set_quantity(context.caller, line.id, quantity)
            except StoreBackendError:
                said.append(self._short(line, quantity, context))
                continue
            what = self._what(quantity or line.quantity, name, line.options, context)
            text = say("set" if quantity else "removed", context.language, what=what)
            said.append(
                Sentence(text=text, product_ids=(line.product_id,), evidence=("cart", "title"))
            )
        said.append(self._total(cart, context))
        left = tuple(line.product_id for line in lines) if quantity else ()
        return JobResult(sentences=tuple(said), cart=cart, references=left)

    def _lines_meant(self, job: CartJob, cart: Cart, context: JobContext) -> Sequence[CartLine]:
        if job.product_ids:
            return [line for line in cart.lines if line.product_id in job.product_ids]
        titles = [self._line_title(line, context) for line in cart.lines]
        if job.words and (found := best_matches(job.words, titles)):
            return [cart.lines[n] for n in found]
        if job.it or not job.words:
            focus = _focus(context)
            return [line for line in cart.lines if line.product_id in focus] or cart.lines
        return ()

    def _ask_line(self, job: CartJob, lines: Sequence[CartLine], context: JobContext) -> JobResult:
        names = [self._line_name(line, context) for line in lines]
        chinese = context.language == "zh"
        if job.action is CartAction.REMOVE:
            options = [
                f"从购物车删掉{n}" if chinese else f"Remove the {n} from my cart" for n in names
            ]
        else:
            count = job.quantity or 1
            options = [
                f"购物车里的{n}改成{count}件"
                if chinese
                else f"Change the {n} in my cart to {count} pieces"
                for n in names
            ]
        return JobResult(
            question=say("which_line", context.language), options=tuple(options[:OPTIONS])
        )

    def _short(self, line: CartLine, quantity: int, context: JobContext) -> Sentence:
        name = self._line_name(line, context)
        key = "only_one" if line.stock == 1 else "only_stock"
        if line.stock is None or quantity > MOST_OF_ONE:
            key = "too_many"
        text = say(
            key, context.language, name=name, stock=line.stock, quantity=quantity, most=MOST_OF_ONE
        )
        return Sentence(text=text, product_ids=(line.product_id,), evidence=("stock",))

    # ------------------------------------------------------------- reading out

    def _read_out(self, cart: Cart, context: JobContext) -> Iterator[Sentence]:
        if not cart.lines:
            yield _said("empty", context)
            return
        for position, line in enumerate(cart.lines, start=1):
            named = self._named(line, context)
            what = self._what(line.quantity, named, line.options, context, bare=True)
            price = _money(line.total, cart.currency, context)
            yield Sentence(
                text=say("line", context.language, position=position, what=what, price=price),
                product_ids=(line.product_id,),
                evidence=("cart", "price"),
            )
        yield self._total(cart, context)

    def _total(self, cart: Cart, context: JobContext) -> Sentence:
        if not cart.lines:
            return _said("empty", context)
        total = _money(cart.total, cart.currency, context)
        key = "total_one" if cart.count == 1 else "total"
        text = say(key, context.language, count=cart.count, total=total)
        return Sentence(text=text, evidence=("cart",))

    def _line_name(self, line: CartLine, context: JobContext) -> str:
        return self._what(1, self._named(line, context), line.options, context, bare=True)

    def _line_title(self, line: CartLine, context: JobContext) -> str:
        """All that the line may be called by: its whole title and its options."""
        product = context.product(line.product_id)
        title = product.title_in(context.language) if product else line.title
        told = describe_options(line.options, self._vocabulary, context.language)
        return f"{title} {told}"

    def _named(self, line: CartLine, context: JobContext) -> Product | CartLine:
        return context.product(line.product_id) or line

    def _what(
        self,
        quantity: int,
        product: Product | CartLine,
        options: dict[str, str],
        context: JobContext,
        *,
        bare: bool = False,
    ) -> str:
        """ "2 × Miler Shoes (42, coral)"; one piece with its article unless it is `bare`."""
        language = context.language
        name = short_name(product, language)
        if options:
            told = describe_options(options, self._vocabulary, language)
            name = say("with_options", language, name=name, options=told)
        if quantity == 1:
            return name if bare or language == "zh" else f"the {name}"
        return say("several", language, quantity=quantity, name=name)


def _joined(done: tuple[Sentence, ...], asked: JobResult, cart: Cart | None) -> JobResult:
    return JobResult(
        sentences=done,
        question=asked.question,
        options=asked.options,
        job=asked.job,
        cart=cart,
        references=asked.references,
    )


def short_name(product: Product | CartLine, language: Language) -> str:
    """A product as one speaks of it: English titles are long, Chinese ones tell what it is."""
    if isinstance(product, CartLine):
        return product.title
    if language is Language.CHINESE:
        return product.title_in(language)
    return name_products([product], language)[product.id]


def _focus(context: JobContext) -> tuple[str, ...]:
    """What "it" means: the products the last turn spoke of."""
    last = context.conversation.last
    return last.understanding.references if last else ()


def _money(amount: Decimal, currency: str, context: JobContext) -> str:
    return format_money(amount, currency, context.language)


def _said(key: str, context: JobContext) -> Sentence:
    return Sentence(text=say(key, context.language), evidence=("cart",))
