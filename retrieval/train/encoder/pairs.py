"""Pairs that belong together: a query and what was clicked, two products of one visit."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from retrieval.catalog.files import write_atomically
from retrieval.errors import CallerError
from retrieval.profile.cleaning import clean
from retrieval.profile.types import Action, StoredEvent
from retrieval.types import Frozen

# Shares of the pairs by time: learned from, then chosen on, then measured on.
LEARNED, CHOSEN = 0.7, 0.1
# Fewer than this are learned by heart.
FEWEST = 100
# Every step nearer to an order says once more that the product answers the query.
ANSWERS = (Action.CLICK, Action.DETAIL_VIEW, Action.CART, Action.ORDER)
LOGGED = (Action.SEARCH, *ANSWERS)
_HAN = re.compile(r"[\u3400-\u9fff]")


class PairKind(StrEnum):
    """Why two texts belong together."""

    CLICK = "click"
    VIEW = "view"


class Pair(Frozen):
    """Two texts; the anchor of a click is a query, that of a view another product's text."""

    kind: PairKind = PairKind.CLICK
    anchor: str
    positive: str
    time: float = 0.0


@dataclass(frozen=True)
class PairSplit:
    """Pairs by time: the oldest are learned from, the latest measured on."""

    learned: tuple[Pair, ...]
    chosen: tuple[Pair, ...]
    held_out: tuple[Pair, ...]


def fold_query(query: str) -> str:
    """A query without what makes no difference: case and runs of spaces."""
    return " ".join(query.casefold().split())


def is_foreign(text: str) -> bool:
    """Whether the English encoder would not read it."""
    return bool(_HAN.search(text))


def pairs_of_log(
    stored: Iterable[StoredEvent], texts: Mapping[str, str], now: datetime
) -> list[Pair]:
    """The pairs of a log of behaviour, oldest first; `texts` are what products say, by id.

    Scripts, doubled taps and outliers are left out as everywhere. A query's words may stand in
    any event of its list.
    """
    acts, _ = clean(sorted(stored, key=lambda s: (s.event.timestamp, s.seq)), now)
    asked = {
        s.event.query_id: s.event.user_query
        for s in acts
        if s.event.query_id and s.event.user_query
    }
    pairs: list[Pair] = []
    looked: dict[str, str] = {}
    for act in acts:
        event = act.event
        said = texts.get(event.object_id or "")
        if event.action_name not in ANSWERS or not said:
            continue
        when = event.timestamp.timestamp()
        if query := fold_query(event.user_query or asked.get(event.query_id or "", "") or ""):
            pairs.append(Pair(anchor=query, positive=said, time=when))
        before = looked.get(event.session_id)
        if before and before != said:
            pairs.append(Pair(kind=PairKind.VIEW, anchor=before, positive=said, time=when))
        looked[event.session_id] = said
    return pairs


def read_pairs(path: Path, texts: Mapping[str, str]) -> list[Pair]:
    """Pairs of a file of JSON lines: {"query", "text" or "product_id", "time" if known}.

    Without times, the lines' order is the time. Raises CallerError naming the line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CallerError(f"The pairs {path} cannot be read: {error}.") from None
    pairs = [_read_pair(path, n, line, texts) for n, line in enumerate(lines, 1) if line.strip()]
    return sorted(pairs, key=lambda pair: pair.time)


def _read_pair(path: Path, number: int, line: str, texts: Mapping[str, str]) -> Pair:
    place = f"{path}, line {number}"
    try:
        row = json.loads(line)
        query, said = fold_query(row["query"]), row.get("text") or texts[row["product_id"]]
        return Pair(anchor=query, positive=said, time=_seconds(row.get("time", number)))
    except (ValueError, TypeError, AttributeError):
        raise CallerError(
            f"{place} is not an object with a query and a text.",
            remedy='Write {"query": "...", "text": "..."}, or "product_id" for the text.',
        ) from None
    except KeyError as error:
        raise CallerError(
            f"{place}: there is no {error.args[0]!r}.",
            remedy="Give a query, and a text or the id of a product of the store.",
        ) from None


def _seconds(time: str | float) -> float:
    if not isinstance(time, str):
        return float(time)
    read = datetime.fromisoformat(time)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def split_by_time(pairs: Sequence[Pair]) -> PairSplit:
    """The oldest LEARNED of the pairs, the next CHOSEN, the rest; raises CallerError when few."""
    if len(pairs) < FEWEST:
        raise CallerError(
            f"{len(pairs)} pairs are too few to learn from; {FEWEST} are the least.",
            remedy="Let the shop run on, or give a file of pairs.",
        )
    ordered = sorted(pairs, key=lambda pair: pair.time)
    first, second = (round(len(ordered) * share) for share in (LEARNED, LEARNED + CHOSEN))
    return PairSplit(tuple(ordered[:first]), tuple(ordered[first:second]), tuple(ordered[second:]))


def keep_pairs(path: Path, pairs: Iterable[Pair]) -> None:
    """Write down what a run learns from, so that a killed one goes on with the log as it was."""
    write_atomically(path, "".join(f"{pair.model_dump_json()}\n" for pair in pairs))


def read_kept_pairs(path: Path) -> tuple[Pair, ...]:
    """What `keep_pairs` wrote; raises CallerError."""
    try:
        with path.open(encoding="utf-8") as file:
            return tuple(Pair.model_validate_json(line) for line in file)
    except (OSError, ValidationError):
        raise CallerError(f"{path} is damaged.", remedy="Remove its folder, begin anew.") from None


def digest_of(pairs: Sequence[Pair]) -> str:
    """SHA-256 over all pairs in their order."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(f"{pair.kind}\x1f{pair.anchor}\x1f{pair.positive}\x1e".encode())
    return digest.hexdigest()


def clicks_by_query(pairs: Iterable[Pair]) -> dict[str, dict[str, float]]:
    """Query → text → how often it was the answer."""
    counted: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for pair in pairs:
        if pair.kind is PairKind.CLICK:
            counted[pair.anchor][pair.positive] += 1
    return {query: dict(found) for query, found in counted.items()}
