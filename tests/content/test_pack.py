"""A pack as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.charter import Template
from content.guarded_yaml import BYTES, read_yaml
from content.pack import Pack, read_pack
from content.problems import Problem, Report, render
from content.sources import base_sources, read_folder
from content.translations import words_of
from content.words import Words, hash_of

Problems = Callable[..., tuple[Problem, ...]]


def words(pack: Pack) -> Words:
    return words_of(pack.texts, pack.catalogues, pack.terms)


def read(files: dict[str, str]) -> tuple[Pack | None, Report]:
    report = Report()
    return read_pack({name: text.encode() for name, text in files.items()}, report), report


def test_the_base_pack_has_no_problems() -> None:
    report = Report()
    assert read_pack(base_sources(), report) is not None
    assert not report.problems, render(report.problems)


def test_the_base_pack_is_complete(base: Pack) -> None:
    assert len({item.slot for item in base.bank.items}) == 27
    assert len(base.bank.items) == 30
    assert len([item for item in base.bank.items if item.quick and item.slot == item.id]) == 9
    assert len(base.gaps) == 30
    assert len(base.films) == 18
    assert all(gap.film in base.films for gap in base.gaps.values())
    assert {item.gap for item in base.bank.items} == set(base.gaps)


def test_a_pack_says_who_is_behind_it(small: Pack) -> None:
    assert (small.id, small.title, small.version, small.opening) == (
        "small",
        "A small pack",
        "1.0.0",
        "welcome",
    )
    assert (small.languages, small.zone) == (("en", "es-PE"), "America/Lima")
    assert small.economy is not None
    assert small.economy.code == "PE"
    assert (small.authority.name, small.authority.contact) == ("The ministry", "Call 123")
    assert (small.quiet_hours.start, small.quiet_hours.end) == ("20:00", "08:00")


def test_all_words_have_their_keys(small: Pack) -> None:
    for key in (
        "bank/how_to_answer", "bank/size/ask", "bank/size/choices/one", "dimensions/presence/name", "levels/starting/say",
        "gaps/findable/name", "gaps/findable/reason", "gaps/findable/tips/2", "gaps/findable/quiz/choices/x",
        "gaps/findable/quiz/explain", "films/V01/title", "films/V01/scenes/1/picture", "films/V01/scenes/5/words",
    ):  # fmt: skip
        assert words(small).of(key, "en"), key


MISSING = ["pack.yaml", "bank.yaml", "scoring.yaml", "gaps.yaml", "films.yaml"]


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_file_is_named(files: dict[str, str], name: str) -> None:
    pack, report = read({other: text for other, text in files.items() if other != name})
    assert pack is None
    assert ("PACK-001", name) in [(p.code, p.place.file) for p in report.problems]


LETTERS = [
    ("languages: [en, es-PE]", "languages: [en, es_PE]", "PACK-003"),
    ("languages: [en, es-PE]", "languages: []", "SHAPE-006"),
    ("zone: America/Lima", "zone: America/Limo", "PACK-004"),
    ("zone: America/Lima", "zone: ../../etc/passwd", "PACK-004"),
    ("zone: America/Lima", "zone: America", "PACK-004"),
    ("economy: PE", "economy: Peru", "PACK-005"),
    ('from: "20:00"', 'from: "25:00"', "SHAPE-003"),
    ('to: "08:00"', "to: morning", "SHAPE-003"),
    ("schema: 1", "schema: one", "PACK-002"),
    ("opening: welcome", "opnening: welcome", "SHAPE-001"),
    ("pack: small", "pack: Small pack", "SHAPE-005"),
]


@pytest.mark.parametrize(("old", "new", "code"), LETTERS)
def test_what_an_author_is_told(problems_with: Problems, old: str, new: str, code: str) -> None:
    problems = problems_with("pack", old, new)
    assert code in [problem.code for problem in problems], render(problems)


def test_an_economy_is_optional(files: dict[str, str]) -> None:
    pack, report = read(files | {"pack.yaml": files["pack.yaml"].replace("economy: PE", "economy: null")})
    assert pack is not None, render(report.problems)
    assert pack.economy is None


def test_problems_of_all_files_come_in_one_run(files: dict[str, str]) -> None:
    broken = files | {
        "pack.yaml": files["pack.yaml"].replace("America/Lima", "Lima"),
        "films.yaml": "films: [",
        "scoring.yaml": files["scoring.yaml"].replace("from: 0", "from: 1"),
        "flows/menu.yaml": "a: 1\na: 2",
    }
    pack, report = read(broken)
    assert pack is None
    assert {p.place.file for p in report.problems} >= {
        "pack.yaml",
        "films.yaml",
        "scoring.yaml",
        "flows/menu.yaml",
    }


def test_flows_and_tests_are_read_but_not_understood(files: dict[str, str]) -> None:
    flow = {
        "flows/menu.yaml": "flow: menu\nwhen: no",
        "tests/menu.yaml": "test_cases: []",
        "README.yaml": "[",
    }
    pack, report = read(files | flow)
    assert pack is not None, render(report.problems)
    assert [(file, value) for file, value, _ in pack.flow_sources] == [
        ("flows/menu.yaml", {"flow": "menu", "when": "no"})
    ]
    assert [file for file, _, _ in pack.test_sources] == ["tests/menu.yaml"]


def test_translations_are_part_of_a_pack(files: dict[str, str]) -> None:
    po = 'msgctxt "bank/how_to_answer"\nmsgid "Pick the last line that is true."\nmsgstr "Elija la última que es cierta."\n'
    pack, report = read(files | {"po/es-PE.po": po})
    assert pack is not None, render(report.problems)
    assert words(pack).of("bank/how_to_answer", "es-PE") == "Elija la última que es cierta."
    assert words(pack).of("bank/goal/ask", "es-PE") == "What would help you most?"
    _, other = read(files | {"po/vi.po": po})
    assert other.codes() == ("PACK-006",)


ODD: list[Any] = [
    None,
    "",
    "x",
    "0",
    "-1",
    "1e999",
    "yes",
    [],
    ["a"],
    {},
    {"a": "b"},
    {"text": {}},
    [[]],
    "{0}",
    "a.b == 1",
    "🌻" * 50,
]


@settings(max_examples=250, deadline=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_odd_value_makes_reading_raise(files: dict[str, str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(files)))
    document = read_yaml(files[name].encode(), name, Report())
    assert document is not None
    path = data.draw(st.sampled_from([path for path in document.marks.values if path]))
    holder: Any = document.value
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = data.draw(st.sampled_from(ODD))
    pack, report = read(files | {name: yaml.safe_dump(document.value, allow_unicode=True)})
    assert (pack is None) <= (not report.ok)
    render(report.problems)


STRUCTURE = [
    ("bank.yaml", "ask: What do people find?", "ask: What can people find?", False),
    ("bank.yaml", "help: A page can be on any app.\n", "why: It counts.\n", False),
    ("gaps.yaml", "tips: [One tip, Another tip]", "tips: [A first tip, Another tip]", False),
    ("scoring.yaml", "say: You build.", "say: You are building.", False),
    ("bank.yaml", "version: 1.2.0", "version: 1.3.0", True),
    ("bank.yaml", "points.P1 >= 1", "points.P1 >= 2", True),
    ("bank.yaml", "customers: More customers", "clients: More customers", True),
    ("scoring.yaml", "goal_boost: 1.5", "goal_boost: 1.6", True),
    ("scoring.yaml", "gaps: {delivery: 1.2}", "gaps: {delivery: 1.3}", True),
    ("gaps.yaml", "ease: 0.6", "ease: 0.8", True),
]


@pytest.mark.parametrize(("name", "old", "new", "other_structure"), STRUCTURE)
def test_words_change_the_content_and_shape_changes_the_structure(
    small: Pack, files: dict[str, str], name: str, old: str, new: str, other_structure: bool
) -> None:
    assert old in files[name]
    changed = files | {name: files[name].replace(old, new, 1)}
    if new.startswith("clients"):
        changed["scoring.yaml"] = files["scoring.yaml"].replace("customers:", "clients:")
    pack, report = read(changed)
    assert pack is not None, render(report.problems)
    assert (hash_of(pack.structure_parts()) != hash_of(small.structure_parts())) == other_structure
    if not other_structure:
        assert words(pack).content_hash() != words(small).content_hash()


def test_hashes_are_the_same_in_every_process(files: dict[str, str], small: Pack) -> None:
    pack, _ = read(dict(reversed(files.items())))
    assert pack is not None
    assert hash_of(pack.structure_parts()) == hash_of(small.structure_parts())
    assert words(pack).content_hash() == words(small).content_hash()


def test_a_folder_is_read_without_what_lies_beyond_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "other.yaml").write_text("a: b")
    pack = tmp_path / "pack"
    (pack / "flows").mkdir(parents=True)
    (pack / "pack.yaml").write_text("schema: 1")
    (pack / "flows" / "menu.yaml").write_text("flow: menu")
    (pack / "notes.txt").write_text("notes")
    (pack / "large.yaml").write_bytes(b"#" * (BYTES + 500))
    (pack / "link.yaml").symlink_to(secret)
    (pack / "linked").symlink_to(outside)
    found = read_folder(pack)
    assert sorted(found) == ["flows/menu.yaml", "large.yaml", "pack.yaml"]
    assert len(found["large.yaml"]) == BYTES + 1


def test_the_base_pack_is_the_same_from_the_package_and_from_its_folder() -> None:
    import content

    folder = Path(content.__file__).parent / "packs" / "base"
    assert read_folder(folder) == base_sources()


def test_what_an_economy_has_not_filled_is_a_hint(problems_with: Problems) -> None:
    (problem,) = problems_with("pack", "name: The ministry", 'name: "[name of the authority]"')
    assert (problem.code, problem.severity) == ("TEXT-011", "hint")
    assert problem.place.file == "pack.yaml"


def with_templates(lines: str) -> dict[str, bytes]:
    sources = dict(base_sources())
    sources["pack.yaml"] += f"\nwhatsapp_templates:\n{lines}".encode()
    return sources


def test_a_whatsapp_template_belongs_to_a_language_of_the_pack() -> None:
    sources, report = with_templates("  es: {name: come_back, code: es}\n"), Report()
    read_pack(sources, report)
    line = sources["pack.yaml"].count(b"\n")
    assert [(error.code, error.place.line) for error in report.errors] == [("PACK-007", line)]


def test_a_pack_knows_what_whatsapp_has_approved() -> None:
    pack = read_pack(with_templates("  en: {name: come_back, code: en_US}\n"), Report())
    assert pack is not None
    assert pack.templates["en"] == Template("come_back", "en_US")
