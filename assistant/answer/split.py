"""Cuts a stream of text into finished sentences, English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ABBREVIATIONS = frozenset(
    [
        "e.g",
        "i.e",
        "eg",
        "ie",
        "no",
        "nos",
        "vs",
        "approx",
        "incl",
        "excl",
        "etc",
        "inc",
        "ltd",
        "co",
        "corp",
        "dr",
        "mr",
        "mrs",
        "ms",
        "st",
        "fig",
        "max",
        "min",
        "avg",
        "sq",
        "ca",
        "cf",
        "dept",
        "est",
        "jr",
        "sr",
    ]
)
_CLOSING = "\"'”’」』）)*"
_END = re.compile(rf"[.!?。！？\n]+[{re.escape(_CLOSING)}]*")
_BULLET = re.compile(r"^\s*(?:[-*•>#]+|\d{1,2}[.)])\s+")
_MARKUP = re.compile(r"\*\*|__|`")


class SentenceSplitter:
    """Feed it pieces; it gives sentences as soon as their end is certain."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> Iterator[str]:
        """The sentences that `piece` finished."""
        self._held += piece
        while (end := self._find_end(self._held)) is not None:
            sentence, self._held = self._held[:end], self._held[end:]
            if cleaned := clean(sentence):
                yield cleaned

    def flush(self) -> str:
        """What is left when the stream has ended: a last sentence, or a torn one, or ""."""
        rest, self._held = self._held, ""
        return clean(rest)

    def _find_end(self, text: str) -> int | None:
        for match in _END.finditer(text):
            mark = match.group()
            if mark[0] == "." and "\n" not in mark:
                if match.end() == len(text):
                    return None
                after = text[match.end()]
                # "适合iPad 7th Gen.的": a name goes on, Chinese sentences end with 。
                if not after.isspace() and (
                    not _is_cjk(after) or text[match.start() - 1].isalnum()
                ):
                    continue
                if _is_abbreviation(text[: match.start()]):
                    continue
            elif match.end() == len(text) and mark[-1] not in "\n。！？":
                return None
            if clean(text[: match.end()]):
                return match.end()
        return None


def clean(sentence: str) -> str:
    """The sentence without list marks, emphasis and stray white space."""
    text = _MARKUP.sub("", _BULLET.sub("", sentence.strip()))
    return " ".join(text.split())


def is_whole(sentence: str) -> bool:
    """Whether the sentence ends as sentences do; a stream cut short leaves one that does not."""
    return sentence.rstrip(_CLOSING)[-1:] in tuple(".!?。！？")


def _is_abbreviation(before: str) -> bool:
    """Whether the full stop after `before` abbreviates ("e.g", "No", "J") or numbers a list."""
    word = re.split(r"[\s(（]", before)[-1].lower()
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
        return True
    return word.isdigit() and len(word) <= 2 and not before[: -len(word)].strip()


def _is_cjk(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"
