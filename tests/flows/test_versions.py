"""A pack is published while people are in the middle of it."""

from __future__ import annotations

import pytest

from flows.conversations import World
from flows.version import UnknownVersionError, Version, Versions
from tests.flows.small_packs import compiled

BEFORE = """
steps:
  - ask: one
    say: First question?
    choices: {yes: "Yes", no: "No"}
  - say: In between.
  - ask: two
    say: Second question?
    choices: {yes: "Yes", no: "No"}
  - say: The end.
    id: the_end
"""
REWORDED = BEFORE.replace("Second question?", "Second question, better?").replace(
    "In between.", "Between them."
)
WITH_A_STEP = BEFORE.replace(
    "  - say: In between.\n",
    "  - say: In between.\n  - ask: extra\n    say: Extra?\n    choices: {a: A, b: B}\n",
)
WITHOUT_TWO = BEFORE.replace("ask: two", "ask: other").replace("Second", "Another")


def publish(world: World, live: Version) -> None:
    before = world.versions
    world.versions = Versions(live, {**before.older, before.live.structure: before.live})


def test_a_text_edit_keeps_the_structure_and_changes_the_content() -> None:
    before, after = compiled(welcome=BEFORE), compiled(welcome=REWORDED)
    assert before.structure == after.structure
    assert before.content != after.content


@pytest.mark.parametrize(
    "edit",
    [
        WITH_A_STEP,
        WITHOUT_TWO,
        BEFORE.replace('{yes: "Yes", no: "No"}', '{yes: "Yes", no: "No", perhaps: Perhaps}', 1),
        BEFORE.replace("  - say: The end.\n", '  - say: The end.\n    when: answers.one == "yes"\n'),
        BEFORE.replace("    say: First question?\n", "    say: First question?\n    required: yes\n"),
    ],
)
def test_an_edit_of_the_shape_changes_the_structure(edit: str) -> None:
    assert compiled(welcome=BEFORE).structure != compiled(welcome=edit).structure


def test_new_words_reach_those_who_are_in_the_middle() -> None:
    world = World(Versions(compiled(welcome=BEFORE)))
    world.write("Ana", "hola")
    publish(world, compiled(welcome=REWORDED))
    assert world.press("Ana", "yes")[-1].text == "Second question, better?"


def test_who_is_in_the_middle_finishes_the_structure_she_began_with() -> None:
    world = World(Versions(compiled(welcome=BEFORE)))
    world.write("Ana", "hola")
    publish(world, compiled(welcome=WITHOUT_TWO))
    assert world.press("Ana", "yes")[-1].text == "Second question?"
    assert world.press("Ana", "no")[-1].text == "The end."
    assert world.write("Ben", "hola")[-1].text == "First question?"
    assert world.press("Ben", "yes")[-1].text == "Another question?"


def test_an_old_run_may_call_a_menu_of_the_new_version_and_come_back() -> None:
    world = World(Versions(compiled(welcome=BEFORE)))
    world.write("Ana", "hola")
    publish(world, compiled(welcome=WITH_A_STEP))
    assert world.write("Ana", "menu")[-1].text == "What would you like to do?"
    assert world.press("Ana", "go_on")[-1].text.endswith("First question?")
    assert world.press("Ana", "yes")[-1].text == "Second question?"


def test_a_version_that_was_not_loaded_is_asked_for() -> None:
    world = World(Versions(compiled(welcome=BEFORE)))
    world.write("Ana", "hola")
    world.versions = Versions(compiled(welcome=WITHOUT_TWO))
    with pytest.raises(UnknownVersionError):
        world.press("Ana", "yes")
