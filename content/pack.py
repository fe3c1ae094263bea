"""A pack: a programme's content, read from its files and checked. Its flows are read by `flows`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from content.bank import Bank, read_bank
from content.conditions import Condition
from content.films import Film, read_films
from content.gaps import Gap, read_gaps
from content.guarded_yaml import Document, read_yaml
from content.problems import Place, Report
from content.scoring import Scoring, read_scoring
from content.shapes import File, Id, Shape, Text, check_schema, shaped
from content.words import Catalogue, Words, check_filled, is_language, read_catalogue

FILES = ("pack.yaml", "bank.yaml", "scoring.yaml", "gaps.yaml", "films.yaml")


@dataclass(frozen=True, slots=True)
class Authority:
    """Who answers for the programme, as people are told."""

    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which nothing is sent on our own account: ("20:00", "08:00")."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Template:
    """A message that WhatsApp has approved: its name there, and WhatsApp's code of its language."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything a programme says and asks, without its flows.

    starters: ids of the first steps for somebody who has only an idea.
    templates: language -> what may be said on WhatsApp a day after her last message.
    words: the texts of bank, levels, gaps and films; `flows` adds its own with `Words.with_texts`.
    catalogues: language -> translations with their places, for checks once all texts are known.
    flow_sources, test_sources: flows/*.yaml and tests/*.yaml, read but not understood: (file, value, marks).
    """

    id: str
    title: str
    version: str
    languages: tuple[str, ...]
    zone: str
    economy: str | None
    authority: Authority
    quiet_hours: QuietHours
    opening: str
    templates: Mapping[str, Template]
    bank: Bank
    scoring: Scoring
    gaps: Mapping[str, Gap]
    starters: tuple[str, ...]
    films: Mapping[str, Film]
    words: Words
    catalogues: Mapping[str, Catalogue]
    flow_sources: tuple[Document, ...]
    test_sources: tuple[Document, ...]

    def structure_parts(self) -> dict[str, Any]:
        """The pack's share of the structure hash, as plain JSON values: no words, only shape and numbers."""
        parts = {"bank": self.bank, "scoring": self.scoring, "gaps": list(self.gaps.values())}
        parts |= {"starters": self.starters}
        return {name: _plain(part) for name, part in parts.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Condition):
        return value.source
    if is_dataclass(value):
        # Whether there is a help text is a matter of words, not of structure.
        names = [f.name for f in fields(value) if f.init and not f.name.startswith("has_")]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


def read_pack(sources: Mapping[str, bytes], report: Report) -> Pack | None:
    """The pack in these files (path within the pack -> content), with every problem in the report.

    None when one of its own files cannot be used. A flow or translation that cannot be read is left out;
    `report.ok` says whether all is well.
    """
    documents = {file: _document(sources, file, report) for file in FILES}
    manifest = _manifest(documents["pack.yaml"], report)
    catalogues = _catalogues(sources, manifest, report)
    flow_sources = _documents(sources, "flows/", report)
    test_sources = _documents(sources, "tests/", report)
    films = read_films(documents["films.yaml"], report) if documents["films.yaml"] else None
    bank = read_bank(documents["bank.yaml"], report) if documents["bank.yaml"] else None
    if bank is None:  # scoring and gaps speak of its questions
        return None
    scoring = read_scoring(documents["scoring.yaml"], bank[0], report) if documents["scoring.yaml"] else None
    gaps = (
        read_gaps(documents["gaps.yaml"], bank[0], films[0] if films else (), report)
        if documents["gaps.yaml"]
        else None
    )
    if manifest is None or films is None or scoring is None or gaps is None:
        return None
    translations = {
        language: {key: entry.text for key, entry in catalogue.items()}
        for language, catalogue in catalogues.items()
    }
    return Pack(
        id=manifest.pack,
        title=manifest.title,
        version=manifest.version,
        languages=tuple(manifest.languages),
        zone=manifest.zone,
        economy=manifest.economy,
        authority=Authority(manifest.authority.name, manifest.authority.contact),
        quiet_hours=QuietHours(manifest.quiet_hours.from_, manifest.quiet_hours.to),
        opening=manifest.opening,
        templates={
            tag: Template(template.name, template.code)
            for tag, template in manifest.whatsapp_templates.items()
        },
        bank=bank[0],
        scoring=scoring[0],
        gaps=gaps[0],
        starters=gaps[1],
        films=films[0],
        words=Words({**bank[1], **scoring[1], **gaps[2], **films[1]}, translations),
        catalogues=catalogues,
        flow_sources=flow_sources,
        test_sources=test_sources,
    )


def _document(sources: Mapping[str, bytes], file: str, report: Report) -> Document | None:
    if file not in sources:
        report.add("PACK-001", Place(file), file=file)
        return None
    return read_yaml(sources[file], file, report)


def _documents(sources: Mapping[str, bytes], folder: str, report: Report) -> tuple[Document, ...]:
    files = sorted(file for file in sources if file.startswith(folder) and file.endswith(".yaml"))
    read = (read_yaml(sources[file], file, report) for file in files)
    return tuple(document for document in read if document is not None)


# What an author writes


class AuthorityShape(Shape):
    name: Text
    contact: Text


class QuietHoursShape(Shape):
    from_: Annotated[Text, Field(alias="from")]
    to: Text


class TemplateShape(Shape):
    name: Annotated[Text, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    code: Text


class PackShape(File):
    pack: Id
    title: Text
    version: Text
    languages: Annotated[list[Text], Field(min_length=1)]
    zone: Text
    economy: Text | None = None
    authority: AuthorityShape
    quiet_hours: QuietHoursShape
    opening: Id
    whatsapp_templates: Annotated[dict[Text, TemplateShape], Field(default_factory=dict)]


def _manifest(document: Document | None, report: Report) -> PackShape | None:
    if document is None:
        return None
    before = len(report.errors)
    manifest = shaped(PackShape, document, (), document.value, "pack.yaml", report)
    if manifest is None:
        return None
    at = document.marks.at
    check_schema(manifest, document, report)
    for index, language in enumerate(manifest.languages):
        if not is_language(language):
            report.add("PACK-003", at("languages", index), language=language)
    if not _is_zone(manifest.zone):
        report.add("PACK-004", at("zone"), zone=manifest.zone)
    if manifest.economy is not None and not re.fullmatch(r"[A-Z]{2}", manifest.economy):
        report.add("PACK-005", at("economy"), economy=manifest.economy)
    if manifest.economy is not None:
        for key, text in (("name", manifest.authority.name), ("contact", manifest.authority.contact)):
            check_filled(text, at("authority", key), report)
    for language in manifest.whatsapp_templates:
        if language not in manifest.languages:
            report.add("PACK-007", document.marks.key("whatsapp_templates", language), language=language)
    for key, time in (("from", manifest.quiet_hours.from_), ("to", manifest.quiet_hours.to)):
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", time):
            expected = 'a local time like "20:00"'
            report.add("SHAPE-003", at("quiet_hours", key), key=key, value=time, expected=expected)
    return manifest if len(report.errors) == before else None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # a strange name may also be a folder of the zone files
        return False
    return True


def _catalogues(
    sources: Mapping[str, bytes], manifest: PackShape | None, report: Report
) -> dict[str, Catalogue]:
    """The translations in po/*.po by language; the file's name is the language: po/es-PE.po."""
    found: dict[str, Catalogue] = {}
    for file in sorted(sources):
        match = re.fullmatch(r"po/([^/]+)\.po", file)
        if match is None:
            continue
        language = match.group(1)
        if manifest and language not in manifest.languages:
            report.add("PACK-006", Place(file), language=language)
        found[language] = read_catalogue(sources[file], file, report)
    return found
