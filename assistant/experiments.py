"""What an experiment's treatment changes of a search and of a chat turn."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.answer.write import LLMAnswerWriter
from assistant.errors import EngineUnavailableError
from assistant.llm.usage import TokenMeter
from assistant.turn import TurnLimits
from assistant.types import AnswerWriter, ProductFacts, QueryRewriter, Understanding
from assistant.understand.rewrite import LLMRewriter
from prompts import has_prompt
from retrieval.experiment.assign import Experiments, ExperimentsError, load_experiments
from retrieval.experiment.interleave import draft_teams
from retrieval.experiment.types import ChatTreatment, Interleaving
from retrieval.profile.types import Visitor
from retrieval.types import Language, Searcher, SearchRequest, SearchResult

logger = logging.getLogger(__name__)

# Rankers that are no file of the store.
BUILT_IN = frozenset({"off", "shipped"})


def open_experiments(path: Path, rankers: Path) -> Experiments:
    """The experiments of a file, of which every ranker and prompt is there.

    Raises ExperimentsError.
    """
    experiments = load_experiments(path)
    known = BUILT_IN | {file.stem for file in rankers.glob("*.json")}
    faults = [
        f"{experiment.name}.arms.{name}: {fault}"
        for experiment in experiments.file.experiments
        for name, arm in experiment.arms.items()
        for fault in (
            *_missing_ranker(arm.treatment.search.ranker, known, rankers),
            *_missing_prompts(arm.treatment.chat),
        )
    ]
    if faults:
        raise ExperimentsError(f"{path}:\n  " + "\n  ".join(faults))
    return experiments


def _missing_ranker(name: str | None, known: frozenset[str], folder: Path) -> list[str]:
    if name is None or name in known:
        return []
    return [f"there is no ranker {name!r}: put {name}.json into {folder}"]


def _missing_prompts(chat: ChatTreatment) -> list[str]:
    names = [chat.understand_prompt] if chat.understand_prompt else []
    if chat.answer_prompt:
        names += [f"{chat.answer_prompt}.{language}" for language in Language]
    return [f"there is no prompt {name!r}" for name in names if not has_prompt(name)]


def treat_limits(limits: TurnLimits, chat: ChatTreatment) -> TurnLimits:
    """The bounds of a turn under a treatment."""
    given = {
        "cards": chat.cards,
        "understand_s": chat.understand_timeout_s,
        "answer_s": chat.answer_timeout_s,
    }
    return replace(limits, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def treat_rewriter(
    rewriter: QueryRewriter, chat: ChatTreatment, meter: TokenMeter
) -> QueryRewriter | None:
    """Who reads messages beside the rules under a treatment; None for nobody."""
    if chat.llm is False:
        return None
    if not isinstance(rewriter, LLMRewriter):
        return rewriter
    metered = rewriter.metered(meter)
    return metered.using(chat.understand_prompt) if chat.understand_prompt else metered


def treat_writer(writer: AnswerWriter, chat: ChatTreatment, meter: TokenMeter) -> AnswerWriter:
    """Who writes answers under a treatment."""
    if chat.llm is False:
        return NoWriter()
    if not isinstance(writer, LLMAnswerWriter):
        return writer
    metered = writer.metered(meter)
    return metered.using(chat.answer_prompt) if chat.answer_prompt else metered


class NoWriter:
    """The language model as an experiment turns it off: the answer falls to the rules."""

    async def write(
        self, message: str, understanding: Understanding, facts: Sequence[ProductFacts]
    ) -> AsyncIterator[str]:
        """Raises EngineUnavailableError."""
        raise EngineUnavailableError("The language model is off by an experiment.")
        yield ""  # type: ignore[unreachable]  # what makes it a stream


def search_interleaved(
    searcher: Searcher, request: SearchRequest, draft: Interleaving, visitor: Visitor
) -> SearchResult:
    """A page of two rankings drafted into one; every hit carries its team's name.

    Both are searched from the first place on, so that the pages of a search fit together.
    """
    reach = request.model_copy(update={"offset": 0, "limit": request.offset + request.limit})
    reach = reach.model_copy(update={"cards": reach.limit})
    first, second = (
        searcher.search(reach.model_copy(update={"treatment": treatment}))
        for treatment in draft.treatments
    )
    hits = {hit.product.id: hit for hit in (*second.hits, *first.hits)}
    order, teams = draft_teams(
        [hit.product.id for hit in first.hits],
        [hit.product.id for hit in second.hits],
        reach.limit,
        draft.experiment,
        visitor.name,
        request.text,
    )
    page = [
        hits[name].model_copy(update={"team": draft.teams[team]})
        for name, team in zip(order, teams, strict=True)
    ]
    return first.model_copy(update={"hits": tuple(page[request.offset :])})
