"""The questions: what is asked of whom, and what an author is told about a bank that does not fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from content.bank import Which, applicable, facts_of, range_of
from content.pack import Pack
from content.problems import Problem, render

Problems = Callable[..., tuple[Problem, ...]]


def asked(
    pack: Pack, which: Which, profile: dict[str, str], answers: dict[str, str] | None = None
) -> list[str]:
    return [
        question.id for question in applicable(pack.bank, facts_of(pack.bank, profile, answers or {}), which)
    ]


def test_stages_and_the_quick_check_are_asked_in_the_order_of_the_file(small: Pack) -> None:
    assert asked(small, "stage_1", {}) == ["size", "goal", "sells"]
    assert asked(small, "stage_2", {}) == ["registered"]
    assert asked(small, "quick", {}) == ["P1", "S1"]
    assert asked(small, "full", {}) == ["P1", "P2", "S1"]


def test_of_a_slot_one_variant_is_asked(small: Pack) -> None:
    assert asked(small, "full", {"sells": "services"}) == ["P1", "P2", "S1s"]
    assert asked(small, "quick", {"sells": "services"}) == ["P1", "S1s"]  # a variant is as quick as its item


def test_an_answer_opens_or_closes_later_items(small: Pack) -> None:
    assert asked(small, "full", {}, {"P1": "a"}) == ["P1", "S1"]
    assert asked(small, "full", {}, {"P1": "unknown"}) == ["P1", "S1"]  # I do not know is 0 points
    assert asked(small, "full", {}, {"P1": "b"}) == ["P1", "P2", "S1"]
    assert asked(small, "full", {}, {"P1": "skipped"}) == ["P1", "P2", "S1"]


def test_the_full_check_goes_dimension_by_dimension(base: Pack) -> None:
    questions = applicable(base.bank, facts_of(base.bank, {}, {}), "full")
    dimensions = [question.dimension for question in questions]
    assert list(dict.fromkeys(dimensions)) == list(base.bank.dimensions)
    assert sorted(dimensions, key=lambda d: base.bank.dimensions.index(d or "")) == dimensions


def test_the_quick_check_asks_one_item_of_each_dimension(base: Pack) -> None:
    for sells in ("goods", "services", "both"):
        questions = applicable(base.bank, facts_of(base.bank, {"sells": sells}, {}), "quick")
        assert [question.dimension for question in questions] == list(base.bank.dimensions)


def test_choices_know_their_points_and_the_numbers_they_stand_for(small: Pack) -> None:
    size, item = small.bank.field("size"), small.bank.item("P1")
    assert size is not None
    assert item is not None
    assert [(choice.id, choice.low, choice.high) for choice in size.choices] == [
        ("one", 1, 1),
        ("few", 2, 4),
        ("more", 5, None),
    ]
    assert [choice.points for choice in item.choices] == [0, 1, 2, 3, 4]
    assert [item.points_of(answer) for answer in ("a", "e", "unknown", "not_applicable", "skipped", None, "gone")] == [
        0, 4, 0, None, None, None, None,
    ]  # fmt: skip


def test_a_question_says_which_words_it_has(small: Pack) -> None:
    size, registered, item = (
        small.bank.question("size"),
        small.bank.question("registered"),
        small.bank.question("P1"),
    )
    assert size is not None
    assert registered is not None
    assert item is not None
    assert (size.has_group, registered.has_why, item.has_help) == (True, True, True)
    assert (size.has_why, registered.has_help, item.has_group) == (False, False, False)
    assert small.texts["bank/size/ask@group"].startswith("How many people do")
    assert small.texts["bank/registered/choices/no"] == "Not yet"


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("1", (1, 1)),
        ("2-4", (2, 4)),
        ("2 - 4", (2, 4)),
        ("250+", (250, None)),
        ("4-2", None),
        ("few", None),
        ("-1", None),
    ],
)
def test_ranges(words: str, numbers: tuple[int, int | None] | None) -> None:
    assert range_of(words) == numbers


LETTERS = [
    ("stage: 1", "stage: 3", "SHAPE-004"),
    ("stage: 1", "stag: 1", "SHAPE-001"),
    ("    ask: What would help you most?\n", "", "SHAPE-002"),
    ("choices: {customers: More customers, time: Saving time}", "choices: [a, b]", "SHAPE-006"),
    (
        "choices: {customers: More customers, time: Saving time}",
        "choices: {customers: More customers}",
        "BANK-011",
    ),
    ("customers: More customers", "Customers: More customers", "SHAPE-005"),
    ("customers: More customers", "unknown: More customers", "BANK-010"),
    ("customers: More customers", "customers: Many more customers than before", "TEXT-002"),
    (
        "customers: More customers",
        "customers: {text: More customers, short: Many more customers here}",
        "TEXT-003",
    ),
    ("customers: More customers", f"customers: {{text: {'x' * 73}, short: More}}", "TEXT-001"),
    ("customers: More customers", "customers: saving time", "TEXT-010"),
    (
        "customers: More customers, time: Saving time}",
        "customers: More customers, time: Saving time}\n    synonyms: {tyme: [less work]}",
        "BANK-013",
    ),
    (
        "customers: More customers, time: Saving time}",
        "customers: More customers, time: Saving time}\n    synonyms: {time: [less work, MORE customers]}",
        "TEXT-010",
    ),
    (
        "customers: More customers, time: Saving time}",
        "customers: More customers, time: Saving time}\n    synonyms: {time: [less], customers: [sales, Less]}",
        "TEXT-010",
    ),
    (
        "customers: More customers, time: Saving time}",
        "customers: More customers, time: Saving time}\n    synonyms: {time: less work}",
        "SHAPE-003",
    ),
    ("range: 2-4", "range: 1-4", "BANK-008"),
    ("range: 2-4", "range: two", "BANK-007"),
    ("- field: goal", "- field: size", "BANK-001"),
    ("- item: P2", "- item: P1", "BANK-001"),
    ("variant_of: S1", "variant_of: S9", "BANK-004"),
    ("points: 4}", "points: 3}", "BANK-003"),
    ("points: 4}", "points: 5}", "SHAPE-003"),
    ("points: 4}", "points: four}", "SHAPE-003"),
    ("quick: true", "quick: maybe", "SHAPE-003"),
    ("dimension: presence", "dimension: presents", "BANK-002"),
    ('    when: profile.sells == "services"\n', "", "BANK-006"),
    ("    variant_of: S1\n    dimension: sales", "    variant_of: S1\n    dimension: presence", "BANK-005"),
    ("    variant_of: S1\n", "    variant_of: S1\n    quick: false\n", "BANK-012"),
    ("points.P1 == null ||", "points.S1 == null ||", "BANK-009"),
    ("points.P1 == null ||", "points.P2 == null ||", "BANK-009"),
    ("points.P1 == null ||", "points.P7 == null ||", "COND-001"),
    ('"services"\n    choices', '"servces"\n    choices', "COND-002"),
    ("schema: 1", "schema: 2", "PACK-002"),
    ("items:", "itmes:", "SHAPE-001"),
    ("ask: How many people work in it?", f"ask: {'x' * 1025}", "TEXT-001"),
]


@pytest.mark.parametrize(("old", "new", "code"), LETTERS)
def test_what_an_author_is_told(problems_with: Problems, old: str, new: str, code: str) -> None:
    problems = problems_with("bank", old, new)
    assert code in [problem.code for problem in problems], render(problems)
    assert all(problem.place.file == "bank.yaml" for problem in problems)


def test_the_place_is_the_line_of_the_mistake(problems_with: Problems, files: dict[str, str]) -> None:
    (problem,) = problems_with("bank", "    stage: 2", "    stag: 2")[:1]
    line = files["bank.yaml"].split("    stage: 2")[0].count("\n") + 1
    assert (problem.code, problem.place.line, problem.place.column) == ("SHAPE-001", line, 5)
    assert problem.remedy == "Did you mean 'stage'?"


def test_one_mistake_does_not_hide_the_next(problems_with: Problems) -> None:
    problems = problems_with(
        "bank", "stage: 1\n    ask: How many people work in it?", "stage: x\n    ask: ''"
    )
    assert {"SHAPE-004", "SHAPE-003"} <= {problem.code for problem in problems}
