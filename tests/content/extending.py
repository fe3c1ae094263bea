"""What the tests of packs that extend others share: a small parent, children of it, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping

from content.lineage import Parents, hash_of_sources
from content.pack import Pack, read_pack
from content.problems import Problem, Report, render

CHILD = """
schema: 1
pack: {id}
title: A pack for {id}
version: 0.1.0
extends: {parent}
pinned: {{version: 1.0.0, hash: {hash}}}
languages: [en, es-PE]
zone: America/Lima
economy: PE
authority: {{name: The ministry, contact: "Call 123"}}
quiet_hours: {{from: "20:00", to: "08:00"}}
"""


def as_bytes(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def child(parent: Mapping[str, bytes], of: str = "base", id: str = "pe", **files: str) -> dict[str, bytes]:
    """The files of a pack that extends `parent`; files by name without `.yaml`, `__` for a slash."""
    own = {f"{name.replace('__', '/')}.yaml": text for name, text in files.items()}
    head = CHILD.format(id=id, parent=of, hash=f'"{hash_of_sources(parent)}"')
    return as_bytes({"pack.yaml": head + own.pop("pack.yaml", ""), **own})


def read_with(sources: Mapping[str, bytes], parents: Parents) -> tuple[Pack | None, tuple[Problem, ...]]:
    report = Report()
    pack = read_pack(sources, report, parents)
    assert (pack is None) <= (not report.ok), "a pack that is not there has a letter"
    return pack, report.problems


def good(sources: Mapping[str, bytes], parents: Parents) -> Pack:
    pack, problems = read_with(sources, parents)
    assert pack is not None, render(problems)
    assert all(problem.severity == "hint" for problem in problems), render(problems)
    return pack


def letters(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    """Code and place of each, as an author reads them."""
    return [(problem.code, str(problem.place)) for problem in problems]
