"""A small SVG canvas: shaded fills, soft shadows, few bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

SIZE = 400
FLOOR = 326
_LIGHT, _DARK = "#ffffff", "#171b22"


def mix(color: str, other: str, share: float) -> str:
    """`color` with `share` (0 to 1) of `other` in it; both as #rrggbb."""
    pairs = [(int(color[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def light(color: str, share: float = 0.25) -> str:
    """A lighter tone."""
    return mix(color, _LIGHT, share)


def dark(color: str, share: float = 0.25) -> str:
    """A darker tone."""
    return mix(color, _DARK, share)


def is_dark(color: str) -> bool:
    """Whether details on `color` have to be lighter than it."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 105


def detail(color: str, share: float = 0.28) -> str:
    """A tone for seams and buttons that is visible on `color`."""
    return light(color, share) if is_dark(color) else dark(color, share)


@dataclass(frozen=True)
class Look:
    """What a drawing may depend on: the product's colour, attributes and wording."""

    id: str
    title: str
    color: str
    values: Mapping[str, bool | Decimal | str]

    def says(self, *words: str) -> bool:
        """Whether the title holds one of the words (lower case)."""
        return any(word in self.title for word in words)

    def number(self, name: str, default: float) -> float:
        """A numeric attribute, or `default`."""
        value = self.values.get(name)
        return float(value) if isinstance(value, Decimal) else default

    def scale(self, name: str, low: float, high: float) -> float:
        """A numeric attribute's place between two bounds, 0 to 1."""
        place = (self.number(name, (low + high) / 2) - low) / (high - low)
        return min(1.0, max(0.0, place))

    def flag(self, name: str) -> bool:
        """Whether a yes/no attribute is yes."""
        return self.values.get(name) is True

    def pick(self, count: int, salt: str = "") -> int:
        """A stable choice of 0 to count - 1 for this product."""
        return zlib.crc32(f"{self.id}{salt}".encode()) % count

    @property
    def kids(self) -> bool:
        """Whether it is made for children or babies."""
        return self.values.get("age_group") in {"kids", "babies"}


class Canvas:
    """Collects shapes and gradients; `svg` gives the picture's text."""

    def __init__(self, backdrop: str) -> None:
        self._defs: dict[str, str] = {}
        self._shapes: list[str] = []
        self._backdrop = backdrop

    def grad(self, first: str, last: str, angle: str = "down") -> str:
        """A linear gradient ``down``, ``across`` or ``slant``, or a ``ball``; gives its url."""
        key = f"{angle}{first}{last}"
        if key not in self._defs:
            name = f"g{len(self._defs)}"
            stops = f'<stop stop-color="{first}"/><stop offset="1" stop-color="{last}"/>'
            if angle == "ball":
                body = (
                    f'<radialGradient id="{name}" cx=".36" cy=".3" r=".8">{stops}</radialGradient>'
                )
            else:
                end = {"down": 'x2="0" y2="1"', "across": "", "slant": 'x2="1" y2="1"'}[angle]
                body = f'<linearGradient id="{name}" {end}>{stops}</linearGradient>'
            self._defs[key] = body
        names = list(self._defs)
        return f"url(#g{names.index(key)})"

    def body(self, color: str, angle: str = "slant", depth: float = 1.0) -> str:
        """`color` as a lit surface."""
        return self.grad(light(color, 0.22 * depth), dark(color, 0.16 * depth), angle)

    def metal(self, color: str = "#c9ced3") -> str:
        """Brushed metal, lit from the left."""
        return self.grad(light(color, 0.55), dark(color, 0.18), "across")

    def rect(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        r: float = 0,
        fill: str = "#000",
        extra: str = "",
    ) -> None:
        """A rectangle with rounded corners."""
        corner = f' rx="{_n(r)}"' if r else ""
        self._shapes.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}"{corner} fill="{fill}"'
            f"{_pad(extra)}/>"
        )

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: str = "#000", extra: str = ""
    ) -> None:
        """An ellipse."""
        self._shapes.append(
            f'<ellipse cx="{_n(x)}" cy="{_n(y)}" rx="{_n(rx)}" ry="{_n(ry)}" fill="{fill}"'
            f"{_pad(extra)}/>"
        )

    def circle(self, x: float, y: float, r: float, fill: str = "#000", extra: str = "") -> None:
        """A circle."""
        self._shapes.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}" fill="{fill}"{_pad(extra)}/>'
        )

    def path(self, d: str, fill: str = "none", extra: str = "") -> None:
        """A filled path."""
        self._shapes.append(f'<path d="{d}" fill="{fill}"{_pad(extra)}/>')

    def stroke(self, d: str, color: str, width: float = 3, extra: str = "") -> None:
        """A line with round ends."""
        self._shapes.append(
            f'<path d="{d}" fill="none" stroke="{color}" stroke-width="{_n(width)}"'
            f' stroke-linecap="round" stroke-linejoin="round"{_pad(extra)}/>'
        )

    def floor(self, x: float, rx: float, y: float = FLOOR, ry: float = 10) -> None:
        """The soft shadow of something standing on the floor."""
        self.ellipse(x, y, rx, ry, "#20262e", 'opacity=".26" filter="url(#blur)"')

    def drop(self, d: str, dx: float = 8, dy: float = 14) -> None:
        """The soft shadow of something lying flat."""
        self.path(
            d, "#20262e", f'opacity=".28" filter="url(#blur)" transform="translate({dx} {dy})"'
        )

    def shine(self, d: str, opacity: float = 0.28) -> None:
        """A highlight."""
        self.path(d, "#fff", f'opacity="{opacity}"')

    def dots(self, xs: list[float], ys: list[float], r: float, fill: str) -> None:
        """A grid of evenly spaced dots: lines dashed with round caps, a few bytes a row."""
        pitch = xs[1] - xs[0] if len(xs) > 1 else 1
        rows = "".join(f"M{_n(xs[0])} {_n(y)}H{_n(xs[-1] + 0.1)}" for y in ys)
        self.stroke(rows, fill, 2 * r, f'stroke-dasharray="0 {_n(pitch)}"')

    @contextmanager
    def group(self, attributes: str) -> Iterator[None]:
        """Shapes drawn inside share the attributes, e.g. a transform."""
        self._shapes.append(f"<g {attributes}>")
        yield
        self._shapes.append("</g>")

    @contextmanager
    def mirrored(self, active: bool = True) -> Iterator[None]:
        """Shapes drawn inside are flipped left to right when `active`."""
        if not active:
            yield
            return
        with self.group(f'transform="matrix(-1 0 0 1 {SIZE} 0)"'):
            yield

    def svg(self, label: str) -> str:
        """The picture."""
        safe = label.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        backdrop = self.grad(light(self._backdrop, 0.5), dark(self._backdrop, 0.05), "down")
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img"'
            f' aria-label="{safe}"><defs><filter id="blur" x="-.3" y="-.6" width="1.6"'
            ' height="2.2"><feGaussianBlur stdDeviation="9"/></fi'
            f"lter>{''.join(self._defs.values())}"
            f'</defs><rect width="{SIZE}" height="{SIZE}" fill="{backdrop}"/>'
            f"{''.join(self._shapes)}</svg>\n"
        )


def _n(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _pad(extra: str) -> str:
    return f" {extra}" if extra else ""
