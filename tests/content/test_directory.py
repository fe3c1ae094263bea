"""Tools, marketplaces and offices of an economy: at most three, fitting, and never by money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from content.directory import Directory, read_directory
from content.gaps import Gap
from content.guarded_yaml import read_yaml
from content.pack import Pack
from content.problems import Problem, Report, render

HEAD = """schema: 1
kinds:
  marketplace: {name: Where to sell, gaps: [findable], needed: yes, wanted: 5}
  payment: {name: Ways to be paid, gaps: [delivery]}
entries:
"""
ENTRY: Mapping[str, Any] = {
    "kind": "marketplace", "name": "A name", "what": "Sells crafts.", "cost": "free", "phone": "yes", "contact": "https://a.example",
}  # fmt: skip


def text(**entries: dict[str, Any]) -> str:
    import json

    lines = [f"  {id}: {json.dumps({**ENTRY, **entry})}" for id, entry in entries.items()]
    return HEAD + ("\n".join(lines) if lines else "  {}") + "\n"


def read(
    source: str, gaps: Mapping[str, Gap]
) -> tuple[Directory | None, dict[str, str], tuple[Problem, ...]]:
    report = Report()
    document = read_yaml(source.encode(), "directory.yaml", report)
    assert document is not None, render(report.problems)
    found = read_directory(document, gaps, report)
    return (*(found or (None, {})), report.problems)


def directory(pack: Pack, **entries: dict[str, Any]) -> Directory:
    found, _, problems = read(text(**entries), pack.gaps)
    assert found is not None, render(problems)
    return found


def ids(pack: Pack, language: str = "es-PE", kind: str | None = "marketplace", gap: str | None = None, abroad: bool = False, **entries: dict[str, Any]) -> list[str]:  # fmt: skip
    found = directory(pack, **entries).fitting(language, kind=kind, gap=gap, abroad=abroad)
    return [entry.id for entry in found]


def test_an_entry_says_all_that_one_should_know_before(small: Pack) -> None:
    more = {
        "needs": ["card"],
        "languages": ["es"],
        "abroad": "yes",
        "source": "https://s.example",
        "checked": "2026-11-01",
        "gaps": ["content"],
    }
    found, texts, problems = read(text(one=more), small.gaps)
    assert found is not None, render(problems)
    entry = found.entries["one"]
    assert (entry.name, entry.cost, entry.phone, entry.needs, entry.abroad) == (
        "A name",
        "free",
        True,
        ("card",),
        True,
    )
    assert (entry.source, entry.checked) == ("https://s.example", date(2026, 11, 1))
    assert (found.kinds["marketplace"].needed, found.kinds["marketplace"].wanted) == (True, 5)
    assert texts["directory/entries/one/what"] == "Sells crafts."
    assert texts["directory/kinds/payment/name"] == "Ways to be paid"


def test_at_most_three_are_named_in_the_order_of_the_file(small: Pack) -> None:
    assert ids(small, a={}, b={}, c={}, d={}) == ["a", "b", "c"]
    assert ids(small) == []


def test_only_those_of_the_kind_or_for_the_gap_are_named(small: Pack) -> None:
    entries: dict[str, dict[str, Any]] = {"a": {"kind": "payment"}, "b": {}, "c": {"gaps": ["content"]}}
    assert ids(small, **entries) == ["b", "c"]
    assert ids(small, kind=None, gap="findable", **entries) == ["b"]  # c is for something else
    assert ids(small, kind=None, gap="content", **entries) == ["c"]
    assert ids(small, kind=None, gap="booking", **entries) == []
    assert ids(small, kind="gone", **entries) == []


def test_what_fits_better_comes_first(small: Pack) -> None:
    assert ids(small, kind=None, gap="findable", a={}, b={"gaps": ["findable"]}) == ["b", "a"]
    assert ids(small, a={"languages": ["en"]}, b={"languages": ["es"]}, c={}) == ["b", "c", "a"]
    assert ids(small, a={"phone": "no"}, b={}) == ["b", "a"]
    assert ids(small, a={"needs": ["card", "address"]}, b={"needs": ["card"]}, c={}) == ["c", "b", "a"]
    assert ids(small, a={}, b={"abroad": "yes"}) == ["a", "b"]
    assert ids(small, abroad=True, a={}, b={"abroad": "yes"}) == ["b", "a"]


@pytest.mark.parametrize(("hers", "its", "first"), [("es-PE", "es", True), ("es", "es-PE", True), ("en", "en", True), ("vi", "en", False), ("en", "es", False)])  # fmt: skip
def test_her_language_is_recognized_whatever_the_region(
    small: Pack, hers: str, its: str, first: bool
) -> None:
    other = "fil"
    assert (ids(small, hers, a={"languages": [other]}, b={"languages": [its]}) == ["b", "a"]) == first


@pytest.mark.parametrize(
    "order", [("free", "paid", "both"), ("paid", "both", "free"), ("both", "free", "paid")]
)
def test_money_decides_nothing(small: Pack, order: tuple[str, ...]) -> None:
    entries = {f"{cost}_{n}": {"cost": cost} for n, cost in enumerate(order)}
    assert ids(small, **entries) == list(entries)


LETTERS = [
    ({"kind": "market"}, "DIR-001"), ({"gaps": ["findabel"]}, "GAP-003"), ({"cost": "cheap"}, "SHAPE-004"), ({"phone": "often"}, "SHAPE-003"),
    ({"needs": ["passport"]}, "SHAPE-004"), ({"needs": "card"}, "SHAPE-003"), ({"languages": ["Spanish"]}, "PACK-003"),
    ({"source": "http://s.example"}, "SHAPE-003"), ({"source": "javascript:alert(1)"}, "SHAPE-003"), ({"checked": "yesterday"}, "SHAPE-003"),
    ({"checked": "2026-02-30"}, "SHAPE-003"), ({"rank": "1"}, "SHAPE-001"), ({"name": ""}, "SHAPE-003"), ({"what": None}, "SHAPE-006"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "code"), LETTERS)
def test_what_an_author_of_entries_is_told(small: Pack, entry: dict[str, Any], code: str) -> None:
    found, _, problems = read(text(one={}, two=entry), small.gaps)
    assert found is None
    assert [(p.code, p.place.line) for p in problems] == [(code, 7)], render(problems)
    assert "Value error" not in problems[0].finding


def test_what_was_meant_by_a_wrong_day_is_shown(small: Pack) -> None:
    _, _, (problem,) = read(text(one={"checked": "1.11.2026"}), small.gaps)
    assert problem.finding == "'checked' is '1.11.2026', but should be a day like 2026-11-22."


@pytest.mark.parametrize("lines", ["kinds: [a]", "kinds: text", "entries: [a]", "entries: {one: two}", "entries: {one: [x]}", "kinds: {a: {}}", "x: y", "kinds: {a: {name: [x]}}"])  # fmt: skip
def test_odd_values_are_letters(small: Pack, lines: str) -> None:
    found, _, problems = read(f"schema: 1\n{lines}\n", small.gaps)
    assert found is None
    assert problems
