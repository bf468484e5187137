"""Reads a message by rules in milliseconds: the search starts before any model has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.jobs.types import PreferenceAction, PreferenceJob
from assistant.memory.statements import take_statements
from assistant.types import Act, Conversation, Source, Turn, Understanding
from assistant.understand import act as acts
from assistant.understand.brands import read_brands
from assistant.understand.bundle import move_budget, read_bundle
from assistant.understand.comparative import Comparative, read_comparative
from assistant.understand.context import (
    accept_again,
    cheaper_than_shown,
    dearer_than_shown,
    last_topic,
    merge_filters,
    merge_query,
    move_bound,
    without_wanted,
)
from assistant.understand.goods import find_goods
from assistant.understand.heard import Heard
from assistant.understand.jobs import read_job
from assistant.understand.language import detect_language, normalise
from assistant.understand.lexicon import Kind, Lexicon, Mention
from assistant.understand.measures import MEASURE, MeasureReader
from assistant.understand.money import PriceReading, read_price
from assistant.understand.negation import Unwanted, read_unwanted
from assistant.understand.people import read_people, speaks_of_people, without_implied
from assistant.understand.phrases import compile_all, pattern
from assistant.understand.reference import Pointing, read_references
from assistant.understand.scan import Scan
from assistant.understand.sorting import Ordering, read_ordering
from assistant.understand.wording import clean_query, is_noun_missing
from retrieval.query.mend import QueryMender
from retrieval.types import (
    AttributeFilter,
    AttributeKind,
    Filters,
    Language,
    Product,
    Sort,
    StoreInfo,
    Vocabulary,
)


@dataclass(slots=True)
class Reading:
    """What the single readers found in one message."""

    scan: Scan
    language: Language
    pointing: Pointing
    price: PriceReading | None = None
    unwanted: Unwanted = field(default_factory=Unwanted)
    ordering: Ordering = field(default_factory=Ordering)
    measured: tuple[AttributeFilter, ...] = ()
    brands: tuple[str, ...] = ()
    demanded: tuple[AttributeFilter, ...] = ()
    wishes: tuple[str, ...] = ()
    cheap: tuple[str, ...] = ()
    cheaper: bool = False
    dearer: bool = False
    compared: Comparative | None = None
    measured_at: tuple[Product, ...] = ()
    any_price: bool = False
    others: bool = False
    people: tuple[AttributeFilter, ...] = ()
    open: bool = False
    query: str = ""


class RuleReader:
    """Understands messages with the words of one catalogue; implements QuickReader."""

    def __init__(self, vocabulary: Vocabulary, store: StoreInfo) -> None:
        self._vocabulary = vocabulary
        self._store = store
        self._lexicon = Lexicon(vocabulary)
        self._measures = MeasureReader(vocabulary, self._lexicon)
        self._mender = QueryMender(vocabulary.words)
        compile_all()

    def read(
        self,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
        language: Language | None = None,
    ) -> Understanding:
        """The typed request of `message`; `shown` are the cards on screen, in order.

        `language` is assumed where neither the message nor the conversation shows one.

        Never raises: a message without any words is small talk.
        """
        text = normalise(message)
        last = conversation.last
        language = detect_language(
            text,
            last.understanding.language if last else None,
            language or self._store.languages[0],
        )
        stated, rest = take_statements(text)
        job = read_job(Heard(Scan(text), language, conversation, shown, self._lexicon))
        if job is None:
            job = read_bundle(Scan(rest), language, self._lexicon, self._store)
        if job is None and last:
            job = move_budget(rest, language, self._store, last.understanding.job)
        if job is None and stated and not clean_query(rest, language, spoken=True):
            job = PreferenceJob(action=PreferenceAction.REMEMBER, statements=stated)
        if job is not None:
            return acts.understand_job(job, language)
        text = rest
        topic = last_topic(conversation)
        reading = self._read_parts(text, language, last, shown, topic)
        signs = self._signs(reading, topic, shown, answers=_is_answer(last, reading, text))
        act, sure = acts.classify(signs)
        composed = self._compose(reading, act, sure, topic, shown)
        return composed.model_copy(update={"stated": stated}) if stated else composed

    # ------------------------------------------------------------- reading

    def _read_parts(
        self,
        text: str,
        language: Language,
        last: Turn | None,
        shown: Sequence[Product],
        topic: Understanding | None,
    ) -> Reading:
        """Let every reader take its part; the order settles who sees what first."""
        scan = Scan(text)
        focus = last.understanding.references if last else ()
        reading = Reading(scan, language, Pointing())
        reading.any_price = scan.take_all(pattern("any_price"))
        reading.open = scan.take_all(pattern("no_preference"))
        reading.people = read_people(scan, self._vocabulary)
        reading.pointing = read_references(scan, shown, focus, self._lexicon)
        if not reading.pointing.ids and self._means_first(reading.pointing, scan):
            reading.pointing.assume(shown, focus)
        named = reading.pointing.ids or focus
        reading.measured_at = tuple(p for p in shown if p.id in named) or tuple(shown)
        apart = bool(shown) and acts.asks_how_much_more(scan.lower)
        if shown and not (apart or acts.asks_which(text) or reading.pointing.pronoun):
            reading.compared = read_comparative(
                scan, reading.pointing, reading.measured_at, self._vocabulary
            )
        reading.ordering = read_ordering(scan)
        reading.price = move_bound(
            read_price(scan, self._store, language), scan, topic.filters.price if topic else None
        )
        reading.measured, measures = self._measures.read(scan, topic.query if topic else "")
        reading.unwanted = read_unwanted(scan, self._lexicon, reading.pointing)
        if shown and not reading.price and not apart:
            reading.cheaper = scan.take_all(pattern("cheaper"))
            reading.dearer = not reading.cheaper and scan.take_all(pattern("dearer"))
        if shown:
            reading.others = scan.take_all(pattern("others"))
            scan.take_all(pattern("correction"))
        reading.cheap = () if reading.cheaper else self._read_cheap(scan)
        reading.brands = read_brands(scan, self._lexicon, self._vocabulary)
        reading.demanded, values = self._read_values(scan)
        reading.wishes = tuple(
            dict.fromkeys((*values, *measures, *reading.cheap, *reading.unwanted.softened))
        )
        spoken = scan.touched or acts.wants_no_question(text)
        reading.query = clean_query(scan.rest(), language, spoken=spoken)
        return reading

    def _means_first(self, pointing: Pointing, scan: Scan) -> bool:
        """Whether a message that points at no product is about one all the same.

        "How long does it last?" is about the one just spoken of, else the first; so is "like
        this but black" with several on the screen. "What size of desk?" is about desks.
        """
        if pointing.pronoun and acts.wants_like(scan.lower):
            return True
        return acts.asks_degree(scan.lower) and not self._names_a_kind(scan.lower)

    def _read_cheap(self, scan: Scan) -> tuple[str, ...]:
        """ "Cheap" is a wish about the price and no search text."""
        found = [m[0].rstrip("的").strip() for m in pattern("cheap").finditer(scan.free)]
        scan.take_all(pattern("cheap"))
        return tuple(found)

    def _read_values(self, scan: Scan) -> tuple[tuple[AttributeFilter, ...], tuple[str, ...]]:
        """Attribute values named: wishes, and conditions where "must" or "only" is said."""
        mentions = [m for m in self._lexicon.mentions(scan.free) if m.of(Kind.VALUE)]
        wishes = tuple(m.surface for m in mentions if _is_wish(m))
        if not pattern("must").search(scan.free):
            return (), wishes
        demanded: dict[str, list[str]] = {}
        for mention in mentions:
            values = mention.of(Kind.VALUE)
            # A word that may be a brand or a category is no safe condition.
            if len(values) == len(mention.meanings) == 1:
                demanded.setdefault(values[0].attribute, []).append(values[0].canonical)
        if demanded:
            scan.take_all(pattern("must"))
        filters = tuple(AttributeFilter(name=n, values=tuple(v)) for n, v in demanded.items())
        return filters, wishes

    def _signs(
        self,
        reading: Reading,
        topic: Understanding | None,
        shown: Sequence[Product],
        *,
        answers: bool,
    ) -> acts.Signs:
        """What tells the act."""
        text = reading.scan.lower
        mentions = self._lexicon.mentions(reading.query.lower())
        categories = [m for m in mentions if m.of(Kind.CATEGORY)]
        return acts.Signs(
            text=text,
            free=reading.scan.free,
            query=reading.query,
            references=reading.pointing.ids,
            pronoun=reading.pointing.pronoun,
            constrained=_is_constrained(reading) and not _asks_for_stock(reading),
            elliptic=reading.language is Language.CHINESE and is_noun_missing(reading.scan.rest()),
            same_topic=bool(topic and self._shares_topic(topic.query, reading.query)),
            names_category=bool(categories),
            only_values=not categories and self._holds_only_conditions(reading.query),
            names_thing=self._names_thing(text, reading.query),
            has_topic=bool(topic and (topic.query or topic.filters != Filters())),
            has_shown=bool(shown),
            answers=answers,
            relational=bool(
                reading.pointing.price
                or reading.compared
                or ((reading.cheaper or reading.dearer) and not acts.asks_which(text))
            ),
        )

    def _holds_only_conditions(self, query: str) -> bool:
        """Whether `query` is made of brands, attributes, their values and measures alone."""
        rest = MEASURE.sub(" ", query.lower())
        for mention in self._lexicon.mentions(rest):
            rest = rest[: mention.start] + " " * len(mention.surface) + rest[mention.end :]
        return bool(query) and not rest.strip()

    def _names_thing(self, text: str, query: str) -> bool:
        """Whether only a thing is named, whose last word is no property of another thing."""
        if not acts.names_thing(text, query):
            return False
        properties = (Kind.VALUE, Kind.ATTRIBUTE)
        return not any(
            mention.end == len(query) and not mention.of(Kind.CATEGORY)
            for mention in self._lexicon.mentions(query.lower())
            if any(mention.of(kind) for kind in properties)
        )

    def _shares_topic(self, earlier: str, later: str) -> bool:
        """Whether both name the same kind of thing."""
        if not earlier or not later:
            return False
        one, other = self._topics(earlier), self._topics(later)
        if one and other:
            return bool(one & other)
        head = later.lower().split()[-1]
        return len(head) > 1 and head in earlier.lower()

    def _topics(self, query: str) -> set[str]:
        return {
            meaning.canonical
            for mention in self._lexicon.mentions(query.lower())
            for meaning in mention.of(Kind.CATEGORY)
        }

    # ------------------------------------------------------------- composing

    def _compose(
        self,
        reading: Reading,
        act: Act,
        sure: bool,
        topic: Understanding | None,
        shown: Sequence[Product],
    ) -> Understanding:
        """The understanding of the whole turn, earlier turns included where it goes on."""
        filters = self._filters(reading, act, shown)
        query, sort, wishes = reading.query, reading.ordering.sort, reading.wishes
        if reading.compared:
            sort = sort or reading.compared.sort
        if reading.cheap and not filters.price:
            # "Cheap, under 60" says by how much.
            sort = sort or Sort.AFFORDABLE
        if act is Act.REFINE and topic:
            earlier = without_wanted(topic.filters, reading.query)
            if reading.people or speaks_of_people(reading.scan.lower):
                earlier = without_implied(earlier)
            if reading.any_price:
                earlier = earlier.model_copy(update={"price": None})
            earlier = accept_again(earlier, reading.scan.lower, self._lexicon)
            filters = merge_filters(earlier, filters)
            if reading.compared:
                filters = reading.compared.narrow(filters)
            query = self._refined_query(reading, topic, shown)
            sort = sort or topic.sort
            wishes = tuple(dict.fromkeys((*topic.wishes, *wishes)))
        elif act in (Act.ASK, Act.COMPARE) and topic:
            filters = topic.filters
            query = clean_query(reading.scan.rest(), reading.language, spoken=True)
        elif act is Act.ASK and reading.pointing.ids:
            filters = Filters()
        elif act is Act.SMALL_TALK:
            query, filters = "", Filters()
        elif act is Act.SEARCH and not query:
            query, filters = _split_thing(filters)
        repair = self._mender.repair(query)
        return Understanding(
            act=act,
            language=reading.language,
            query=repair.text if repair.sure else query,
            rewrites=(() if repair.sure else (repair.text,)) or self._names_of_kind(reading, query),
            repair=repair if repair.changes else None,
            filters=filters,
            sort=sort or Sort.RELEVANCE,
            references=self._references(reading, act, shown),
            wishes=wishes,
            certain=_certain(
                reading, sure, kind=self._names_a_kind(query) or find_goods(query) is not None
            ),
            notes=reading.price.notes if reading.price else (),
            no_questions=acts.wants_no_question(reading.scan.lower),
            source=Source.RULES,
        )

    def _names_a_kind(self, query: str) -> bool:
        return any(m.of(Kind.CATEGORY) for m in self._lexicon.mentions(query.lower()))

    def _names_of_kind(self, reading: Reading, query: str) -> tuple[str, ...]:
        """The English name of the one kind of thing a Chinese wish ends with.

        A word of several characters may hold another thing's name (笔记本 in 笔记本电脑), and the
        stronger encoder reads English only.
        """
        if reading.language is not Language.CHINESE:
            return ()
        kinds = [m for m in self._lexicon.mentions(query.lower()) if m.of(Kind.CATEGORY)]
        if not kinds or kinds[-1].end != len(query):
            return ()
        names = {meaning.path[-1] for meaning in kinds[-1].of(Kind.CATEGORY) if meaning.path}
        return tuple(names) if len(names) == 1 else ()

    def _refined_query(
        self, reading: Reading, topic: Understanding, shown: Sequence[Product]
    ) -> str:
        """The standing query with what is new; "more like that one" searches by its title."""
        new = clean_query(reading.scan.rest(), reading.language, spoken=True)
        standing = topic.query
        ids = reading.pointing.ids
        if len(ids) == 1 and acts.asks_for_similar(reading.scan.lower):
            standing = next(
                (p.title_in(reading.language) for p in shown if p.id == ids[0]), standing
            )
        return merge_query(standing, new, self._lexicon, reading.language)

    def _filters(self, reading: Reading, act: Act, shown: Sequence[Product]) -> Filters:
        """The hard conditions of this message alone."""
        unwanted = reading.unwanted
        excluded = list(unwanted.ids)
        if act is Act.REFINE and reading.others:
            excluded += [p.id for p in shown]
        price = reading.price.range if reading.price else reading.pointing.price
        if price is None and act is Act.REFINE:
            prices = [p.price for p in reading.measured_at if p.price is not None]
            if reading.cheaper:
                price = cheaper_than_shown(prices)
            elif reading.dearer:
                price = dearer_than_shown(prices)
        return Filters(
            price=price,
            brands=tuple(b for b in reading.brands if b not in unwanted.brands),
            excluded_brands=tuple(unwanted.brands),
            excluded_categories=tuple(dict.fromkeys(unwanted.categories)),
            attributes=(
                *reading.measured,
                *reading.demanded,
                *self._exclusions(unwanted),
                *reading.people,
            ),
            excluded_terms=tuple(dict.fromkeys(unwanted.terms)),
            in_stock=reading.ordering.in_stock,
            minimum_rating=reading.ordering.minimum_rating,
            excluded_ids=tuple(dict.fromkeys(excluded)),
        )

    def _exclusions(self, unwanted: Unwanted) -> list[AttributeFilter]:
        """Refused attribute values and features as filters."""
        found: dict[str, list[str]] = {}
        for attribute, value in unwanted.values:
            found.setdefault(attribute, []).append(value)
        made_of: dict[str, list[str]] = {}
        for term in unwanted.terms:
            for attribute, value in self._values_made_of(term):
                made_of.setdefault(attribute, []).append(value)
        for name in unwanted.flags:
            profile = self._vocabulary.attributes.get(name)
            if profile and profile.kind is AttributeKind.FLAG:
                found.setdefault(name, []).append("true")
        said = [AttributeFilter(name=n, values=tuple(v), exclude=True) for n, v in found.items()]
        implied = [
            AttributeFilter(name=n, values=tuple(v), exclude=True, implied=True)
            for n, v in made_of.items()
        ]
        return [*said, *implied]

    def _values_made_of(self, term: str) -> list[tuple[str, str]]:
        """The values that one Chinese character stands for: 皮 is 牛皮, 真皮 and 皮革.

        Texts are searched by words, in which a character alone is hardly ever met.
        """
        if len(term) != 1 or term.isascii():
            return []
        return sorted(
            {
                (name, value)
                for name, profile in self._vocabulary.attributes.items()
                if profile.kind is AttributeKind.TEXT
                for surface, value in profile.surfaces.items()
                if term in surface and len(surface) > 1 and value in profile.values
            }
        )

    def _references(self, reading: Reading, act: Act, shown: Sequence[Product]) -> tuple[str, ...]:
        """Ids the message points at; a comparison without any means all that are shown."""
        ids = reading.pointing.ids
        if act is Act.COMPARE and acts.asks_how_much_more(reading.scan.lower):
            # Two are apart: those pointed at, just spoken of, or the first ones shown.
            others = (*(p.id for p in reading.measured_at), *(p.id for p in shown))
            return ids if len(ids) > 1 else tuple(dict.fromkeys((*ids, *others)))[:2]
        if act is Act.COMPARE and len(ids) < 2:
            # "Which is the lightest?" is asked of all that are shown, and answered in words.
            among = shown if acts.asks_which(reading.scan.lower) else shown[:COMPARED]
            return tuple(dict.fromkeys((*ids, *(p.id for p in among))))
        if act is Act.ASK and not ids and reading.pointing.pronoun:
            return tuple(p.id for p in shown[:1])
        return ids


# More than four columns cannot be read side by side.
COMPARED = 4
# Longer messages than this say something of their own rather than answer a question.
ANSWER_CHARACTERS = 40


def _split_thing(filters: Filters) -> tuple[str, Filters]:
    """In "no leather shoes" with nothing else said, shoes are wanted and leather is not."""
    if not filters.excluded_terms or " " not in filters.excluded_terms[-1]:
        return "", filters
    refused, thing = filters.excluded_terms[-1].rsplit(" ", 1)
    terms = (*filters.excluded_terms[:-1], refused)
    return thing, filters.model_copy(update={"excluded_terms": terms})


def _is_wish(mention: Mention) -> bool:
    """Whether a value names a property: not the thing itself, its maker or a bare number."""
    named = mention.of(Kind.BRAND) or mention.of(Kind.CATEGORY)
    return not named and not mention.surface.isdigit()


def _is_answer(last: Turn | None, reading: Reading, text: str) -> bool:
    """Whether a short message answers the question that the last turn ended with."""
    short = len(reading.query) <= ANSWER_CHARACTERS
    return bool(last and last.question and short and not acts.asks_to_buy(text.lower()))


def _asks_for_stock(reading: Reading) -> bool:
    """ "Is the last one in stock?" asks of a shown product; "in stock only" is a condition."""
    ordering = reading.ordering
    others = reading.price or reading.unwanted or reading.measured or reading.any_price
    asks = reading.pointing.ids and pattern("question").search(reading.scan.lower)
    return bool(ordering.in_stock and asks) and not (others or ordering.minimum_rating)


def _is_constrained(reading: Reading) -> bool:
    """Whether the message states any condition of its own."""
    ordering = reading.ordering
    return bool(
        reading.price
        or reading.unwanted
        or reading.measured
        or reading.any_price
        or reading.open
        or ordering.sort
        or ordering.minimum_rating
        or ordering.in_stock
    )


def _certain(reading: Reading, act_sure: bool, *, kind: bool) -> frozenset[str]:
    """The parts in which the rules outvote the model; a `kind` of thing that the store has is
    no small talk."""
    parts = {
        "price": bool(
            (reading.price and reading.price.sure)
            or reading.pointing.price
            or reading.any_price
            or (act_sure and (reading.cheaper or reading.dearer))
        ),
        "negation": bool(reading.unwanted),
        "ordinal": bool(reading.pointing.ids),
        "sort": reading.ordering.sort is not None,
        "act": act_sure,
        "kind": kind,
    }
    return frozenset(name for name, sure in parts.items() if sure)
