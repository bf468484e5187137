"""Texts and plain values of a feed, cleaned: HTML to text, control characters, numbers."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from html.parser import HTMLParser

from retrieval.types import Attribute
from retrieval.units import find_unit

_BLOCK_TAGS = "p div br li ul ol tr td th table h1 h2 h3 h4 h5 h6 section hr dd dt"
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_SILENT = frozenset(("script", "style", "head", "template"))
_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]+);")
# C0 and C1 controls but for tab and line ends, and the invisible marks that break matching.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\s*\n\s*")
_NUMBER = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(\S{0,12})")
_UNDECODED = re.compile("[\udc80-\udcff]")
_YES = frozenset(["true", "yes", "y", "ja", "oui", "si", "是", "有"])
_NO = frozenset(["false", "no", "n", "nein", "non", "否", "无", "無"])
# Longer attribute values are prose (lists of compatible devices); they are cut, not lost:
# the first two thousand characters are searched and shown.
MAX_ATTRIBUTE = 2000
# Attributes are immutable and repeat ("product_colour: Black"): sharing them halves the time
# and most of the memory of an import.
ATTRIBUTE_CACHE = 65_536


class _TextOf(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def html_to_text(text: str) -> str:
    """Readable text of an HTML fragment: tags gone, blocks on lines of their own."""
    parser = _TextOf()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)


def clean(value: object) -> str:
    """`value` as one line of shop text, without markup and control characters."""
    return " ".join(clean_lines(value).split())


def clean_lines(value: object) -> str:
    """As `clean`, keeping paragraphs."""
    if value is None:
        return ""
    text = str(value)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    if "<" in text and _TAG.search(text):
        text = html_to_text(text)
    if not text.isprintable() or not text.isascii():
        text = unicodedata.normalize("NFC", _CONTROL.sub(" ", text))
    return _BLANK_LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def has_control(text: str) -> bool:
    """Whether `text` holds control characters."""
    return _CONTROL.search(text) is not None


def undecoded(text: str) -> bool:
    """Whether `text` holds bytes that are not valid in the feed's encoding."""
    return not text.isascii() and _UNDECODED.search(text) is not None


@lru_cache(maxsize=ATTRIBUTE_CACHE)
def snake(name: str) -> str:
    """An attribute's name: "Display diagonal" and "display__diagonal_" → display_diagonal."""
    folded = unicodedata.normalize("NFKC", name).lower()
    return re.sub(r"[\W_]+", "_", folded).strip("_")


def split_path(text: str) -> tuple[str, ...]:
    """A category path written with ">", "/" between blanks, "|" or "»" as separators."""
    parts = re.split(r"\s*[>|»›＞]\s*|\s+/\s+", clean(text))
    return tuple(part for part in (p.strip(" /") for p in parts) if part)


def parse_number(value: object) -> Decimal | None:
    """A finite number, decimal comma or point, or None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(str(value))
    else:
        try:
            number = Decimal(unicodedata.normalize("NFKC", str(value)).strip().replace(",", "."))
        except InvalidOperation:
            return None
    return number if number.is_finite() else None


def parse_date(value: object) -> date | None:
    """The day of an ISO 8601 date or time, or None."""
    try:
        return date.fromisoformat(str(value).strip()[:10].replace("/", "-"))
    except ValueError:
        return None


@lru_cache(maxsize=ATTRIBUTE_CACHE, typed=True)
def make_attribute(name: str, value: object, unit: str | None = None) -> Attribute | None:
    """An attribute from a raw value: yes/no, a number with its unit, or text; None if empty.

    `unit` is the unit the feed's own documentation or column name states.
    """
    if isinstance(value, bool):
        return Attribute.model_construct(name=name, value=value)
    if isinstance(value, (int, float, Decimal)):
        number = parse_number(value)
        return _number_attribute(name, number, unit) if number is not None else None
    text = clean(value)[:MAX_ATTRIBUTE]
    if not name or not text:
        return None
    if text.casefold() in _YES:
        return Attribute.model_construct(name=name, value=True)
    if text.casefold() in _NO:
        return Attribute.model_construct(name=name, value=False)
    if match := _NUMBER.fullmatch(text):
        number = parse_number(match[1])
        found = find_unit(match[2]) if _may_be_unit(match[2]) else None
        if number is not None and (found or (not match[2] and not _is_code(match[1]))):
            return _number_attribute(name, number, found.symbol if found else unit)
    return Attribute.model_construct(name=name, value=text)


def _number_attribute(name: str, number: Decimal, unit: str | None) -> Attribute:
    return Attribute.model_construct(name=name, value=tidy(number), unit=unit)


def _may_be_unit(text: str) -> bool:
    # "5G" is a network and "3D" a picture: one letter is a unit in its usual case only.
    return len(text) != 1 or not text.isascii() or not text.isalpha() or text in "gmshlLWVw"


def _is_code(text: str) -> bool:
    # "007" and "8542310001" name things; they do not measure them.
    digits = text.lstrip("+-")
    return (digits.startswith("0") and digits[1:2].isdigit()) or len(digits) > 9


def tidy(number: Decimal) -> Decimal:
    """`number` without trailing zeros and without an exponent: 17.0 → 17, 4E+2 → 400."""
    normal = number.normalize()
    exponent = normal.as_tuple().exponent
    return normal.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else normal
