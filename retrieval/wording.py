"""Names of a feed as a person would write them."""

from __future__ import annotations

import re
from functools import lru_cache

# Abbreviations of product data that are words only in capitals.
_CAPITALS = frozenset(
    {"usb", "hdmi", "lan", "wlan", "wifi", "led", "lcd", "oled", "rgb", "vga", "dvi", "cpu"}
    | {"gpu", "ram", "rom", "ssd", "hdd", "nfc", "gps", "dpi", "ppi", "iso", "ce", "fcc", "rohs"}
    | {"raid", "pci", "sata", "nvme", "ddr", "tdp", "ac", "dc", "poe", "vesa", "ups", "rj", "ip"}
    | {"tv", "pc", "sd", "sim", "os", "hd", "uhd", "ean", "oem", "hs", "ark", "id"}
)
# What qualifies the words before it rather than being one of them.
_QUALIFIERS = frozenset({"typical", "max", "min", "maximum", "minimum", "nominal", "average"})
# Symbols that feeds write in brackets behind a name: "(T-T)", "(H-H)", "(WxDxH)".
_SYMBOLS = re.compile(r"(?:_(?:t_t|h_h|wxdxh|wxhxd|lxwxh))+$")
_VERSION = re.compile(r"(?<![\w.])(\d) (\d)(?![\w.])")


# Attribute names and values recur on every card.
@lru_cache(maxsize=8192)
def humanise(text: str) -> str:
    """A snake_case name in words ("usb_2_0_ports" → "USB 2.0 ports"); other text unchanged."""
    if "_" not in text or " " in text:
        return text
    words = _SYMBOLS.sub("", text).replace("_", " ").split()
    spelled = [word.upper() if word in _CAPITALS else word for word in words]
    if len(spelled) > 2 and spelled[-1] in _QUALIFIERS:
        spelled[-1] = f"({spelled[-1]})"
    return _VERSION.sub(r"\1.\2", " ".join(spelled)) or text
