"""Scores readings of dialogues and rewritten instructions against what people labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np

from assistant.understand.learned.scores import best_f1, token_f1
from assistant.understand.learned.tokens import words
from assistant.understand.learned.train import (
    split_folds,
    train_dialogue_model,
    train_rewrite_model,
)
from assistant.understand.learned.types import (
    DialogueReader,
    DialogueReading,
    InstructionRewriter,
    LabelledInstruction,
    LabelledTurn,
    Speaker,
)
from retrieval.errors import CallerError
from retrieval.types import Language, ProgressListener

# The measures by name, as the commands write them.
Measures = dict[str, float]

# Fewer words than these ("I like this one") are anybody's.
LONG_MESSAGE = 5

# The two actions in which a product search chooses whether to ask first.
ASK_OR_SHOW = frozenset(("clarify", "recommend"))


# ----------------------------------------------------------------- dialogues


def read_turns(
    reader: DialogueReader, turns: Sequence[LabelledTurn], listener: ProgressListener
) -> list[DialogueReading]:
    """What `reader` makes of each turn."""
    readings = []
    for done, turn in enumerate(turns, start=1):
        readings.append(reader.read(turn.dialogue))
        listener(done, len(turns), "turns")
    return readings


def read_turns_left_out(
    turns: Sequence[LabelledTurn],
    language: Language,
    folds: int,
    listener: ProgressListener,
    *,
    apart: bool = False,
) -> list[DialogueReading]:
    """Each turn read by a model learned from other dialogues; a dialogue stays whole.

    With `apart`, dialogues that share a longer message word for word stay together as well:
    people who write many dialogues repeat themselves, and a new shopper does not repeat them.
    """
    readings: dict[int, DialogueReading] = {}
    numbers = range(len(turns))
    groups = group_by_messages(turns, language) if apart else [t.dialogue_id for t in turns]
    for done, (inside, outside) in enumerate(split_folds(numbers, groups, folds), start=1):
        model = train_dialogue_model([turns[n] for n in inside], language)
        readings |= {n: model.read(turns[n].dialogue) for n in outside}
        listener(done, folds, "folds")
    return [readings[n] for n in numbers]


def group_by_messages(turns: Sequence[LabelledTurn], language: Language) -> list[str]:
    """For each turn the name of its group: dialogues linked by messages that they share."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for turn in turns:
        for utterance in turn.dialogue:
            said = words(utterance.text, language)
            if len(said) >= LONG_MESSAGE:
                leader[find("message " + " ".join(said))] = find(turn.dialogue_id)
    return [find(turn.dialogue_id) for turn in turns]


def measure_turns(
    turns: Sequence[LabelledTurn], readings: Sequence[DialogueReading], language: Language
) -> Measures:
    """Accuracies and mean keyword F1, each over the turns that have the label.

    Beside each stands what takes no understanding: the commonest label, the last message as
    it stands. Raises CallerError where one kind of label is missing altogether.
    """
    pairs = list(zip(turns, readings, strict=True))
    intents = [(t.intent, r.intent) for t, r in pairs if t.intent]
    actions = [(t.action, r.action) for t, r in pairs if t.action]
    choices = [(label, ours) for label, ours in actions if label.casefold() in ASK_OR_SHOW]
    worded = [(t, r) for t, r in pairs if t.keywords]
    for name, found in (("intent", intents), ("action", actions), ("keywords", worded)):
        if not found:
            raise CallerError(f'No turn of the file has "{name}": nothing to compare with.')
    plain = [_keyword_f1(t, [t.dialogue[-1].text], language) for t, _ in worded]
    return {
        "intent_accuracy": _accuracy(intents),
        "action_accuracy": _accuracy(actions),
        "keyword_f1": float(np.mean([_keyword_f1(t, r.keywords, language) for t, r in worded])),
        "turns": len(turns),
        "action_turns": len(actions),
        "keyword_turns": len(worded),
        "ask_or_show_accuracy": _accuracy(choices),
        "intent_majority": _majority(intents),
        "action_majority": _majority(actions),
        "last_message_f1": float(np.mean(plain)),
    }


def list_disagreements(
    turns: Sequence[LabelledTurn],
    readings: Sequence[DialogueReading],
    language: Language,
    count: int,
    seed: int = 0,
) -> list[str]:
    """`count` turns drawn by lot in which a label and the reading differ, a few lines each."""
    found = []
    for turn, reading in zip(turns, readings, strict=True):
        differences = []
        if turn.intent and not _same(turn.intent, reading.intent):
            differences.append(f"intent: label {turn.intent}, read {reading.intent}")
        if turn.action and not _same(turn.action, reading.action):
            differences.append(f"action: label {turn.action}, read {reading.action}")
        if turn.keywords and _keyword_f1(turn, reading.keywords, language) < 1:
            label, ours = ", ".join(turn.keywords), ", ".join(reading.keywords)
            differences.append(f"keywords: label [{label}], read [{ours}]")
        if differences:
            said = [f"{_sign(u.speaker)} {' '.join(u.text.split())}" for u in turn.dialogue[-3:]]
            found.append("\n".join([*said, *(f"    {line}" for line in differences)]))
    return Random(seed).sample(found, min(count, len(found)))


def _sign(speaker: Speaker) -> str:
    return "<" if speaker is Speaker.USER else ">"


def _same(label: str, ours: str) -> bool:
    return label.casefold() == ours.casefold()


def _keyword_f1(turn: LabelledTurn, found: Sequence[str], language: Language) -> float:
    return token_f1(words(" ".join(found), language), words(" ".join(turn.keywords), language))


def _accuracy(pairs: Sequence[tuple[str, str]]) -> float:
    return float(np.mean([_same(label, ours) for label, ours in pairs])) if pairs else 0.0


def _majority(pairs: Sequence[tuple[str, str]]) -> float:
    return max(Counter(label.casefold() for label, _ in pairs).values()) / len(pairs)


# -------------------------------------------------------------- instructions


def rewrite_all(
    rewriter: InstructionRewriter,
    pairs: Sequence[LabelledInstruction],
    listener: ProgressListener,
) -> list[str]:
    """What `rewriter` makes of each instruction."""
    queries = []
    for done, pair in enumerate(pairs, start=1):
        queries.append(rewriter.rewrite(pair.instruction))
        listener(done, len(pairs), "instructions")
    return queries


def rewrite_left_out(
    pairs: Sequence[LabelledInstruction], folds: int, listener: ProgressListener
) -> list[str]:
    """Each instruction rewritten by a model that was learned from others."""
    queries: dict[int, str] = {}
    numbers = range(len(pairs))
    for done, (inside, outside) in enumerate(split_folds(numbers, numbers, folds), start=1):
        model = train_rewrite_model([pairs[n] for n in inside])
        queries |= {n: model.rewrite(pairs[n].instruction) for n in outside}
        listener(done, folds, "folds")
    return [queries[n] for n in numbers]


def measure_queries(pairs: Sequence[LabelledInstruction], queries: Sequence[str]) -> Measures:
    """Mean token F1 against the nearest of each instruction's queries."""
    ours = [_query_f1(p, query) for p, query in zip(pairs, queries, strict=True)]
    plain = [_query_f1(p, p.instruction) for p in pairs]
    return {
        "query_f1": float(np.mean(ours)),
        "pairs": len(pairs),
        "instruction_f1": float(np.mean(plain)),
    }


def list_query_disagreements(
    pairs: Sequence[LabelledInstruction], queries: Sequence[str], count: int, seed: int = 0
) -> list[str]:
    """`count` instructions drawn by lot whose query nobody typed, three lines each."""
    found = [
        f"< {pair.instruction}\n    label {' | '.join(pair.queries)}\n    read  {query}"
        for pair, query in zip(pairs, queries, strict=True)
        if _query_f1(pair, query) < 1
    ]
    return Random(seed).sample(found, min(count, len(found)))


def _query_f1(pair: LabelledInstruction, query: str) -> float:
    return best_f1(query, pair.queries, Language.ENGLISH)
