"""What an economy may change without leaving the comparison, and what makes another instrument."""

from __future__ import annotations

import pytest

from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import base_with_library, compile_pack
from tests.content.extending import child

PARENT = base_with_library()
MAKING = "modules: [making]\n"


def instrument(pack: str = "", **files: str) -> str:
    report = Report()
    sources = child(PARENT, pack=pack, **{name: f"schema: 1\n{text}\n" for name, text in files.items()})
    version = compile_pack(sources, report, {"base": PARENT})
    assert version is not None, render(report.problems)
    return version.instrument


@pytest.fixture(scope="module")
def ours() -> str:
    return instrument()


def test_a_pack_that_changes_nothing_has_the_bases_instrument(ours: str) -> None:
    base = compile_pack(base_sources(), Report())
    assert base is not None
    assert base.instrument == ours


SAME = {
    "targets": {"scoring": "changes: [{change: targets, set: {one: 4}}]"},
    "goals": {"scoring": "changes: [{change: goals, set: {save_time: [ops]}}, {change: goal_boost, set: '2'}]"},
    "relevance": {"scoring": "changes: [{change: relevance, set: []}]"},
    "package": {"scoring": "changes: [{change: package, set: {items: 4}}]"},
    "words of a question": {"bank": "changes: [{change: P1, set: {ask: What do people see of you?}}]"},
    "words of a choice": {"bank": "changes: [{change: P1, set: {choices: {nothing: {text: None at all}}}}]"},
    "words of a level": {"scoring": "changes: [{change: levels, set: [" + ", ".join(f"{{level: {id}, from: {start}, name: N{start}, say: S}}" for id, start in (("starting", 0), ("building", 25), ("connected", 50), ("leading", 75))) + "]}]"},
    "synonyms": {"bank": "changes: [{change: P1, add: {synonyms: {nothing: [nowhere at all]}}}]"},
    "a field more": {"bank": "fields: [{field: boat, stage: 2, ask: A boat?, choices: {has: Ours, none: None}}]"},
    "an own dimension without weight": {"pack": MAKING},
    "a tip": {"gaps": "changes: [{change: findable, add: {tips: [One more thing to do today.]}}]"},
    "a term": {"terms": "terms: {wallet: {en: {one: purse}}}"},
}  # fmt: skip
OTHER = {
    "a weight": {"scoring": "changes: [{change: weights, set: {sales: 2}}]"},
    "a weight of the own dimension": {"pack": MAKING, "scoring": "changes: [{change: weights, set: {making: 1}}]"},
    "a level": {"scoring": "changes: [{change: levels, set: [{level: starting, from: 0, name: S, say: S}, {level: leading, from: 60, name: L, say: L}]}]"},
    "how many answers are enough": {"scoring": "changes: [{change: min_answered_share, set: '0.8'}]"},
    "whom a question is for": {"bank": "changes: [{change: P1, set: {when: 'profile.sells == \"goods\"'}}]"},
    "an item more": {"bank": "items: [{item: Z1, dimension: sales, gap: order, ask: Z?, choices: {" + ", ".join(f"z{n}: {{text: Z{n}, points: {n}}}" for n in range(5)) + "}}]"},
    "what an answer is worth": {"bank": "changes: [{change: P1, set: {choices: {own_site: null, shop: {text: Our own shop, points: 4}}}}]"},
    "what the quick check asks": {"bank": "changes: [{change: P1, set: {quick: false}}]"},
}  # fmt: skip


@pytest.mark.parametrize("what", SAME)
def test_this_leaves_results_comparable(ours: str, what: str) -> None:
    assert instrument(**SAME[what]) == ours


@pytest.mark.parametrize("what", OTHER)
def test_this_makes_another_instrument(ours: str, what: str) -> None:
    assert instrument(**OTHER[what]) != ours


@pytest.mark.parametrize("points", ["0", "3", "5", "null"])
def test_points_stand_in_one_order_only(points: str) -> None:
    change = f"changes: [{{change: P1, set: {{choices: {{own_site: {{points: {points}}}}}}}}}]"
    report = Report()
    assert compile_pack(child(PARENT, bank=f"schema: 1\n{change}\n"), report, {"base": PARENT}) is None
    assert {"BANK-003", "SHAPE-003"} & set(report.codes())
