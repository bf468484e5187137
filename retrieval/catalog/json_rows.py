"""Products as JSON objects, one a line or in one array, with a column map.

Keys are matched to fields like the columns of a table. The array is read object by object,
so a file of any size passes through little memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from retrieval.catalog.columns import ColumnPlan, plan_columns
from retrieval.catalog.icecat import parse_object
from retrieval.catalog.source import MAX_LINE, FeedSource
from retrieval.catalog.table import record_of
from retrieval.catalog.types import Record, RejectedRow, shorten
from retrieval.errors import FeedError

Rows = Iterator[tuple[int, dict[str, object] | RejectedRow]]
# Keys of later rows may differ; the first hundred name what a catalogue uses.
PLANNED_ROWS = 100
CHUNK = 64 * 1024
_SPACE = re.compile(r"[\s,]*")


class JsonLinesReader:
    """Reads one JSON object a line."""

    def __init__(self, source: FeedSource, given: Mapping[str, str]) -> None:
        self._source = source
        self._plan = plan_rows(self._rows(), given, source)

    def records(self) -> Iterator[Record | RejectedRow]:
        """One record a line."""
        for line, row in self._rows():
            yield row if isinstance(row, RejectedRow) else record_of(line, row, self._plan)

    def _rows(self) -> Rows:
        for line, text in self._source.lines():
            if (row := parse_object(line, text)) is not None:
                yield line, row if isinstance(row, RejectedRow) else flatten(row)


class JsonArrayReader:
    """Reads one array of JSON objects."""

    def __init__(self, source: FeedSource, given: Mapping[str, str]) -> None:
        self._source = source
        self._plan = plan_rows(self._rows(), given, source)

    def records(self) -> Iterator[Record | RejectedRow]:
        """One record an object; raises FeedError where the array ends early."""
        for line, row in self._rows():
            yield row if isinstance(row, RejectedRow) else record_of(line, row, self._plan)

    def _rows(self) -> Rows:
        decoder = json.JSONDecoder(parse_float=Decimal)
        with self._source.open_text() as text:
            buffer, line = text.read(CHUNK).lstrip("\ufeff"), 1
            start = buffer.find("[") + 1
            line += buffer.count("\n", 0, start)
            buffer = buffer[start:]
            while True:
                gap = _SPACE.match(buffer)
                skipped = gap.end() if gap else 0
                line += buffer.count("\n", 0, skipped)
                buffer = buffer[skipped:]
                if buffer.startswith("]"):
                    return
                value, end = self._next(decoder, buffer, line)
                if end is None:
                    more = text.read(CHUNK)
                    if not more:
                        raise FeedError(
                            f"{self._source.path} ends within its JSON array (line {line}).",
                            remedy="Fetch the file again; it must end with ].",
                        )
                    buffer += more
                    continue
                yield line, _row(line, value)
                line += buffer.count("\n", 0, end)
                buffer = buffer[end:]

    def _next(self, decoder: json.JSONDecoder, buffer: str, line: int) -> tuple[object, int | None]:
        # A number at the very end of the buffer may go on in the next chunk.
        try:
            value, end = decoder.raw_decode(buffer)
            return (value, end) if end < len(buffer) else (None, None)
        except ValueError as error:
            if len(buffer) > MAX_LINE:
                raise FeedError(
                    f"{self._source.path}, line {line}: not JSON ({error}).",
                    remedy="Write one array of objects, or one object a line.",
                ) from None
            return None, None
        except RecursionError:
            raise FeedError(f"{self._source.path}, line {line}: JSON nested too deeply.") from None


def _row(line: int, value: object) -> dict[str, object] | RejectedRow:
    if isinstance(value, dict):
        return flatten(value)
    return RejectedRow(
        line, "", shorten(value), "is not a JSON object", "Write one {…} for each product."
    )


def flatten(row: Mapping[str, object]) -> dict[str, object]:
    """Objects inside an object as dotted keys; ``[{"name": …, "value": …}]`` as keys of theirs."""
    flat: dict[str, object] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{k}": v for k, v in value.items() if not isinstance(v, dict)})
        elif isinstance(value, list) and value and all(_is_pair(v) for v in value):
            flat.update({str(v["name"]): v["value"] for v in value})
        else:
            flat[key] = value
    return flat


def _is_pair(value: object) -> bool:
    return isinstance(value, dict) and "name" in value and "value" in value


def plan_rows(rows: Rows, given: Mapping[str, str], source: FeedSource) -> ColumnPlan:
    """The column plan for the keys of the first hundred objects."""
    keys: dict[str, None] = {}
    for count, (_, row) in enumerate(rows):
        if count >= PLANNED_ROWS:
            break
        if not isinstance(row, RejectedRow):
            keys.update(dict.fromkeys(row))
    if not keys:
        raise FeedError(
            f"{source.path} holds no JSON objects.", remedy="Write one object for each product."
        )
    return plan_columns(keys, given)
