"""The conversation tests of the base pack, and what they say when a conversation goes otherwise."""

from __future__ import annotations

import pytest

from content.guarded_yaml import Document, read_yaml
from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.conversations import play_file
from flows.events import EVENTS, wrong_data
from flows.version import Version, Versions


def _documents() -> list[Document]:
    version = compile_pack(base_sources(), Report())
    assert version is not None
    return list(version.pack.test_sources)


@pytest.mark.parametrize("document", _documents(), ids=lambda document: document.file)
def test_the_base_pack_talks_as_written(base: Version, document: Document) -> None:
    report = Report()
    played = play_file(document.value, document.marks, document.file, Versions(base), report)
    assert report.ok, render(report.problems)
    assert played


def play(base: Version, steps: str, given: str = "{}") -> Report:
    source = f"test_cases:\n  - test_case: one\n    given: {given}\n    steps:\n{steps}"
    report = Report()
    document = read_yaml(source.encode(), "tests/mine.yaml", report)
    assert document is not None, render(report.problems)
    play_file(document.value, document.marks, document.file, Versions(base), report)
    return report


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ("      - user: hi\n      - bot: Good evening\n", "TEST-004"),
        ("      - user: hi\n      - choose: nonsense\n", "TEST-004"),
        ("      - user: hi\n      - saved: {role: own}\n", "TEST-004"),
        ("      - user: hi\n      - events: [diagnostic_completed]\n", "TEST-004"),
        ("      - user: hi\n      - score: {level: leading}\n", "TEST-004"),
        ("      - user: hi\n      - gaps: [findable]\n", "TEST-004"),
        ("      - usre: hi\n", "TEST-001"),
        ("      - user: hi\n        bot: Hello\n", "TEST-006"),
        ("      []\n", "TEST-002"),
    ],
)
def test_what_differs_is_a_problem_with_its_place(base: Version, steps: str, code: str) -> None:
    report = play(base, steps)
    assert code in report.codes()
    assert report.errors[0].place.file == "tests/mine.yaml"


def test_every_event_of_a_conversation_fits_its_schema(base: Version) -> None:
    import random

    from flows.conversations import World
    from tests.flows.walking import Walker

    seen = set()
    for seed in range(60):
        world = World(Versions(base))
        walker = Walker(world, "Ana", random.Random(seed), asides=0.1)
        walker.walk(lambda: False, 90)
        for event in world.person("Ana").events:
            assert wrong_data(event.kind, event.data) == [], event
            seen.add(event.kind)
    outside_only = {kind for kind, about in EVENTS.items() if kind.startswith("video_")}
    assert seen <= set(EVENTS)
    assert len(seen) > 12, seen - outside_only
