"""Drawings of shoes from the side, and of bags."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light

_TRAINER = (
    "M78 282C66 240 74 196 92 170Q104 154 122 166C140 178 160 172 176 158L196 142Q206 136 216 146"
    "C240 178 270 212 316 228C346 238 354 262 352 284Z"
)
_BOOT = (
    "M96 290L100 96Q102 84 114 84H196Q206 84 208 94L214 160C222 194 262 208 312 222C342 232 350"
    " 260 348 290Z"
)


def draw_running_shoes(c: Canvas, look: Look) -> None:
    """A trainer on a thick sole; lugs for the trail."""
    accent = ("#f08a5d", "#ffd166", "#4cc3d9", "#ef6f8e")[look.pick(4)]
    trail = look.says("trail")
    c.floor(210, 160, 330)
    c.path(_TRAINER, c.body(look.color))
    c.path(
        "M270 208Q300 224 318 230C346 238 354 262 352 284H286C296 256 290 230 270 208Z",
        dark(look.color, 0.14),
    )
    c.path("M78 282C68 246 72 210 84 184C112 200 122 240 118 282Z", dark(look.color, 0.2))
    c.path(
        "M92 170Q104 154 122 166C140 178 160 172 176 158L184 176Q150 200 116 188Z",
        dark(look.color, 0.42),
    )
    c.stroke("M186 152L222 196M204 146L250 206", detail(look.color, 0.3), 4)
    lace = light(look.color, 0.75)
    if look.kids:
        c.path("M182 158L230 150L244 172L198 188Z", accent)
        c.path("M206 190L256 186L270 206L222 214Z", accent)
    else:
        c.stroke("M192 168L222 158M204 184L236 174M218 198L252 190M234 210L268 204", lace, 5)
    c.path("M128 274Q160 206 226 232Q184 236 160 278Z", accent)
    c.path(
        "M70 280Q76 274 92 278H352Q364 280 362 298Q360 316 340 318H96Q70 318 68 296Z",
        c.grad("#ffffff", "#dfe2e4", "down") if not trail else c.body("#d9d2c3", "down"),
    )
    c.stroke("M74 300Q140 288 210 302T360 298", accent, 4, 'opacity=".8"')
    if trail:
        c.path("M74 314" + "l8 14h10l6 -14" * 11, "#33373d")
    else:
        c.rect(84, 314, 262, 8, 4, "#3a3f46")


def draw_hiking_boots(c: Canvas, look: Look) -> None:
    """A laced boot with a toe cap and lugs."""
    c.floor(212, 156, 334)
    c.path(_BOOT, c.body(look.color))
    c.path("M100 96Q102 84 114 84H196Q206 84 208 94L210 116H99Z", dark(look.color, 0.34))
    c.path("M270 210C330 222 350 254 348 290H262C276 262 280 236 270 210Z", dark(look.color, 0.36))
    c.path("M96 290L98 210C132 220 140 256 136 290Z", dark(look.color, 0.26))
    c.path(
        "M190 118L208 118L214 160C220 182 242 198 270 208L236 226C206 210 192 176 190 118Z",
        light(look.color, 0.14),
    )
    lace = "#d9664f" if look.pick(2) else "#e9c46a"
    for x, y in ((196, 132), (200, 152), (206, 172), (218, 190), (236, 204)):
        c.stroke(f"M{x - 16} {y + 6}L{x + 12} {y}", lace, 5)
        c.circle(x - 18, y + 7, 4, "#c9ced3")
    c.stroke(
        "M112 130Q150 140 176 134M118 240Q180 214 240 246",
        detail(look.color, 0.3),
        2.5,
        'stroke-dasharray="5 4"',
    )
    c.path("M88 284H352Q362 290 360 306L356 312H92Q86 300 88 284Z", "#4a4037")
    c.path("M92 310" + "l4 18h14l4 -18h6" * 9 + "z", "#2c2926")
    c.rect(110, 78, 92, 14, 7, light(look.color, 0.3))
    if look.flag("waterproof"):
        c.path(
            "M128 176c-10 16 -14 22 -14 30a14 14 0 0 0 28 0c0 -8 -4 -14 -14 -30z",
            "#ffffff",
            'opacity=".55"',
        )


def draw_sneakers(c: Canvas, look: Look) -> None:
    """A low flat-soled shoe, canvas or smooth."""
    canvas = look.values.get("material") == "canvas"
    c.floor(208, 156, 328)
    d = (
        "M80 284C74 244 78 204 92 178Q104 164 124 174C146 184 168 176 186 160Q200 150 212 164C240"
        " 200 276 216 322 226C348 234 352 262 350 284Z"
    )
    c.path(d, c.body(look.color))
    c.path(
        "M92 178Q104 164 124 174C146 184 168 176 186 160L192 178Q154 206 112 194Z",
        dark(look.color, 0.4),
    )
    c.path(
        "M80 284C75 252 78 220 86 192C108 206 114 244 112 284Z",
        "#5d8f84" if not canvas else dark(look.color, 0.16),
    )
    if canvas:
        c.path("M290 220C348 226 352 262 350 284H278C270 256 274 236 290 220Z", "#f6f3ea")
    else:
        c.path(
            "M268 206C344 222 352 256 350 284H290C296 250 288 226 268 206Z", dark(look.color, 0.1)
        )
        c.dots([312, 322, 332], [244, 254], 2, dark(look.color, 0.35))
    seam = detail(look.color, 0.2)
    c.path("M196 176Q230 218 282 226L262 250Q206 240 178 194Z", dark(look.color, 0.09))
    for x, y in ((200, 184), (216, 200), (236, 212), (258, 222)):
        c.stroke(
            f"M{x - 10} {y + 14}L{x + 12} {y - 2}",
            "#ffffff" if look.color != "#f4f4f1" else "#d6d4cc",
            5.5,
        )
    c.stroke("M124 276Q150 222 184 204", seam, 2.5, 'stroke-dasharray="5 4"')
    c.rect(72, 280, 286, 38, 16, c.grad("#fdfcf8", "#e2dfd6", "down"))
    c.stroke("M82 300H348", "#c46a5c" if canvas else "#d3cfc4", 3)


def draw_handbag(c: Canvas, look: Look) -> None:
    """Tote, crossbody, shoulder bag or canvas tote."""
    seam = detail(look.color, 0.24)
    c.floor(200, 140, 330)
    if look.says("crossbody"):
        c.stroke("M108 206C90 20 310 20 292 206", dark(look.color, 0.25), 9)
        c.rect(94, 184, 212, 142, 24, c.body(look.color))
        c.path(
            "M94 206Q94 184 118 184H282Q306 184 306 206V244Q200 300 94 244Z",
            c.body(light(look.color, 0.08)),
        )
        c.stroke("M100 244Q200 294 300 244", seam, 2.5, 'stroke-dasharray="5 4"')
        c.rect(186, 254, 28, 22, 5, c.metal("#d2aa5c"))
        return
    if look.says("shoulder"):
        c.stroke("M122 190C122 70 278 70 278 190", dark(look.color, 0.2), 13)
        c.path(
            "M82 210Q84 176 120 176H280Q316 176 318 210L328 290Q328 326 290 326H110Q72 326 72 290Z",
            c.body(look.color),
        )
        c.path(
            "M82 210Q84 176 120 176H280Q316 176 318 210Q300 262 200 266Q100 262 82 210Z",
            dark(look.color, 0.14),
        )
        c.stroke("M90 214Q110 256 200 258T310 214", seam, 2.5, 'stroke-dasharray="5 4"')
        c.circle(200, 262, 11, c.metal("#d2aa5c"))
        for x in (122, 278):
            c.circle(x, 190, 9, c.metal("#d2aa5c"))
        return
    plain = look.says("canvas")
    strap = dark(look.color, 0.24) if not plain else "#a97b50"
    c.stroke("M150 178C150 40 250 40 250 178", dark(strap, 0.25), 10)
    c.path("M84 160H316L334 312Q334 326 320 326H80Q66 326 66 312Z", c.body(look.color))
    c.path("M84 160H316L318 178H82Z", dark(look.color, 0.28))
    c.stroke("M138 220V170C138 50 262 50 262 170V220", strap, 12)
    c.stroke(
        "M74 300H326M92 188L80 318M308 188L320 318",
        seam,
        2.2,
        'stroke-dasharray="5 4" opacity=".8"',
    )
    if plain:
        c.circle(200, 250, 34, "none", f'stroke="{detail(look.color, 0.3)}" stroke-width="5"')
        c.stroke("M184 262Q200 226 216 262", detail(look.color, 0.3), 5)
    else:
        for x in (138, 262):
            c.rect(x - 9, 212, 18, 22, 4, c.metal("#d2aa5c"))
        c.rect(176, 268, 48, 16, 4, light(look.color, 0.16))


def draw_backpack(c: Canvas, look: Look) -> None:
    """Laptop, roll-top, hiking or school backpack."""
    seam = detail(look.color, 0.24)
    c.floor(200, 116, 334)
    c.stroke(
        "M112 150C70 180 74 270 102 306M288 150C330 180 326 270 298 306", dark(look.color, 0.36), 15
    )
    c.stroke("M176 76C176 44 224 44 224 76", dark(look.color, 0.3), 9)
    if look.says("hiking"):
        c.rect(110, 300, 180, 30, 15, "#8fa0a8")
        c.rect(110, 96, 180, 216, 44, c.body(look.color))
        c.path("M116 124C112 64 288 64 284 124L278 152H122Z", c.body(dark(look.color, 0.2)))
        c.rect(136, 186, 128, 108, 20, c.body(light(look.color, 0.08)))
        c.stroke("M152 146V196M248 146V196", "#2b3036", 7)
        c.rect(92, 210, 26, 84, 12, dark(look.color, 0.26))
        c.rect(282, 210, 26, 84, 12, dark(look.color, 0.26))
        c.stroke("M150 306h100", "#e9c46a", 5)
        return
    if look.says("roll-top"):
        c.rect(110, 110, 180, 218, 26, c.body(look.color))
        c.rect(104, 76, 192, 34, 12, c.body(dark(look.color, 0.18), "down"))
        c.rect(104, 104, 192, 16, 6, dark(look.color, 0.32))
        for x in (104, 284):
            c.rect(x, 96, 14, 74, 4, "#2b3036")
        c.stroke("M200 120V200", "#2b3036", 9)
        c.rect(186, 192, 28, 18, 4, "#e98a4b")
        c.rect(134, 232, 132, 76, 14, dark(look.color, 0.12))
        c.rect(150, 218, 100, 7, 3, "#e8edf0", 'opacity=".85"')
        return
    c.rect(104, 72, 192, 256, 62, c.body(look.color))
    c.stroke("M118 148C122 92 278 92 282 148", seam, 3.5)
    c.rect(128, 196, 144, 114, 28, c.body(dark(look.color, 0.1)))
    c.stroke("M140 222Q200 208 260 222", light(look.color, 0.35), 3.5)
    c.rect(252, 220, 6, 20, 3, "#e9c46a")
    if look.kids:
        c.circle(200, 156, 24, "#ffd35c")
        c.path("M200 140l5 11 12 1 -9 8 3 12 -11 -7 -11 7 3 -12 -9 -8 12 -1z", "#fff")
        c.rect(140, 288, 120, 8, 4, "#eef2f3")
    else:
        c.rect(180, 146, 40, 26, 5, light(look.color, 0.12))
        c.stroke("M188 159h24", light(look.color, 0.5), 3)


DRAWINGS = {
    "running_shoes": draw_running_shoes,
    "hiking_boots": draw_hiking_boots,
    "sneakers": draw_sneakers,
    "handbag": draw_handbag,
    "backpack": draw_backpack,
}
