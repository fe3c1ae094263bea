"""The directory: tools, marketplaces, payment services, carriers, programmes and help desks of an economy.

The base knows the kinds and which gaps they are for; the economy fills in the names, each with a source
and the day somebody looked. Nothing here is ranked by money. Read from directory.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from content.gaps import Gap
from content.guarded_yaml import Document
from content.problems import Report, did_you_mean
from content.shapes import File, Id, Shape, Text, YesNo, check_schema, shaped
from content.words import chain, is_language

MOST_SHOWN = 3
STALE_DAYS = 180

Cost = Literal["free", "paid", "both"]
Need = Literal["card", "tax_number", "address"]


@dataclass(frozen=True, slots=True)
class DirectoryKind:
    """What entries are for. Its words stand under `directory/kinds/{id}/name`.

    gaps: which it helps to close. needed: an economy should have at least one. wanted: how many are a
    good number.
    """

    id: str
    gaps: tuple[str, ...]
    needed: bool
    wanted: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One tool, marketplace, service or office. What it is for stands under `directory/entries/{id}/what`.

    cost, phone: None where nobody has looked yet. languages: what it can be used in. checked: the day somebody looked whether it is still so.
    """

    id: str
    kind: str
    name: str
    gaps: tuple[str, ...]
    cost: Cost | None
    phone: bool | None
    languages: tuple[str, ...]
    needs: tuple[Need, ...]
    abroad: bool
    contact: str
    source: str | None
    checked: date | None


@dataclass(frozen=True, slots=True)
class Directory:
    kinds: Mapping[str, DirectoryKind]
    entries: Mapping[str, Entry]

    def fitting(
        self, language: str, *, kind: str | None = None, gap: str | None = None, abroad: bool = False
    ) -> tuple[Entry, ...]:
        """At most three entries of a kind or for a gap, the best first.

        Better is: for this gap and not only for its kind; in her language; works on a phone; needs
        less; sells abroad where she does. Else the order of the file decides. What an entry costs is
        told with it and decides nothing.
        """
        found = [entry for entry in self.entries.values() if self._is_for(entry, kind, gap)]
        found.sort(key=lambda entry: _rank(entry, language, gap, abroad))
        return tuple(found[:MOST_SHOWN])

    def _is_for(self, entry: Entry, kind: str | None, gap: str | None) -> bool:
        if kind is not None and entry.kind != kind:
            return False
        return gap is None or gap in (entry.gaps or self.kinds[entry.kind].gaps)


def _rank(entry: Entry, language: str, gap: str | None, abroad: bool) -> tuple[bool | int, ...]:
    tags = {*chain(language), language}
    spoken = not entry.languages or any(tags & {*chain(tag), tag} for tag in entry.languages)
    return (
        gap not in entry.gaps,
        not spoken,
        not entry.phone,
        len(entry.needs),
        entry.abroad != abroad,
    )


# What an author writes


def _is_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("a day like 2026-11-22") from None
    return text


def _is_https(text: str) -> str:
    if not text.startswith("https://"):
        raise ValueError("a web address that begins with https://")
    return text


Day = Annotated[Text, AfterValidator(_is_day)]
Address = Annotated[Text, AfterValidator(_is_https)]


class KindShape(Shape):
    name: Text
    gaps: Annotated[list[Id], Field(default_factory=list)]
    needed: YesNo = False
    wanted: Annotated[int, Field(ge=0, le=20)] = 1


class EntryShape(Shape):
    kind: Id
    name: Text
    what: Text
    gaps: Annotated[list[Id], Field(default_factory=list)]
    cost: Cost | None = None
    phone: YesNo | None = None
    languages: Annotated[list[Text], Field(default_factory=list)]
    needs: Annotated[list[Need], Field(default_factory=list)]
    abroad: YesNo = False
    contact: Text
    source: Address | None = None
    checked: Day | None = None


class DirectoryShape(File):
    kinds: Annotated[dict[Id, KindShape], Field(default_factory=dict)]
    entries: Annotated[dict[Id, EntryShape], Field(default_factory=dict)]


def read_directory(
    document: Document, gaps: Mapping[str, Gap], report: Report
) -> tuple[Directory, dict[str, str]] | None:
    """The directory and its words, or None with problems in the report."""
    before = len(report.errors)
    file = shaped(DirectoryShape, document, (), document.value, "directory.yaml", report)
    if file is None:
        return None
    check_schema(file, document, report)
    for group, shapes in (("kinds", file.kinds), ("entries", file.entries)):
        for id, shape in shapes.items():
            _check_gaps(shape.gaps, gaps, document, (group, id), report)
    for id, entry in file.entries.items():
        for index, language in enumerate(entry.languages):
            if not is_language(language):
                report.add(
                    "PACK-003", document.marks.at("entries", id, "languages", index), language=language
                )
        if entry.kind not in file.kinds:
            place, near = document.marks.at("entries", id, "kind"), did_you_mean(entry.kind, file.kinds)
            report.add("DIR-001", place, kind=entry.kind, known=list(file.kinds), near=near)
    if len(report.errors) > before:
        return None
    kinds = {
        id: DirectoryKind(id, tuple(shape.gaps), shape.needed, shape.wanted)
        for id, shape in file.kinds.items()
    }
    entries = {id: _entry(id, shape) for id, shape in file.entries.items()}
    texts = {f"directory/kinds/{id}/name": shape.name for id, shape in file.kinds.items()}
    texts |= {f"directory/entries/{id}/what": shape.what for id, shape in file.entries.items()}
    return Directory(kinds, entries), texts


def _entry(id: str, shape: EntryShape) -> Entry:
    return Entry(
        id, shape.kind, shape.name, tuple(shape.gaps), shape.cost, shape.phone, tuple(shape.languages),
        tuple(shape.needs), shape.abroad, shape.contact, shape.source,
        date.fromisoformat(shape.checked) if shape.checked else None,
    )  # fmt: skip


def _check_gaps(
    named: Sequence[str], gaps: Mapping[str, Gap], document: Document, path: tuple[Any, ...], report: Report
) -> None:
    for index, gap in enumerate(named):
        if gap not in gaps:
            place, near = document.marks.at(*path, "gaps", index), did_you_mean(gap, gaps)
            report.add("GAP-003", place, gap=gap, known=list(gaps), near=near)
