"""pack.yaml: who is behind a programme, what it speaks, and what is different in its economy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from content.directory import Address, Day
from content.guarded_yaml import Document
from content.problems import Report, did_you_mean
from content.shapes import File, Id, Shape, Text, check_schema, shaped
from content.voices import SILENT, VOICES
from content.words import LABEL, chain, check_filled, check_length, is_language

Channel = Literal["web", "terminal", "telegram", "whatsapp"]


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
class Unasked:
    """How often we write of our own accord: at most so many messages to a person in so many days."""

    most: int
    days: int


@dataclass(frozen=True, slots=True)
class Template:
    """A message that WhatsApp has approved: its name there, and WhatsApp's code of its language."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Product:
    """Something that sells well online now. Its name stands under `products/{id}`.

    customs_code: of the Harmonized System, six to ten digits. source: who says that it sells.
    """

    id: str
    customs_code: str
    source: str
    checked: date


@dataclass(frozen=True, slots=True)
class Economy:
    """What is different in an economy, beside its words.

    code: ISO 3166. currency: ISO 4217. youth_until: up to which age its law calls somebody young.
    holidays: days with their names.
    """

    code: str
    currency: str | None
    youth_until: int | None
    holidays: Mapping[date, str]
    sells_well: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Programme:
    """Another programme, which people of its economy are handed over to. links: channel -> address.

    Its name stands under `programmes/{id}`.
    """

    id: str
    name: str
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Charter:
    """What pack.yaml says.

    modules: the parts of the parent that are switched on. economy: None in a pack that belongs to none.
    templates: language -> what may be said on WhatsApp a day after her last message. programmes: where
    people are handed over, in a pack that serves a region. hosts: where texts may lead to. voices:
    language -> the voice that reads films aloud, or `none`. unasked: the cap on reminders and surveys.
    """

    id: str
    title: str
    version: str
    modules: tuple[str, ...]
    languages: tuple[str, ...]
    zone: str
    economy: Economy | None
    authority: Authority
    quiet_hours: QuietHours
    opening: str
    templates: Mapping[str, Template]
    programmes: tuple[Programme, ...]
    hosts: frozenset[str]
    voices: Mapping[str, str]
    unasked: Unasked


# What an author writes


class AuthorityShape(Shape):
    name: Text
    contact: Text


class QuietHoursShape(Shape):
    from_: Annotated[Text, Field(alias="from")]
    to: Text


class UnaskedShape(Shape):
    most: Annotated[int, Field(ge=1, le=20)] = 3
    days: Annotated[int, Field(ge=1, le=31)] = 7


class TemplateShape(Shape):
    name: Annotated[Text, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    code: Text


class PinShape(Shape):
    version: Text
    hash: Text


class ProductShape(Shape):
    name: Text
    customs_code: Text
    source: Address
    checked: Day


class ProgrammeShape(Shape):
    name: Text
    links: Annotated[dict[Channel, Address], Field(min_length=1)]


class CharterShape(File):
    pack: Id
    title: Text
    version: Text
    extends: Id | None = None
    pinned: PinShape | None = None
    modules: Annotated[list[Id], Field(default_factory=list)]
    languages: Annotated[list[Text], Field(min_length=1)]
    zone: Text
    economy: Text | None = None
    currency: Text | None = None
    youth_until: Annotated[int, Field(ge=15, le=50)] | None = None
    holidays: Annotated[dict[Day, Text], Field(default_factory=dict)]
    sells_well: Annotated[dict[Id, ProductShape], Field(default_factory=dict, max_length=2)]
    authority: AuthorityShape
    quiet_hours: QuietHoursShape
    opening: Id
    whatsapp_templates: Annotated[dict[Text, TemplateShape], Field(default_factory=dict)]
    programmes: Annotated[dict[Id, ProgrammeShape], Field(default_factory=dict)]
    hosts: Annotated[list[Text], Field(default_factory=list)]
    voices: Annotated[dict[Text, Text], Field(default_factory=dict)]
    unasked: Annotated[UnaskedShape, Field(default_factory=UnaskedShape)]


def read_charter(document: Document, report: Report) -> tuple[Charter, dict[str, str]] | None:
    """What pack.yaml says and the words in it, or None with problems in the report."""
    before = len(report.errors)
    shape = shaped(CharterShape, document, (), document.value, "pack.yaml", report)
    if shape is None:
        return None
    check_schema(shape, document, report)
    _check_languages(shape, document, report)
    _check_place(shape, document, report)
    _check_times(shape, document, report)
    if len(report.errors) > before:
        return None
    texts = {f"products/{id}": product.name for id, product in shape.sells_well.items()}
    texts |= {f"programmes/{id}": programme.name for id, programme in shape.programmes.items()}
    return _charter(shape), texts


def _charter(shape: CharterShape) -> Charter:
    return Charter(
        id=shape.pack,
        title=shape.title,
        version=shape.version,
        modules=tuple(shape.modules),
        languages=tuple(shape.languages),
        zone=shape.zone,
        economy=_economy(shape),
        authority=Authority(shape.authority.name, shape.authority.contact),
        quiet_hours=QuietHours(shape.quiet_hours.from_, shape.quiet_hours.to),
        opening=shape.opening,
        templates={
            tag: Template(template.name, template.code) for tag, template in shape.whatsapp_templates.items()
        },
        programmes=tuple(
            Programme(id, one.name, {str(channel): url for channel, url in one.links.items()})
            for id, one in shape.programmes.items()
        ),
        hosts=frozenset(shape.hosts),
        voices=dict(shape.voices),
        unasked=Unasked(shape.unasked.most, shape.unasked.days),
    )


def _economy(shape: CharterShape) -> Economy | None:
    if shape.economy is None:
        return None
    products = tuple(
        Product(id, one.customs_code, one.source, date.fromisoformat(one.checked))
        for id, one in shape.sells_well.items()
    )
    holidays = {date.fromisoformat(day): name for day, name in shape.holidays.items()}
    return Economy(shape.economy, shape.currency, shape.youth_until, holidays, products)


def _check_languages(shape: CharterShape, document: Document, report: Report) -> None:
    for index, language in enumerate(shape.languages):
        if not is_language(language):
            report.add("PACK-003", document.marks.at("languages", index), language=language)
    for language in shape.whatsapp_templates:
        if language not in shape.languages:
            report.add("PACK-007", document.marks.key("whatsapp_templates", language), language=language)
    spoken = {tag for language in shape.languages for tag in (language, *chain(language))}
    for language, voice in shape.voices.items():
        if language not in spoken:
            report.add("VOICE-002", document.marks.key("voices", language), language=language)
        if voice != SILENT and voice not in VOICES:
            near = did_you_mean(voice, VOICES)
            report.add(
                "VOICE-001",
                document.marks.at("voices", language),
                voice=voice,
                known=sorted(VOICES),
                near=near,
            )


def _check_place(shape: CharterShape, document: Document, report: Report) -> None:
    at = document.marks.at
    if not _is_zone(shape.zone):
        report.add("PACK-004", at("zone"), zone=shape.zone)
    if shape.currency is not None and not re.fullmatch(r"[A-Z]{3}", shape.currency):
        report.add("PACK-008", at("currency"), currency=shape.currency)
    for id, product in shape.sells_well.items():
        if not re.fullmatch(r"\d{6,10}", product.customs_code):
            place, expected = at("sells_well", id, "customs_code"), "six to ten digits"
            report.add("SHAPE-003", place, key="customs_code", value=product.customs_code, expected=expected)
    for id, programme in shape.programmes.items():
        place = at("programmes", id, "name")
        check_length(programme.name, LABEL, place, report, key=f"programmes/{id}", channel="a button")
    if shape.economy is None:
        return
    if not re.fullmatch(r"[A-Z]{2}", shape.economy):
        report.add("PACK-005", at("economy"), economy=shape.economy)
    for key, text in (("name", shape.authority.name), ("contact", shape.authority.contact)):
        check_filled(text, at("authority", key), report)


def _check_times(shape: CharterShape, document: Document, report: Report) -> None:
    for key, time in (("from", shape.quiet_hours.from_), ("to", shape.quiet_hours.to)):
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", time):
            place, expected = document.marks.at("quiet_hours", key), 'a local time like "20:00"'
            report.add("SHAPE-003", place, key=key, value=time, expected=expected)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # a strange name may also be a folder of the zone files
        return False
    return True
