"""Learns the linear models from labelled dialogues and instructions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_matrix

from assistant.understand.learned.features import (
    cut_dialogue,
    instruction_features,
    keyword_candidates,
    turn_features,
)
from assistant.understand.learned.linear import BIAS, LinearModel
from assistant.understand.learned.models import KEEP, DialogueModel, RewriteModel
from assistant.understand.learned.scores import best_reference
from assistant.understand.learned.tokens import tokenize, words
from assistant.understand.learned.types import LabelledInstruction, LabelledTurn
from retrieval.errors import CallerError
from retrieval.types import Language

# Inverse strength of the ridge, chosen by cross-validation; a third or three times as much
# changes no figure by more than .006.
C_TURN = 0.3
C_KEYWORD = 0.5
C_REWRITE = 0.3
# A feature of one example alone teaches that example by heart.
LEAST_EXAMPLES = 2
# Labels seen less often than this cannot be told from noise.
LEAST_LABELS = 5
# Weights below this move no probability by a hundredth; they go, the files stay small.
LEAST_WEIGHT = 0.02
LEAST_TURNS = 20

Features = Sequence[str]
Item = TypeVar("Item")


def train_dialogue_model(turns: Sequence[LabelledTurn], language: Language) -> DialogueModel:
    """The three models of `language`; raises CallerError when there is too little of a label."""
    spoken = [cut_dialogue(turn.dialogue, language) for turn in turns]
    features = [turn_features(s) for s in spoken]
    intents = [(f, t.intent) for f, t in zip(features, turns, strict=True) if t.intent]
    actions = [(f, t.action) for f, t in zip(features, turns, strict=True) if t.action]
    examples: list[Features] = []
    kept: list[str] = []
    for turn, said in zip(turns, spoken, strict=True):
        if not turn.keywords:
            continue
        gold = set(words(" ".join(turn.keywords), language))
        for candidate in keyword_candidates(said):
            examples.append(candidate.features)
            kept.append(KEEP if candidate.word in gold else "")
    return DialogueModel(
        language=language,
        intent=_fit_labels(intents, "intents"),
        action=_fit_labels(actions, "actions"),
        keyword=_fit(examples, kept, [KEEP], C_KEYWORD),
    )


def train_rewrite_model(pairs: Sequence[LabelledInstruction]) -> RewriteModel:
    """The rewriter; the words of the query nearest to an instruction are those to keep."""
    if len(pairs) < LEAST_TURNS:
        raise CallerError(f"{len(pairs)} instructions are too few to learn from.")
    examples: list[Features] = []
    kept: list[str] = []
    for pair in pairs:
        tokens = tokenize(pair.instruction, Language.ENGLISH)
        gold = set(best_reference([t.text for t in tokens], pair.queries, Language.ENGLISH))
        examples += instruction_features(pair.instruction, tokens)
        kept += [KEEP if token.text in gold else "" for token in tokens]
    return RewriteModel(keep=_fit(examples, kept, [KEEP], C_REWRITE))


def split_folds(
    items: Sequence[Item], groups: Sequence[Hashable], folds: int, seed: int = 0
) -> Iterator[tuple[list[Item], list[Item]]]:
    """`folds` times what to learn from and what is left out; a group is never divided."""
    names = list(dict.fromkeys(groups))
    if not 2 <= folds <= len(names):
        raise CallerError(f"{folds} folds of {len(names)} cannot be made: take 2 to {len(names)}.")
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[n]: place % folds for place, n in enumerate(order.tolist())}
    for fold in range(folds):
        inside = [i for i, g in zip(items, groups, strict=True) if fold_of[g] != fold]
        yield inside, [i for i, g in zip(items, groups, strict=True) if fold_of[g] == fold]


def _fit_labels(examples: Sequence[tuple[Features, str]], what: str) -> LinearModel:
    counts = Counter(label for _, label in examples)
    labels = sorted(label for label, count in counts.items() if count >= LEAST_LABELS)
    if len(examples) < LEAST_TURNS or len(labels) < 2:
        raise CallerError(
            f"{len(examples)} turns with {len(labels)} usable {what} are too few to learn from.",
            remedy=f"At least {LEAST_TURNS} turns and two labels, {LEAST_LABELS} times each.",
        )
    return _fit([f for f, _ in examples], [label for _, label in examples], labels, C_TURN)


def _fit(
    examples: Sequence[Features], given: Sequence[str], labels: Sequence[str], strength: float
) -> LinearModel:
    """A logistic regression a label with an L2 penalty (liblinear, Fan et al., JMLR 2008)."""
    from sklearn.linear_model import LogisticRegression  # a second to load, only to train

    counts = Counter(name for example in examples for name in set(example))
    names = [BIAS, *sorted(n for n, count in counts.items() if count >= LEAST_EXAMPLES)]
    matrix = _matrix(examples, {name: column for column, name in enumerate(names)})
    weights = {}
    for label in labels:
        target = np.array([g == label for g in given])
        if target.all() or not target.any():
            raise CallerError(f"Every example, or none, is labelled {label!r}: nothing to learn.")
        model = LogisticRegression(
            C=strength, solver="liblinear", fit_intercept=False, random_state=0, max_iter=1000
        )
        found = model.fit(matrix, target).coef_[0]
        weights[label] = {
            name: round(float(w), 3)
            for name, w in zip(names, found, strict=True)
            if abs(w) >= LEAST_WEIGHT
        }
    return LinearModel(weights=weights)


def _matrix(examples: Sequence[Features], columns: dict[str, int]) -> csr_matrix:
    """Shape (examples, features), ones where a feature is present."""
    indices: list[int] = []
    ends = [0]
    for example in examples:
        indices += [columns[BIAS], *{columns[name] for name in example if name in columns}]
        ends.append(len(indices))
    shape = (len(examples), len(columns))
    return csr_matrix((np.ones(len(indices)), indices, ends), shape=shape)
