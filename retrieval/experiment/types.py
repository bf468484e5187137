"""An experiment as it is configured, and what a request takes from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from retrieval.types import Frozen, SearchTreatment

ExperimentName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,47}$")]
PromptName = Annotated[str, Field(pattern=r"^[a-z0-9_]+\.v\d+$")]
MOST_ARMS = 8


class Unit(StrEnum):
    """What is randomised and compared: a shopper over all visits, or each visit by itself."""

    SHOPPER = "shopper"
    SESSION = "session"


class Part(StrEnum):
    """The part of the pipeline in which a treatment acts."""

    RANKING = "ranking"
    TASTE = "taste"
    CHAT = "chat"


class ChatTreatment(Frozen):
    """Overrides of a chat turn; None leaves what the settings say.

    `llm` off answers with the rules' sentences alone; `understand_prompt` and `answer_prompt`
    name files of prompts/ ("answer.v1"), the answer's without its language; times in seconds.
    """

    llm: bool | None = None
    understand_prompt: PromptName | None = None
    answer_prompt: PromptName | None = None
    understand_timeout_s: Annotated[float | None, Field(gt=0)] = None
    answer_timeout_s: Annotated[float | None, Field(gt=0)] = None
    clarify: bool | None = None
    cards: Annotated[int | None, Field(ge=1, le=50)] = None


class Treatment(Frozen):
    """What one arm changes, for one request; an empty one changes nothing.

    `personal` turns ordering by taste on or off.
    """

    search: SearchTreatment = SearchTreatment()
    chat: ChatTreatment = ChatTreatment()
    personal: bool | None = None

    @property
    def parts(self) -> frozenset[Part]:
        """Where this treatment acts."""
        found = set()
        if self.search != SearchTreatment():
            found.add(Part.RANKING)
        if self.personal is not None:
            found.add(Part.TASTE)
        if self.chat != ChatTreatment():
            found.add(Part.CHAT)
        return frozenset(found)

    def over(self, other: Treatment) -> Treatment:
        """`other` with everything that this one sets on top."""
        search = self.search.model_dump(exclude_none=True)
        chat = self.chat.model_dump(exclude_none=True)
        return Treatment(
            search=other.search.model_copy(update=search),
            chat=other.chat.model_copy(update=chat),
            personal=other.personal if self.personal is None else self.personal,
        )


class Arm(Frozen):
    """One side of an experiment: its share of the experiment's traffic, and what it changes."""

    share: Annotated[float, Field(gt=0, le=1)]
    treatment: Treatment = Treatment()


class Experiment(Frozen):
    """One question put to shoppers.

    `traffic` is the share of its layer's units that take part; experiments of one `layer` have
    no unit in common, those of different layers are independent of each other. It runs from
    `start` (included) to `end`. `plan_units` is the number of units at which its intervals are
    to be tightest; `covariate_days` of history before a unit's first exposure adjust for how
    units differed anyway.
    """

    name: ExperimentName
    layer: ExperimentName = "default"
    unit: Unit = Unit.SHOPPER
    traffic: Annotated[float, Field(gt=0, le=1)] = 1.0
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    control: ExperimentName = "control"
    arms: Annotated[dict[ExperimentName, Arm], Field(min_length=1, max_length=MOST_ARMS)]
    interleave: bool = False
    plan_units: Annotated[int, Field(ge=100)] = 10_000
    covariate_days: Annotated[int, Field(ge=0, le=365)] = 28

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.start and self.end and self.start >= self.end:
            raise ValueError("it ends before it starts")
        if not math.isclose(total := sum(arm.share for arm in self.arms.values()), 1.0):
            raise ValueError(f"the shares of its arms add up to {total:g} instead of 1")
        if self.interleave:
            if len(self.arms) != 2 or {p for a in self.arms.values() for p in a.treatment.parts} - {
                Part.RANKING
            }:
                raise ValueError("interleaving takes two arms that differ in `search` alone")
        elif len(self.arms) < 2:
            raise ValueError("it needs two arms at least, one of them the control")
        if self.control not in self.arms:
            raise ValueError(f"its control {self.control!r} is none of its arms")
        return self

    @property
    def parts(self) -> frozenset[Part]:
        """Where any of its arms acts; in all of them where none changes anything (an A/A)."""
        parts = frozenset(part for arm in self.arms.values() for part in arm.treatment.parts)
        return parts or frozenset(Part)

    def runs(self, now: datetime) -> bool:
        """Whether it takes units at `now`."""
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


class ExperimentsFile(Frozen):
    """experiments.yaml. A new `salt` deals all units anew."""

    salt: Annotated[str, Field(min_length=1, max_length=64)] = "aisle"
    experiments: tuple[Experiment, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [experiment.name for experiment in self.experiments]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ValueError(f"the name {twice!r} is there twice")
        for layer in dict.fromkeys(experiment.layer for experiment in self.experiments):
            used = sum(e.traffic for e in self.experiments if e.layer == layer)
            if used > 1 + 1e-9:
                raise ValueError(f"the experiments of layer {layer!r} take {used:.0%} of it")
        return self


@dataclass(frozen=True)
class Interleaving:
    """Two rankings to be shown as one, whose clicks say which is better."""

    experiment: str
    teams: tuple[str, str]
    treatments: tuple[SearchTreatment, SearchTreatment]


@dataclass(frozen=True)
class Assignment:
    """What a request gets: the treatments of its experiments joined, and which arms they are."""

    treatment: Treatment = field(default_factory=Treatment)
    variants: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, frozenset[Part]] = field(default_factory=dict)
    interleaving: Interleaving | None = None

    def exposed(self, parts: Iterable[Part]) -> dict[str, str]:
        """The experiments (→ arm) whose treatment could act in these parts: what is logged."""
        acting = frozenset(parts)
        return {name: arm for name, arm in self.variants.items() if self.parts[name] & acting}


NOTHING = Assignment()
