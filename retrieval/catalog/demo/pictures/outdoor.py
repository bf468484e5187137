"""Drawings of camping, fitness and cycling gear and bottles."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light


def draw_tent(c: Canvas, look: Look) -> None:
    """Trekking tunnel, family dome or beach shelter."""
    c.ellipse(200, 322, 190, 26, "#b9cdb2" if not look.says("beach") else "#ecdcb4")
    if look.says("beach"):
        c.path(
            "M60 318C70 180 150 130 214 130C290 130 336 200 346 318Z",
            c.body(dark(look.color, 0.18)),
        )
        c.path("M92 318C110 220 160 176 214 176C262 176 292 236 302 318Z", "#fdf8ea")
        c.path("M60 318C70 180 150 130 214 130C160 160 116 220 92 318Z", c.body(look.color))
        c.path("M346 318C336 200 290 130 214 130C262 160 290 230 302 318Z", c.body(look.color))
        return
    if look.says("family"):
        c.path("M40 316C48 190 120 116 200 112C280 116 352 190 360 316Z", c.body(look.color))
        c.path("M148 316C150 220 172 176 200 172C228 176 250 220 252 316Z", "#3a3328")
        c.path("M148 316C150 220 172 176 200 172C184 214 176 260 176 316Z", light(look.color, 0.3))
        c.stroke(
            "M200 112C120 150 84 230 78 316M200 112C280 150 316 230 322 316",
            detail(look.color, 0.3),
            4,
        )
        c.rect(272, 226, 40, 34, 8, "#dfe9ef", 'opacity=".8"')
    else:
        c.path("M36 316L176 128Q186 118 204 130L364 316Z", c.body(look.color))
        c.path("M176 128Q186 118 204 130L364 316H250Z", dark(look.color, 0.24))
        c.path("M112 316L182 178L206 316Z", "#3a3328")
        c.path("M112 316L182 178L152 316Z", light(look.color, 0.35))
        c.stroke("M180 124L176 316", detail(look.color, 0.25), 2.5)
    c.stroke("M44 312L14 330M356 312L386 330", "#8a7a5c", 3)


def draw_sleeping_bag(c: Canvas, look: Look) -> None:
    """A mummy bag laid open, and its sack."""
    d = (
        "M130 70C180 44 236 66 246 118L262 300Q260 338 200 340Q140 338 132 300L108 130Q106 84 130"
        " 70Z"
    )
    c.drop(d)
    c.path(d, c.body(look.color, "across"))
    c.ellipse(180, 110, 48, 40, dark(look.color, 0.42))
    c.ellipse(180, 116, 38, 28, "#f1ead9")
    seam = detail(look.color, 0.22)
    for n in range(6):
        y = 168 + 27 * n
        c.stroke(
            f"M{118 + 3 * n} {y}Q190 {y + 16} {252 + 1.6 * n} {y - 4}", seam, 3, 'opacity=".7"'
        )
    c.stroke("M226 130Q246 200 232 284", "#d9dde0", 3, 'stroke-dasharray="4 3"')
    c.floor(308, 46, 332)
    c.rect(268, 240, 80, 92, 26, c.body(dark(look.color, 0.2), "across"))
    c.ellipse(308, 246, 36, 10, dark(look.color, 0.45))
    c.stroke("M284 262V320M332 262V320", "#2b3036", 5)


def draw_yoga_mat(c: Canvas, look: Look) -> None:
    """A half-rolled mat, thicker when it is."""
    thick = 8 + 12 * look.scale("thickness", 3, 15)
    c.drop("M52 232L250 150L356 200L150 300Z", 6, 16)
    c.path("M52 226L262 142L362 192L146 292Z", c.body(look.color))
    c.path(f"M52 226L146 292V{292 + thick}L52 {226 + thick}Z", dark(look.color, 0.3))
    c.path(f"M146 292L362 192V{192 + thick}L146 {292 + thick}Z", dark(look.color, 0.2))
    c.stroke(
        "M92 226L268 156M120 246L300 172M142 268L334 186", light(look.color, 0.3), 2, 'opacity=".5"'
    )
    with c.group('transform="rotate(-23 150 200)"'):
        c.rect(46, 178, 30, 10, 4, dark(look.color, 0.4))
    with c.group('transform="translate(262 112) rotate(26)"'):
        c.rect(-10, -36, 128, 70, 34, c.body(look.color, "down"))
        c.ellipse(2, -1, 26, 34, light(look.color, 0.2))
        c.stroke("M2 -20c16 0 16 38 0 38c-12 0 -12 -26 0 -26", dark(look.color, 0.3), 5)


def draw_dumbbells(c: Canvas, look: Look) -> None:
    """Plates on a handle, or a coated pair."""
    if look.flag("adjustable"):
        c.floor(200, 150, 292)
        c.rect(140, 194, 120, 26, 8, c.metal("#8d949c"))
        for mirror in (False, True):
            with c.mirrored(mirror):
                for n in range(5):
                    tall = 172 - 14 * n
                    c.rect(
                        122 - 17 * n,
                        207 - tall / 2,
                        14,
                        tall,
                        6,
                        c.body(look.color if n % 2 else dark(look.color, 0.25), "across"),
                    )
                c.circle(50, 207, 15, "#e98a4b")
        return
    for dx, dy in ((-10, -46), (24, 52)):
        with c.group(f'transform="translate({dx} {dy}) rotate(-16 200 200)"'):
            c.drop("M90 170h220v60h-220z", 6, 20)
            c.rect(136, 184, 128, 32, 14, c.body(dark(look.color, 0.12), "down"))
            for x in (76, 256):
                c.path(
                    f"M{x + 14} 146H{x + 54}L{x + 68} 172V228L{x + 54} 254H{x + 14}L{x} 228V172Z",
                    c.body(look.color),
                )
                c.circle(x + 34, 200, 17, light(look.color, 0.3), 'opacity=".8"')


def draw_helmet(c: Canvas, look: Look) -> None:
    """A shell with vents and straps."""
    c.floor(204, 128, 318)
    c.stroke("M118 236C140 300 196 316 236 290M262 232C256 270 246 284 232 296", "#3a3f46", 7)
    d = (
        "M70 240C60 140 128 82 208 84C300 88 342 160 338 226Q336 246 312 242C240 226 160 236 100"
        " 258Q74 264 70 240Z"
    )
    c.path(d, c.body(look.color))
    vents = 3 if look.number("vents", 12) < 14 else 5
    for n in range(vents):
        x = 128 + n * 150 / (vents - 1)
        c.path(
            f"M{x} 204Q{x + 4} 140 {x + 26} 118Q{x + 30} 160 {x + 18} 206Z", dark(look.color, 0.55)
        )
    c.shine("M96 190C106 140 140 108 180 100C150 124 126 160 118 204Z", 0.3)
    c.path(
        "M70 240Q160 206 330 232Q336 246 312 242C240 226 160 236 100 258Q74 264 70 240Z",
        dark(look.color, 0.3),
    )
    if look.flag("rear_light"):
        c.rect(78, 216, 26, 14, 6, "#ff5a4f")
    if look.kids:
        for x, y in ((150, 150), (226, 124), (282, 176)):
            c.circle(x, y, 11, light(look.color, 0.6))


def draw_bottle(c: Canvas, look: Look) -> None:
    """Flask, squeeze bottle or straw cup, as tall as it holds."""
    tall = 176 + 78 * look.scale("capacity_ml", 300, 1000)
    y, w = 326 - tall, 92 if not look.kids else 104
    x = 200 - w / 2
    c.floor(200, w * 0.8)
    if look.says("sports"):
        c.rect(x, y + 24, w, tall - 24, 26, c.body(look.color, "across"), 'opacity=".82"')
        c.path(
            f"M{x} {y + tall * 0.5}Q200 {y + tall * 0.5 + 26} {x + w} {y + tall * 0.5}"
            f"V{y + tall * 0.62}Q200 {y + tall * 0.62 + 20} {x} {y + tall * 0.62}Z",
            dark(look.color, 0.14),
        )
        c.rect(x + 4, y, w - 8, 32, 10, c.body("#3a3f46", "across"))
        c.rect(184, y - 26, 32, 30, 8, c.body("#e9edf0", "across"))
        return
    if look.kids:
        c.rect(x, y + 22, w, tall - 22, 30, c.body(look.color, "across"))
        c.rect(x - 4, y + 4, w + 8, 36, 14, c.body(light(look.color, 0.35), "across"))
        c.stroke(f"M196 {y + 6}C196 {y - 30} 226 {y - 34} 238 {y - 30}", "#f4f4f1", 11)
        c.circle(200, y + tall * 0.6, 26, "#fff", 'opacity=".85"')
        c.dots([191, 209], [y + tall * 0.58], 4, "#3a3f46")
        c.stroke(f"M190 {y + tall * 0.63}q10 9 20 0", "#3a3f46", 3.5)
        return
    c.rect(x + 14, y + 26, w - 28, 40, 10, c.metal())
    c.rect(x, y + 48, w, tall - 48, 22, c.body(look.color, "across"))
    c.rect(x + 10, y, w - 20, 40, 12, c.body(dark(look.color, 0.3), "across"))
    c.stroke(
        f"M{x + 24} {y}C{x + 24} {y - 30} {x + w - 24} {y - 30} {x + w - 24} {y}",
        dark(look.color, 0.3),
        8,
    )
    c.rect(x, 312, w, 14, 7, c.metal())
    c.shine(f"M{x + 14} {y + 66}h12v{tall - 100}h-12z", 0.32)


DRAWINGS = {
    "tent": draw_tent,
    "sleeping_bag": draw_sleeping_bag,
    "yoga_mat": draw_yoga_mat,
    "dumbbells": draw_dumbbells,
    "helmet": draw_helmet,
    "bottle": draw_bottle,
}
