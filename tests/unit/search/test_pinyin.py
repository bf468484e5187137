"""Chinese typed in Latin letters is read with the catalogue's own words, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.index.analysis import fold
from retrieval.query.mend import QueryMender
from retrieval.types import Change

WORDS = {
    "蓝牙": 118, "耳机": 64, "鼠标": 48, "键盘": 40, "行李": 16, "女": 60, "鞋": 90, "女鞋": 30,
    "绿色": 20, "手机": 80, "机": 30, "咖啡": 25, "力": 9, "拧": 4, "单": 8, "测": 4, "men": 50,
    "wireless": 200, "sony": 30, "huawei": 20, "mouse": 70,
}  # fmt: skip
MENDER = QueryMender(WORDS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lanya erji", "蓝牙耳机"),
        ("LanYaErJi", "蓝牙耳机"),
        ("lan ya er ji", "蓝牙耳机"),
        ("shubiao", "鼠标"),
        ("huawei lanya erji", "huawei 蓝牙耳机"),
        ("nvxie", "女鞋"),
        ("nu xie", "女鞋"),
        ("nǚ xié", "女鞋"),
        ("lvse jianpan", "绿色键盘"),
        ("kafei ji", "咖啡机"),
        ("xing'li", "行李"),
    ],
)
def test_pinyin_is_read(typed: str, meant: str) -> None:
    assert MENDER.repair(typed).text == meant


@pytest.mark.parametrize(
    "text",
    [
        "wireless mouse",
        "men",
        "dance",
        "li ning shoes",
        "banana",
        "she",
        "鼠标",
        "shubiao2",
        "",
        "ji",
    ],
)
def test_what_is_no_pinyin_stays(text: str) -> None:
    assert MENDER.repair(text).text == text


def test_what_was_changed_is_told_beside_the_slips() -> None:
    repair = MENDER.repair("wireles lanya erji")
    assert repair.text == "wireless 蓝牙耳机"
    assert repair.changes == (
        Change(typed="lanya erji", read="蓝牙耳机"),
        Change(typed="wireles", read="wireless"),
    )
    assert repair.sure


def test_a_catalogue_without_chinese_reads_no_pinyin() -> None:
    words = {word: count for word, count in WORDS.items() if word.isascii()}
    assert QueryMender(words).repair("lanya erji").text == "lanya erji"


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [("藍牙耳機", "蓝牙耳机"), ("無線滑鼠", "无线滑鼠"), ("筆記型電腦", "笔记型电脑")],
)
def test_traditional_and_simplified_forms_meet(traditional: str, simplified: str) -> None:
    assert fold(traditional) == fold(simplified)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    repair = MENDER.repair(text)
    assert repair.changes or repair.text == text
