"""Sentences are cut where they end, in both languages, however the stream is torn."""

from __future__ import annotations

import random

import pytest

from assistant.answer.split import SentenceSplitter, is_whole

TEXTS = [
    ["It costs $24.99.", "The second one weighs 1.5 kg!", "Is it in stock?"],
    ["The StarTech.com adapter fits, e.g. on a DB9 port.", "It is No. 2 of the list."],
    ["它售价24.99美元。", "第二款重1.5公斤！", "有货吗？"],
    ["The Vanta 14 costs approx. $649.", "它很轻。", "Version 2.0 is new."],
    ["He said “it works.”", "Then it stopped."],
]


@pytest.mark.parametrize("sentences", TEXTS)
@pytest.mark.parametrize("seed", range(5))
def test_any_tearing_gives_the_same_sentences(sentences: list[str], seed: int) -> None:
    chinese = sentences[0][-1] in "。！？"
    text = ("" if chinese else " ").join(sentences)
    rng, splitter, found = random.Random(seed), SentenceSplitter(), []
    while text:
        size = rng.randint(1, 7)
        found += splitter.feed(text[:size])
        text = text[size:]
    rest = splitter.flush()
    assert [*found, *([rest] if rest else [])] == sentences


def test_lists_and_emphasis_are_taken_off() -> None:
    splitter = SentenceSplitter()
    found = [*splitter.feed("1. **Hush** costs $5.\n- It is quiet.\n\n"), splitter.flush()]
    assert found == ["Hush costs $5.", "It is quiet.", ""]


def test_a_torn_sentence_is_known() -> None:
    assert is_whole("It is quiet.") and is_whole("很安静。”")
    assert not is_whole("It is quiet and")
