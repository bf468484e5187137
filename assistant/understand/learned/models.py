"""The trained models: reading a dialogue, rewriting an instruction; their files."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from assistant.understand.learned.features import (
    Place,
    Spoken,
    cut_dialogue,
    instruction_features,
    keyword_candidates,
    turn_features,
)
from assistant.understand.learned.linear import LinearModel, choose_by_expected_f1
from assistant.understand.learned.tokens import tokenize
from assistant.understand.learned.types import DialogueReading, Utterance
from retrieval.errors import TerminalError
from retrieval.types import Frozen, Language

KEEP = "keep"
FOLDER = "understanding"
REWRITE_FILE = "rewrite.json"
# Words that only white space or a hyphen parts are one phrase.
_JOINTS = frozenset(("", "-"))

Manifest = dict[str, Any]
Model = TypeVar("Model", bound=Frozen)


class DialogueModel(Frozen):
    """Implements DialogueReader with three linear models of one language.

    `manifest` says what it was learned from and how well that went on what was left out.
    """

    language: Language
    intent: LinearModel
    action: LinearModel
    keyword: LinearModel
    manifest: Manifest = Field(default_factory=dict)

    def read(self, dialogue: Sequence[Utterance]) -> DialogueReading:
        """Intent, next action and keywords of a dialogue that ends with the shopper's message."""
        spoken = cut_dialogue(dialogue, self.language)
        features = turn_features(spoken)
        return DialogueReading(
            intent=self.intent.best(features),
            action=self.action.best(features),
            keywords=self._keywords(spoken),
        )

    def _keywords(self, spoken: Sequence[Spoken]) -> tuple[str, ...]:
        candidates = keyword_candidates(spoken)
        kept = [self.keyword.probabilities(c.features)[KEEP] for c in candidates]
        chosen = [candidates[n].place for n in choose_by_expected_f1(kept)]
        return tuple(dict.fromkeys(_phrases(chosen, spoken)))


class RewriteModel(Frozen):
    """Implements InstructionRewriter: keeps the words of an English instruction that count."""

    keep: LinearModel
    manifest: Manifest = Field(default_factory=dict)

    def rewrite(self, instruction: str) -> str:
        """The words to search for, in their order; empty where there are no words."""
        tokens = tokenize(instruction, Language.ENGLISH)
        rows = instruction_features(instruction, tokens)
        kept = choose_by_expected_f1([self.keep.probabilities(row)[KEEP] for row in rows])
        return " ".join(instruction[tokens[n].start : tokens[n].end] for n in kept)


def _phrases(places: Sequence[Place], spoken: Sequence[Spoken]) -> list[str]:
    """Texts of the places; neighbours in one utterance make one phrase."""
    spans: list[tuple[int, int, int]] = []
    for place in sorted(places, key=lambda p: (p.utterance, p.word)):
        said = spoken[place.utterance]
        token = said.tokens[place.word]
        if spans and spans[-1][0] == place.utterance:
            _, start, end = spans[-1]
            if said.text[end : token.start].strip() in _JOINTS:
                spans[-1] = (place.utterance, start, token.end)
                continue
        spans.append((place.utterance, token.start, token.end))
    return [spoken[number].text[start:end] for number, start, end in spans]


# --------------------------------------------------------------------- files


def load_dialogue_model(language: Language, models_path: Path) -> DialogueModel:
    """The model of `language` trained on this machine, else the one that ships."""
    return _load(DialogueModel, f"{language.value}.json", models_path)


def load_rewrite_model(models_path: Path) -> RewriteModel:
    """The rewriter trained on this machine, else the one that ships."""
    return _load(RewriteModel, REWRITE_FILE, models_path)


def _load(kind: type[Model], name: str, models_path: Path) -> Model:
    """Raises TerminalError for a damaged file."""
    own = models_path / FOLDER / name
    shipped = files("assistant.understand.learned").joinpath("weights", name)
    source = own if own.is_file() else shipped
    try:
        return kind.model_validate_json(source.read_bytes())
    except (OSError, ValidationError):
        raise TerminalError(
            f"{source} is no understanding model of this version.",
            remedy="Train it again with `aisle train`, or remove the file.",
        ) from None
