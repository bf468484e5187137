"""What a text is about: the set of products that counts, facets and relaxations speak of.

A product belongs to the result set of a text when its fused score reaches `RELEVANT_SHARE` of
the best one's, both measured without any filter. So a filter never changes which products a
text is about, only which of them are left, and a count is what a click on it will show.

At most `MOST` products per retriever are looked at. When the set goes on below them, counts
are lower bounds and filters act inside the search again, which then reaches deeper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from retrieval.index.filters import build_condition
from retrieval.index.types import Group, HasId, ProductIndex, VectorQuery
from retrieval.rank.fusion import best_first
from retrieval.types import Filters

# Products looked at per retriever. Reading them is what facets cost: 16 µs each.
MOST = 600
# On the development queries of chorus-icecat this keeps .985 of what was graded 2 or 3 and
# half of what was graded 0; .6 loses more of the former, .4 doubles the sets.
RELEVANT_SHARE = 0.5


@dataclass(frozen=True)
class ResultSet:
    """Products that pass some filters, nearest first.

    `ids` are all of them when `complete`; else the first, and `total` is exact without a text
    (`condition` finds them all) and a lower bound with one.
    """

    ids: tuple[str, ...]
    total: int
    complete: bool
    condition: Group


@dataclass(frozen=True)
class Scale:
    """How one retriever's raw score becomes a share: less the floor, over the best."""

    floor: float
    best: float
    weight: float

    def share(self, score: float) -> float:
        """The weighted share of a raw score, 0 at and below the floor."""
        return self.weight * max(score - self.floor, 0.0) / self.best if self.best > 0 else 0.0


class ResultSets:
    """The result sets of one request under any filters; `queries` are its plan without any."""

    def __init__(
        self,
        index: ProductIndex,
        units: Mapping[str, str],
        queries: Sequence[VectorQuery] = (),
        weights: Sequence[float] = (),
        floors: Sequence[float] = (),
        whole: Sequence[Mapping[str, float]] = (),
    ) -> None:
        """`floors` are the shares of each retriever's worst score that say nothing, `whole` what
        each finds without a filter, `MOST` deep; without queries every product counts."""
        self._index = index
        self._units = units
        self._queries = [replace(query, limit=MOST) for query in queries]
        self._scales = [
            measure(answer, weight, floor)
            for answer, weight, floor in zip(whole, weights, floors, strict=True)
        ]
        self._pinned: tuple[str, ...] = ()
        self._passing_answers: dict[Group, list[dict[str, float]]] = {}
        self.has_text = bool(queries)
        self._whole = whole
        scores = self._fuse(whole)
        self._least = RELEVANT_SHARE * max(scores.values(), default=0.0)
        self._all = self._admit(scores)
        self._complete = self._reaches_floor(whole)

    def pin(self, keys: Iterable[str]) -> None:
        """Let `keys` belong to the text whatever they score, first in their order."""
        self._pinned = tuple(dict.fromkeys(keys))
        self._all = tuple(dict.fromkeys((*self._pinned, *self._all)))

    def answers(self, condition: Group) -> list[dict[str, float]]:
        """What each query finds within `condition`: of a complete set, all that belongs to it
        and what else was looked at; else `MOST` deep."""
        if condition not in self._passing_answers:
            if self._complete:
                seen = dict.fromkeys(key for answer in self._whole for key in answer)
                kept = set(self._passing(condition, tuple(seen)))
                found = [{k: s for k, s in a.items() if k in kept} for a in self._whole]
            else:
                found = self._ask([replace(q, condition=condition) for q in self._queries])
            self._passing_answers[condition] = found
        return self._passing_answers[condition]

    def find(self, filters: Filters) -> ResultSet:
        """The products that pass `filters` and that the text is about."""
        condition = build_condition(filters, self._units)
        if not self.has_text:
            return self._browse(condition)
        if condition == Group():
            return ResultSet(self._all, len(self._all), self._complete, condition)
        if self._complete:
            kept = set(self._passing(condition, self._all))
            ids = tuple(key for key in self._all if key in kept)
            return ResultSet(ids, len(ids), True, condition)
        answers = self.answers(condition)
        kept = set(self._passing(condition, (*self._all, *self._pinned)))
        ids = tuple(k for k in self._admit(self._fuse(answers)) if k in kept or k not in self._all)
        return ResultSet(ids, len(ids), self._reaches_floor(answers), condition)

    def count(self, filters: Filters) -> int:
        """How many products `find` would find."""
        condition = build_condition(filters, self._units)
        if not self.has_text:
            return self._index.count(condition)
        if not self._complete:
            return self.find(filters).total
        return self._index.count(Group(must=(condition, HasId(self._all)))) if self._all else 0

    def _browse(self, condition: Group) -> ResultSet:
        total = self._index.count(condition)
        ids = self._index.browse(condition, limit=MOST)
        return ResultSet(tuple(ids), total, total <= len(ids), condition)

    def _passing(self, condition: Group, ids: tuple[str, ...]) -> list[str]:
        if not ids:
            return []
        return self._index.browse(Group(must=(condition, HasId(ids))), limit=len(ids))

    def _ask(self, queries: Sequence[VectorQuery]) -> list[dict[str, float]]:
        found = self._index.search(queries)
        return [{scored.id: scored.score for scored in answer} for answer in found]

    def _fuse(self, answers: Sequence[Mapping[str, float]]) -> dict[str, float]:
        fused: dict[str, float] = {}
        for answer, scale in zip(answers, self._scales, strict=True):
            for key, score in answer.items():
                fused[key] = fused.get(key, 0.0) + scale.share(score)
        return fused

    def _admit(self, scores: Mapping[str, float]) -> tuple[str, ...]:
        """The ids that reach the floor, best first, what is pinned before them."""
        reached = best_first({k: score for k, score in scores.items() if score >= self._least})
        return tuple(dict.fromkeys((*self._pinned, *reached)))

    def _reaches_floor(self, answers: Sequence[Mapping[str, float]]) -> bool:
        """Whether nothing below what was looked at could belong to the set."""
        unseen = sum(
            scale.share(min(answer.values()))
            for answer, scale in zip(answers, self._scales, strict=True)
            if len(answer) >= MOST
        )
        return unseen < self._least


def measure(answer: Mapping[str, float], weight: float, floor: float, depth: int = 200) -> Scale:
    """The scale of one retriever, from its answer (best first) without filters."""
    worst = min(islice(answer.values(), depth), default=0.0)
    cut = floor * max(worst, 0.0)
    best = max(answer.values(), default=0.0)
    return Scale(cut, best - cut, weight)
