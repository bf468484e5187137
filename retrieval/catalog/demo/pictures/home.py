"""Drawings of furniture, lamps, bedding and household appliances."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, is_dark, light

_METAL = "#53585f"


def _grain(c: Canvas, x: float, y: float, w: float, color: str) -> None:
    for n in range(2):
        c.stroke(
            f"M{x + 14 + 40 * n:.0f} {y + 5 + 5 * n}H{x + w - 20 - 60 * n:.0f}",
            dark(color, 0.13),
            1.5,
        )


def draw_desk(c: Canvas, look: Look) -> None:
    """A top on legs, as wide as it is; standing, corner and folding frames differ."""
    w = 210 + 120 * look.scale("width", 80, 160)
    x, y = 200 - w / 2, 168
    leg = dark(look.color, 0.25) if look.values.get("material") == "solid pine" else _METAL
    c.floor(200, w * 0.52)
    if look.flag("height_adjustable") and not look.kids:
        y = 140
        for left in (x + 34, x + w - 56):
            c.rect(left + 3, y + 10, 16, 100, 2, c.metal("#aeb4ba"))
            c.rect(left - 2, y + 80, 26, 96, 3, c.metal(_METAL))
            c.rect(left - 20, 314, 62, 12, 5, dark(_METAL, 0.2))
        c.rect(x + 50, y + 14, w - 100, 12, 2, dark(_METAL, 0.2))
        c.rect(x + w - 92, y + 16, 40, 11, 3, "#23282e")
        c.circle(x + w - 60, y + 21, 2, "#6fd2ff")
    elif look.flag("foldable"):
        for left in (x + 30, x + w - 30):
            c.stroke(
                f"M{left - 18} {y + 8}L{left + 18} 320M{left + 18} {y + 8}L{left - 18} 320", leg, 9
            )
    else:
        for left in (x + 10, x + w - 24):
            c.path(f"M{left} {y}h14l-2 158h-10z", c.body(leg, "across"))
        for left in (x + 34, x + w - 44):
            c.path(f"M{left} {y}h10l-1 146h-8z", dark(leg, 0.25))
    drawers = int(look.number("drawers", 0))
    if drawers:
        c.rect(x + w - 122, y + 14, 96, 24 * drawers, 4, c.body(look.color, "down"))
        for n in range(drawers):
            c.rect(x + w - 117, y + 18 + 24 * n, 86, 18, 2, light(look.color, 0.12))
            c.rect(x + w - 82, y + 25 + 24 * n, 18, 4, 2, detail(look.color, 0.5))
    if look.says("corner"):
        c.rect(x - 14, y + 60, 13, 112, 3, c.body(leg, "across"))
        c.rect(x + 74, y + 60, 13, 112, 3, c.body(leg, "across"))
        c.path(f"M{x - 6} {y - 4}H{x + 92}V{y + 60}H{x - 20}Z", c.body(look.color, "down"))
        c.rect(x - 20, y + 58, 112, 13, 4, dark(look.color, 0.2))
    c.rect(x - 6, y - 8, w + 12, 20, 5, c.body(look.color, "down"))
    _grain(c, x, y - 8, w, look.color)
    if look.kids:
        for n, tint in enumerate(("#e9806e", "#f3c65a", "#69b6c9")):
            c.rect(x + 26 + 16 * n, y - 50 + 6 * n, 13, 42 - 6 * n, 2, tint)
        c.rect(x + w - 60, y - 34, 24, 26, 4, "#7fb7d6")
        c.stroke(f"M{x + w - 52} {y - 34}v-16M{x + w - 46} {y - 34}l6 -18", "#e2a33c", 4)
    else:
        _draw_desk_things(c, x, y - 8, w, look.pick(3))


def _draw_desk_things(c: Canvas, x: float, y: float, w: float, choice: int) -> None:
    """What lies on a grown-up's desk: a plant, a laptop or a mug, and books."""
    if choice == 1:
        left = x + w * 0.3
        c.path(f"M{left} {y - 52}h76l8 48h-92z", c.body("#c9ced3"))
        c.path(f"M{left + 5} {y - 47}h66l6 38h-78z", c.grad("#49688c", "#d59a86", "slant"))
        c.rect(left - 14, y - 6, 104, 6, 3, "#aeb4ba")
    else:
        c.path(f"M{x + 40} {y}c-4 -26 40 -26 36 0z", "#d8d0c4")
        c.path(
            f"M{x + 58} {y - 16}c-26 -10 -22 -40 -8 -52c4 16 12 30 8 52"
            "c2 -22 14 -36 28 -38c2 20 -10 34 -28 38z",
            "#6f9372",
        )
    if choice == 2:
        c.rect(x + w * 0.6, y - 26, 22, 26, 5, "#e9e4da")
        c.stroke(f"M{x + w * 0.6 + 22} {y - 20}q12 0 8 12q-4 4 -8 2", "#e9e4da", 4)
    c.rect(x + w * 0.7, y - 6, 62, 6, 2, "#c9665a")
    c.rect(x + w * 0.7 + 5, y - 12, 52, 6, 2, "#efe6d6")


def draw_chair(c: Canvas, look: Look) -> None:
    """A swivel chair; high backs for executives, small ones for children."""
    c.floor(200, 96, 338)
    c.stroke("M200 318L128 334M200 318L272 334M200 318L160 340M200 318L240 340", _METAL, 9)
    for x, y in ((126, 338), (274, 338), (160, 344), (240, 344)):
        c.circle(x, y, 8, "#2b2f35")
    c.rect(193, 256, 14, 66, 4, c.metal("#9ba2a9"))
    boss, top = (
        look.says("executive"),
        104 if look.kids else 56 if look.says("executive", "ergonomic") else 88,
    )
    if look.says("ergonomic"):
        c.rect(158, 44, 84, 34, 15, c.body(look.color))
        c.rect(194, 74, 12, 24, 3, _METAL)
        top = 86
    h = 236 - top
    if look.flag("armrests"):
        for mirror in (False, True):
            with c.mirrored(mirror):
                c.stroke("M140 244C112 244 110 232 110 196", _METAL, 10)
                c.rect(88, 184, 46, 14, 7, "#2f343a")
    width = 150 if boss else 132
    c.rect(200 - width / 2, top, width, h, 36, c.body(look.color))
    if look.values.get("material") == "mesh fabric":
        c.rect(
            214 - width / 2,
            top + 14,
            width - 28,
            h - 30,
            26,
            light(look.color, 0.14),
            'opacity=".55"',
        )
        c.dots(
            [224 - width / 2 + 13 * n for n in range(int((width - 40) / 13))],
            [top + 30 + 13 * n for n in range(int((h - 60) / 13))],
            2,
            detail(look.color, 0.3),
        )
    elif boss:
        for n in range(1, 4):
            c.stroke(
                f"M{208 - width / 2} {top + h * n / 4}Q200 {top + h * n / 4 + 10}"
                f" {192 + width / 2} {top + h * n / 4}",
                detail(look.color, 0.22),
                3,
            )
        c.stroke(f"M200 {top + 10}V{top + h - 10}", detail(look.color, 0.18), 3)
    if look.flag("lumbar_support"):
        c.rect(158, 186, 84, 26, 13, dark(look.color, 0.28))
    c.path(
        "M118 236C118 224 282 224 282 236L292 258C292 272 108 272 108 258Z",
        c.body(dark(look.color, 0.08), "down"),
    )


def draw_lamp(c: Canvas, look: Look) -> None:
    """Arm lamps, a study bar, a small table lamp; all lit."""
    metal = dark(look.color, 0.05)
    if look.says("rechargeable"):
        c.floor(200, 84)
        c.circle(200, 150, 150, c.grad("#fff3cf", "#fff3cf00", "ball"), 'opacity=".75"')
        c.rect(194, 160, 12, 150, 4, c.body(metal, "across"))
        c.path("M148 92Q200 66 252 92L278 176H122Z", c.body(look.color, "across"))
        c.ellipse(200, 177, 78, 13, "#fff0bf")
        c.rect(136, 308, 128, 16, 8, c.body(metal, "down"))
        return
    c.path("M96 128L34 320H262L196 128Z", c.grad("#fff2c4", "#fff2c400", "down"), 'opacity=".9"')
    if look.says("study"):
        c.floor(266, 84)
        c.stroke("M280 312V130Q280 96 246 96H220", light(metal, 0.05), 14)
        c.rect(70, 84, 180, 26, 13, c.body(look.color, "down"))
        c.rect(82, 106, 156, 8, 4, "#fff6d6")
        c.rect(212, 306, 136, 20, 10, c.body(look.color, "down"))
        c.circle(246, 312, 4, "#ffcf5a")
        return
    clamp = look.says("clamp")
    c.floor(286, 70 if not clamp else 40)
    c.stroke("M288 306L318 190L196 108", dark(metal, 0.12), 10)
    c.stroke("M288 306L318 190L196 108", light(metal, 0.18), 3)
    if clamp:
        c.stroke("M276 300L306 184", dark(metal, 0.3), 4)
        c.rect(262, 292, 54, 18, 5, c.body(metal, "down"))
        c.path("M262 306h16v36h-16z", dark(metal, 0.3))
        c.rect(40, 312, 320, 14, 4, "#cfa97c")
    else:
        c.ellipse(288, 314, 62, 14, c.body(look.color, "down"))
    c.circle(318, 190, 10, c.metal())
    c.path("M100 134C104 92 150 70 196 88L210 118C190 134 140 152 100 134Z", c.body(look.color))
    c.path("M100 134C130 150 180 138 208 120C190 154 118 162 100 134Z", "#fff2c9")


def draw_bookshelf(c: Canvas, look: Look) -> None:
    """Shelves with books; front-facing picture books for children."""
    shelves = int(look.number("shelves", 4))
    w = 176 if look.kids else 150 + 40 * look.scale("width", 60, 80)
    h = 190 if look.kids else 196 + 70 * look.scale("height", 150, 200)
    x, y = 200 - w / 2, 326 - h
    tints = ("#c8584f", "#e3b04b", "#4f8a8b", "#35516e", "#d98f6c", "#8a6f9e", "#efe4cf")
    c.floor(200, w * 0.6)
    c.rect(x, y, w, h, 5, c.body(dark(look.color, 0.2), "down"))
    c.rect(x + 8, y + 8, w - 16, h - 16, 0, dark(look.color, 0.36))
    pitch = (h - 8) / shelves
    for row in range(shelves):
        base = y + pitch * (row + 1)
        if look.kids:
            for n in range(3):
                tint = tints[(row * 3 + n + look.pick(7)) % 7]
                c.rect(
                    x + 14 + n * (w - 22) / 3,
                    base - pitch + 14,
                    (w - 22) / 3 - 8,
                    pitch - 18,
                    3,
                    tint,
                )
        else:
            left, n = x + 14, 0
            while left < x + w - 30 - 24 * (look.pick(3, f"{row}")):
                thick = 8 + (n * 5 + row * 3 + look.pick(5)) % 9
                tall = pitch * (0.55 + 0.06 * ((n * 3 + row) % 5))
                c.rect(left, base - tall, thick, tall, 1, tints[(n + 2 * row + look.pick(7)) % 7])
                left, n = left + thick + 1.5, n + 1
        c.rect(x, base, w, 8, 1, c.body(look.color, "down"))
    for left in (x, x + w - 8):
        c.rect(left, y, 8, h, 2, c.body(look.color, "across"))
    c.rect(x, y, w, 8, 2, light(look.color, 0.12))


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
    "desk": draw_desk,
    "chair": draw_chair,
    "lamp": draw_lamp,
    "bookshelf": draw_bookshelf,
    "duvet_set": draw_duvet_set,
    "pillow": draw_pillow,
    "towel": draw_towel,
    "vacuum": draw_vacuum,
    "air_purifier": draw_air_purifier,
}
