"""Drawings of headphones, earbuds and speakers."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light


def draw_headphones(c: Canvas, look: Look) -> None:
    """A headband and two cups; a boom microphone for headsets."""
    thick = 20 if look.says("on-ear", "kids") else 26
    c.floor(200, 118)
    c.stroke("M104 226C96 60 304 60 296 226", dark(look.color, 0.18), thick + 6)
    c.stroke("M104 226C96 60 304 60 296 226", light(look.color, 0.08), thick - 4)
    c.stroke("M140 122C170 92 230 92 260 122", light(look.color, 0.4), 6, 'opacity=".6"')
    tall = 92 if look.says("on-ear", "kids") else 116
    for mirror in (False, True):
        with c.mirrored(mirror):
            c.rect(116, 256 - tall / 2, 36, tall, 18, c.body(dark(look.color, 0.4), "across"))
            c.rect(74, 256 - tall / 2 + 4, 54, tall - 8, 26, c.body(look.color, "across"))
            c.rect(84, 256 - tall / 4, 8, tall / 2, 4, light(look.color, 0.4), 'opacity=".6"')
            if look.kids:
                c.circle(104, 256, 12, light(look.color, 0.55))
    if look.says("gaming"):
        c.stroke("M98 306C110 344 160 346 196 334", "#2c3037", 7)
        c.rect(188, 322, 34, 20, 10, "#2c3037")
        c.stroke("M78 236V276", "#54d6ff", 5)
    if "cable_length" in look.values and not look.says("gaming"):
        c.stroke("M100 308C104 350 150 372 214 366", dark(look.color, 0.3), 5)


def draw_earbuds(c: Canvas, look: Look) -> None:
    """Two buds above their open case."""
    c.floor(200, 106)
    c.path("M110 226C110 150 290 150 290 226Z", c.body(light(look.color, 0.06)))
    c.path("M124 226C124 168 276 168 276 226Z", dark(look.color, 0.4))
    c.path(
        "M104 226H296V250C296 306 256 326 200 326C144 326 104 306 104 250Z",
        c.body(look.color, "down"),
    )
    c.shine("M118 238C120 286 146 308 176 314C150 296 138 268 138 238Z", 0.25)
    c.circle(200, 270, 4, "#70d68f")
    hooks = look.says("sports")
    for mirror in (False, True):
        with c.mirrored(mirror):
            if hooks:
                c.stroke("M150 96C120 60 100 100 118 150", dark(look.color, 0.2), 9)
            c.rect(150, 110, 18, 84, 9, c.body(look.color, "across"))
            c.circle(154, 108, 27, c.body(look.color))
            c.ellipse(136, 100, 12, 16, dark(look.color, 0.5), 'transform="rotate(-24 136 100)"')
            c.circle(162, 98, 6, "#fff", 'opacity=".4"')


def draw_speaker(c: Canvas, look: Look) -> None:
    """Portable cylinder or box, a pair of wooden boxes, or a bar."""
    if look.says("bookshelf"):
        c.floor(200, 156)
        for x in (62, 214):
            c.rect(x, 86, 124, 238, 8, c.body(look.color))
            c.circle(x + 62, 144, 25, "#2b2f35")
            c.circle(x + 62, 144, 14, c.grad("#8a9098", "#3a3f46", "ball"))
            c.circle(x + 62, 236, 48, "#24282e")
            c.circle(x + 62, 236, 39, c.grad("#5b626b", "#22262c", "ball"))
            c.circle(x + 62, 236, 15, c.grad("#8d949c", "#33383e", "ball"))
        return
    if look.says("soundbar"):
        c.floor(200, 176, 262)
        c.rect(92, 92, 216, 124, 6, "#1c2026")
        c.rect(98, 98, 204, 112, 3, c.grad("#2b4a66", "#0f1b29", "slant"))
        c.rect(26, 222, 348, 38, 14, c.body(look.color, "down"))
        c.dots([40 + 9 * n for n in range(36)], [234, 241, 248], 1.8, detail(look.color, 0.35))
        c.circle(200, 256, 2, "#6fd2ff")
        return
    if look.pick(2):
        c.floor(200, 84)
        c.rect(124, 80, 152, 246, 56, c.body(look.color, "across"))
        c.dots(
            [136 + 11 * n for n in range(13)],
            [140 + 11 * n for n in range(14)],
            2.6,
            detail(look.color, 0.3),
        )
        c.rect(124, 96, 152, 26, 13, dark(look.color, 0.25), 'opacity=".5"')
        c.stroke("M266 112C300 112 300 160 284 170", dark(look.color, 0.35), 8)
    else:
        c.floor(200, 150)
        c.rect(56, 152, 288, 172, 60, c.body(look.color))
        c.dots(
            [92 + 12 * n for n in range(19)],
            [188 + 12 * n for n in range(9)],
            2.8,
            detail(look.color, 0.3),
        )
        c.circle(78, 238, 34, c.grad(light(look.color, 0.1), dark(look.color, 0.4), "ball"))
        c.circle(322, 238, 34, c.grad(light(look.color, 0.1), dark(look.color, 0.4), "ball"))
    c.rect(176, 222, 48, 20, 6, light(look.color, 0.55), 'opacity=".9"')


DRAWINGS = {"headphones": draw_headphones, "earbuds": draw_earbuds, "speaker": draw_speaker}
