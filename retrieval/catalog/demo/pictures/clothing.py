"""Drawings of clothes laid flat."""

from __future__ import annotations

from retrieval.catalog.demo.pictures.canvas import Canvas, Look, dark, detail, light

_JACKET = (
    "M150 84L96 112Q82 122 78 140L52 300Q52 308 60 310L92 314L116 206V330Q116 338 124 338H276"
    "Q284 338 284 330V206L308 314L340 310Q348 308 348 300L322 140Q318 122 304 112L250 84Q200 106"
    " 150 84Z"
)
_SHIRT = (
    "M150 88L100 108Q90 112 82 124L48 184Q46 190 52 194L96 216L118 186V324Q118 332 126 332H274"
    "Q282 332 282 324V186L304 216L348 194Q354 190 352 184L318 124Q310 112 300 108L250 88Q200 118"
    " 150 88Z"
)


def draw_jacket(c: Canvas, look: Look) -> None:
    """Shell, quilted down or biker jacket."""
    seam = detail(look.color, 0.28)
    c.drop(_JACKET)
    if look.flag("hooded"):
        c.path("M142 96C138 40 262 40 258 96Q200 128 142 96Z", c.body(dark(look.color, 0.12)))
        c.path("M162 98C162 66 238 66 238 98Q200 116 162 98Z", dark(look.color, 0.42))
    c.path(_JACKET, c.body(look.color))
    if look.says("down"):
        for n in range(6):
            y = 140 + 33 * n
            c.stroke(
                f"M116 {y}Q158 {y + 9} 198 {y}M202 {y}Q242 {y + 9} 284 {y}",
                seam,
                2.5,
                'opacity=".75"',
            )
        for n in range(5):
            y = 146 + 34 * n
            dx = 5.4 * n
            c.stroke(
                f"M{80 - dx} {y}L{114 - dx * 0.6} {y + 8}M{320 + dx} {y}L{286 + dx * 0.6} {y + 8}",
                seam,
                2.5,
                'opacity=".7"',
            )
    if look.says("leather"):
        c.path("M150 86L200 190L196 110ZM250 86L200 190L204 110Z", c.body(light(look.color, 0.12)))
        c.stroke("M200 186L222 336", "#c9ced3", 4)
        c.stroke("M134 238L172 226M262 232L240 222", "#c9ced3", 4)
        c.stroke("M116 308H284", seam, 3)
        return
    c.stroke("M200 106V336", dark(look.color, 0.4), 5)
    c.stroke("M200 106V336", "#d5d9dd", 1.5, 'stroke-dasharray="3 3"')
    c.rect(196, 124, 8, 16, 3, "#c9ced3")
    c.stroke("M140 262L164 246M260 262L236 246", seam, 4)
    c.rect(232, 150, 28, 7, 3, light(look.color, 0.5), 'opacity=".8"')
    c.stroke("M118 206Q112 160 124 120M282 206Q288 160 276 120", seam, 2.5, 'opacity=".7"')
    if look.kids:
        for x in (140, 232):
            c.dots([x, x + 28], [190, 300], 7, light(look.color, 0.55))


def draw_tshirt(c: Canvas, look: Look) -> None:
    """A T-shirt; prints for children, a stripe for runners."""
    seam = detail(look.color, 0.2)
    c.drop(_SHIRT)
    c.path("M150 88Q200 60 250 88Q200 112 150 88Z", dark(look.color, 0.35))
    c.path(_SHIRT, c.body(look.color))
    c.stroke("M150 88Q200 128 250 88", seam, 7, 'opacity=".8"')
    c.stroke("M118 186Q116 150 124 122M282 186Q284 150 276 122", seam, 2.5, 'opacity=".6"')
    c.stroke(
        "M58 180L104 204M342 180L296 204M120 322H280",
        seam,
        2,
        'opacity=".5" stroke-dasharray="4 4"',
    )
    c.stroke(
        "M150 330Q160 290 152 250M250 330Q240 296 250 262",
        dark(look.color, 0.12),
        3,
        'opacity=".5"',
    )
    if look.kids:
        c.circle(200, 206, 36, "#ffd35c" if look.color != "#f5cf58" else "#86bfe6")
        c.dots([188, 212], [198], 5, "#4a3a12")
        c.stroke("M184 216Q200 232 216 216", "#4a3a12", 5)
    elif look.says("running"):
        c.stroke(
            "M122 176Q150 260 130 330M278 176Q250 260 270 330",
            light(look.color, 0.55),
            7,
            'opacity=".8"',
        )
    elif look.pick(3) == 0:
        c.rect(222, 156, 36, 42, 4, "none", f'stroke="{seam}" stroke-width="2.5"')


def draw_jeans(c: Canvas, look: Look) -> None:
    """Trousers with pockets and stitching; the leg follows the fit."""
    fit = str(look.values.get("fit"))
    hem = {"slim": 52, "straight": 66, "relaxed": 74, "wide-leg": 92}.get(fit, 66)
    thread = "#d9a45c" if look.color not in {"#33363b", "#9aa0a6"} else light(look.color, 0.35)
    left = 118 - (hem - 60) * 0.5
    d = (
        f"M132 62H268L280 130L{400 - left} 344H{400 - left - hem}L204 172H196L{left + hem} 344"
        f"H{left}L120 130Z"
    )
    c.drop(d)
    c.path(d, c.body(look.color, "across"))
    for x in (left + hem * 0.5, 400 - left - hem * 0.5):
        c.path(
            f"M{x - 10} 300Q{(x + 200) / 2 - 12} 220 {(x * 0.6 + 80):.0f} 150"
            f"Q{(x + 200) / 2 + 14} 230 {x + 10} 300Z",
            "#fff",
            'opacity=".13"',
        )
    c.rect(130, 58, 140, 20, 4, c.body(dark(look.color, 0.14)))
    c.stroke("M134 82Q142 112 124 122M266 82Q258 112 276 122", thread, 2.2)
    c.stroke("M200 80V150Q200 166 186 166M214 80V140Q212 158 200 164", thread, 2.2)
    c.circle(200, 68, 6, c.metal("#c58f4e"))
    for x in (150, 246):
        c.rect(x, 54, 6, 28, 2, dark(look.color, 0.28))
    c.stroke(
        f"M{left + 3} 334H{left + hem - 3}M{400 - left - hem + 3} 334H{400 - left - 3}",
        thread,
        2,
        'stroke-dasharray="4 3"',
    )


def draw_dress(c: Canvas, look: Look) -> None:
    """Summer, wrap or evening dress."""
    sleeve = str(look.values.get("sleeve"))
    hem = 344 if look.says("evening") else 322
    seam = detail(look.color, 0.26)
    body = (
        f"M158 66L148 120Q150 160 162 182L100 {hem - 10}Q200 {hem + 16} 300 {hem - 10}L238 182Q250"
        " 160 252 120L242 66Q226 104 200 106Q174 104 158 66Z"
    )
    sleeves = {
        "short": "M158 66L118 84L104 142L140 150L152 116ZM242 66L282 84L296 142L260 150L248 116Z",
        "long": "M158 66L118 84L84 236L112 242L152 130ZM242 66L282 84L316 236L288 242L248 130Z",
    }.get(sleeve, "")
    c.drop(body)
    if sleeves:
        c.path(sleeves, c.body(dark(look.color, 0.06)))
    c.path(body, c.body(look.color, "across"))
    c.path("M160 176Q200 190 240 176L242 190Q200 204 158 190Z", dark(look.color, 0.2))
    fold = dark(look.color, 0.18)
    c.stroke(
        f"M176 200Q160 260 146 {hem - 4}M200 204V{hem}M224 200Q240 260 254 {hem - 4}",
        fold,
        3,
        'opacity=".6"',
    )
    if look.says("wrap"):
        c.stroke("M244 70Q220 130 162 178M158 68Q170 100 206 124", seam, 3)
        c.stroke("M236 188q22 16 12 52M236 188q34 4 40 36", dark(look.color, 0.22), 6)
    elif look.says("linen"):
        c.dots([200], [124, 142, 160], 3.6, light(look.color, 0.6))
    else:
        c.path(
            f"M238 182L300 {hem - 10}Q270 {hem} 246 {hem + 3}Q240 250 214 190Z",
            "#fff",
            'opacity=".1"',
        )


def draw_sweater(c: Canvas, look: Look) -> None:
    """Knitted sweater or hoodie."""
    seam = detail(look.color, 0.2)
    c.drop(_JACKET)
    hoodie = look.flag("hooded")
    if hoodie:
        c.path("M140 98C136 44 264 44 260 98Q200 132 140 98Z", c.body(dark(look.color, 0.08)))
        c.path("M160 100C162 70 238 70 240 100Q200 120 160 100Z", dark(look.color, 0.4))
    c.path(_JACKET, c.body(look.color))
    if hoodie:
        c.stroke("M182 112V176M218 112V170", light(look.color, 0.6), 4)
        c.path(
            "M148 248H252L272 306H128Z",
            c.body(dark(look.color, 0.07)),
            f'stroke="{seam}" stroke-width="2.5"',
        )
    else:
        c.stroke("M150 86Q200 118 250 86", seam, 11)
        for x in (152, 184, 216, 248):
            c.stroke(
                "M" + "".join(f"{x + (8 if n % 2 else -8)} {134 + 16 * n} " for n in range(12)),
                seam,
                2.6,
                'opacity=".55"',
            )
    c.rect(116, 314, 168, 24, 4, dark(look.color, 0.12))
    c.stroke("".join(f"M{124 + 10 * n} 316v20" for n in range(16)), seam, 1.6, 'opacity=".6"')
    c.stroke("M54 292L92 300M346 292L308 300", seam, 3)
    c.stroke("M117 206Q110 160 124 120M283 206Q290 160 276 120", seam, 2.5, 'opacity=".6"')


DRAWINGS = {
    "jacket": draw_jacket,
    "tshirt": draw_tshirt,
    "jeans": draw_jeans,
    "dress": draw_dress,
    "sweater": draw_sweater,
}
