"""Drawings of toys, baby and pet goods, and stationery."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light

_TOYS = ("#e4685d", "#f2bf4b", "#5aa9d6", "#6fb97f", "#d98bb4")


def draw_building_blocks(c: Canvas, look: Look) -> None:
    """A little castle of wooden blocks, or of see-through tiles."""
    c.floor(200, 150)
    shift = look.pick(5)
    tint = [look.color, *(_TOYS[(n + shift) % 5] for n in range(5))]
    if look.says("magnetic"):
        for n, (x, y) in enumerate(((80, 236), (158, 236), (236, 236), (119, 158), (197, 158))):
            tone = tint[n % 6]
            c.rect(x, y, 84, 84, 8, tone, 'opacity=".72"')
            c.rect(
                x + 5,
                y + 5,
                74,
                74,
                5,
                "none",
                f'stroke="{light(tone, 0.5)}" stroke-width="3" opacity=".9"',
            )
            c.stroke(f"M{x + 16} {y + 60}L{x + 60} {y + 16}", "#fff", 5, 'opacity=".4"')
        c.path("M158 156L200 84L242 156Z", tint[5], 'opacity=".75"')
        return
    for n, (x, y, w, h) in enumerate(
        (
            (70, 250, 76, 76),
            (162, 250, 76, 76),
            (254, 250, 76, 76),
            (70, 196, 168, 50),
            (254, 160, 76, 86),
        )
    ):
        c.rect(x, y, w, h, 6, c.body(tint[n % 6]))
        c.shine(f"M{x + 6} {y + 5}h{w - 12}v7h{12 - w}z", 0.35)
    c.path("M110 192L154 122L198 192Z", c.body(tint[5]))
    c.path("M254 156A38 38 0 0 1 330 156Z", c.body(tint[1]))
    c.path("M180 326V300A20 20 0 0 1 220 300V326Z", dark(tint[1], 0.5))


def draw_plush(c: Canvas, look: Look) -> None:
    """A sitting bear or a long-eared bunny."""
    tone, pale = look.color, light(look.color, 0.5)
    c.floor(200, 108, 334)
    if look.values.get("animal") == "rabbit":
        for mirror in (False, True):
            with c.mirrored(mirror):
                c.ellipse(164, 74, 24, 64, c.body(tone), 'transform="rotate(-10 164 74)"')
                c.ellipse(164, 78, 12, 44, "#f3bfc0", 'transform="rotate(-10 164 78)"')
    else:
        for x in (138, 262):
            c.circle(x, 96, 30, c.body(tone))
            c.circle(x, 98, 17, pale)
    for mirror in (False, True):
        with c.mirrored(mirror):
            c.ellipse(116, 236, 26, 48, c.body(dark(tone, 0.05)), 'transform="rotate(26 116 236)"')
            c.ellipse(138, 314, 40, 28, c.body(dark(tone, 0.08)))
            c.ellipse(128, 316, 19, 17, pale)
    c.ellipse(200, 258, 78, 76, c.body(tone))
    c.ellipse(200, 268, 46, 48, pale, 'opacity=".8"')
    c.ellipse(200, 142, 78, 66, c.body(tone))
    c.ellipse(200, 164, 34, 26, pale)
    c.dots([170, 230], [134], 7, "#2e2622")
    c.dots([172, 232], [132], 2, "#ffffff")
    c.ellipse(200, 154, 12, 8, "#4a3730")
    c.stroke("M200 162v8M188 174q12 8 24 0", "#4a3730", 3.5)
    ribbon = _TOYS[look.pick(5)]
    c.path("M200 204L160 190V222ZM200 204L240 190V222Z", ribbon)
    c.circle(200, 205, 9, dark(ribbon, 0.15))


def draw_board_game(c: Canvas, look: Look) -> None:
    """A box with pawns and dice, or with jigsaw pieces."""
    one, two = _TOYS[look.pick(5)], _TOYS[(look.pick(5) + 2) % 5]
    c.drop("M78 96h196v196h-196z", 10, 18)
    c.rect(74, 92, 204, 204, 10, c.body(look.color))
    c.rect(88, 106, 176, 176, 6, c.grad(light(one, 0.35), two, "down"))
    c.path(
        "M88 246Q140 190 180 234T264 216V276Q264 282 258 282H94Q88 282 88 276Z",
        dark(two, 0.3),
        'opacity=".55"',
    )
    c.circle(222, 148, 20, "#fff4d6")
    c.rect(112, 124, 70, 12, 4, "#fffdf6")
    c.rect(112, 142, 48, 8, 4, "#fffdf6", 'opacity=".8"')
    if look.says("puzzle"):
        for x, y, tint, angle in (
            (262, 250, one, 12),
            (306, 196, two, -18),
            (214, 300, look.color, -8),
        ):
            with c.group(f'transform="rotate({angle} {x + 26} {y + 26})"'):
                c.path(
                    f"M{x} {y}h18a9 9 0 1 1 18 0h18v18a9 9 0 1 0 0 18v18h-54v-18a9 9 0 1 1 0 -18z",
                    c.body(tint),
                )
        return
    for x, tint in ((268, one), (308, "#f4efe2")):
        c.floor(x + 18, 24, 326, 6)
        c.path(
            f"M{x} 324Q{x + 12} 286 {x + 10} 268H{x + 26}Q{x + 24} 286 {x + 36} 324Z", c.body(tint)
        )
        c.circle(x + 18, 254, 16, c.body(tint))
    with c.group('transform="rotate(-12 210 300)"'):
        c.rect(186, 276, 50, 50, 10, c.grad("#ffffff", "#dedad0", "slant"))
        c.dots([198, 224], [288, 314], 4.5, "#33373d")
        c.dots([211], [301], 4.5, "#c94c3f")


def draw_stroller(c: Canvas, look: Look) -> None:
    """A folding canopy on wheels."""
    r = 40 if look.says("all-terrain") else 28
    c.floor(196, 140, 338)
    c.stroke("M262 118L330 92", "#3a3f46", 11)
    frame = "#7d848c"
    c.stroke(f"M266 116L124 {330 - r}M150 214L292 {330 - r}", frame, 9)
    c.stroke("M142 250H276", frame, 7)
    c.path(
        "M96 196C96 268 136 270 186 270H232Q262 268 268 214L196 196Z",
        c.body(dark(look.color, 0.12)),
    )
    c.path("M92 196C88 118 146 70 214 76L210 196Z", c.body(look.color))
    c.stroke("M210 196L152 88M210 196L112 126", detail(look.color, 0.24), 3)
    c.path("M204 196L224 118Q262 132 268 196Z", light(look.color, 0.4))
    c.rect(132, 276, 132, 26, 10, dark(look.color, 0.35))
    for x in (122, 290):
        c.circle(x, 334 - r, r, "#2d3137")
        c.circle(x, 334 - r, r * 0.66, "#d9dde0")
        c.circle(x, 334 - r, r * 0.2, "#2d3137")


def draw_baby_bottle(c: Canvas, look: Look) -> None:
    """A bottle with milk and a teat."""
    tall = 150 + 50 * look.scale("capacity_ml", 120, 300)
    y = 326 - tall
    ring = look.color if look.color != "#dfeaf0" else "#8fc3d6"
    c.floor(200, 72)
    c.path(
        f"M176 {y - 26}Q180 {y - 54} 190 {y - 60}Q192 {y - 84} 200 {y - 84}Q208 {y - 84} 210"
        f" {y - 60}Q220 {y - 54} 224 {y - 26}Z",
        c.grad("#f6e3c8", "#d9bd95", "across"),
    )
    c.rect(146, y, 108, tall, 28, "#eef5f8", 'opacity=".9"')
    c.path(f"M148 {y + tall * 0.34}H252V298Q252 324 226 324H174Q148 324 148 298Z", "#fffdf5")
    c.rect(148, y + tall * 0.34, 104, 5, 2, "#efe9d8")
    for n in range(5):
        c.rect(224, y + tall * 0.42 + n * tall * 0.1, 16 if n % 2 else 22, 3, 1.5, dark(ring, 0.25))
    c.rect(150, y - 30, 100, 36, 10, c.body(ring, "across"))
    c.shine(f"M158 {y + 24}h10v{tall - 60}h-10z", 0.8)


def draw_dog_bed(c: Canvas, look: Look) -> None:
    """A bolster bed or a round one, with a bone."""
    c.floor(200, 166, 312)
    if look.says("round"):
        c.ellipse(200, 254, 156, 66, c.body(dark(look.color, 0.1), "down"))
        c.ellipse(200, 232, 156, 62, c.body(look.color, "down"))
        c.ellipse(200, 234, 104, 36, dark(look.color, 0.18))
        c.ellipse(200, 242, 100, 32, light(look.color, 0.34))
    else:
        c.rect(44, 178, 312, 76, 36, c.body(look.color, "down"))
        c.rect(70, 222, 260, 78, 30, c.body(light(look.color, 0.38), "down"))
        c.rect(36, 196, 58, 118, 28, c.body(look.color))
        c.rect(306, 196, 58, 118, 28, c.body(dark(look.color, 0.08)))
        c.rect(60, 280, 280, 38, 18, c.body(dark(look.color, 0.1), "down"))
    with c.group('transform="rotate(-14 206 236)"'):
        c.rect(172, 230, 68, 15, 7, "#fdf6e6")
        for x, y in ((172, 230), (172, 245), (240, 230), (240, 245)):
            c.circle(x, y, 10, "#fdf6e6")


def draw_cat_tree(c: Canvas, look: Look) -> None:
    """Sisal posts with platforms, as many as levels, and a cat on top."""
    levels = int(look.number("levels", 4))
    top = 326 - (150 + 80 * look.scale("height", 90, 180))
    c.floor(200, 120)
    step = (310 - top) / (levels - 1)
    for x, start in ((150, top + step), (250, top)):
        c.rect(x - 11, start, 22, 314 - start, 3, c.grad("#e0c59a", "#b8935f", "across"))
        c.stroke(
            "".join(
                f"M{x - 11} {start + 8 + 9 * n:.0f}l22 -4" for n in range(int((306 - start) / 9))
            ),
            "#a8834f",
            1.5,
        )
    c.rect(96, 310, 208, 16, 7, c.body(look.color, "down"))
    c.rect(112, 250, 76, 62, 12, c.body(look.color, "across"))
    c.circle(150, 284, 19, dark(look.color, 0.55))
    for n in range(1, levels - 1):
        x = 116 if n % 2 else 212
        c.rect(x, 310 - step * n, 76, 13, 6, c.body(light(look.color, 0.08), "down"))
    c.rect(206, top - 4, 92, 14, 7, c.body(look.color, "down"))
    fur = ("#4a4f56", "#d98a4a", "#8d949c")[look.pick(3)]
    c.path(
        f"M224 {top - 4}C222 {top - 44} 250 {top - 48} 262 {top - 40}L264 {top - 68}L274"
        f" {top - 54}H286L296 {top - 68}L297 {top - 34}C298 {top - 16} 288 {top - 12} 284"
        f" {top - 4}Z",
        c.body(fur),
    )
    c.dots([274, 287], [top - 38], 2.6, "#f4e08a")
    c.stroke(f"M226 {top - 2}C206 {top + 8} 214 {top + 40} 204 {top + 44}", fur, 8)
    c.stroke(f"M116 {310 - step * (levels - 2) + 13:.0f}v22", "#b8935f", 2.5)
    c.circle(116, 310 - step * (levels - 2) + 42, 9, _TOYS[look.pick(5)])


def draw_notebook(c: Canvas, look: Look) -> None:
    """A bound book with an elastic, or a sketchbook with a pencil."""
    small = {"A6": 0.8, "A5": 0.9, "B5": 0.96, "A4": 1.04}.get(
        str(look.values.get("paper_size")), 0.9
    )
    with c.group(
        f'transform="rotate(-7 200 200) translate({200 - 200 * small:.0f}'
        f' {200 - 200 * small:.0f}) scale({small})"'
    ):
        c.drop("M104 56h196v288h-196z", 12, 18)
        c.rect(110, 62, 196, 284, 8, "#f6f1e2")
        c.stroke("M302 70V340M297 70V340", "#ddd5bf", 1.5)
        c.rect(100, 56, 196, 284, 10, c.body(look.color))
        c.rect(100, 56, 24, 284, 8, dark(look.color, 0.2))
        c.path("M226 336v34l-8 -8 -8 8v-34z", _TOYS[look.pick(5)])
        if look.says("sketchbook"):
            c.stroke("".join(f"M94 {84 + 22 * n}h22" for n in range(11)), "#c9ced3", 5)
            c.stroke("M152 250Q190 170 216 220T268 190", light(look.color, 0.5), 4)
        else:
            c.rect(262, 56, 9, 284, 0, detail(look.color, 0.3))
            c.rect(150, 118, 84, 46, 4, light(look.color, 0.75), 'opacity=".9"')
            c.rect(162, 132, 60, 4, 2, dark(look.color, 0.4))
            c.rect(162, 144, 40, 4, 2, dark(look.color, 0.4))
    if look.says("sketchbook"):
        with c.group('transform="rotate(24 316 220)"'):
            c.rect(308, 110, 17, 190, 2, c.grad("#f3c24f", "#d99a2c", "across"))
            c.path("M308 300h17l-8.5 26z", "#e8cfa5")
            c.rect(308, 100, 17, 16, 4, "#e58b8b")


def draw_pen(c: Canvas, look: Look) -> None:
    """Laid across a sheet with a line of writing."""
    c.drop("M70 70h236v262h-236z", 8, 12)
    c.rect(66, 66, 240, 268, 4, "#fdfbf4")
    c.stroke("M92 112H280M92 146H280M92 180H280M92 214H280M92 248H280M92 282H280", "#dfe3ea", 1.5)
    left = look.values.get("hand_orientation") == "left-handed"
    ink = "#2f4a86" if look.pick(2) else "#33363b"
    c.stroke("M96 142q10 -24 16 0t16 0t16 -4t16 4q8 -30 14 0t18 -2t16 2", ink, 3)
    with c.mirrored(left), c.group('transform="rotate(38 210 210)"'):
        c.drop("M120 196h220v30h-220z", 4, 16)
        if look.says("fountain"):
            c.path("M86 211L128 199V223Z", c.metal("#d2b06a"))
            c.stroke("M88 211H116", "#6b5a2e", 1.5)
        else:
            c.path("M92 211L128 198V224Z", c.metal())
        c.rect(126, 194, 124, 34, 6 if look.kids else 14, c.body(look.color, "down"))
        c.rect(126, 194, 40, 34, 6, c.body(dark(look.color, 0.35), "down"))
        c.rect(244, 191, 120, 40, 15, c.body(dark(look.color, 0.06), "down"))
        c.rect(240, 191, 9, 40, 2, c.metal("#d2b06a"))
        c.rect(262, 186, 84, 9, 4, c.metal("#d2b06a"))
        c.shine("M132 199h104v6h-104z", 0.35)


DRAWINGS = {
    "building_blocks": draw_building_blocks,
    "plush": draw_plush,
    "board_game": draw_board_game,
    "stroller": draw_stroller,
    "baby_bottle": draw_baby_bottle,
    "dog_bed": draw_dog_bed,
    "cat_tree": draw_cat_tree,
    "notebook": draw_notebook,
    "pen": draw_pen,
}
