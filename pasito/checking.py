"""`pasito check`: everything that can be known of a pack before people are in it, in one run."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from importlib import resources
from pathlib import Path

from content.cases import report_waiting
from content.lineage import copy_of_parent, hash_of_sources, self_contained
from content.problems import Place, Problem, Report, render
from content.sources import Sources
from flows.compiler import compile_pack
from flows.publication import check_for_publication
from flows.translating import coverage
from flows.version import Version
from pasito.packs_on_disk import PacksOnDisk, known_packs, named_sources
from pasito.settings import Settings
from pasito.standing import who_stands_elsewhere
from pasito.translating import from_here, percent

# What a good pack aims at, and what is old but perhaps still true: said, and never in the way.
_AIMS = frozenset({"CASE-003", "DIR-003", "EXT-011", "SRC-002"})


class Strictness(StrEnum):
    """What makes the check fail."""

    draft = "draft"  # what stops a pack from running
    strict = "strict"  # hints, too
    publication = "publication"  # hints, and what must not go before people without a source


def check(settings: Settings, packs: Iterable[str], strictness: Strictness, form: str) -> int:
    """Checks packs and writes what was found as text, json or github. Gives back the exit code: 0 if all pass, 1 if not."""
    known = known_packs(settings)
    results = {name: _one(settings, known, name, strictness) for name in packs}
    sys.stdout.write(_WRITERS[form](results))
    return 0 if all(result.ok for result in results.values()) else 1


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in a pack. version: None if it cannot be compiled. folder: where its files are."""

    problems: tuple[Problem, ...]
    version: Version | None
    folder: Path

    @property
    def ok(self) -> bool:
        return self.version is not None and not any(one.severity == "error" for one in self.problems)


def _one(settings: Settings, known: PacksOnDisk, name: str, strictness: Strictness) -> Result:
    report = Report()
    sources = named_sources(known, name)
    version = compile_pack(sources, report, known)
    if version is not None:
        report_waiting(version.pack.cases, version.pack.documents, report)
        if strictness is Strictness.publication:
            check_for_publication(version, report, datetime.now(UTC).date())
        who_stands_elsewhere(settings, version, report)
        _check_drift(sources, version, known, report)
    # What cannot be read comes first: other letters may only follow from it.
    problems = tuple(sorted(report.problems, key=lambda one: not _is_unreadable(one)))
    if strictness is not Strictness.draft:
        problems = tuple(one if one.code in _AIMS else replace(one, severity="error") for one in problems)
    return Result(problems, version, _folder(known, name))


def _check_drift(sources: Sources, version: Version, known: PacksOnDisk, report: Report) -> None:
    """Whether the parent has moved on since the pin: what is fine may still be old."""
    pinned = copy_of_parent(sources)
    parent = next(iter(version.pack.extends), "")
    if not pinned or parent not in known:
        return
    if hash_of_sources(pinned) != hash_of_sources(self_contained(known[parent], known)):
        report.add("EXT-011", Place("pack.yaml"), parent=parent)


def _is_unreadable(problem: Problem) -> bool:
    return problem.code.startswith("YAML-") and problem.severity == "error"


def _folder(known: PacksOnDisk, name: str) -> Path:
    bundled = Path(str(resources.files("content").joinpath("packs", name)))
    return known.folders.get(name) or (bundled if name in known else Path(name))


def _as_text(results: Mapping[str, Result]) -> str:
    parts = []
    for name, result in results.items():
        head = f"{name}\n\n" if len(results) > 1 else ""
        parts.append(head + render(result.problems) + ("\n" if result.problems else "") + _verdict(result))
    return "\n".join(parts)


def _verdict(result: Result) -> str:
    found, version = Counter(problem.severity for problem in result.problems), result.version
    if version is None or not result.ok:
        unreadable = version is None and any(map(_is_unreadable, result.problems))
        first = (
            " Mend the first, and others may go with it." if unreadable and len(result.problems) > 1 else ""
        )
        return f"{_count(found['error'], 'problem')} to mend, {_count(found['hint'], 'hint')}.{first}\n"
    hints = f", {_count(found['hint'], 'hint')}" if found["hint"] else ""
    return (
        f"All is well: {len(version.flows)} flows, {len(version.questions)} questions, "
        f"{_languages(version)}, structure {version.structure}{hints}.\n"
    )


def _languages(version: Version) -> str:
    """How many there are, and how far those are that are not complete."""
    done, needed = Counter[str](), Counter[str]()
    for part in coverage(version):
        done[part.language] += part.done
        needed[part.language] += part.needed
    begun = [f"{tag} {percent(done[tag], needed[tag])}" for tag in needed if done[tag] < needed[tag]]
    return _count(len(version.pack.languages), "language") + (f" ({', '.join(begun)})" if begun else "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _as_json(results: Mapping[str, Result]) -> str:
    packs = [
        {
            "pack": name,
            "ok": result.ok,
            "structure": result.version.structure if result.version else None,
            "content": result.version.content if result.version else None,
            "instrument": result.version.instrument if result.version else None,
            "problems": [asdict(problem) for problem in result.problems],
        }
        for name, result in results.items()
    ]
    return json.dumps({"packs": packs}, indent=2, ensure_ascii=False) + "\n"


def _as_annotations(results: Mapping[str, Result]) -> str:
    """Workflow commands, which code hosts show beside the line they are about."""
    lines = []
    for result in results.values():
        for problem in result.problems:
            kind = "error" if problem.severity == "error" else "warning"
            place = problem.place
            file = _path(result.folder, place.file)
            text = _escaped(f"{problem.finding} {problem.remedy}")
            lines.append(
                f"::{kind} file={file},line={place.line},col={place.column},title={problem.code}::{text}\n"
            )
    return "".join(lines)


def _path(folder: Path, file: str) -> str:
    """The path of a pack's file from where the command runs, which is how a code host knows it."""
    return from_here(next((path for path in (folder / file, Path(file)) if path.exists()), folder / file))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


_WRITERS: Mapping[str, Callable[[Mapping[str, Result]], str]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_annotations,
}
