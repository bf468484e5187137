"""Drawings of bedding and household appliances."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, is_dark, light


def draw_duvet_set(c: Canvas, look: Look) -> None:
    """A made bed from the front."""
    c.floor(200, 172, 332)
    c.rect(52, 92, 296, 190, 16, c.body("#c9a77c", "down"))
    c.rect(44, 232, 312, 92, 16, c.body("#f7f4ee", "down"))
    for x in (80, 212):
        c.rect(x, 158, 110, 66, 28, c.body(light(look.color, 0.32)))
        c.stroke(
            f"M{x + 14} 190Q{x + 55} 182 {x + 96} 192", dark(look.color, 0.08), 2, 'opacity=".5"'
        )
    c.path(
        "M40 236Q200 200 360 236V316Q352 328 340 326H60Q48 328 40 316Z", c.body(look.color, "down")
    )
    c.path("M40 236Q200 200 360 236V262Q200 226 40 262Z", light(look.color, 0.4))
    fold = dark(look.color, 0.14)
    c.stroke(
        "M96 262Q110 300 92 324M182 250Q170 290 190 324M282 254Q300 290 284 324",
        fold,
        3,
        'opacity=".6"',
    )
    if look.pick(3) == 0:
        c.dots([70 + 30 * n for n in range(10)], [280, 304], 2.6, light(look.color, 0.5))


def draw_pillow(c: Canvas, look: Look) -> None:
    """A plump pillow; contour foam ones wavy."""
    c.floor(200, 150, 296)
    if look.says("foam"):
        c.path(
            "M58 238C56 178 96 160 150 176C196 190 240 196 282 182C330 168 346 200 342 246C340"
            " 290 320 292 200 292C84 292 60 286 58 238Z",
            c.body(look.color, "down"),
        )
        c.stroke("M64 244C130 214 268 244 338 226", dark(look.color, 0.14), 3)
        return
    c.path(
        "M62 168C110 146 290 146 338 168C352 210 352 250 338 288C290 300 110 300 62 288C48 250"
        " 48 210 62 168Z",
        c.body(look.color),
    )
    c.stroke(
        "M70 176Q96 196 112 200M330 176Q304 196 288 200M70 282Q100 262 118 258M330 282Q300 262"
        " 282 258",
        dark(look.color, 0.14),
        3,
    )
    if look.kids:
        for x, y in ((150, 210), (206, 250), (258, 206)):
            c.path(f"M{x} {y - 14}l4 10 11 1 -8 7 3 11 -10 -6 -10 6 3 -11 -8 -7 11 -1z", "#f2c55c")


def draw_towel(c: Canvas, look: Look) -> None:
    """A folded stack, or a rolled travel towel."""
    if look.says("travel"):
        c.floor(200, 130, 286)
        c.rect(80, 176, 240, 108, 54, c.body(look.color, "down"))
        c.ellipse(108, 230, 28, 54, light(look.color, 0.25))
        c.stroke("M108 204c18 0 18 52 0 52c-14 0 -14 -34 0 -34", dark(look.color, 0.22), 4)
        c.rect(180, 172, 18, 116, 4, dark(look.color, 0.4))
        return
    c.floor(200, 140)
    for n, share in enumerate((0.0, 0.22, 0.4)):
        tone, y = light(look.color, share), 262 - 60 * n
        c.rect(74 + 6 * n, y, 252 - 12 * n, 62, 28, c.body(tone, "down"))
        c.stroke(f"M{96 + 6 * n} {y + 31}H{322 - 12 * n}", dark(tone, 0.15), 2.5)
        c.rect(250 - 6 * n, y + 4, 14, 25, 0, light(tone, 0.35), 'opacity=".7"')


def draw_vacuum(c: Canvas, look: Look) -> None:
    """Stick, robot or cylinder."""
    if look.says("robot"):
        c.floor(200, 150, 286)
        c.ellipse(200, 250, 142, 52, dark(look.color, 0.3))
        c.ellipse(200, 228, 142, 54, c.body(look.color))
        c.ellipse(200, 222, 34, 13, dark(look.color, 0.35))
        c.ellipse(200, 214, 34, 13, c.body(light(look.color, 0.1)))
        c.stroke("M84 250Q200 300 316 250", "#2b3036", 9)
        c.circle(200, 250, 4, "#59d98f")
        return
    if look.says("cylinder"):
        c.floor(190, 130)
        c.stroke("M232 236C340 190 300 90 220 92C170 94 150 150 120 152", "#454b53", 13)
        c.path(
            "M84 292C84 216 140 196 200 200C262 204 292 244 292 292Q292 318 268 318H104Q84 318"
            " 84 292Z",
            c.body(look.color),
        )
        c.circle(126, 300, 27, "#2e333a")
        c.circle(126, 300, 12, "#8a9199")
        c.circle(262, 312, 14, "#2e333a")
        c.stroke("M128 226Q190 204 246 228", light(look.color, 0.5), 6, 'opacity=".6"')
        return
    c.floor(196, 110, 342)
    with c.group('transform="rotate(9 200 200)"'):
        c.rect(193, 150, 14, 166, 5, c.metal(look.color if not is_dark(look.color) else "#aeb4ba"))
        c.path(
            "M140 318H262Q268 342 256 342H146Q134 342 140 318Z",
            c.body(dark(look.color, 0.3), "down"),
        )
        c.rect(168, 44, 62, 96, 24, c.body(look.color))
        c.rect(176, 96, 46, 66, 12, "#dfe9ef", 'opacity=".85"')
        c.path("M182 156h34l-6 -34h-22z", "#8d949c")
        c.stroke("M228 62C272 66 270 128 232 128", dark(look.color, 0.35), 15)
        c.rect(182, 54, 34, 8, 4, "#69d2a0")


def draw_air_purifier(c: Canvas, look: Look) -> None:
    """A tower with vents and a display."""
    big = look.says("large")
    w, h = (184, 248) if big else (150, 204)
    x, y = 200 - w / 2, 326 - h
    c.floor(200, w * 0.62)
    c.stroke(
        f"M{x + 30} {y - 16}q16 -20 32 0t32 0M{x + 60} {y - 38}q14 -18 28 0t28 0",
        "#8fc7c2",
        5,
        'opacity=".6"',
    )
    c.rect(x, y, w, h, 34, c.body(look.color, "across"))
    c.ellipse(200, y + 12, w / 2 - 22, 9, dark(look.color, 0.45))
    c.dots(
        [x + 24 + 11 * n for n in range(int((w - 40) / 11))],
        [y + h * 0.5 + 11 * n for n in range(int(h * 0.4 / 11))],
        2.6,
        detail(look.color, 0.3),
    )
    c.circle(200, y + h * 0.3, 22, "#1f252c")
    c.circle(200, y + h * 0.3, 17, "none", 'stroke="#62d9a0" stroke-width="4"')


DRAWINGS = {
    "duvet_set": draw_duvet_set,
    "pillow": draw_pillow,
    "towel": draw_towel,
    "vacuum": draw_vacuum,
    "air_purifier": draw_air_purifier,
}
