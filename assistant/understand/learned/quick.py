"""The rules' reading with the keywords of the whole conversation as a further wording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.types import Act, Conversation, QuickReader, Understanding
from assistant.understand.learned.tokens import words
from assistant.understand.learned.types import DialogueReader, Speaker, Utterance
from retrieval.types import Filters, Language, Product


class KeywordReader:
    """Implements QuickReader over another one, whose reading stands in everything else.

    Where a message goes on with a topic, what is still wanted is said in several messages: the
    trained reader's keywords join `rewrites`, and search fuses both wordings. What the rules
    read as refused is left out.
    """

    def __init__(self, rules: QuickReader, readers: Mapping[Language, DialogueReader]) -> None:
        self._rules = rules
        self._readers = readers

    def read(
        self,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
        language: Language | None = None,
    ) -> Understanding:
        """As the rules read it; a refinement with one more wording where it says more."""
        quick = self._rules.read(message, conversation, shown, language)
        reader = self._readers.get(quick.language)
        if reader is None or quick.act is not Act.REFINE or not quick.query:
            return quick
        found = reader.read(to_dialogue(conversation, message)).keywords
        wording = _without_refused(found, quick.filters, quick.language)
        if not wording or _same_words(wording, quick.query, quick.language):
            return quick
        return quick.model_copy(update={"rewrites": (*quick.rewrites, wording)})


def to_dialogue(conversation: Conversation, message: str) -> tuple[Utterance, ...]:
    """The conversation as utterances, `message` last; an answer ends with its question."""
    said = []
    for turn in conversation.turns:
        said.append(Utterance(speaker=Speaker.USER, text=turn.message))
        answer = [*(sentence.text for sentence in turn.sentences), turn.question or ""]
        said.append(Utterance(speaker=Speaker.SYSTEM, text=" ".join(filter(None, answer))))
    return (*said, Utterance(speaker=Speaker.USER, text=message))


def _without_refused(keywords: Sequence[str], filters: Filters, language: Language) -> str:
    """The keywords as one wording, without words of what the filters exclude."""
    refused = [*filters.excluded_terms, *filters.excluded_brands]
    refused += [path[-1] for path in filters.excluded_categories]
    refused += [v for a in filters.attributes if a.exclude for v in a.values]
    unwanted = set(words(" ".join(refused), language))
    kept = [k for k in keywords if not unwanted.intersection(words(k, language))]
    return " ".join(kept)


def _same_words(one: str, other: str, language: Language) -> bool:
    return set(words(one, language)) == set(words(other, language))
