"""Drawings of phones, their accessories, cameras and watches."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light


def draw_phone(c: Canvas, look: Look) -> None:
    """Back and front of the phone, overlapping."""
    tall = 236 + 44 * look.scale("display_diagonal", 5.4, 6.8)
    w, y = tall * 0.49, 326 - tall
    c.floor(200, 120)
    with c.group('transform="rotate(-7 140 326)"'):
        c.rect(84, y, w, tall, 24, c.body(look.color))
        if look.says("flagship"):
            c.circle(84 + w / 2, y + 56, 44, dark(look.color, 0.3))
            for dx, dy in ((-17, -14), (17, -14), (0, 18)):
                c.circle(84 + w / 2 + dx, y + 56 + dy, 13, c.grad("#4d6a8f", "#0e1116", "ball"))
        elif look.values.get("age_group") == "seniors":
            c.circle(84 + w / 2, y + 40, 14, c.grad("#4d6a8f", "#0e1116", "ball"))
            c.rect(84 + w / 2 - 26, y + 110, 52, 30, 15, "#e05252")
        else:
            c.rect(96, y + 14, 44, 76, 18, dark(look.color, 0.22))
            for dy in (34, 70):
                c.circle(118, y + dy, 14, c.grad("#4d6a8f", "#0e1116", "ball"))
    x = 188
    c.drop(f"M{x} {y + 20}h{w}v{tall - 30}h{-w}z", -8, 8)
    c.rect(x, y + 4, w, tall, 24, dark(look.color, 0.25))
    c.rect(x + 4, y + 8, w - 8, tall - 8, 21, "#12151a")
    screens = (
        ("#7fb6e6", "#f2b6c6"),
        ("#38526e", "#e9a779"),
        ("#5a4d8f", "#f08fa0"),
        ("#2f7b74", "#d9e6a0"),
    )
    c.rect(x + 9, y + 13, w - 18, tall - 18, 17, c.grad(*screens[look.pick(4)], "down"))
    if look.values.get("age_group") == "seniors":
        for n, tint in enumerate(("#58b368", "#f0a93f", "#4b8fe0", "#e05b5b")):
            c.rect(
                x + 18 + (n % 2) * (w / 2 - 14), y + 90 + (n // 2) * 60, w / 2 - 22, 50, 12, tint
            )
    c.rect(x + w / 2 - 12, y + 22, 24, 7, 3.5, "#12151a")
    c.rect(x + w / 2 - 22, y + tall - 14, 44, 4, 2, "#fff", 'opacity=".8"')


def draw_phone_case(c: Canvas, look: Look) -> None:
    """The back of a case with its camera window; a folio opens like a book."""
    clear = look.color == "#dfeaf0"
    d = "M126 70h148v262h-148z"
    if look.says("wallet"):
        c.drop("M66 70h268v262h-268z")
        c.rect(66, 66, 140, 266, 16, c.body(dark(look.color, 0.1)))
        c.rect(200, 66, 136, 266, 20, c.body(look.color))
        for n in range(int(look.number("card_slots", 3))):
            c.rect(
                82,
                100 + 44 * n,
                108,
                50,
                6,
                light(look.color, 0.1 + 0.08 * n),
                f'stroke="{dark(look.color, 0.3)}" stroke-width="1.5"',
            )
        c.rect(212, 80, 112, 238, 16, "#171a1f")
        c.rect(217, 86, 102, 226, 12, c.grad("#8ab0d6", "#e6c3b4", "down"))
        c.stroke("M72 74V324", light(look.color, 0.35), 2, 'stroke-dasharray="5 6"')
        return
    with c.group('transform="rotate(8 200 200)"'):
        c.drop(d, 10, 16)
        if clear:
            c.rect(132, 76, 136, 250, 26, c.grad("#c8d3dd", "#9dabb8", "slant"))
        c.rect(122, 66, 156, 270, 34, c.body(look.color), 'opacity=".62"' if clear else "")
        if look.says("rugged"):
            for x, y in ((118, 62), (236, 62), (118, 296), (236, 296)):
                c.rect(x, y, 46, 44, 16, dark(look.color, 0.35))
            for y in (190, 208, 226):
                c.rect(150, y, 100, 7, 3.5, dark(look.color, 0.25))
        c.rect(138, 84, 58, 90, 22, detail(look.color, 0.4))
        for y in (108, 150):
            c.circle(167, y, 15, c.grad("#5a7494", "#0f1217", "ball"))
        if look.flag("magnetic"):
            c.circle(200, 238, 40, "none", f'stroke="{detail(look.color, 0.22)}" stroke-width="7"')
            c.rect(196, 284, 8, 22, 4, detail(look.color, 0.22))
        c.shine(
            "M130 190C128 120 132 84 160 74C142 110 144 250 150 318C132 300 130 260 130 190Z", 0.2
        )


def draw_charger(c: Canvas, look: Look) -> None:
    """Wall block, battery slab or magnetic disc."""
    if look.says("power bank"):
        big = look.number("battery_capacity", 10000) / 20000
        w, h = 108 + 34 * big, 188 + 44 * big
        x, y = 200 - w / 2, 326 - h
        c.floor(200, w * 0.62)
        c.rect(x, y, w, h, 24, c.body(look.color))
        c.shine(f"M{x + 12} {y + 30}h14v{h - 60}h-14z", 0.25)
        c.rect(x + w / 2 - 26, y + 14, 52, 8, 4, "#22262c")
        c.dots([x + w / 2 - 18 + 12 * n for n in range(4)], [y + 46], 3, "#7fe0a0")
        c.stroke(
            f"M205 {y + h * 0.42}L188 {y + h * 0.56}H204L196 {y + h * 0.68}",
            detail(look.color, 0.4),
            5,
        )
        return
    if look.says("wireless"):
        c.floor(200, 130, 306)
        c.stroke("M290 286C350 280 350 200 380 190", dark(look.color, 0.2), 8)
        c.ellipse(200, 274, 128, 40, dark(look.color, 0.2))
        c.ellipse(200, 262, 128, 40, c.body(look.color, "across"))
        c.ellipse(200, 262, 78, 23, "none", f'stroke="{detail(look.color, 0.2)}" stroke-width="5"')
        with c.group('transform="rotate(9 200 180)"'):
            c.rect(150, 60, 104, 200, 22, "#23282f")
            c.rect(156, 66, 92, 188, 17, c.grad("#4a6285", "#c98f8f", "down"))
            c.stroke("M206 130L190 160H208L198 188", "#8ff0b0", 6)
        return
    ports = int(look.number("ports", 2))
    h = 120 + 22 * ports
    c.floor(200, 100)
    c.rect(176, 290 - h, 12, 44, 3, c.metal())
    c.rect(212, 290 - h, 12, 44, 3, c.metal())
    c.rect(118, 326 - h, 164, h, 28, c.body(look.color))
    for n in range(ports):
        c.rect(168, 350 - h + 34 * n, 64, 20, 9, dark(look.color, 0.55))
        c.rect(176, 357 - h + 34 * n, 48, 6, 3, "#8f969e")
    c.shine(f"M130 {356 - h}h12v{h - 60}h-12z", 0.3)


def draw_cable(c: Canvas, look: Look) -> None:
    """A coil with two plugs."""
    hdmi = look.says("hdmi")
    for n in range(3):
        r = 96 - 13 * n
        c.circle(
            200,
            196 + 3 * n,
            r,
            "none",
            'stroke="#20262e" stroke-width="13" opacity=".13" transform="translate(6 12)"',
        )
        c.circle(
            200, 196 + 3 * n, r, "none", f'stroke="{dark(look.color, 0.06 * n)}" stroke-width="12"'
        )
        c.circle(
            200,
            196 + 3 * n,
            r,
            "none",
            f'stroke="{light(look.color, 0.35)}" stroke-width="2.5" stroke-dasharray="3 5"',
        )
    c.rect(186, 84, 28, 40, 5, dark(look.color, 0.4))
    wide = 46 if hdmi else 32
    for x, angle in ((120, 14), (272, -14)):
        with c.group(f'transform="rotate({angle} {x} 300)"'):
            c.rect(x - 6, 246, 12, 50, 6, dark(look.color, 0.1))
            c.rect(x - wide / 2, 286, wide, 46, 8, c.body(dark(look.color, 0.25), "across"))
            c.rect(x - wide / 2 + 6, 330, wide - 12, 22, 4, c.metal())


def draw_camera(c: Canvas, look: Look) -> None:
    """A body with a lens: mirrorless, compact, action or kids' camera."""
    c.floor(200, 140)
    if look.says("action"):
        c.rect(96, 134, 208, 190, 34, c.body(look.color))
        c.rect(112, 150, 84, 66, 10, "#11151a")
        c.rect(118, 156, 72, 54, 6, c.grad("#6ea3c9", "#2f5a3f", "down"))
        c.rect(206, 148, 86, 86, 26, "#1e2329")
        c.circle(249, 191, 33, c.grad("#6d8db3", "#0c0f14", "ball"))
        c.circle(240, 180, 7, "#fff", 'opacity=".7"')
        c.rect(150, 122, 50, 14, 6, "#d9534f")
        c.circle(126, 296, 5, "#e05252")
        return
    cute = look.kids
    c.rect(56, 146, 288, 178, 46 if cute else 20, c.body(look.color))
    if cute:
        for x in (108, 292):
            c.path(f"M{x - 34} 156L{x} 96L{x + 34} 156Z", c.body(look.color))
    elif look.says("mirrorless"):
        c.path("M142 148L164 108H236L258 148Z", c.body(dark(look.color, 0.1), "down"))
        c.rect(280, 128, 40, 20, 6, dark(look.color, 0.3))
    else:
        c.rect(250, 132, 60, 18, 6, dark(look.color, 0.2))
        c.rect(84, 164, 50, 20, 5, "#f3ead2")
    grip = light(look.color, 0.3) if cute else "#2a2e34"
    c.rect(56, 190, 288, 100, 0, grip, 'opacity=".82"')
    c.circle(206, 238, 76, c.body("#c9ced3" if not cute else light(look.color, 0.5)))
    c.circle(206, 238, 62, "#1a1e24")
    c.circle(206, 238, 46, c.grad("#6484ad", "#0b0e13", "ball"))
    c.circle(206, 238, 22, c.grad("#a585c9", "#141a26", "ball"))
    c.circle(188, 218, 9, "#fff", 'opacity=".75"')
    c.circle(96, 136, 14, "#d9534f" if cute else "#3a3f46")


def draw_smartwatch(c: Canvas, look: Look) -> None:
    """A face on its strap: round for grown-ups, square for kids."""
    strap = "#a8683c" if look.says("classic") and look.pick(2) else look.color
    for d in ("M150 128L164 36H236L250 128Z", "M150 272L164 364H236L250 272Z"):
        c.path(d, c.body(strap, "across"))
    c.dots([200], [330, 342, 354], 3.5, dark(strap, 0.4))
    d = "M106 200a94 94 0 1 0 188 0a94 94 0 1 0 -188 0"
    c.drop(d, 6, 12)
    case = "#c9ced3" if look.says("classic") else look.color
    if look.kids:
        c.rect(114, 106, 172, 188, 48, c.body(case))
        c.rect(128, 120, 144, 160, 36, "#12161c")
        c.circle(200, 180, 30, "#ffd35c")
        c.dots([190, 210], [174], 4, "#4a3a12")
        c.stroke("M188 190Q200 202 212 190", "#4a3a12", 4)
        c.rect(160, 232, 80, 14, 7, "#6fd2a0")
        return
    c.rect(288, 184, 18, 32, 6, dark(case, 0.2))
    c.circle(200, 200, 96, c.body(case))
    c.circle(200, 200, 82, "#11151b")
    if look.says("classic"):
        c.circle(200, 200, 78, c.grad("#24364d", "#101722", "ball"))
        for angle in range(0, 360, 30):
            c.rect(198, 130, 4, 12, 2, "#e8e2d2", f'transform="rotate({angle} 200 200)"')
        c.stroke("M200 200L200 150", "#fff", 5)
        c.stroke("M200 200L236 216", "#fff", 4)
        return
    for r, tint, share in ((62, "#ff5f6d", 0.78), (48, "#8be04e", 0.6), (34, "#4cc9ff", 0.7)):
        c.circle(
            200,
            200,
            r,
            "none",
            f'stroke="{tint}" stroke-width="9" stroke-linecap="round" '
            f'stroke-dasharray="{6.283 * r * share:.0f} 999" transform="rotate(-90 200 200)"',
        )
    c.rect(184, 192, 32, 14, 4, "#fff")


DRAWINGS = {
    "phone": draw_phone,
    "phone_case": draw_phone_case,
    "charger": draw_charger,
    "cable": draw_cable,
    "camera": draw_camera,
    "smartwatch": draw_smartwatch,
}
