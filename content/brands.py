"""Brand names, which a text without an economy must not hold. Read from brands.yaml."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from content.guarded_yaml import Document
from content.problems import Report
from content.shapes import File, Text, check_schema, shaped

MOST = 1000  # each is looked for in every text


class BrandsShape(File):
    brands: Annotated[list[Text], Field(max_length=MOST)]


def read_brands(document: Document, report: Report) -> re.Pattern[str] | None:
    """What finds a brand name as a word of its own, as it is written there; None without any."""
    file = shaped(BrandsShape, document, (), document.value, "brands.yaml", report)
    if file is None or not file.brands:
        return None
    check_schema(file, document, report)
    longest_first = sorted(file.brands, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
