"""Units of measure: their spellings in both languages and conversion within a dimension.

A table of some forty units is enough for shop attributes; pint costs 300 ms at import and
knows no Chinese. Data sizes are decimal (1 TB = 1000 GB) as on product labels.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit's symbol, the dimension's base symbol, and how many bases one unit is."""

    symbol: str
    base: str
    factor: Decimal


# base: {symbol: (factor, spellings)}; spellings are lower case and unique over all units.
_DIMENSIONS: dict[str, dict[str, tuple[str, str]]] = {
    "mm": {
        "mm": ("1", "millimetre millimetres millimeter millimeters 毫米"),
        "cm": ("10", "centimetre centimetres centimeter centimeters 厘米 公分"),
        "m": ("1000", "metre metres meter meters 米 公尺"),
        "km": ("1000000", "kilometre kilometres kilometer kilometers 公里 千米"),
        "inch": ("25.4", "inches in \" ″ ” '' zoll 英寸 寸 吋"),
        "ft": ("304.8", "foot feet ' ′ 英尺"),
    },
    "g": {
        "mg": ("0.001", "milligram milligrams 毫克"),
        "g": ("1", "gram grams gramme grammes gr 克"),
        "kg": ("1000", "kilo kilos kilogram kilograms 公斤 千克"),
        "jin": ("500", "斤"),
        "oz": ("28.349523125", "ounce ounces 盎司"),
        "lb": ("453.59237", "lbs pound pounds 磅"),
    },
    "ml": {
        "ml": ("1", "millilitre millilitres milliliter milliliters 毫升"),
        "cl": ("10", "centilitre centilitres 厘升"),
        "l": ("1000", "litre litres liter liters 升 公升"),
    },
    "mb": {
        "kb": ("0.001", "kilobyte kilobytes"),
        "mb": ("1", "megabyte megabytes 兆"),
        "gb": ("1000", "gigabyte gigabytes gig gigs"),
        "tb": ("1000000", "terabyte terabytes"),
    },
    "s": {
        "ms": ("0.001", "millisecond milliseconds 毫秒"),
        "s": ("1", "sec secs second seconds 秒 秒钟"),
        "min": ("60", "mins minute minutes 分钟"),
        "h": ("3600", "hr hrs hour hours 小时 个小时"),
        "day": ("86400", "days d 天"),
    },
    "w": {"w": ("1", "watt watts 瓦 瓦特"), "kw": ("1000", "kilowatt kilowatts 千瓦")},
    "v": {"v": ("1", "volt volts 伏 伏特"), "kv": ("1000", "kilovolt kilovolts")},
    "mah": {
        "mah": ("1", "毫安 毫安时"),
        "ah": ("1000", "安时"),
    },
    "wh": {"wh": ("1", "瓦时"), "kwh": ("1000", "千瓦时")},
    "hz": {
        "hz": ("1", "hertz 赫兹 赫"),
        "khz": ("1000", "kilohertz 千赫"),
        "mhz": ("1000000", "megahertz 兆赫"),
        "ghz": ("1000000000", "gigahertz 吉赫"),
    },
    "mbps": {
        "mbps": ("1", "mbit/s mb/s mbit"),
        "gbps": ("1000", "gbit/s gbit"),
    },
    "mp": {"mp": ("1", "megapixel megapixels mpx mpix 百万像素")},
    "db": {"db": ("1", "decibel decibels 分贝")},
    "lm": {"lm": ("1", "lumen lumens 流明")},
    "dpi": {"dpi": ("1", "")},
    "rpm": {"rpm": ("1", "转")},
    "c": {"c": ("1", "°c ℃ celsius 摄氏度")},
    "percent": {"percent": ("1", "% ％ 百分之")},
}


def _spellings() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for base, units in _DIMENSIONS.items():
        for symbol, (factor, names) in units.items():
            unit = Unit(symbol, base, Decimal(factor))
            for name in (symbol, *names.split()):
                table[unicodedata.normalize("NFKC", name).lower()] = unit
    return table


UNITS: dict[str, Unit] = _spellings()


def find_unit(text: str | None) -> Unit | None:
    """The unit spelled `text` (any case, full width, plural, Chinese), or None."""
    if not text:
        return None
    return UNITS.get(unicodedata.normalize("NFKC", text).strip().lower())


def to_base(value: Decimal, unit: str | None) -> Decimal:
    """`value` in its dimension's base unit; unchanged when the unit is unknown or absent."""
    found = find_unit(unit)
    return value * found.factor if found else value


def convert(value: Decimal, source: str | None, target: str | None) -> Decimal | None:
    """`value` from `source` to `target` unit, or None when the two do not measure the same."""
    if (source or "").strip().lower() == (target or "").strip().lower():
        return value
    one, other = find_unit(source), find_unit(target)
    if one is None or other is None or one.base != other.base:
        return None
    return value * one.factor / other.factor
