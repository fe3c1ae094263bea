"""Where a pack comes from: its parents, pins, copies and modules, and what is said when something does not fit."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from content.guarded_yaml import BYTES
from content.lineage import PINNED, hash_of_sources, is_self_contained, self_contained
from content.problems import Problem, render
from tests.content.extending import CHILD, child, good, letters, read_with

Sources = dict[str, bytes]


@pytest.fixture(scope="module")
def parent() -> Sources:
    """A small base with a module."""
    from tests.content.conftest import SMALL

    files = {**SMALL, "modules/making/bank.yaml": "schema: 1\ndimensions: {making: {name: Making things}}\n"}
    files["flows/menu.yaml"] = "schema: 1\nflow: menu\ntitle: Menu\nsteps: [{say: Hello, id: hello}]\n"
    files["tests/menu.yaml"] = "test_cases: []\n"
    return {path: text.replace("pack: small", "pack: base").encode() for path, text in files.items()}


def told(sources: Mapping[str, bytes], parents: Mapping[str, Mapping[str, bytes]]) -> tuple[Problem, ...]:
    """The problems of a pack that cannot be used, found in less than a second."""
    start = time.process_time()
    _, problems = read_with(sources, parents)
    assert any(problem.severity == "error" for problem in problems)
    assert time.process_time() - start < 1
    render(problems)
    return problems


def with_pinned(own: Sources, parent: Sources) -> Sources:
    return {**own, **{PINNED + path: source for path, source in parent.items()}}


def test_a_pack_has_all_of_its_parent_and_what_it_changes(parent: Sources) -> None:
    own = child(parent, gaps="schema: 1\nchanges: [{change: findable, set: {name: Seen}}]\n")
    pack = good(own, {"base": parent})
    assert (pack.id, pack.extends, pack.title, pack.opening) == ("pe", ("base",), "A pack for pe", "welcome")
    assert pack.texts["gaps/findable/name"] == "Seen"
    assert pack.texts["gaps/content/name"] == "Name of content"
    assert [(d.file, d.kind, d.id) for d in pack.differences if d.file != "pack.yaml"] == [
        ("gaps.yaml", "change", "findable")
    ]


def test_a_pack_may_extend_another_economys(parent: Sources) -> None:
    peru = child(parent, gaps="schema: 1\nchanges: [{change: findable, set: {name: Seen}}]\n")
    bolivia = child(peru, "pe", "bo", films="schema: 1\nchanges: [{change: V01, set: {title: Ours}}]\n")
    pack = good(bolivia, {"base": parent, "pe": peru})
    assert pack.extends == ("pe", "base")
    assert (pack.texts["gaps/findable/name"], pack.texts["films/V01/title"]) == ("Seen", "Ours")
    assert {d.file for d in pack.differences} == {"pack.yaml", "films.yaml"}


def test_a_pack_builds_from_its_copy_whatever_became_of_the_parent(parent: Sources) -> None:
    own = with_pinned(child(parent), parent)
    newer = {**parent, "gaps.yaml": b"schema: 1\ngaps: {}\n"}
    assert good(own, {}).texts == good(own, {"base": newer}).texts


def test_what_is_published_holds_all_it_stands_on(parent: Sources) -> None:
    peru = child(parent, gaps="schema: 1\nchanges: [{change: findable, set: {name: Seen}}]\n")
    bolivia = child(peru, "pe", "bo")
    parents = {"base": parent, "pe": peru}
    whole = self_contained(bolivia, parents)
    assert f"{PINNED}{PINNED}bank.yaml" in whole
    assert good(whole, {}).texts == good(bolivia, parents).texts
    assert self_contained(whole, {}) == whole
    assert is_self_contained(whole)


def test_a_pin_is_the_same_with_the_copy_of_the_parent_and_without(parent: Sources) -> None:
    own = child(parent)
    assert hash_of_sources(own) == hash_of_sources(with_pinned(own, parent))


def test_a_pin_holds_all_but_the_conversation_tests(parent: Sources) -> None:
    pin = hash_of_sources(parent)
    assert hash_of_sources(dict(reversed(parent.items()))) == pin
    assert hash_of_sources({**parent, "tests/menu.yaml": b"other"}) == pin
    for path in ("bank.yaml", "flows/menu.yaml", "modules/making/bank.yaml"):
        assert hash_of_sources({**parent, path: parent[path] + b"\n"}) != pin


# --- what does not fit -----------------------------------------------------------------------------


def test_a_missing_parent_is_named_with_what_was_perhaps_meant(parent: Sources) -> None:
    (problem,) = told(child(parent, "bsae"), {"base": parent})
    assert (problem.code, str(problem.place)) == ("EXT-006", "pack.yaml:6:10")
    assert problem.remedy == "Did you mean 'base'?"


def test_another_parent_than_the_pinned_one_is_a_letter(parent: Sources) -> None:
    newer = {**parent, "bank.yaml": parent["bank.yaml"] + b"\n"}
    assert letters(told(child(parent), {"base": newer})) == [("EXT-008", "pack.yaml:6:10")]


@pytest.mark.parametrize(
    "pinned", ["", "pinned: {version: 1.0.0}\n", "pinned: [x]\n", "pinned: x\n", "pinned: {hash: {a: b}}\n"]
)
def test_a_pack_without_a_pin_is_told_how_to_get_one(parent: Sources, pinned: str) -> None:
    own = child(parent)
    lines = [line for line in own["pack.yaml"].decode().splitlines() if not line.startswith("pinned")]
    own["pack.yaml"] = ("\n".join(lines) + "\n" + pinned).encode()
    (problem,) = told(own, {"base": parent})
    assert problem.code == "EXT-008"
    assert "the pin is not there" in problem.finding


def test_a_copy_that_was_changed_by_hand_is_a_letter(parent: Sources) -> None:
    own = with_pinned(child(parent), {**parent, "gaps.yaml": parent["gaps.yaml"] + b"#"})
    assert letters(told(own, {"base": parent})) == [("EXT-009", "pack.yaml:6:10")]


def test_packs_that_extend_one_another_in_a_circle_are_told_so(parent: Sources) -> None:
    itself = child(parent, "pe")
    assert [p.code for p in told(itself, {"pe": itself})] == ["EXT-007"]
    bolivia = child({}, "pe", "bo")
    peru = child(bolivia, "bo", "pe")
    bolivia = child(peru, "pe", "bo")
    (problem,) = told(bolivia, {"bo": bolivia, "pe": peru})
    assert (problem.code, "bo → pe → bo" in problem.finding) == ("EXT-007", True)


def test_packs_may_not_extend_one_another_without_end(parent: Sources) -> None:
    parents: dict[str, Sources] = {"base": parent}
    last = "base"
    for number in range(8):
        parents[f"p{number}"] = child(parents[last], last, f"p{number}")
        last = f"p{number}"
    assert [p.code for p in told(parents.pop(last), parents)] == ["EXT-007"]


UNREADABLE = [
    ("extends: [base]", "SHAPE-006", "pack.yaml:6:10"),
    ("extends: {base: 1}", "SHAPE-006", "pack.yaml:6:10"),
    ("extends: 'base", "YAML-001", "pack.yaml:"),
    ("extends: base\nextends: base", "YAML-009", "pack.yaml:7:1"),
]


@pytest.mark.parametrize(("line", "code", "place"), UNREADABLE)
def test_a_pack_that_does_not_say_what_it_extends_is_judged_no_further(
    parent: Sources, line: str, code: str, place: str
) -> None:
    own = child(parent)
    own["pack.yaml"] = own["pack.yaml"].replace(b"extends: base", line.encode())
    (problem,) = told(own, {"base": parent})
    assert problem.code == code
    assert str(problem.place).startswith(place)


@pytest.mark.parametrize("of", ["", "x", "1e9", "../base", "base" * 100, "🌻"])
def test_odd_parents_are_letters(parent: Sources, of: str) -> None:
    own = {"pack.yaml": CHILD.format(id="pe", parent=f'"{of}"', hash="x").encode()}
    assert [p.code for p in told(own, {"base": parent})] == ["EXT-006"]


def test_a_file_of_10_megabytes_is_a_letter_wherever_it_stands(parent: Sources) -> None:
    large = b"# " + b"x" * (10 * BYTES)
    assert ("YAML-002", "bank.yaml:1:1") in letters(
        told({**child(parent), "bank.yaml": large}, {"base": parent})
    )
    broken = {**parent, "bank.yaml": large}
    assert ("YAML-002", "base/bank.yaml:1:1") in letters(told(child(broken), {"base": broken}))


def test_a_file_that_no_pack_holds_is_a_hint(parent: Sources) -> None:
    _, (problem,) = read_with({**child(parent), "frauds.yaml": b"a: b"}, {"base": parent})
    assert (problem.code, problem.severity, problem.place.file) == ("PACK-009", "hint", "frauds.yaml")


# --- places in letters -----------------------------------------------------------------------------


def test_a_letter_names_the_file_its_author_has_to_open(parent: Sources) -> None:
    own = child(parent, gaps="schema: 1\nchanges:\n  - {change: findable, set: {ease: much}}\n")
    assert ("SHAPE-003", "gaps.yaml:3:36") in letters(told(own, {"base": parent}))


def test_a_letter_about_the_parent_names_the_copy_or_the_parent(parent: Sources) -> None:
    wrong = {**parent, "gaps.yaml": parent["gaps.yaml"].replace(b"ease: 0.6", b"ease: much")}
    line = wrong["gaps.yaml"][: wrong["gaps.yaml"].index(b"ease: much")].count(b"\n") + 1
    own = child(wrong)
    assert letters(told(own, {"base": wrong})) == [("SHAPE-003", f"base/gaps.yaml:{line}:11")]
    assert letters(told(with_pinned(own, wrong), {})) == [("SHAPE-003", f"pinned/gaps.yaml:{line}:11")]


def test_a_letter_about_a_grandparent_says_through_whom(parent: Sources) -> None:
    wrong = {**parent, "gaps.yaml": parent["gaps.yaml"].replace(b"ease: 0.6", b"ease: much")}
    peru = child(wrong)
    bolivia = child(peru, "pe", "bo")
    places = {p.place.file for p in told(self_contained(bolivia, {"base": wrong, "pe": peru}), {})}
    assert places == {"pinned/pinned/gaps.yaml"}


# --- modules ---------------------------------------------------------------------------------------


def test_a_module_is_there_only_where_it_is_switched_on(parent: Sources) -> None:
    assert "making" not in good(child(parent), {"base": parent}).bank.dimensions
    pack = good(child(parent, pack="modules: [making]\n"), {"base": parent})
    assert "making" in pack.bank.dimensions
    assert pack.modules == ("making",)


def test_a_module_that_parent_and_child_switch_on_is_there_once(parent: Sources) -> None:
    peru = child(parent, pack="modules: [making]\n")
    for more in ("", "modules: [making]\n", "modules: [making, making]\n"):
        bolivia = good(child(peru, "pe", "bo", pack=more), {"base": parent, "pe": peru})
        assert (bolivia.bank.dimensions.count("making"), bolivia.modules) == (1, ("making",)), more


def test_an_unknown_module_is_a_letter(parent: Sources) -> None:
    _, (problem,) = read_with(child(parent, pack="modules: [makign]\n"), {"base": parent})
    assert (problem.code, problem.place.file, problem.remedy) == (
        "EXT-010",
        "pack.yaml",
        "Did you mean 'making'?",
    )


def test_a_pack_has_modules_of_its_own_and_its_differences_stay_known(parent: Sources) -> None:
    own = child(
        parent, pack="modules: [boats]\n", modules__boats__bank="schema: 1\ndimensions: {boats: {name: Boats}}\n",
        gaps="schema: 1\nchanges: [{change: findable, set: {name: Seen}}]\n",
    )  # fmt: skip
    pack = good(own, {"base": parent})
    assert [d.id for d in pack.differences if d.file != "pack.yaml"] == ["findable", "boats"]
