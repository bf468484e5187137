"""Which products a sentence names: the auditor's own reading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assistant.evaluate.audit.record import AuditRecord
from assistant.evaluate.audit.text import CJK, HAS_CJK, fold, normalise

_ASIDE = re.compile(r"\s*\([A-Za-z0-9 .&'’-]+\)")
_PIECE = re.compile(rf"[{CJK}]+|[^\s{CJK},;()|]+")
_GENERIC_WORDS = (
    "the a an with for and of in to it is this that one only best new pro plus mini black white"
)
_GENERIC = frozenset(_GENERIC_WORDS.split(" "))
_ORDINAL = re.compile(
    r"\bthe (first|second|third|fourth|fifth|sixth|last)(?: (?:one|product|option|item|model))?\b|"
    r"第([一二三四五六])(?:款|个|台|件|种|双)|\b(?:product|option|number|no\.) ?([1-9])\b"
)
_ORDINAL_WORDS = "first second third fourth fifth sixth"
_ORDINALS = {word: n for n, word in enumerate(_ORDINAL_WORDS.split(" "), start=1)} | {
    word: n for n, word in enumerate("一二三四五六", start=1)
}
_PREFIX_PIECES = 2
# What follows these is a value, whatever else may be called so.
_VALUE_BEFORE = re.compile(r"(?:\b(?:is|are|in|of)|[:,是为、/]|[a-z0-9]-)\s*$")


class Mention(NamedTuple):
    """What one placeholder stands for: a product, or several of the same name."""

    ids: tuple[str, ...]
    text: str


class _Span(NamedTuple):
    start: int
    end: int
    ids: tuple[str, ...]


def mask_names(
    sentence: str, records: Mapping[str, AuditRecord], positions: Mapping[int, str]
) -> tuple[str, list[Mention]]:
    """`sentence` normalised, each name of a product replaced by one character, and the names.

    The k-th name is the character U+E000 + k. `positions` are the numbers on the cards.
    """
    text = normalise(sentence)
    spans = _choose([*_title_spans(text, records), *_ordinal_spans(text, positions)])
    covered = {i for s in spans for i in range(s.start, s.end)}
    for span in _word_spans(text, records):
        if not covered & set(range(span.start, span.end)):
            spans.append(span)
    mentions: list[Mention] = []
    masked, at = "", 0
    for span in sorted(spans):
        masked += text[at : span.start] + chr(0xE000 + len(mentions))
        mentions.append(Mention(span.ids, text[span.start : span.end]))
        at = span.end
    return masked + text[at:], mentions


def _choose(spans: Sequence[_Span]) -> list[_Span]:
    """The longest spans that don't overlap; equal ones are joined."""
    chosen: list[_Span] = []
    joined: dict[tuple[int, int], list[str]] = {}
    for span in spans:
        joined.setdefault((span.start, span.end), []).extend(span.ids)
    for (start, end), ids in sorted(joined.items(), key=lambda item: item[0][0] - item[0][1]):
        if all(end <= other.start or start >= other.end for other in chosen):
            chosen.append(_Span(start, end, tuple(dict.fromkeys(ids))))
    return chosen


def _title_spans(text: str, records: Mapping[str, AuditRecord]) -> list[_Span]:
    """Beginnings of titles, two pieces at least (one in Chinese where it is long)."""
    lowered = text.lower()
    spans: list[_Span] = []
    for product_id, record in records.items():
        for title in _titles(record):
            pieces = _PIECE.findall(title)
            start = 0
            while pieces and (start := lowered.find(pieces[0].lower(), start)) >= 0:
                end, count = _follow(lowered, start, pieces)
                long = HAS_CJK.search(pieces[0]) and len(pieces[0]) > 3 and count
                if _bounded(lowered, start, end) and (
                    count >= min(_PREFIX_PIECES, len(pieces)) or long
                ):
                    spans.append(_Span(start, end, (product_id,)))
                start += 1
    return spans


def _titles(record: AuditRecord) -> list[str]:
    titles = [normalise(t) for t in record.titles]
    # Products whose titles are equal are told apart by the catalogue's numbers.
    numbered = (f"{t} #{record.product.id}" for t in titles)
    return list(dict.fromkeys((*titles, *(_ASIDE.sub(" ", t) for t in titles), *numbered)))


def _follow(lowered: str, start: int, pieces: Sequence[str]) -> tuple[int, int]:
    """How far `lowered` follows the pieces of a title from `start` on."""
    at = start + len(pieces[0])
    count = 1
    for piece in pieces[1:]:
        gap = re.match(r"[\s,;()|\"'”’-]{0,3}", lowered[at:])
        step = at + (gap.end() if gap else 0)
        if not lowered.startswith(piece.lower(), step) or not _bounded(
            lowered, step, step + len(piece)
        ):
            break
        at = step + len(piece)
        count += 1
    return at, count


def _bounded(text: str, start: int, end: int) -> bool:
    """Whether no Latin word is cut at either end."""
    before = start and text[start - 1].isalnum() and text[start - 1].isascii()
    after = end < len(text) and text[end].isalnum() and text[end].isascii()
    return not (before and text[start].isascii()) and not (after and text[end - 1].isascii())


def _ordinal_spans(text: str, positions: Mapping[int, str]) -> list[_Span]:
    spans = []
    for match in _ORDINAL.finditer(text.lower()):
        word = match[1] or match[2]
        number = _ORDINALS.get(word) if word else int(match[3])
        if word == "last" and positions:
            number = max(positions)
        if number is not None and number in positions:
            spans.append(_Span(match.start(), match.end(), (positions[number],)))
    return spans


def _word_spans(text: str, records: Mapping[str, AuditRecord]) -> list[_Span]:
    """Capitalised words that only one product's title has ("the Hush")."""
    owners: dict[str, set[str]] = {}
    for product_id, record in records.items():
        for title in record.titles:
            for word in re.findall(r"[^\W\d_]{3,}", fold(title)):
                owners.setdefault(word, set()).add(product_id)
    spans = []
    for match in re.finditer(r"[^\W\d_]{3,}", text):
        word = match[0].lower()
        ids = owners.get(word, set())
        inside = (match.start() > 0 or HAS_CJK.search(text)) and not _VALUE_BEFORE.search(
            text[: match.start()]
        )
        if match[0][0].isupper() and inside and len(ids) == 1 and word not in _GENERIC:
            spans.append(_Span(match.start(), match.end(), tuple(ids)))
    return spans
