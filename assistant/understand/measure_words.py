"""The words that bound a measure and say what is measured: "lighter than", 宽度超过."""

from __future__ import annotations

import re

# What shoppers call an attribute whose name holds the word on the right.
CALLED = {
    "ram": "memory", "运行内存": "memory", "运存": "memory", "ssd": "storage", "hdd": "storage",
    "disk": "storage", "hard drive": "storage", "硬盘": "storage", "固态": "storage",
    "screen": "display", "屏幕": "display", "屏": "display", "wattage": "power", "瓦数": "power",
    "weigh": "weight", "重": "weight", "声音": "noise", "噪声": "noise", "噪音": "noise",
    "续航": "battery", "宽": "width", "高": "height", "长": "length", "厚": "thickness",
    "亮度": "brightness", "打印速度": "speed", "cable": "cable", "线": "cable",
}  # fmt: skip

# Words of the names of attributes that state a limit rather than a value.
LEAST, MOST = frozenset(("min", "minimum")), frozenset(("max", "maximum"))

# What a counted thing is called beside its attribute's own name.
COUNTED = {
    "口": "ports", "个口": "ports", "个接口": "ports", "键": "keys", "个键": "keys",
    "people": "persons", "人": "persons", "个人": "persons",
}  # fmt: skip

# What a unit, or any of its dimension, mostly measures where nothing else tells: words of
# attribute names.
TYPICAL: dict[str, frozenset[str]] = {
    "g": frozenset({"weight"}),
    "inch": frozenset({"display", "diagonal", "screen"}),
    "ml": frozenset({"capacity", "volume"}),
    "mb": frozenset({"storage", "capacity"}),
    "s": frozenset({"battery", "life", "runtime"}),
    "w": frozenset({"power", "wattage"}),
    "hz": frozenset({"refresh"}),
    "db": frozenset({"noise"}),
    "mah": frozenset({"battery"}),
    "lm": frozenset({"brightness", "luminous", "flux"}),
    "mp": frozenset({"camera", "resolution"}),
    "dpi": frozenset({"dpi", "resolution"}),
    "c": frozenset({"temperature"}),
}

# adjective: (direction, words of the attributes it measures)
_ADJECTIVES: dict[str, tuple[str, str]] = {
    "lighter": ("BELOW", "weight"),
    "heavier": ("ABOVE", "weight"),
    "quieter": ("BELOW", "noise"),
    "louder": ("ABOVE", "noise"),
    "noisier": ("ABOVE", "noise"),
    "wider": ("ABOVE", "width"),
    "narrower": ("BELOW", "width"),
    "taller": ("ABOVE", "height"),
    "higher": ("ABOVE", "height"),
    "lower": ("BELOW", ""),
    "shorter": ("BELOW", "height length"),
    "longer": ("ABOVE", "length battery life"),
    "deeper": ("ABOVE", "depth"),
    "thinner": ("BELOW", "thickness depth"),
    "slimmer": ("BELOW", "thickness depth"),
    "thicker": ("ABOVE", "thickness"),
    "brighter": ("ABOVE", "brightness luminous flux"),
    "faster": ("ABOVE", "speed refresh rate"),
    "slower": ("BELOW", "speed refresh rate"),
    "bigger": ("ABOVE", ""),
    "larger": ("ABOVE", ""),
    "greater": ("ABOVE", ""),
    "smaller": ("BELOW", ""),
    "stronger": ("ABOVE", "power"),
    "colder": ("BELOW", "temperature"),
    "warmer": ("ABOVE", "temperature"),
    "轻": ("BELOW", "weight"),
    "重": ("ABOVE", "weight"),
    "大": ("ABOVE", ""),
    "小": ("BELOW", ""),
    "宽": ("ABOVE", "width"),
    "窄": ("BELOW", "width"),
    "高": ("ABOVE", ""),
    "矮": ("BELOW", "height"),
    "低": ("BELOW", ""),
    "长": ("ABOVE", "length battery life"),
    "短": ("BELOW", "length"),
    "厚": ("ABOVE", "thickness"),
    "薄": ("BELOW", "thickness depth"),
    "亮": ("ABOVE", "brightness luminous flux"),
}
DIRECTIONS = {word: direction for word, (direction, _) in _ADJECTIVES.items()}
HINTS = {word: frozenset(names.split()) for word, (_, names) in _ADJECTIVES.items() if names} | {
    "high": frozenset({"height"}),
    "tall": frozenset({"height"}),
    "wide": frozenset({"width"}),
    "deep": frozenset({"depth"}),
    "thick": frozenset({"thickness"}),
    "long": frozenset({"length", "battery"}),
    "of memory": frozenset({"memory"}),
    "of storage": frozenset({"storage"}),
}
_COMPARATIVES = "|".join(w for w in DIRECTIONS if w.isascii())
_CHINESE = "|".join(w for w in DIRECTIONS if not w.isascii())
# "Not louder than 45 dB", 比1公斤轻 reads from the other side and is not here.
BEFORE = re.compile(
    r"(?:(?P<not>\b(?:not|no|never)\s+(?:be\s+)?|n't\s+(?:be\s+)?))?"
    rf"\b(?:(?P<adjective>{_COMPARATIVES})\s+than)\s*$"
    rf"|(?:(?P<zhnot>不|别|不要|不能)(?:比)?)?(?P<zh>{_CHINESE})(?:于|过)\s*$"
)
AFTER = re.compile(rf"\s*(?:or|and)\s+({_COMPARATIVES})\b")
# "A 12 litre backpack at most": the bound may come last.
LAST = re.compile(
    r"\s+(?:[a-z-]+\s+){1,3}(?:(?P<most>at\s+most|max(?:imum)?|tops|or\s+less)"
    r"|(?P<least>at\s+least|min(?:imum)?|or\s+more))\s*[.!?]?$"
)
DIMENSION_AFTER = re.compile(r"\s*(high|tall|wide|deep|thick|long)\b")
