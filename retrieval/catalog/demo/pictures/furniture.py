"""Drawings of furniture and lamps."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light

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


DRAWINGS = {
    "desk": draw_desk,
    "chair": draw_chair,
    "lamp": draw_lamp,
    "bookshelf": draw_bookshelf,
}
