"""Drawings of computers and what is plugged into them."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light


def draw_webcam(c: Canvas, look: Look) -> None:
    """A lens in a bar on a clip."""
    c.floor(200, 92)
    c.path("M160 250L150 322H250L240 250Z", c.body(dark(look.color, 0.1), "down"))
    wide = 120 if look.says("conference") else 84
    c.rect(200 - wide, 130, 2 * wide, 112, 50, c.body(look.color))
    c.circle(200, 186, 44, "#20242a")
    c.circle(200, 186, 34, c.grad("#5d7fa8", "#10141b", "ball"))
    c.circle(188, 172, 8, "#fff", 'opacity=".7"')
    c.circle(200 + wide - 26, 186, 5, "#62d68b")
    c.dots([200 - wide + 22, 200 - wide + 32], [178, 186, 194], 2.4, detail(look.color, 0.4))


def draw_hub(c: Canvas, look: Look) -> None:
    """A bar of ports with its cable."""
    ports = int(look.number("ports", 5))
    dock = look.says("docking")
    w, h = (300, 96) if dock else (266, 60)
    x, y = 200 - w / 2, 214 if dock else 206
    c.floor(200, w / 2 + 6, y + h + 4)
    c.stroke(f"M{x + w - 6} {y + 24}C{x + w + 60} {y} 330 110 250 118", dark(look.color, 0.35), 9)
    c.rect(222, 108, 34, 20, 5, c.metal())
    c.rect(x, y, w, h, 14, c.body(look.color, "down"))
    c.shine(f"M{x + 14} {y + 2}h{w - 28}v6h{28 - w}z", 0.4)
    shown = min(6, ports)
    for number in range(shown):
        left = x + 18 + number * (w - 30) / shown
        wide = (w - 40) / shown - 8
        c.rect(left, y + h / 2 - 8, wide, 18, 4, "#262b31")
        c.rect(left + 3, y + h / 2 - 1, wide - 6, 5, 2, "#4c88c8" if number % 2 else "#59616b")


def draw_monitor(c: Canvas, look: Look) -> None:
    """A screen on its stand, as wide as its diagonal says."""
    size = 0.72 + 0.28 * look.scale("display_diagonal", 13, 32)
    w, h = 330 * size, 190 * size
    x, y = 200 - w / 2, 262 - h
    portable = look.says("portable")
    c.floor(200, 60 + 40 * size, 322)
    if portable:
        c.path(
            f"M{x + 20} 262L{x - 4} 322H{x + w + 4}L{x + w - 20} 262Z",
            c.body(dark(look.color, 0.15), "down"),
        )
    else:
        c.rect(188, 256, 24, 54, 0, c.metal(look.color))
        c.rect(136, 306, 128, 14, 7, c.body(look.color, "down"))
    c.rect(x, y, w, h, 9, c.body(look.color))
    screens = (
        ("#2c3e63", "#c56a7e"),
        ("#12455a", "#74c1a4"),
        ("#34295c", "#f0a06a"),
        ("#16344f", "#5f9ad1"),
    )
    c.rect(x + 7, y + 7, w - 14, h - 16, 4, c.grad(*screens[look.pick(4)], "slant"))
    base = y + h - 9
    c.path(
        f"M{x + 7} {base - h * 0.22}L{x + w * 0.3} {base - h * 0.5}L{x + w * 0.5} {base - h * 0.26}"
        f"L{x + w * 0.7} {base - h * 0.42}L{x + w - 7} {base - h * 0.16}V{base}H{x + 7}Z",
        "#0d1a2b",
        'opacity=".35"',
    )
    c.circle(x + w * 0.76, y + h * 0.28, h * 0.08, "#ffe9c7", 'opacity=".85"')
    c.shine(f"M{x + 7} {y + 7}H{x + w * 0.42}L{x + w * 0.2} {base}H{x + 7}Z", 0.08)


def draw_laptop(c: Canvas, look: Look) -> None:
    """Open, seen from the front."""
    size = 0.84 + 0.16 * look.scale("display_diagonal", 13, 17.3)
    w, h = 264 * size, 172 * size
    x, y = 200 - w / 2, 288 - h
    c.floor(200, 176 * size, 318)
    c.rect(x, y, w, h, 10, c.body(look.color))
    c.rect(x + 7, y + 7, w - 14, h - 14, 4, "#14181e")
    screens = (
        ("#3d5a80", "#ee9b8a"),
        ("#1f4e5f", "#9fd3b6"),
        ("#45377a", "#f2b880"),
        ("#2b3f73", "#8fb7e8"),
    )
    if look.says("gaming"):
        screens = (
            ("#2a0f3a", "#e0405a"),
            ("#0b2b4a", "#37d0c0"),
            ("#301a54", "#b04cff"),
            ("#3a1010", "#ff8a3d"),
        )
    c.rect(x + 9, y + 10, w - 18, h - 22, 2, c.grad(*screens[look.pick(4)], "slant"))
    c.circle(x + w * 0.7, y + h * 0.4, h * 0.2, "#fff", 'opacity=".16"')
    c.circle(x + w * 0.36, y + h * 0.62, h * 0.3, "#fff", 'opacity=".1"')
    c.path(
        f"M{x} 288H{x + w}L{x + w + 38 * size} 312H{x - 38 * size}Z",
        c.body(light(look.color, 0.12), "down"),
    )
    c.path(f"M{x + 16} 291H{x + w - 16}L{x + w - 4} 301H{x + 4}Z", "#23282f", 'opacity=".75"')
    c.rect(x - 38 * size, 312, w + 76 * size, 7, 3.5, dark(look.color, 0.2))
    c.rect(172, 312, 56, 4, 2, dark(look.color, 0.35))


def draw_tablet(c: Canvas, look: Look) -> None:
    """Upright; with bumper for kids, with a pen for drawing."""
    w, h = 206, 276
    x, y = 200 - w / 2, 56
    with c.group('transform="rotate(-6 200 200)"'):
        c.drop(f"M{x} {y}h{w}v{h}h{-w}z", 10, 18)
        if look.kids:
            c.rect(150, y - 30, 100, 50, 22, c.body(look.color))
            c.rect(168, y - 16, 64, 26, 12, light(look.color, 0.6))
            c.rect(x - 18, y - 12, w + 36, h + 24, 34, c.body(look.color))
        else:
            c.rect(x - 3, y - 3, w + 6, h + 6, 20, c.body(look.color))
        c.rect(x + 4, y + 4, w - 8, h - 8, 14, "#171b21")
        screens = (("#f6c28b", "#d56f7a"), ("#a8d8c8", "#3e7f97"), ("#c8b6f0", "#5d6bc0"))
        c.rect(x + 14, y + 14, w - 28, h - 28, 5, c.grad(*screens[look.pick(3)], "down"))
        c.path(
            f"M{x + 14} {y + 200}Q{x + 60} {y + 150} {x + 104} {y + 194}T{x + w - 14} {y + 176}"
            f"V{y + h - 14}H{x + 14}Z",
            "#fff",
            'opacity=".28"',
        )
        c.circle(x + 146, y + 82, 26, "#fff", 'opacity=".55"')
    if look.flag("pen_included"):
        with c.group('transform="rotate(20 326 210)"'):
            c.rect(318, 96, 14, 200, 6, c.grad("#ffffff", "#c4c8cd", "across"))
            c.path("M318 292H332L325 316Z", "#6b7178")


def draw_printer(c: Canvas, look: Look) -> None:
    """A box with paper; the pocket model is a small rounded block."""
    if look.says("pocket"):
        c.floor(200, 96)
        c.rect(116, 196, 168, 128, 30, c.body(look.color))
        c.rect(140, 190, 120, 14, 7, dark(look.color, 0.4))
        c.rect(148, 96, 104, 104, 4, "#fff", 'stroke="#d8d8d8"')
        c.rect(157, 105, 86, 70, 2, c.grad("#f6bd8b", "#5a8fb8", "down"))
        c.circle(200, 270, 12, light(look.color, 0.35))
        return
    c.floor(200, 150)
    c.path("M124 84H276L286 180H114Z", "#fdfdfb", 'stroke="#d9d9d4"')
    for line in range(3):
        c.rect(150, 104 + 16 * line, 100 - 24 * (line % 2), 5, 2, "#cfd4d8")
    c.rect(60, 168, 280, 122, 20, c.body(look.color, "down"))
    if look.flag("scanner"):
        c.rect(60, 152, 280, 30, 12, c.body(light(look.color, 0.14), "down"))
        c.rect(60, 180, 280, 3, 0, dark(look.color, 0.3))
    c.rect(96, 238, 208, 40, 8, dark(look.color, 0.5))
    c.path("M112 262H288L306 312H94Z", "#fff", 'stroke="#d9d9d4"')
    if look.flag("color_print"):
        for place, tint in enumerate(("#3fb2d9", "#d9559c", "#f0c63f")):
            c.rect(126 + 52 * place, 276, 44, 22, 3, tint, 'opacity=".85"')
    else:
        c.rect(126, 278, 148, 5, 2, "#9aa0a6")
        c.rect(120, 290, 120, 5, 2, "#9aa0a6")
    c.rect(262, 200, 56, 24, 6, "#1d2229")
    c.circle(310, 212, 3, "#5fd08c")
    if look.says("tank"):
        for place, tint in enumerate(("#333", "#3fb2d9", "#d9559c", "#f0c63f")):
            c.rect(76 + 16 * place, 196, 11, 34, 3, tint)


def draw_drive(c: Canvas, look: Look) -> None:
    """A slim block; rugged ones with bumpers, desktop ones standing."""
    if look.says("desktop"):
        c.floor(200, 84)
        c.rect(132, 92, 136, 232, 16, c.body(look.color))
        c.circle(200, 294, 4, "#6fd2ff")
        c.shine("M144 104h30v206h-30z", 0.1)
        return
    with c.group('transform="rotate(-12 200 200)"'):
        c.drop("M130 96h140v212h-140z", 12, 18)
        if look.flag("shockproof"):
            c.rect(118, 84, 164, 236, 40, c.body(look.color))
            c.rect(136, 106, 128, 192, 16, c.body("#4a5058"))
            for y in (140, 156, 172):
                c.rect(152, y, 96, 6, 3, "#2f343a")
        else:
            c.rect(130, 96, 140, 212, 24, c.body(look.color))
            c.rect(146, 112, 108, 120, 14, light(look.color, 0.16), 'opacity=".5"')
        c.rect(180, 300, 40, 9, 4, "#23272d")
        c.circle(200, 276, 4, "#6fd2ff")


DRAWINGS = {
    "webcam": draw_webcam,
    "hub": draw_hub,
    "monitor": draw_monitor,
    "laptop": draw_laptop,
    "tablet": draw_tablet,
    "printer": draw_printer,
    "drive": draw_drive,
}
