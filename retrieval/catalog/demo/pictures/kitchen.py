"""Drawings of what stands in a kitchen."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light

_GLASS = 'opacity=".5"'


def draw_kettle(c: Canvas, look: Look) -> None:
    """Jug, gooseneck or glass."""
    c.floor(204, 110)
    black = "#2d3137"
    if look.says("gooseneck"):
        c.stroke("M134 286C70 270 116 190 62 148", dark(look.color, 0.1), 13)
        c.stroke("M134 282C76 266 122 186 66 146", light(look.color, 0.3), 3)
        c.stroke("M262 178C330 168 338 250 300 292", black, 15)
        c.path(
            "M146 162H254L284 306Q284 316 274 316H126Q116 316 116 306Z",
            c.body(look.color, "across"),
        )
        c.rect(150, 148, 100, 16, 6, dark(look.color, 0.2))
        c.circle(200, 140, 10, black)
        c.rect(110, 314, 180, 14, 6, black)
        return
    c.stroke("M270 128C344 120 346 236 282 262", black, 19)
    d = (
        "M142 116H258Q268 116 270 128L290 300Q290 314 276 314H124Q110 314 110 300L130 128Q132 116"
        " 142 116Z"
    )
    c.path("M136 130L88 146L124 188Z", c.body(dark(look.color, 0.08)))
    if look.says("glass"):
        c.path(d, "#e6f1f6", 'opacity=".8"')
        c.path(
            "M121 204H279L290 300Q290 314 276 314H124Q110 314 110 300Z",
            c.grad("#bfe0ef", "#86bcd8", "down"),
            'opacity=".8"',
        )
        c.dots([160, 198, 236], [240, 264], 5, "#ffffffaa")
        c.rect(112, 292, 176, 24, 6, c.metal())
    else:
        c.path(d, c.body(look.color, "across"))
        c.shine("M150 130H166L152 300H134Z", 0.3)
        c.rect(252, 190, 12, 74, 6, "#dfeaf0", 'opacity=".8"')
    c.rect(138, 104, 124, 16, 8, black)
    c.rect(182, 90, 36, 16, 8, black)
    c.rect(106, 314, 188, 14, 7, black)
    if look.flag("temperature_control"):
        c.dots([180, 200, 220], [321], 2.6, "#ffb35c")


def draw_coffee_maker(c: Canvas, look: Look) -> None:
    """Espresso machine, bean-to-cup, drip machine or press."""
    if look.says("french press"):
        c.floor(200, 84)
        c.stroke("M254 166C318 166 318 268 254 268", dark(look.color, 0.2), 14)
        c.rect(146, 136, 108, 180, 10, "#e6f1f6", 'opacity=".8"')
        c.rect(149, 200, 102, 112, 8, c.grad("#6d432a", "#3a2114", "down"))
        c.rect(149, 194, 102, 9, 3, "#b98a5f")
        c.rect(196, 70, 8, 128, 2, c.metal())
        c.circle(200, 68, 13, dark(look.color, 0.3))
        c.rect(138, 122, 124, 18, 8, c.body(look.color, "across"))
        for y in (172, 300):
            c.rect(142, y, 116, 12, 4, c.body(look.color, "across"))
        return
    c.floor(200, 130)
    c.rect(92, 92, 216, 232, 22, c.body(look.color, "across"))
    c.rect(112, 196, 176, 104, 12, "#23272d")
    if look.says("drip"):
        c.rect(112, 116, 60, 60, 8, "#cfe3ee", _GLASS)
        c.path("M150 212H250L262 292H138Z", "#dfeaf0", 'opacity=".4"')
        c.path("M146 240H254L262 292H138Z", "#4b2c1a")
        c.stroke("M256 226C288 226 288 272 262 276", "#2b2f35", 9)
        c.rect(168, 198, 64, 14, 5, "#3a3f46")
    else:
        if look.flag("grinder"):
            c.path("M140 60H260L248 96H152Z", "#cfdbe2", 'opacity=".8"')
            c.path("M150 74H250L246 94H154Z", "#5b3721")
        c.rect(164, 190, 72, 22, 6, c.metal())
        c.rect(186, 210, 28, 12, 3, "#8d949c")
        c.stroke("M234 204L290 222", "#1c1f24", 11)
        c.stroke("M194 222V250M206 222V250", "#5b341c", 4)
        c.path("M172 250H228Q226 288 212 290H188Q174 288 172 250Z", "#fdfcf9")
        c.stroke("M228 256q18 2 8 18q-6 6 -12 4", "#fdfcf9", 5)
        c.circle(146, 146, 26, "#f6f4ee")
        c.stroke("M146 146L160 132", "#c94c3f", 4)
        if look.flag("milk_frother"):
            c.stroke("M272 186V252", "#c9ced3", 7)
    c.dots([196, 222, 248], [146], 8, detail(look.color, 0.4))
    c.rect(104, 298, 192, 14, 5, "#9ba2a9")
    c.rect(88, 312, 224, 14, 7, dark(look.color, 0.35))


def draw_pan(c: Canvas, look: Look) -> None:
    """From above at an angle, its handle to the right."""
    r = 92 + 26 * look.scale("diameter", 20, 30)
    iron, steel = look.says("cast-iron"), look.says("stainless")
    with c.group('transform="rotate(-24 176 214)"'):
        c.drop(f"M{176 - r} 214a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0", 8, 18)
        handle = "#2d3137" if not (iron or steel) else dark(look.color, 0.1)
        c.rect(176 + r - 14, 199, 128, 30, 15, c.body(handle, "down"))
        c.circle(176 + r + 96, 214, 7, "#e8e4dc")
        c.rect(176 + r - 12, 206, 34, 16, 4, c.metal() if not iron else dark(look.color, 0.2))
        if iron:
            c.path(f"M{176 - 26} {214 - r + 4}l-14 -18h28z", look.color)
        c.circle(176, 214, r, c.body(look.color))
        c.circle(176, 214, r - 9, dark(look.color, 0.2) if not steel else "#dfe3e6")
        inner = "#3a3d42" if not steel else "#c3c8cd"
        c.circle(176, 214, r - 15, c.grad(light(inner, 0.22), dark(inner, 0.2), "slant"))
        if look.pick(3) == 0 and not steel:
            c.path(
                "M140 208c-10 -40 44 -58 70 -28c40 0 38 52 4 62c-26 26 -72 4 -74 -34z", "#fdfdf8"
            )
            c.circle(178, 210, 20, c.grad("#ffd257", "#f0a92c", "ball"))
        else:
            c.circle(
                176,
                214,
                r - 40,
                "none",
                f'stroke="{light(inner, 0.14)}" stroke-width="2" opacity=".6"',
            )


def draw_blender(c: Canvas, look: Look) -> None:
    """Jug on a base, or a cup to take along; with a smoothie inside."""
    fruit = ("#e2667c", "#7fb85a", "#e7a13f", "#8a5fb0")[look.pick(4)]
    c.floor(200, 92)
    if look.says("portable"):
        c.rect(150, 112, 100, 146, 18, "#e9f3f7", 'opacity=".8"')
        c.rect(154, 162, 92, 96, 8, c.grad(light(fruit, 0.2), fruit, "down"))
        c.rect(146, 250, 108, 76, 18, c.body(look.color, "across"))
        c.rect(146, 90, 108, 30, 12, c.body(look.color, "across"))
        c.stroke("M176 90C176 62 224 62 224 90", dark(look.color, 0.2), 9)
        c.circle(200, 290, 11, light(look.color, 0.5))
        return
    c.path("M140 96H262L250 232H152Z", "#e9f3f7", 'opacity=".85"')
    c.path("M145 142H257L250 232H152Z", c.grad(light(fruit, 0.25), fruit, "down"))
    c.stroke("M262 116C306 116 302 206 256 208", "#cfd9df", 11)
    c.rect(136, 80, 130, 20, 8, dark(look.color, 0.3))
    c.rect(176, 66, 50, 16, 6, dark(look.color, 0.3))
    c.path(
        "M146 232H256L282 316Q282 326 270 326H130Q118 326 118 316Z", c.body(look.color, "across")
    )
    c.circle(200, 284, 20, c.metal())
    c.stroke("M200 284V270", "#3a3f46", 4)
    for y in (168, 188, 208):
        c.rect(160, y, 16, 3, 1.5, "#ffffffaa")


def draw_storage_box(c: Canvas, look: Look) -> None:
    """A stack of lidded boxes."""
    lid = "#6fa08f" if look.color == "#dfeaf0" else look.color
    c.floor(200, 130)
    boxes = min(3, int(look.number("pieces", 3)))
    foods = (("#e9a13b", "#7fae58"), ("#d8604f", "#f1ddae"), ("#7d5fa6", "#e6b4a0"))
    for n in range(boxes):
        w, h, y = 240 - 34 * n, 72 - 8 * n, 326 - 76 * (n + 1) + 10 * n
        x = 200 - w / 2
        one, two = foods[(n + look.pick(3)) % 3]
        c.rect(x, y, w, h, 16, "#eaf3f7", 'opacity=".85"')
        c.rect(x + 8, y + 24, w / 2 - 10, h - 32, 8, one)
        c.rect(x + w / 2 + 2, y + 24, w / 2 - 10, h - 32, 8, two)
        c.shine(f"M{x + 16} {y + 16}h10v{h - 28}h-10z", 0.6)
        c.rect(x - 6, y - 4, w + 12, 18, 8, c.body(lid, "down"))
        for clip in (x + w * 0.2, x + w * 0.8 - 26):
            c.rect(clip, y + 6, 26, 18, 5, dark(lid, 0.18))


DRAWINGS = {
    "kettle": draw_kettle,
    "coffee_maker": draw_coffee_maker,
    "pan": draw_pan,
    "blender": draw_blender,
    "storage_box": draw_storage_box,
}
