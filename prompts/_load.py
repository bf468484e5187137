"""Reads, splits and renders prompt files."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

FOLDER = Path(__file__).parent

# name.version, and a language where the whole prompt differs by language.
NAME = re.compile(r"[a-z][a-z_]*\.v[0-9]+(\.[a-z]{2})?")
SECTION = re.compile(r"^=== (system|user|assistant) ===[ \t]*$", re.MULTILINE)
ROLES: dict[str, type[BaseMessage]] = {
    "system": SystemMessage,
    "user": HumanMessage,
    "assistant": AIMessage,
}

# Chat templates mark turns with tokens such as <|im_start|>; servers read them in content too.
CHAT_TOKEN = re.compile(r"<\|[^|<>]{0,40}\|>")
# What fences data in our prompts; a value must not be able to close its fence.
FENCE = re.compile(r"[«»]")
FENCED_CHARACTERS = 300


class PromptError(Exception):
    """A prompt file is missing, malformed, or was given other values than it asks for."""


def has_prompt(name: str) -> bool:
    """Whether there is a prompt of this name and version."""
    return bool(NAME.fullmatch(name)) and (FOLDER / f"{name}.md").is_file()


def load(name: str, **values: object) -> tuple[BaseMessage, ...]:
    """Render prompt `name` (``"answer.v1"``, ``"answer.v1.zh"``) into its chat messages.

    The file is split into roles before values are filled in, so no value can start a
    message of its own. Raises PromptError when a value is missing or unused.
    """
    sections, asked = _parse(name)
    if asked != values.keys():
        missing = ", ".join(sorted(asked - values.keys())) or "none"
        unused = ", ".join(sorted(values.keys() - asked)) or "none"
        raise PromptError(f"prompt {name}: missing values: {missing}; unused values: {unused}")
    return tuple(ROLES[role](content=_render(name, body, values)) for role, body in sections)


def fence(value: object, limit: int = FENCED_CHARACTERS) -> str:
    """`value` as one line of data in «»: no control characters, nothing that ends the fence."""
    text = CHAT_TOKEN.sub(" ", FENCE.sub(" ", str(value)))
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return f"«{' '.join(kept.split())[:limit]}»"


def _neutralise(value: object) -> object:
    """Values may not speak the chat template's own language."""
    return CHAT_TOKEN.sub(" ", value) if isinstance(value, str) else value


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    finalize=_neutralise,
    autoescape=False,  # prompts are not HTML
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["fence"] = fence


@cache
def _parse(name: str) -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    """The (role, template) sections of prompt `name` and the values they ask for."""
    if not NAME.fullmatch(name):
        raise PromptError(f"{name!r} is not a prompt name such as 'understand.v1'")
    path = FOLDER / f"{name}.md"
    if not path.is_file():
        raise PromptError(f"there is no prompt {name!r}")
    pieces = SECTION.split(path.read_text(encoding="utf-8"))[1:]
    sections = tuple((r, b.strip("\n")) for r, b in zip(pieces[::2], pieces[1::2], strict=True))
    if not sections:
        raise PromptError(f"prompt {name} has no '=== system ===' or '=== user ===' section")
    try:
        asked = [meta.find_undeclared_variables(_ENVIRONMENT.parse(b)) for _, b in sections]
    except TemplateError as error:
        raise PromptError(f"prompt {name}: {error}") from error
    return sections, frozenset().union(*asked)


def _render(name: str, body: str, values: dict[str, object]) -> str:
    """One section with its values; undefined fields of a value are errors as well."""
    try:
        return _ENVIRONMENT.from_string(body).render(values)
    except TemplateError as error:
        raise PromptError(f"prompt {name}: {error}") from error
