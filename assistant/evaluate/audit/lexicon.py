"""The auditor's own words: grammar, synonyms, scales of comparison."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_lexicon() -> dict[str, Any]:
    """The lists of `lexicon.json` by name."""
    table: dict[str, Any] = json.loads(
        files(__package__).joinpath("lexicon.json").read_text("utf-8")
    )
    return table
