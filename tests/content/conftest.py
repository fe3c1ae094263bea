"""What the tests of content share: the base pack, and a small pack whose sums can be done by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from content.pack import Pack, read_pack
from content.problems import Problem, Report, render
from content.sources import base_sources

PACK = """
schema: 1
pack: small
title: A small pack
version: 1.0.0
languages: [en, es-PE]
zone: America/Lima
economy: PE
authority: {name: The ministry, contact: "Call 123"}
quiet_hours: {from: "20:00", to: "08:00"}
opening: welcome
"""

BANK = """
schema: 1
bank: small
version: 1.2.0
how_to_answer: Pick the last line that is true today.
dimensions:
  presence: {name: Being found}
  sales: {name: Selling}
fields:
  - field: size
    stage: 1
    ask: How many people work in it?
    ask_group: How many people do the group's own work?
    choices:
      one: {text: Only me, range: 1}
      few: {text: 2 to 4, range: 2-4}
      more: {text: 5 or more, range: 5+}
  - field: goal
    stage: 1
    ask: What would help you most?
    choices: {customers: More customers, time: Saving time}
  - field: sells
    stage: 1
    ask: What do you sell?
    choices: {goods: Goods, services: Services}
  - field: registered
    stage: 2
    ask: Is it registered?
    why: It only changes which tips you get.
    choices: {yes: Yes, no: Not yet}
items:
  - item: P1
    dimension: presence
    gap: findable
    quick: true
    ask: What do people find?
    help: A page can be on any app.
    choices: &FIVE
  - item: P2
    dimension: presence
    gap: content
    ask: How often do you show your work?
    when: points.P1 == null || points.P1 >= 1
    choices: &FIVE
  - item: S1
    dimension: sales
    gap: delivery
    quick: true
    ask: How do goods reach buyers?
    when: profile.sells != "services"
    choices: &FIVE
  - item: S1s
    variant_of: S1
    dimension: sales
    gap: booking
    ask: How do customers get a time?
    when: profile.sells == "services"
    choices: &FIVE
""".replace("&FIVE", "{a: {text: A, points: 0}, b: {text: B, points: 1}, c: {text: C, points: 2}, d: {text: D, points: 3}, e: {text: E, points: 4}}")  # fmt: skip

SCORING = """
schema: 1
min_answered_share: 0.5
levels:
  - {level: starting, from: 0, name: Starting, say: A good start.}
  - {level: building, from: 25, name: Building, say: You build.}
  - {level: connected, from: 50, name: Connected, say: It works.}
  - {level: leading, from: 75, name: Leading, say: Far along.}
targets: {one: 3, few: 3, more: 4}
goals: {customers: [presence], time: []}
goal_boost: 1.5
urgent: {gaps: [content], max_points: 1, boost: 1.25}
relevance_limits: [0.5, 2.0]
relevance:
  - {when: profile.sells == "goods", gaps: {delivery: 1.2}}
package: {items: 3, max_per_dimension: 1, at_least_one_ease: 1.0}
"""

GAPS = """
schema: 1
gaps:
""" + "".join(
    f"""
  {gap}:
    dimension: {dimension}
    name: Name of {gap}
    reason: Reason for {gap}
    ease: {ease}
    film: V01
    after: [{after}]
    tips: [One tip, Another tip]
    quiz: {{ask: What helps?, choices: {{x: This, y: That}}, right: x, explain: It does.}}
"""
    for gap, dimension, ease, after in (
        ("findable", "presence", "0.8", ""),
        ("content", "presence", "1.0", "findable"),
        ("delivery", "sales", "0.8", "findable"),
        ("booking", "sales", "0.6", ""),
    )
)

FILMS = "schema: 1\nfilms:\n  V01:\n    title: A film\n    scenes:\n" + "".join(
    f"      - picture: Scene {n}\n        words: This scene has got {'one two three four five six seven eight. ' * 2}\n"
    for n in range(5)
)

SMALL = {
    "pack.yaml": PACK,
    "bank.yaml": BANK,
    "scoring.yaml": SCORING,
    "gaps.yaml": GAPS,
    "films.yaml": FILMS,
}


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    """The files of the small pack, to be changed by a test that mends or breaks one."""
    return dict(SMALL)


@pytest.fixture(scope="session")
def problems_with() -> Callable[..., tuple[Problem, ...]]:
    """The problems of the small pack with one piece of a file replaced: problems_with("bank", old, new)."""

    def problems(file: str, old: str, new: str) -> tuple[Problem, ...]:
        name = f"{file}.yaml"
        assert old in SMALL[name], "the piece to replace is not in the file"
        report = Report()
        read_pack(_bytes(SMALL | {name: SMALL[name].replace(old, new, 1)}), report)
        return report.problems

    return problems


def _bytes(files: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in files.items()}


@pytest.fixture(scope="session")
def small() -> Pack:
    report = Report()
    pack = read_pack(_bytes(SMALL), report)
    assert pack is not None, render(report.problems)
    return pack


@pytest.fixture(scope="session")
def base() -> Pack:
    report = Report()
    pack = read_pack(base_sources(), report)
    assert pack is not None, render(report.problems)
    return pack
