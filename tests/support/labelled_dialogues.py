"""Invented labelled dialogues and instructions, in the formats that the commands read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

THINGS = {
    "en": ("lamp", "kettle", "tent", "rug", "drill", "scarf", "blender", "sofa", "mug", "fan"),
    "zh": ("台灯", "水壶", "帐篷", "手机壳", "地毯", "电钻", "围巾", "搅拌机", "沙发", "风扇"),
}
LINES = {
    "en": ("Hello!", "I want to buy a {}.", "I don't like it, show me another one.", "Thanks."),
    "zh": ("你好", "我想买一个{}", "不喜欢，换一个", "谢谢"),
}
ANSWERS = {
    "en": ("Hello, what do you need?", "How about this one?", "And this one?"),
    "zh": ("您好，请问需要什么？", "这款怎么样？", "那这款呢？"),
}
INTENTS = ("Chitchat", "Reveal", "Interpret", "Interpret")
ACTIONS = ("Clarify", "Recommend", "Recommend")


def conversation(thing: str, language: str) -> list[dict[str, Any]]:
    """A greeting, a request, a refusal, thanks; the thing is the keyword of the middle two."""
    messages: list[dict[str, Any]] = []
    for number, line in enumerate(LINES[language]):
        keywords = [thing] if number in (1, 2) else []
        said = {"role": "user", "content": line.format(thing), "intent": INTENTS[number]}
        messages.append(said | {"keywords": keywords})
        if number < len(ACTIONS):
            answer = ANSWERS[language][number]
            messages.append({"role": "system", "content": answer, "action": ACTIONS[number]})
    return messages


def write_dialogues(path: Path, language: str) -> Path:
    """Ten dialogues, 40 turns of a shopper."""
    rows = [
        {"conv_id": number, "conversation": conversation(thing, language)}
        for number, thing in enumerate(THINGS[language])
    ]
    path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    return path


COLOURS = ("red", "blue", "green")


def write_instructions(path: Path) -> Path:
    """30 instructions, each with one query that keeps thing and colour."""
    rows = {
        f"i am looking for a {thing} in {colour} color, please": [f"{colour} {thing}"]
        for thing in THINGS["en"]
        for colour in COLOURS
    }
    path.write_text(json.dumps(rows), "utf-8")
    return path
