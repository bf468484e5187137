"""Keeps what is stated, applies what was kept: later searches know the shopper's tastes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from assistant.memory.store import PreferenceStore
from assistant.memory.types import Preference, Statement, StatementKind
from assistant.types import Act, Conversation, QuickReader, Understanding
from assistant.understand.context import last_topic, merge_filters
from assistant.understand.lexicon import Kind, Lexicon
from assistant.understand.people import is_of_people
from retrieval.types import AttributeFilter, Filters, Language, Vocabulary

# A refusal said of one thing holds for a season, one said of everything and a size for a year,
# what was said of somebody else until the present is bought.
KEPT_FOR = {
    StatementKind.AVOID: timedelta(days=30),
    StatementKind.SIZE: timedelta(days=365),
    StatementKind.TRAIT: timedelta(days=365),
    StatementKind.PERSON: timedelta(days=14),
}
ALWAYS = timedelta(days=365)

_TEXTS = {
    StatementKind.AVOID: ("no {x}", "不要{x}"),
    StatementKind.SIZE: ("size {x}", "{x}码"),
    StatementKind.TRAIT: ("{x}", "{x}"),
    StatementKind.PERSON: ("for somebody {x}", "送给{x}的人"),
}


class Memory:
    """Preference memory over one catalogue's words."""

    def __init__(
        self,
        store: PreferenceStore,
        vocabulary: Vocabulary,
        reader: QuickReader,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self._clock = clock
        self.use(vocabulary, reader)

    def use(self, vocabulary: Vocabulary, reader: QuickReader) -> None:
        """Read with the words of this catalogue from now on."""
        self._lexicon = Lexicon(vocabulary)
        self._reader = reader

    def recall(
        self, owner: str, turn_id: str, read: Understanding, conversation: Conversation
    ) -> tuple[Understanding, tuple[Preference, ...]]:
        """Keep what `read` states and apply what was kept; the tastes noted or applied."""
        if read.job is not None:
            return read, ()
        noted = self.note(owner, turn_id, read, conversation)
        read, used = self.apply(owner, read)
        return read, tuple({p.text: p for p in (*noted, *used)}.values())

    # ------------------------------------------------------------- keeping

    def note(
        self, owner: str, turn_id: str, read: Understanding, conversation: Conversation
    ) -> tuple[Preference, ...]:
        """Keep what the message states: said outright, or refused in a search; what it asks for
        is refused no longer."""
        self._retract(owner, read)
        found = [
            *(self._from_statement(s, turn_id, read) for s in read.stated),
            *self._from_refusals(turn_id, read, conversation),
        ]
        new = {p.text: p for p in found}
        if new:
            self.store.keep(owner, new.values())
        return tuple(new.values())

    def _retract(self, owner: str, read: Understanding) -> None:
        """A refusal in passing lasts until the same thing is asked for; "never" stands."""
        if read.act not in (Act.SEARCH, Act.REFINE):
            return
        gone = [
            p.id
            for p in self.store.all(owner)
            if p.kind is StatementKind.AVOID
            and p.expires - p.kept <= KEPT_FOR[StatementKind.AVOID]
            and _asks_for(read, p.filters)
        ]
        if gone:
            self.store.forget(owner, gone)

    def _from_statement(
        self, statement: Statement, turn_id: str, read: Understanding
    ) -> Preference:
        filters = Filters()
        wishes: tuple[str, ...] = ()
        if statement.kind is StatementKind.AVOID:
            filters = self.refusal(statement.words, read.language)
        elif statement.kind is StatementKind.SIZE:
            wishes = (_text(statement, read.language),)
        else:
            wishes = (statement.words,)
        scope = () if statement.always else self.scope_of(read.query)
        return self._make(statement, read.language, turn_id, filters, wishes, scope)

    def _from_refusals(
        self, turn_id: str, read: Understanding, conversation: Conversation
    ) -> Iterator[Preference]:
        """ "No leather" in a search: a taste in things of this kind."""
        if read.act not in (Act.SEARCH, Act.REFINE):
            return
        topic = last_topic(conversation) if read.act is Act.REFINE else None
        before = topic.filters if topic else Filters()
        scope = self.scope_of(read.query)
        for words, filters in _new_refusals(read.filters, before):
            statement = Statement(kind=StatementKind.AVOID, words=words)
            yield self._make(statement, read.language, turn_id, filters, (), scope)

    def refusal(self, words: str, language: Language) -> Filters:
        """The conditions that "no <words>" stands for in this catalogue."""
        said = f"不要{words}" if language is Language.CHINESE else f"no {words}"
        read = self._reader.read(said, Conversation(id="memory"), (), language).filters
        if read == Filters():
            return Filters(excluded_terms=(words,))
        return read

    def _make(
        self,
        statement: Statement,
        language: Language,
        turn_id: str,
        filters: Filters,
        wishes: tuple[str, ...],
        scope: tuple[str, ...],
    ) -> Preference:
        now = self._clock()
        always = statement.always and statement.kind is StatementKind.AVOID
        return Preference(
            id=uuid.uuid4().hex,
            kind=statement.kind,
            text=_text(statement, language),
            filters=filters,
            wishes=wishes,
            scope=scope,
            source=turn_id,
            kept=now,
            expires=now + (ALWAYS if always else KEPT_FOR[statement.kind]),
        )

    def scope_of(self, query: str) -> tuple[str, ...]:
        """The aisle of what is looked for: its category without the last step, () if unknown."""
        paths = self._paths(query)
        return paths[0][:-1] if paths and len(paths[0]) > 1 else paths[0] if paths else ()

    def _paths(self, query: str) -> list[tuple[str, ...]]:
        return [
            meaning.path
            for mention in self._lexicon.mentions(query.lower())
            for meaning in mention.of(Kind.CATEGORY)
        ]

    # ------------------------------------------------------------- applying

    def apply(
        self, owner: str, read: Understanding
    ) -> tuple[Understanding, tuple[Preference, ...]]:
        """`read` with the tastes that bear on it, and those tastes.

        What the message itself asks for outweighs what was said before.
        """
        if read.act not in (Act.SEARCH, Act.REFINE) or not read.query:
            return read, ()
        used = tuple(p for p in self.store.all(owner) if self._bears(p, read))
        for preference in used:
            read = _with(read, preference)
        return read, used

    def _bears(self, preference: Preference, read: Understanding) -> bool:
        paths = self._paths(read.query)
        depth = len(preference.scope)
        if preference.scope and not any(p[:depth] == preference.scope for p in paths):
            return False
        if preference.kind is StatementKind.SIZE and not _is_worn(paths):
            return False
        return not _asks_for(read, preference.filters)


# Sizes of clothes and shoes say nothing of a desk: categories whose path names what is worn.
_WORN = ("fashion", "clothing", "shoe", "apparel", "wear", "服", "鞋", "装")


def _is_worn(paths: list[tuple[str, ...]]) -> bool:
    return any(word in step.lower() for path in paths for step in path for word in _WORN)


def _asks_for(read: Understanding, refused: Filters) -> bool:
    """Whether the message wants the very thing that was once refused."""
    said = f"{read.query} {' '.join(read.wishes)}".lower()
    if set(refused.excluded_brands) & set(read.filters.brands):
        return True
    words = (*refused.excluded_terms, *refused.excluded_brands)
    words += tuple(v for a in refused.attributes for v in a.values)
    words += tuple(path[-1] for path in refused.excluded_categories)
    return any(word.lower() in said for word in words)


def _with(read: Understanding, preference: Preference) -> Understanding:
    """Conditions join the filters; wishes are told of, and searched beside the wish."""
    filters = merge_filters(preference.filters, read.filters)
    wishes = tuple(dict.fromkeys((*read.wishes, *preference.wishes)))
    rewrites = read.rewrites
    if preference.kind in (StatementKind.TRAIT, StatementKind.PERSON):
        said = read.query.lower()
        added = [w for w in preference.wishes if w.lower() not in said]
        rewrites = tuple(dict.fromkeys((*rewrites, *(f"{read.query} {w}" for w in added))))
    return read.model_copy(update={"filters": filters, "wishes": wishes, "rewrites": rewrites})


def _new_refusals(filters: Filters, before: Filters) -> Iterator[tuple[str, Filters]]:
    """Each refusal of `filters` that `before` did not hold, in words and as a condition."""
    new = tuple(
        a
        for a in filters.attributes
        if a.exclude and a.values and a not in before.attributes and not is_of_people(a)
    )
    for term in filters.excluded_terms:
        if term not in before.excluded_terms:
            # One Chinese character was read as the values made of it, and a feature as a word
            # and as its yes: one taste, not several.
            own = new if len(term) == 1 else tuple(a for a in new if _flag(a) == term)
            new = tuple(a for a in new if a not in own)
            yield term, Filters(excluded_terms=(term,), attributes=own)
    for brand in filters.excluded_brands:
        if brand not in before.excluded_brands:
            yield brand, Filters(excluded_brands=(brand,))
    for attribute in new:
        text = _flag(attribute) or ", ".join(attribute.values)
        yield text, Filters(attributes=(attribute,))


def _flag(attribute: AttributeFilter) -> str:
    """The feature whose yes is refused, in words; "" where values are."""
    return attribute.name.replace("_", " ") if attribute.values == ("true",) else ""


def without(filters: Filters, forgotten: Filters) -> Filters:
    """`filters` without the refusals of `forgotten`."""
    return filters.model_copy(
        update={
            "excluded_terms": _minus(filters.excluded_terms, forgotten.excluded_terms),
            "excluded_brands": _minus(filters.excluded_brands, forgotten.excluded_brands),
            "excluded_categories": _minus(
                filters.excluded_categories, forgotten.excluded_categories
            ),
            "attributes": tuple(a for a in filters.attributes if a not in forgotten.attributes),
        }
    )


def _minus(items: tuple, gone: tuple) -> tuple:  # type: ignore[type-arg]
    return tuple(item for item in items if item not in gone)


def _text(statement: Statement, language: Language) -> str:
    english, chinese = _TEXTS[statement.kind]
    words = statement.words.upper() if statement.kind is StatementKind.SIZE else statement.words
    return (chinese if language is Language.CHINESE else english).format(x=words)
