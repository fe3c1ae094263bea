"""The laws and obligations that an economy tells its businesses of, each with its source. Read from laws.yaml.

Plain words, no advice: what the rule asks, and where to read it or whom to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from content.directory import Address, Day
from content.gaps import Gap
from content.guarded_yaml import Document
from content.problems import Report, did_you_mean
from content.shapes import File, Id, Shape, Text, check_schema, shaped


@dataclass(frozen=True, slots=True)
class Law:
    """A rule. Its name and what it says stand under `laws/{id}/name` and `laws/{id}/say`."""

    id: str
    gaps: tuple[str, ...]
    source: str | None
    checked: date | None


class LawShape(Shape):
    name: Text
    say: Text
    gaps: Annotated[list[Id], Field(default_factory=list)]
    source: Address | None = None
    checked: Day | None = None


class LawsShape(File):
    laws: Annotated[dict[Id, LawShape], Field(default_factory=dict)]


def read_laws(
    document: Document, gaps: Mapping[str, Gap], report: Report
) -> tuple[dict[str, Law], dict[str, str]] | None:
    """The laws by id and their words, or None with problems in the report."""
    before = len(report.errors)
    file = shaped(LawsShape, document, (), document.value, "laws.yaml", report)
    if file is None:
        return None
    check_schema(file, document, report)
    laws: dict[str, Law] = {}
    texts: dict[str, str] = {}
    for id, shape in file.laws.items():
        for index, gap in enumerate(shape.gaps):
            if gap not in gaps:
                place, near = document.marks.at("laws", id, "gaps", index), did_you_mean(gap, gaps)
                report.add("GAP-003", place, gap=gap, known=list(gaps), near=near)
        checked = date.fromisoformat(shape.checked) if shape.checked else None
        laws[id] = Law(id, tuple(shape.gaps), shape.source, checked)
        texts |= {f"laws/{id}/name": shape.name, f"laws/{id}/say": shape.say}
    return (laws, texts) if len(report.errors) == before else None
