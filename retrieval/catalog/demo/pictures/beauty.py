"""Drawings of care products."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, light


def _label(c: Canvas, x: float, y: float, w: float, color: str) -> None:
    c.rect(x, y, w, 5, 2.5, color)
    c.rect(x + w * 0.15, y + 13, w * 0.7, 3, 1.5, color)
    c.rect(x + w * 0.25, y + 22, w * 0.5, 3, 1.5, color)


def draw_moisturizer(c: Canvas, look: Look) -> None:
    """Jar or dropper bottle beside a leaf."""
    c.path("M300 300C250 270 262 200 330 176C350 236 342 280 300 300Z", "#9db58f", 'opacity=".8"')
    c.stroke("M302 298Q316 240 326 190", "#7d9670", 3)
    if look.says("serum"):
        c.floor(196, 70)
        c.rect(150, 156, 92, 170, 18, c.body(look.color, "across"), 'opacity=".92"')
        c.rect(176, 128, 40, 32, 4, c.metal("#d2b06a"))
        c.path("M180 128Q178 66 196 62Q214 66 212 128Z", c.grad("#fdfdfb", "#c9c6c0", "across"))
        c.rect(162, 206, 68, 74, 4, "#fffdf8", 'opacity=".9"')
        _label(c, 176, 222, 40, dark(look.color, 0.5))
        return
    gel = look.says("gel")
    c.floor(196, 118)
    c.rect(
        92,
        206,
        208,
        118,
        26,
        c.grad("#ffffff", "#dfe6ea", "across") if gel else c.body(look.color, "across"),
    )
    if gel:
        c.rect(106, 226, 180, 84, 16, c.body(look.color, "across"), 'opacity=".75"')
    c.rect(
        84,
        160,
        224,
        54,
        14,
        c.metal("#e3dfd8") if look.pick(2) else c.body(light(look.color, 0.55), "across"),
    )
    c.rect(84, 204, 224, 4, 0, dark(look.color, 0.2), 'opacity=".4"')
    _label(c, 152, 256, 88, dark(look.color, 0.55))


def draw_shampoo(c: Canvas, look: Look) -> None:
    """Pump bottle, or a bar with foam."""
    if look.says("bar"):
        c.floor(200, 124, 292)
        c.ellipse(200, 284, 136, 22, "#d6b184")
        c.rect(96, 190, 208, 92, 42, c.body(look.color, "down"))
        c.ellipse(200, 214, 74, 16, light(look.color, 0.35))
        for x, y, r in ((112, 186, 22), (140, 170, 15), (286, 178, 18), (262, 160, 11)):
            c.circle(x, y, r, "#fff", 'opacity=".75"')
        return
    c.floor(200, 86)
    c.stroke("M200 96V64H150", "#f4f4f1", 14)
    c.stroke("M150 64v10", "#e2e2dd", 10)
    c.rect(172, 92, 56, 36, 8, c.grad("#ffffff", "#d5d5cf", "across"))
    c.rect(132, 122, 136, 204, 34, c.body(look.color, "across"))
    c.rect(146, 186, 108, 96, 6, "#fffdf6", 'opacity=".92"')
    c.path("M200 198c-16 10 -18 26 0 38c18 -12 16 -28 0 -38z", "#8aa77e")
    _label(c, 168, 246, 64, "#6f6a60")


def draw_sunscreen(c: Canvas, look: Look) -> None:
    """A tube standing on its cap before a sun."""
    c.circle(286, 124, 50, c.grad("#ffe08a", "#f7b64a", "ball"))
    c.floor(190, 80)
    c.path("M124 70H256L244 276H136Z", c.body(look.color, "across"))
    c.rect(120, 60, 140, 18, 4, dark(look.color, 0.14))
    c.rect(
        138, 274, 104, 52, 10, c.body("#fdfdfa" if look.color != "#f4f4f1" else "#f0b14d", "across")
    )
    c.circle(190, 142, 30, "#fff", 'opacity=".92"')
    c.circle(190, 142, 13, "#f0a93a")
    for angle in range(0, 360, 45):
        c.rect(188, 118, 4, 8, 2, "#f0a93a", f'transform="rotate({angle} 190 142)"')
    _label(c, 160, 200, 60, dark(look.color, 0.5))


def draw_hair_dryer(c: Canvas, look: Look) -> None:
    """A barrel on a handle."""
    c.floor(226, 70, 342)
    c.path(
        "M208 200H262L252 330Q250 340 240 340H220Q210 340 209 330Z",
        c.body(dark(look.color, 0.08), "across"),
    )
    c.rect(222, 236, 20, 44, 8, dark(look.color, 0.35))
    c.stroke("M230 338C232 372 292 366 320 380", "#3a3f46", 8)
    c.path("M120 104H262C326 104 330 212 262 212H120Z", c.body(look.color, "down"))
    c.circle(268, 158, 40, c.body(dark(look.color, 0.18)))
    c.circle(268, 158, 26, dark(look.color, 0.5))
    c.path("M122 108L66 122V194L122 208Z", c.body("#4a4f56", "down"))
    c.rect(112, 102, 14, 112, 4, c.metal("#d2b0a0"))
    c.stroke("M20 134h28M12 158h36M20 182h28", "#ffffff", 5, 'opacity=".8"')
    if look.flag("foldable"):
        c.circle(234, 206, 17, c.metal())


def draw_toothbrush(c: Canvas, look: Look) -> None:
    """A slim handle with its brush head, in a stand."""
    c.floor(200, 72)
    w = 62 if look.kids else 50
    c.rect(190, 54, 20, 96, 8, c.grad("#ffffff", "#d7d7d2", "across"))
    c.rect(178, 50, 20, 52, 5, "#f4f7f8")
    c.path("M178 52h-16v48h16z", "#7cc6dd")
    c.rect(162, 66, 16, 12, 0, "#fff")
    c.rect(200 - w / 2, 138, w, 174, w / 2.2, c.body(look.color, "across"))
    c.rect(188, 178, 24, 34, 12, light(look.color, 0.4))
    c.dots([200], [236, 250, 264], 3, light(look.color, 0.6))
    c.rect(150, 306, 100, 20, 10, c.body("#f1f1ee", "down"))
    if look.kids:
        c.dots([192, 208], [286], 4, dark(look.color, 0.6))
        c.stroke("M192 296q8 7 16 0", dark(look.color, 0.6), 3)


DRAWINGS = {
    "moisturizer": draw_moisturizer,
    "shampoo": draw_shampoo,
    "sunscreen": draw_sunscreen,
    "hair_dryer": draw_hair_dryer,
    "toothbrush": draw_toothbrush,
}
