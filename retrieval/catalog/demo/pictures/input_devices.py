"""Drawings of mice and keyboards."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, is_dark, light

_MOUSE = (
    "M200 82C256 82 276 132 276 202C276 274 246 322 200 322C154 322 124 274 124 202"
    "C124 132 144 82 200 82Z"
)
_HUMP = "M92 318C84 250 118 118 206 96C268 82 300 140 302 214C303 262 316 288 326 318Z"


def draw_mouse(c: Canvas, look: Look) -> None:
    """From above; upright models from the side, left-handed ones mirrored."""
    left = look.values.get("hand_orientation") == "left-handed"
    if look.says("vertical"):
        with c.mirrored(left):
            _draw_vertical_mouse(c, look)
        return
    if look.says("trackball"):
        _draw_trackball(c, look)
        return
    size = 0.84 if look.kids else 0.9 if look.says("travel") else 1.0
    with (
        c.group(f'transform="rotate({-14 if left else 14} 200 200)"'),
        c.group(
            f'transform="translate({200 - 200 * size:.0f} {204 - 204 * size:.0f}) scale({size})"'
        ),
        c.mirrored(left),
    ):
        _draw_flat_mouse(c, look)


def _draw_flat_mouse(c: Canvas, look: Look) -> None:
    seam = detail(look.color, 0.3)
    if look.values.get("connectivity") == "USB cable":
        c.stroke("M200 90C200 40 232 30 262 10", dark(look.color, 0.3), 6)
    if look.kids:
        for x in (142, 258):
            c.circle(x, 104, 34, c.body(look.color))
            c.circle(x, 104, 19, light(look.color, 0.45))
    c.drop(_MOUSE)
    c.path(_MOUSE, c.body(look.color))
    c.stroke("M200 84V196", seam, 2.5)
    c.stroke("M126 186Q200 214 274 186", seam, 2.5)
    c.shine("M146 150C150 110 168 96 186 94C166 120 160 160 158 178Q150 176 146 150Z", 0.3)
    wheel = "#3a3f46" if not is_dark(look.color) else "#8d949c"
    c.rect(190, 118, 20, 52, 10, wheel)
    c.rect(194, 124, 12, 40, 6, light(wheel, 0.2))
    if look.number("buttons", 3) >= 5:
        c.stroke("M127 212C126 232 128 246 134 262", seam, 7)
        c.stroke("M129 222V228", light(seam, 0.3), 3)
    if look.says("gaming"):
        c.stroke("M150 284Q200 322 250 284", "#58d3ff", 6, 'opacity=".9"')
        c.stroke("M172 262L200 244L228 262", light(look.color, 0.5), 4)
    if look.kids:
        c.dots([176, 224], [246], 6, dark(look.color, 0.6))
        c.stroke("M184 268Q200 284 216 268", dark(look.color, 0.6), 4)
    if look.values.get("age_group") == "seniors":
        c.path("M196 92C160 92 136 126 132 184Q164 196 196 198Z", light(look.color, 0.35))
        c.path("M204 92C240 92 264 126 268 184Q236 196 204 198Z", "#f0a35e")


def _draw_vertical_mouse(c: Canvas, look: Look) -> None:
    seam = detail(look.color, 0.3)
    c.floor(208, 132)
    c.path(_HUMP, c.body(look.color))
    c.path(
        "M92 318C90 296 94 270 104 240C150 262 236 268 302 246C306 284 318 300 326 318Z",
        dark(look.color, 0.14),
        'opacity=".55"',
    )
    c.stroke("M206 97C224 142 258 164 295 172", seam, 3)
    c.stroke("M228 93C242 112 258 124 276 130", seam, 3)
    c.stroke("M128 190C154 168 176 160 204 160", seam, 9)
    c.stroke("M132 216C158 200 178 194 198 193", seam, 9)
    c.rect(262, 126, 13, 34, 6, "#2f343b", 'transform="rotate(-34 268 143)"')
    c.shine("M128 150C150 116 178 104 204 102C172 122 146 152 132 182Q122 172 128 150Z", 0.3)


def _draw_trackball(c: Canvas, look: Look) -> None:
    ball = "#d2464b" if look.color != "#cf4646" else "#3d4653"
    d = "M116 300C96 230 128 106 214 96C290 92 320 180 306 262C300 310 150 334 116 300Z"
    c.drop(d)
    c.path(d, c.body(look.color))
    c.stroke("M214 98C220 140 246 170 304 190", detail(look.color), 3)
    c.ellipse(164, 178, 50, 50, dark(look.color, 0.4))
    c.circle(164, 176, 45, c.grad(light(ball, 0.45), dark(ball, 0.35), "ball"))
    c.rect(232, 116, 14, 40, 7, "#555c65", 'transform="rotate(28 240 136)"')


def draw_keyboard(c: Canvas, look: Look) -> None:
    """Rows of keys; compact, split and large-print boards differ."""
    keys = look.number("keys", 87)
    width = 344 if keys > 90 else 316 if keys > 75 else 270
    x, y, h = 200 - width / 2, 138, 132
    cap = light(look.color, 0.16) if is_dark(look.color) else light(look.color, 0.4)
    c.drop(f"M{x} {y}h{width}v{h}h{-width}z", 4, 20)
    if look.says("split"):
        for side, angle in ((0, 8), (1, -8)):
            with c.group(f'transform="rotate({angle} {120 + 160 * side} 200)"'):
                left = 32 + 176 * side
                c.rect(left, 132, 160, 142, 16, c.body(look.color, "down"))
                _draw_keys(c, left + 10, 142, 140, 122, 6, 4, cap)
        return
    c.rect(x, y, width, h, 12, c.body(look.color, "down"))
    c.rect(x, y + h - 10, width, 10, 5, dark(look.color, 0.2))
    columns = 9 if look.values.get("age_group") == "seniors" else 15 if keys > 90 else 13
    _draw_keys(c, x + 12, y + 12, width - 24, h - 32, columns, 4, cap)
    accent = "#e98a4b" if look.pick(2) else "#5aa9a4"
    pitch = (width - 24) / columns
    c.rect(x + 12, y + 12, pitch - 4, (h - 32) / 4 - 4, 4, accent)
    c.rect(
        x + width - 12 - 2 * pitch,
        y + 12 + (h - 32) / 2,
        2 * pitch - 4,
        (h - 32) / 4 - 4,
        4,
        accent,
    )
    c.rect(
        x + width * 0.3,
        y + h - 22 - (h - 32) / 4 + 4,
        width * 0.36,
        (h - 32) / 4 - 4,
        4,
        light(cap, 0.1),
        f'stroke="{dark(look.color, 0.1)}" stroke-width="2"',
    )
    if look.values.get("lighting") == "RGB lighting":
        c.rect(x + 8, y + h + 2, width - 16, 5, 2.5, c.grad("#ff5fa2", "#4cc9ff", "across"))


def _draw_keys(
    c: Canvas, x: float, y: float, w: float, h: float, columns: int, rows: int, cap: str
) -> None:
    pitch, tall = w / columns, h / rows
    one = f"h{pitch - 4:.1f}v{tall - 4:.1f}h{-(pitch - 4):.1f}z"
    d = "".join(
        f"M{x + pitch * column:.1f} {y + tall * row:.1f}{one}"
        for row in range(rows)
        for column in range(columns)
    )
    c.path(d, dark(cap, 0.3), 'transform="translate(0 2.5)"')
    c.path(d, cap)


DRAWINGS = {
    "mouse": draw_mouse,
    "keyboard": draw_keyboard,
}
