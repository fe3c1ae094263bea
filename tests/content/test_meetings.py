"""Meetings as an author writes them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from content.guarded_yaml import read_yaml
from content.meetings import Knowledge, Meeting, read_meetings
from content.problems import Problem, Report, render
from content.text_places import place_of
from tests.content.extending import as_bytes, child, good

MEETINGS = """schema: 1
meetings:
  chat_2027:
    kind: symposium
    title: Selling by chat
    day: 2027-03-12
    until: 2027-03-14
    sessions: {catalogue: A catalogue, answers: Answers}
    link: https://meetings.example/chat
    knowledge:
      - ask: What belongs into a catalogue?
        choices: {prices: Prices, jokes: Jokes}
        right: prices
      - ask: How soon is an order answered?
        choices: {week: In a week, day: On the day}
        right: day
"""


def read(text: str) -> tuple[tuple[dict[str, Meeting], dict[str, str]] | None, tuple[Problem, ...]]:
    report = Report()
    document = read_yaml(text.encode(), "meetings.yaml", report)
    assert document is not None
    return read_meetings(document, report), report.problems


def test_a_meeting_has_its_days_its_sessions_and_two_questions() -> None:
    found, problems = read(MEETINGS)
    assert found is not None, render(problems)
    meetings, texts = found
    assert meetings["chat_2027"] == Meeting(
        "chat_2027", "symposium", date(2027, 3, 12), date(2027, 3, 14), ("catalogue", "answers"),
        "https://meetings.example/chat",
        (Knowledge(("prices", "jokes"), "prices"), Knowledge(("week", "day"), "day")),
    )  # fmt: skip
    assert meetings["chat_2027"].campaign == "m-chat_2027"
    assert texts["meetings/chat_2027/title"] == "Selling by chat"
    assert texts["meetings/chat_2027/sessions/answers"] == "Answers"
    assert texts["meetings/chat_2027/knowledge/2/choices/day"] == "On the day"


def test_a_meeting_of_one_day_ends_on_it() -> None:
    found, _ = read(MEETINGS.replace("    until: 2027-03-14\n", ""))
    assert found is not None
    assert found[0]["chat_2027"].last == date(2027, 3, 12)


def test_there_may_be_none() -> None:
    assert read("schema: 1\nmeetings: {}\n") == (({}, {}), ())


def test_a_letter_about_a_text_names_its_line() -> None:
    report = Report()
    document = read_yaml(MEETINGS.encode(), "meetings.yaml", report)
    assert document is not None
    documents = {"meetings.yaml": document}
    assert str(place_of("meetings/chat_2027/knowledge/2/ask", documents)) == "meetings.yaml:14:14"
    assert str(place_of("meetings/chat_2027/sessions/answers", documents)).startswith("meetings.yaml:8:")


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("chat_2027:", "Chat-2027:", "SHAPE-005", 3),
        ("chat_2027:", "an_id_of_more_than_24_signs:", "SHAPE-005", 3),
        ("symposium", "party", "SHAPE-004", 4),
        ("2027-03-12", "Friday", "SHAPE-003", 6),
        ("until: 2027-03-14", "until: 2027-03-11", "SHAPE-006", 4),
        ("{catalogue: A catalogue, answers: Answers}", "{}", "SHAPE-007", 8),
        ("https://meetings", "http://meetings", "SHAPE-003", 9),
        ("right: prices", "right: price", "GAP-005", 13),
        ("{prices: Prices, jokes: Jokes}", "{prices: Prices}", "GAP-008", 12),
        ("On the day", "On the day " * 9, "TEXT-001", 15),
        ("A catalogue,", f"{'A catalogue ' * 9},", "TEXT-001", 8),
        ("    day: 2027-03-12\n", "", "SHAPE-002", 3),
        (MEETINGS[MEETINGS.index("      - ask: How") :], "", "SHAPE-006", 11),
    ],
)
def test_what_an_author_of_meetings_is_told(old: str, new: str, code: str, line: int) -> None:
    assert old in MEETINGS
    found, problems = read(MEETINGS.replace(old, new, 1))
    assert found is None
    assert (code, line) in [(p.code, p.place.line) for p in problems], render(problems)


def test_an_economy_adds_its_own_to_those_it_stands_on(files: dict[str, str]) -> None:
    above = {**as_bytes(files), "meetings.yaml": MEETINGS.encode()}
    own = child(above, meetings=MEETINGS.replace("chat_2027", "next_2028"))
    pack = good(own, {"base": above})
    assert list(pack.meetings) == ["chat_2027", "next_2028"]
    assert [difference.id for difference in pack.differences if difference.file == "meetings.yaml"] == [
        "next_2028"
    ]
    assert pack.structure_parts() != good(child(above), {"base": above}).structure_parts()


def test_the_example_of_the_documentation_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs/economy/meetings.md").read_text()
    found, problems = read(page.partition("```yaml\n")[2].partition("```")[0])
    assert found is not None, render(problems)
