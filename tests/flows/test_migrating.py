"""A step is renamed or taken out while people stand in it."""

from __future__ import annotations

from content.problems import Report, render
from flows.compiler import compile_pack
from flows.conversations import World
from flows.version import Version, Versions
from tests.flows.small_packs import sources_with

BEFORE = """\
steps:
  - ask: colour
    say: Which colour?
    choices: {red: Red, blue: Blue}
  - say: Thank you.
    id: thanks_for_it
"""
AFTER = BEFORE.replace("ask: colour", "ask: paint").replace("Which colour?", "Which paint?")
MAP = "schema: 1\nflows:\n  welcome: {colour: paint}\n"


def compiled(welcome: str, **files: str) -> Version:
    report = Report()
    sources = sources_with(welcome=welcome) | {
        name.replace("_yaml", ".yaml"): text.encode() for name, text in files.items()
    }
    version = compile_pack(sources, report)
    assert version is not None, render(report.problems)
    return version


def standing_in(version: Version) -> World:
    """Ana has been asked for her colour."""
    world = World(Versions(version))
    assert world.write("Ana", "hello")[-1].text == "Which colour?"
    return world


def published(world: World, live: Version) -> None:
    before = world.versions.live
    world.versions = Versions(live, {before.structure: before})


def test_without_a_map_she_finishes_the_version_she_began_with() -> None:
    world = standing_in(compiled(BEFORE))
    published(world, compiled(AFTER))
    assert world.press("Ana", "red")[0].text == "Thank you."
    assert world.person("Ana").state["answers"]["colour"] == "red"


def test_with_a_map_she_stands_in_the_step_that_takes_its_place() -> None:
    world = standing_in(compiled(BEFORE))
    live = compiled(AFTER, migrations_yaml=MAP)
    published(world, live)
    assert world.press("Ana", "blue")[0].text == "Thank you."  # her old button is good
    assert world.person("Ana").state["answers"]["paint"] == "blue"


def test_the_question_is_asked_again_in_the_words_of_the_new_step() -> None:
    world = standing_in(compiled(BEFORE))
    published(world, compiled(AFTER, migrations_yaml=MAP))
    assert world.write("Ana", "xyzzy")[-1].text.endswith("Which paint?")


def test_steps_that_keep_their_name_go_along() -> None:
    world = standing_in(compiled(BEFORE))
    live = compiled(
        BEFORE + "  - say: One more.\n    id: more\n",
        migrations_yaml="schema: 1\nflows: {welcome: {gone: colour}}\n",
    )
    published(world, live)
    assert [reply.text for reply in world.press("Ana", "red")] == ["Thank you.", "One more."]


def test_another_instrument_keeps_her_where_she_is() -> None:
    world = standing_in(compiled(BEFORE))
    sources = sources_with(welcome=AFTER) | {"migrations.yaml": MAP.encode()}
    sources["scoring.yaml"] = sources["scoring.yaml"].replace(b"access: 1,", b"access: 2,")
    live = compile_pack(sources, Report())
    assert live is not None
    published(world, live)
    world.press("Ana", "red")
    assert world.person("Ana").state["answers"] == {"colour": "red"}


def test_a_map_that_leads_nowhere_is_a_problem() -> None:
    report = Report()
    wrong = "schema: 1\nflows:\n  welcome: {colour: pant}\n  welcom: {a: b}\n"
    compile_pack(sources_with(welcome=AFTER) | {"migrations.yaml": wrong.encode()}, report)
    assert {"FLOW-002", "FLOW-012"} <= set(report.codes())
    assert "Did you mean 'paint'?" in render(report.problems)
