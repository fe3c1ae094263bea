"""What a pack changes in the one it extends: each thing said, and nothing silently."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.changes import Difference, joined
from content.guarded_yaml import Document, read_yaml
from content.problems import CATALOGUE, Problem, Report, render

BANK = """schema: 1
bank: small
dimensions:
  presence: {name: Being found}
fields:
  - field: size
    ask: How many people?
    choices:
      one: Only me
      few: {text: A few of us, short: A few}
    synonyms: {one: [alone]}
  - field: goal
    ask: What would help?
items:
  - item: P1
    ask: What do people find?
"""
FLOW = """schema: 1
flow: menu
title: Menu
said: [menu, start]
steps:
  - say: Hello
    id: hello
  - ask: reach
    say: Where?
    choices: {near: Near, far: Far}
  - branch:
      - if: answers.reach == "far"
        then:
          - say: Far away
            id: away
      - else: []
  - say: Bye
    id: bye
"""
GAPS = """schema: 1
gaps:
  findable: {name: Found, tips: [One, Two]}
  order: {name: Orders, tips: [Three]}
"""
FILES = {"bank.yaml": BANK, "flows/menu.yaml": FLOW, "gaps.yaml": GAPS}


def document(text: str, name: str) -> Document:
    report = Report()
    read = read_yaml(text.encode(), name, report)
    assert read is not None, render(report.problems)
    return read


def join(file: str, own: str) -> tuple[Any, list[Difference], tuple[Problem, ...], Document]:
    """The file with the differences written in `own`: value, differences, problems, and the whole document."""
    report = Report()
    parent = document(FILES[file], f"base/{file}")
    found, differences = joined(file, parent, document("schema: 1\n" + own, file), report)
    return found.value, differences, report.problems, found


def changed(file: str, *changes: str) -> Any:
    value, _, problems, _ = join(file, "changes:\n" + "".join(f"  - {change}\n" for change in changes))
    assert not problems, render(problems)
    return value


def steps(value: Any) -> list[str]:
    return [step.get("id") or step.get("ask") or next(iter(step)) for step in value["steps"]]


def test_a_new_entry_stands_in_its_section_as_in_a_whole_file() -> None:
    own = "fields:\n  - {field: abroad, ask: Do you export?}\ndimensions: {making: {name: Making}}\n"
    value, differences, problems, _ = join("bank.yaml", own)
    assert not problems
    assert [field["field"] for field in value["fields"]] == ["size", "goal", "abroad"]
    assert list(value["dimensions"]) == ["presence", "making"]
    assert [(d.kind, d.id, str(d.place)) for d in differences] == [
        ("add", "abroad", "bank.yaml:3:5"),
        ("add", "making", "bank.yaml:4:14"),
    ]


def test_steps_are_put_in_before_and_behind_others_and_within_branches() -> None:
    value = changed(
        "flows/menu.yaml",
        "{after: hello, insert: [{say: A, id: a}, {say: B, id: b}]}",
        "{before: reach, insert: {say: C, id: c}}",
        "{after: away, insert: {say: D, id: d}}",
        "{insert: [{say: E, id: e}]}",
    )
    assert steps(value) == ["hello", "a", "b", "c", "reach", "branch", "bye", "e"]
    assert [step["id"] for step in value["steps"][5]["branch"][0]["then"]] == ["away", "d"]


def test_a_question_is_put_in_as_one_entry_and_not_as_its_keys() -> None:
    value = changed("flows/menu.yaml", "{after: hello, insert: {ask: more, say: More?}}")
    assert steps(value) == ["hello", "more", "reach", "branch", "bye"]


def test_entries_of_a_mapping_are_put_in_where_they_belong() -> None:
    value = changed(
        "gaps.yaml",
        "{before: order, insert: {pay: {name: Pay}}}",
        "{into: gaps, insert: {last: {name: Last}}}",
    )
    assert list(value["gaps"]) == ["findable", "pay", "order", "last"]


def test_what_is_changed_keeps_everything_else() -> None:
    value = changed(
        "bank.yaml",
        "{change: size, set: {ask: How many work there?, choices: {one: {short: Me}, few: {short: null}}}, "
        "add: {synonyms: {one: [by myself], few: [some]}}}",
        "{change: presence, set: {name: Seen}}",
    )
    size = value["fields"][0]
    assert size["ask"] == "How many work there?"
    assert size["choices"] == {"one": {"text": "Only me", "short": "Me"}, "few": {"text": "A few of us"}}
    assert size["synonyms"] == {"one": ["alone", "by myself"], "few": ["some"]}
    assert value["dimensions"] == {"presence": {"name": "Seen"}}


def test_one_step_is_replaced_by_several_and_another_taken_out() -> None:
    value = changed(
        "flows/menu.yaml",
        "{replace: away, with: [{say: X, id: x}, {say: Y, id: y}]}",
        "{remove: bye, reason: They close the shop first.}",
    )
    assert steps(value) == ["hello", "reach", "branch"]
    assert [step["id"] for step in value["steps"][2]["branch"][0]["then"]] == ["x", "y"]


def test_keys_of_the_file_itself_are_changed_like_entries() -> None:
    value = changed(
        "flows/menu.yaml",
        "{replace: said, with: [menu, list]}",
        "{change: said, add: [all]}",
        "{change: title, set: List}",
    )
    assert (value["said"], value["title"]) == (["menu", "list", "all"], "List")


def test_a_key_that_the_parent_lacks_is_added() -> None:
    value, differences, problems, _ = join("flows/menu.yaml", "flow: menu\nwhen: consent.guidance\n")
    assert not problems
    assert value["when"] == "consent.guidance"
    assert [(d.kind, d.id) for d in differences] == [("add", "when")]


def test_a_later_change_sees_what_an_earlier_one_has_made() -> None:
    value = changed(
        "flows/menu.yaml",
        "{after: hello, insert: {say: A, id: a}}",
        "{after: a, insert: {say: B, id: b}}",
        "{remove: a, reason: Only b was wanted.}",
    )
    assert steps(value) == ["hello", "b", "reach", "branch", "bye"]


def test_a_whole_flow_takes_the_place_of_another_only_with_a_reason() -> None:
    own = "flow: menu\ntitle: Ours\nsteps: [{say: Hi}]\n"
    value, differences, problems, _ = join("flows/menu.yaml", own + "overrides: Our law asks for it.\n")
    assert not problems
    assert (value["title"], "overrides" in value) == ("Ours", False)
    assert [(d.kind, d.id, d.reason) for d in differences] == [("override", "menu", "Our law asks for it.")]
    for reason in ("", "overrides:\n", "overrides: [because]\n"):
        assert [p.code for p in join("flows/menu.yaml", own + reason)[2]] == ["EXT-003"], reason


def test_what_is_put_together_names_the_file_and_line_of_each_part() -> None:
    value, _, _, found = join(
        "flows/menu.yaml",
        "flow: menu\nchanges:\n  - {after: hello, insert: {say: A, id: a}}\n  - {change: bye, set: {say: See you}}\n",
    )
    assert steps(value) == ["hello", "a", "reach", "branch", "bye"]
    at = found.marks.at
    assert str(at("steps", 0, "say")) == "base/flows/menu.yaml:6:10"
    assert str(at("steps", 1, "say")) == "flows/menu.yaml:4:34"
    assert str(at("steps", 3, "branch", 0, "then", 0, "id")) == "base/flows/menu.yaml:15:17"
    assert str(at("steps", 4, "say")) == "flows/menu.yaml:5:30"
    assert str(at("steps", 4, "id")) == "base/flows/menu.yaml:18:9"


LETTERS = [
    ("bank.yaml", "fields:\n  - {field: size, ask: X}", "EXT-004", "bank.yaml:3:5"),
    ("bank.yaml", "dimensions: {presence: {name: X}}", "EXT-004", "bank.yaml:2:14"),
    ("bank.yaml", "bank: other", "EXT-004", "bank.yaml:2:1"),
    ("bank.yaml", "fields: {abroad: {ask: X}}", "SHAPE-006", "bank.yaml:2:9"),
    ("bank.yaml", "fields: abroad", "SHAPE-006", "bank.yaml:2:9"),
    ("gaps.yaml", "gaps: [{name: X}]", "SHAPE-006", "gaps.yaml:2:7"),
    ("bank.yaml", "changes: {remove: goal}", "SHAPE-006", "bank.yaml:2:10"),
    ("bank.yaml", "changes: [goal]", "SHAPE-003", "bank.yaml:2:11"),
    ("bank.yaml", "changes: [[]]", "SHAPE-006", "bank.yaml:2:11"),
    ("bank.yaml", "changes: [{}]", "SHAPE-002", "bank.yaml:2:11"),
    ("bank.yaml", "changes: [{remove: goal}]", "SHAPE-002", "bank.yaml:2:11"),
    ("bank.yaml", 'changes: [{remove: goal, reason: ""}]', "SHAPE-003", "bank.yaml:2:35"),
    ("bank.yaml", "changes: [{remove: gaol, reason: R}]", "EXT-001", "bank.yaml:2:20"),
    ("bank.yaml", "changes: [{change: goal}]", "SHAPE-006", "bank.yaml:2:11"),
    ("bank.yaml", "changes: [{change: gaol, set: {ask: X}}]", "EXT-001", "bank.yaml:2:20"),
    ("bank.yaml", "changes: [{change: goal, set: {ask: X}, sett: 1}]", "SHAPE-001", "bank.yaml:2:41"),
    ("bank.yaml", "changes: [{replace: goal}]", "SHAPE-002", "bank.yaml:2:11"),
    ("bank.yaml", "changes: [{replace: goal, with: {}, insert: {}}]", "SHAPE-001", "bank.yaml:2:12"),
    ("bank.yaml", "changes: [{insert: {field: x}}]", "SHAPE-002", "bank.yaml:2:11"),
    ("bank.yaml", "changes: [{into: feilds, insert: {field: x}}]", "EXT-002", "bank.yaml:2:18"),
    ("bank.yaml", "changes: [{after: goal, into: items, insert: {field: x}}]", "SHAPE-006", "bank.yaml:2:11"),
    ("bank.yaml", "changes: [{after: gaol, insert: {field: x}}]", "EXT-001", "bank.yaml:2:19"),
    ("bank.yaml", "changes: [{after: bank, insert: {field: x}}]", "EXT-001", "bank.yaml:2:19"),
    ("bank.yaml", "changes: [{after: goal, insert: {field: size}}]", "EXT-005", "bank.yaml:2:33"),
    ("bank.yaml", "changes: [{after: goal, insert: text}]", "SHAPE-006", "bank.yaml:2:33"),
    ("gaps.yaml", "changes: [{after: order, insert: {findable: {}}}]", "EXT-005", "gaps.yaml:2:35"),
    ("gaps.yaml", "changes: [{after: order, insert: [{pay: {}}]}]", "SHAPE-006", "gaps.yaml:2:34"),
    ("flows/menu.yaml", "flow: mneu\nsaid: [x]", "FLOW-023", "flows/menu.yaml:2:7"),
    ("flows/menu.yaml", "changes: [{before: hello, insert: {ask: reach}}]", "EXT-005", "flows/menu.yaml:2:35"),
    ("flows/menu.yaml", "changes: [{after: title, insert: {say: A}}]", "EXT-001", "flows/menu.yaml:2:19"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "own", "code", "place"), LETTERS)
def test_what_an_author_is_told(file: str, own: str, code: str, place: str) -> None:
    _, _, problems, _ = join(file, own)
    assert (code, place) in [(p.code, str(p.place)) for p in problems], render(problems)


def test_the_word_that_was_meant_is_named() -> None:
    _, _, (problem,), _ = join("bank.yaml", "changes: [{remove: gaol, reason: R}]")
    assert problem.remedy == "Did you mean 'goal'?"


@pytest.mark.parametrize("nothing", ["", "changes:\n", "changes: []\n", "fields:\n", "dimensions: {}\n"])
def test_a_file_without_differences_is_its_parent(nothing: str) -> None:
    value, differences, problems, _ = join("bank.yaml", nothing)
    assert (value, differences, problems) == (document(BANK, "bank.yaml").value, [], ())


ODD: list[Any] = [None, "", "x", "goal", "0", [], ["a"], [None], {}, {"a": "b"}, {"text": {}}, [[]], [{}], {"branch": "x"}, {"branch": [{"then": "x"}]}]  # fmt: skip
CHANGES = {
    "schema": "1",
    "fields": [{"field": "new", "ask": "New?"}],
    "steps": None,
    "changes": [
        {"after": "goal", "insert": [{"field": "abroad", "ask": "X"}]},
        {"replace": "size", "with": {"field": "size"}},
        {"change": "goal", "set": {"ask": {"text": "X"}}, "add": {"synonyms": {"a": ["b"]}}},
        {"remove": "P1", "reason": "R"},
        {"into": "dimensions", "insert": {"making": {"name": "M"}}},
    ],
}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in inner for found in _paths(part, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], odd)
    return copy


@settings(max_examples=400, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(FILES)), st.sampled_from(_paths(CHANGES)[1:]), st.sampled_from(ODD), st.sampled_from(_paths(CHANGES)[1:]), st.sampled_from(ODD))  # fmt: skip
def test_no_odd_value_makes_joining_raise(file: str, path: Any, odd: Any, second: Any, other: Any) -> None:
    import json

    value = _with(CHANGES, path, odd)
    if second in _paths(value):
        value = _with(value, second, other)
    report = Report()
    own = read_yaml(json.dumps(value).encode(), file, report)
    assert own is not None
    joined(file, document(FILES[file], f"base/{file}"), own, report)
    assert {problem.code for problem in report.problems} <= CATALOGUE.keys()
    assert all("Traceback" not in problem.finding for problem in report.problems)
