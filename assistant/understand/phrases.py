"""Phrase lists kept as text files, one wording a line, compiled into patterns.

A file ``phrases/<name>.txt`` has sections: lines under ``[words]`` match whole words, those
under ``[text]`` anywhere (Chinese has no word boundaries). A line is a regular expression in
which one space stands for any white space; lines that start with # are comments.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "phrases"
STOPWORDS = "stopwords"
"""The one list of plain words, read with `words`."""


@cache
def pattern(name: str) -> re.Pattern[str]:
    """The compiled alternatives of phrase file `name`, in the file's order."""
    return re.compile("|".join(_alternatives(name)))


@cache
def words(name: str) -> frozenset[str]:
    """The lines of phrase file `name` as a set of plain words."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(w for line in lines if not line.startswith("#") for w in line.split())


def compile_all() -> None:
    """Compile every list now rather than in the first message."""
    for path in FOLDER.glob("*.txt"):
        if path.stem != STOPWORDS:
            pattern(path.stem)


def _alternatives(name: str) -> list[str]:
    found: list[str] = []
    section = ""
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if line in ("[words]", "[text]"):
            section = line
            continue
        body = line.replace(" ", r"\s+")
        found.append(rf"\b(?:{body})(?!\w)" if section == "[words]" else body)
    return found
