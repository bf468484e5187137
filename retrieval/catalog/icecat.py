"""Icecat product data as JSON lines, with attributes as ``attr_t_*``, ``attr_n_*``, ``attr_b_*``.

The layout is that of the data set published with querqy/chorus: prices in cents without a
currency, values of one attribute joined by commas, numbers without units. Icecat states
measures in millimetres and grams; `docs/feeds.md` says how the table below was verified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from retrieval.catalog.source import FeedSource
from retrieval.catalog.text import clean, make_attribute, snake
from retrieval.catalog.types import Record, RejectedRow, shorten
from retrieval.types import Attribute

# Icecat's reference data are priced for its home market; --currency overrides this.
CURRENCY = "EUR"
CENTS = 100
# Units that Icecat's numbers are in: unit → attribute names as `snake` writes them. Only
# attributes whose unit is the same in every product: memory sizes, clock rates, transfer
# rates and packages are not (4 and 4096, 62 and 0.62).
_UNIT_NAMES = {
    "mm": "width height depth roll_width tape_width tape_size label_width label_height",
    "cm": "display_diagonal_metric",
    "m": "cable_length roll_length tape_length maximum_transfer_distance",
    "inch": "display_diagonal diagonal maximum_screen_size_compatibility "
    "minimum_screen_size_compatibility hdd_size",
    "g": "weight keyboard_weight",
    "kg": "maximum_weight_capacity",
    "ml": "colour_ink_volume black_ink_volume",
    "mb": "cache_memory cd_storage_capacity",
    "gb": "total_storage_capacity ssd_capacity hdd_capacity total_ssds_capacity "
    "total_hdds_capacity native_capacity internal_storage_capacity "
    "discrete_graphics_adapter_memory",
    "w": "output_power bulb_power power power_supply rms_rated_power power_consumption_typical "
    "total_power",
    "v": "nominal_input_voltage nominal_output_voltage battery_voltage",
    "mhz": "processor_front_side_bus memory_clock_speed bus_clock_rate",
    "hz": "maximum_refresh_rate",
    "rpm": "hdd_speed",
    "ms": "response_time",
    "min": "recording_time",
    "dpi": "movement_resolution",
    "mp": "rear_camera_resolution_numeric front_camera_resolution_numeric",
    "db": "headphone_sensitivity signal_to_noise_ratio_snr",
}
UNITS = {name: unit for unit, names in _UNIT_NAMES.items() for name in names.split()}
_IMAGES = ("img_500x500", "img_high", "img_low", "img_thumb")
# Icecat joins the values of a list by bare commas, and writes prose with ", ".
_LIST = re.compile(r",(?=\S)")
_GROUPED_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+")
MAX_VALUES = 20
_PREFIXES = ("attr_t_", "attr_n_", "attr_b_")


class IcecatReader:
    """Reads Icecat JSON lines from `source`."""

    def __init__(self, source: FeedSource) -> None:
        self._source = source

    def records(self) -> Iterator[Record | RejectedRow]:
        """One record a line; prices become units of currency."""
        for line, text in self._source.lines():
            row = parse_object(line, text)
            if row is None:
                continue
            yield row if isinstance(row, RejectedRow) else _record(line, row)


def parse_object(line: int, text: str | None) -> dict[str, object] | RejectedRow | None:
    """The JSON object on a line; None for a blank line, a rejection for anything else."""
    if text is None:
        return RejectedRow(
            line, "", "", "is longer than 4 MB", "Write one product a line, without file contents."
        )
    text = text.strip().removeprefix("\ufeff")
    if not text:
        return None
    try:
        value = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        reason = "is not JSON" if not isinstance(error, RecursionError) else "is nested too deeply"
        return RejectedRow(
            line, "", shorten(text), reason, "Write one JSON object a line, closed on that line."
        )
    if not isinstance(value, dict):
        return RejectedRow(line, "", shorten(text), "is not a JSON object", "Write one {…} a line.")
    return value


def _record(line: int, row: Mapping[str, object]) -> Record:
    identifiers = {"model": clean(row.get("name"))}
    eans = row.get("ean")
    for number, ean in enumerate(eans if isinstance(eans, list) else [eans] if eans else []):
        identifiers["gtin" if not number else f"gtin_{number + 1}"] = clean(ean)
    return Record(
        line,
        id=row.get("id"),
        title=row.get("title"),
        price=_price(row.get("price")),
        description=_unescape(row.get("short_description")),
        brand=row.get("supplier"),
        image_url=next((row[k] for k in _IMAGES if row.get(k)), None),
        released=row.get("date_released"),
        attributes=list(_attributes(row)),
        identifiers=identifiers,
        columns={"brand": "supplier", "description": "short_description"},
    )


def _price(cents: object) -> object:
    if isinstance(cents, (int, Decimal)) and not isinstance(cents, bool):
        return Decimal(cents) / CENTS
    if isinstance(cents, str) and re.fullmatch(r"-?\d{1,12}", cents.strip()):
        return Decimal(cents.strip()) / CENTS
    return cents


def _attributes(row: Mapping[str, object]) -> Iterator[Attribute]:
    for key, value in row.items():
        if not key.startswith(_PREFIXES) or value is None:
            continue
        name = snake(key[len(_PREFIXES[0]) :])
        if isinstance(value, str):
            yield from _text_attributes(name, value)
        elif isinstance(value, (bool, int, Decimal)) and (
            attribute := make_attribute(name, value, UNITS.get(name))
        ):
            yield attribute


def _unescape(value: object) -> object:
    # Icecat writes line ends as the two characters \\n.
    return value.replace("\\n", "\n") if isinstance(value, str) else value


def _text_attributes(name: str, text: str) -> Iterator[Attribute]:
    parts = [text] if _GROUPED_NUMBER.fullmatch(text) else _LIST.split(text)
    for part in parts[:MAX_VALUES] if len(parts) <= MAX_VALUES else [text]:
        if attribute := make_attribute(name, part.replace("\\n", " ")):
            yield attribute
