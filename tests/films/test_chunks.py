"""Captions: read at a glance, broken where one breathes, and nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.films import word_count
from content.pack import Pack
from films.chunks import MOST_SIGNS, MOST_WORDS, chunks


def texts(text: str) -> list[str]:
    return [chunk.text for chunk in chunks(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Rosa sells at the market. At eight an order came in. She saw it at night, under forty family messages.",
            ["Rosa sells at the market.", "At eight an order came in.", "She saw it at night,", "under forty family messages."],
        ),
        ("He adds one photo of his best chair, in daylight.", ["He adds one photo", "of his best chair, in daylight."]),
        ("我们卖椅子。他在找新椅子，一条街以外，有人做椅子。", ["我们卖椅子。", "他在找新椅子，", "一条街以外，有人做椅子。"]),
        ("تبيع روزا في السوق. في الساعة الثامنة جاءها طلب.", ["تبيع روزا في السوق.", "في الساعة الثامنة جاءها طلب."]),
        ("", []),
    ],
)  # fmt: skip
def test_a_caption_ends_where_one_breathes(text: str, parts: list[str]) -> None:
    assert texts(text) == parts


def test_no_word_stands_alone_if_it_has_company() -> None:
    assert texts("one two three four five six seven eight") in (
        ["one two three four", "five six seven eight"],
        ["one two three four five", "six seven eight"],
    )


def test_thai_breaks_at_spaces_first_and_never_before_a_mark() -> None:
    parts = texts("ผู้ชายคนนี้ต้องการเก้าอี้ใหม่ โทมัสทำเก้าอี้อยู่ถัดไปหนึ่งถนน แต่ชายคนนั้นหาเขาไม่พบ")
    assert len(parts) >= 2
    assert all(part[0] not in "\u0e31\u0e34\u0e35\u0e48\u0e49\u0e32\u0e33" for part in parts)
    assert all(part[-1] not in "เแโใไ" for part in parts)


def test_a_latin_name_in_a_chinese_text_stays_whole() -> None:
    assert any(
        "WhatsApp" in part
        for part in texts("他用WhatsApp卖椅子，每天都有新的订单，客户都很高兴，也会再来买。")
    )


def test_every_scene_of_the_base_pack_is_read_at_a_glance(base: Pack) -> None:
    for key, text in base.texts.items():
        if key.startswith("films/") and key.endswith("/words"):
            for part in texts(text):
                assert word_count(part) <= MOST_WORDS, part
                assert word_count(part) > 1 or part == text, part


@given(st.text("ab é.,!? ไกี่\u0e33我，。[(-—", max_size=120))
def test_nothing_is_lost_and_the_places_are_right(text: str) -> None:
    whole = " ".join(text.split())
    parts = chunks(text)
    assert "".join("".join(part.text for part in parts).split()) == "".join(whole.split())
    for part in parts:
        assert whole[part.start : part.start + len(part.text)] == part.text
        assert part.words <= MOST_WORDS + 0.01 or " " not in part.text
        assert len(part.text) <= MOST_SIGNS or " " not in part.text
