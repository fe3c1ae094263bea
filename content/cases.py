"""Cases: businesses that did what a tip says, told to owners who are like them. Read from cases.yaml.

Somebody is behind each, so nobody hears of one before that business has agreed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from content.bank import Bank
from content.directory import Address
from content.films import word_count
from content.gaps import Gap
from content.guarded_yaml import Document
from content.problems import Report, did_you_mean
from content.shapes import File, Id, Shape, Text, YesNo, check_schema, shaped

FILE = "cases.yaml"
MOST_WORDS = 45  # one message, read at one glance

Consent = Literal["needed", "given", "no_name"]
WomenLed = Literal["yes", "no", "not_stated"]
Times = Literal["normal", "crisis"]


@dataclass(frozen=True, slots=True)
class Case:
    """One case. Who it is and what happened stand under `cases/{id}/who` and `cases/{id}/say` where they may be told.

    source: a page; named: what is known of it where its address is not. told: an owner told it to the
    programme. who, say: as written, also of those that may not be told yet.
    """

    id: str
    who: str
    say: str
    economy: str
    sector: str
    gaps: tuple[str, ...]
    women_led: WomenLed
    times: Times | None
    source: str | None
    named: str | None
    told: bool
    consent: Consent

    @property
    def is_shown(self) -> bool:
        """Whether owners may hear of it."""
        return self.consent != "needed"

    @property
    def is_named(self) -> bool:
        return self.consent == "given"


class CaseShape(Shape):
    who: Text = ""
    economy: Annotated[str, StringConstraints(min_length=1)]
    sector: Id
    gaps: Annotated[list[Id], Field(default_factory=list)]
    women_led: WomenLed
    times: Times | None = None
    say: Text
    source: Address | None = None
    named: Text | None = None
    told: YesNo = False
    consent: Consent


class CasesShape(File):
    cases: Annotated[dict[Id, CaseShape], Field(default_factory=dict)]


def read_cases(
    document: Document, bank: Bank, gaps: Mapping[str, Gap], report: Report
) -> tuple[dict[str, Case], dict[str, str]] | None:
    """The cases by id, and the words of those that may be told; or None with problems in the report.

    The words of the others are nobody's to translate: nobody reads them before their business agrees.
    """
    before = len(report.errors)
    file = shaped(CasesShape, document, (), document.value, FILE, report)
    if file is None:
        return None
    check_schema(file, document, report)
    for id, shape in file.cases.items():
        _check(id, shape, document, bank, gaps, report)
    if len(report.errors) > before:
        return None
    cases = {id: _case(id, shape) for id, shape in file.cases.items()}
    shown = [case for case in cases.values() if case.is_shown]
    texts = {f"cases/{case.id}/who": case.who for case in shown if case.is_named}
    texts |= {f"cases/{case.id}/say": case.say for case in shown}
    return cases, texts


def _case(id: str, shape: CaseShape) -> Case:
    return Case(
        id, shape.who, shape.say, shape.economy, shape.sector, tuple(shape.gaps), shape.women_led, shape.times,
        shape.source, shape.named, shape.told, shape.consent,
    )  # fmt: skip


def _check(
    id: str, shape: CaseShape, document: Document, bank: Bank, gaps: Mapping[str, Gap], report: Report
) -> None:
    marks = document.marks
    for index, gap in enumerate(shape.gaps):
        if gap not in gaps:
            place, near = marks.at("cases", id, "gaps", index), did_you_mean(gap, gaps)
            report.add("GAP-003", place, gap=gap, known=list(gaps), near=near)
    sectors = [choice.id for field in bank.fields if field.id == "sector" for choice in field.choices]
    if shape.sector not in sectors:
        place, near = marks.at("cases", id, "sector"), did_you_mean(shape.sector, sectors)
        report.add("CASE-001", place, sector=shape.sector, known=sectors, near=near)
    if not (len(shape.economy) == 2 and shape.economy.isascii() and shape.economy.isupper()):
        report.add("PACK-005", marks.at("cases", id, "economy"), economy=shape.economy)
    if shape.consent == "given" and not shape.who:
        report.add("CASE-004", marks.key("cases", id), case=id)
    if shape.source is None and shape.named is None and not shape.told:
        report.add("CASE-002", marks.key("cases", id), case=id)
    if (found := word_count(shape.say)) > MOST_WORDS:
        report.add("CASE-005", marks.at("cases", id, "say"), case=id, found=found, limit=MOST_WORDS)


def report_waiting(cases: Mapping[str, Case], documents: Mapping[str, Document], report: Report) -> None:
    """Notes which of a pack's own cases nobody is told of, as their businesses have not been asked.

    Those of the pack it extends are for that one to ask, and anybody's to take up.
    """
    document = documents.get(FILE)
    if document is None:
        return
    places = {case.id: document.marks.key("cases", case.id) for case in cases.values() if not case.is_shown}
    own = {id: place for id, place in places.items() if place.file == FILE}
    if own:
        report.add("CASE-003", next(iter(own.values())), count=len(own), cases=list(own))
