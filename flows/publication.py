"""What must not go before people: gaps in translations, facts without a source, words that nobody has filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from content.directory import STALE_DAYS
from content.problems import Place, Report
from content.text_places import place_of
from flows.translating import coverage

if TYPE_CHECKING:
    from content.directory import Directory
    from content.guarded_yaml import Document
    from content.pack import Pack
    from flows.version import Version

LEFT_OPEN = re.compile(r"\[[^\[\]]+\]")
MOST_NAMED = 5  # keys in one letter


def check_for_publication(version: Version, report: Report, today: date) -> None:
    """Reports what stands between a pack that runs and one that people may rely on."""
    pack = version.pack
    _check_coverage(version, report)
    _check_directory(pack, report, today)
    _check_laws(pack, report, today)
    _check_left_open(version, report)


def _check_coverage(version: Version, report: Report) -> None:
    for part in coverage(version):
        place = Place(f"po/{part.language}.po")
        for code, keys in (("I18N-001", part.missing), ("I18N-002", part.fuzzy)):
            if keys:
                named = [*keys[:MOST_NAMED], *(["…"] if len(keys) > MOST_NAMED else [])]
                report.add(code, place, count=len(keys), part=part.part, language=part.language, keys=named)


def _check_directory(pack: Pack, report: Report, today: date) -> None:
    document = pack.documents.get("directory.yaml")
    for id, entry in pack.directory.entries.items():
        place = _at(document, "entries", id)
        _check_source("directory", id, entry.source, entry.checked, place, report, today)
    if not pack.extends:
        return
    for kind, count in _counts(pack.directory):
        found = pack.directory.kinds[kind]
        if found.needed and not count:
            report.add("DIR-002", Place("directory.yaml"), kind=kind)
        elif count < found.wanted:
            report.add("DIR-003", Place("directory.yaml"), kind=kind, found=count, wanted=found.wanted)


def _counts(directory: Directory) -> Iterator[tuple[str, int]]:
    for kind in directory.kinds:
        yield kind, sum(entry.kind == kind for entry in directory.entries.values())


def _check_laws(pack: Pack, report: Report, today: date) -> None:
    document = pack.documents.get("laws.yaml")
    for id, law in pack.laws.items():
        _check_source("law", id, law.source, law.checked, _at(document, "laws", id), report, today)
    if pack.extends and not pack.laws:
        report.add("LAW-001", Place("laws.yaml"))


def _check_source(
    what: str, id: str, source: str | None, checked: date | None, place: Place, report: Report, today: date
) -> None:
    if source is None or checked is None:
        report.add("SRC-001", place, what=what, id=id)
    elif (today - checked).days > STALE_DAYS:
        report.add("SRC-002", place, what=what, id=id, days=(today - checked).days, limit=STALE_DAYS)


def _check_left_open(version: Version, report: Report) -> None:
    """Placeholders in square brackets, in any language."""
    pack = version.pack
    if not pack.extends:
        return
    authority, document = pack.authority, pack.documents.get("pack.yaml")
    for key, text in (("name", authority.name), ("contact", authority.contact)):
        _open(text, _at(document, "authority", key), report)
    for id, entry in pack.directory.entries.items():
        for text in (entry.name, entry.contact):
            _open(text, _at(pack.documents.get("directory.yaml"), "entries", id), report)
    for key, text in version.texts.items():
        if "[" in text and "/" in key and key.partition("/")[0] not in version.flows:
            _open(text, place_of(key, pack.documents), report)
    for catalogue in pack.catalogues.values():
        for translation in catalogue.values():
            _open(translation.text, translation.place, report)


def _open(text: str, place: Place, report: Report) -> None:
    for found in LEFT_OPEN.findall(text):
        report.add("TEXT-011", place, found=found)


def _at(document: Document | None, *path: str) -> Place:
    return document.marks.key(*path) if document else Place("pack.yaml")
