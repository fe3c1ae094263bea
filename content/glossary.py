"""The glossary of a language: which words stand for which, so that the same thing is called the same everywhere.

    glossary:
      es-PE: {step: [paso], quick check: [chequeo rápido]}

Where an English text has the word, its translation must have one of the words named here. Read from glossary.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from content.guarded_yaml import Document
from content.problems import Report
from content.shapes import File, Text, check_schema, shaped
from content.terms import without_terms
from content.translations import Catalogue, is_list
from content.words import SHORT

Glossary = Mapping[str, Mapping[str, tuple[str, ...]]]  # language -> English word -> words of that language

_NAME = re.compile(r"\{[^{}]*\}")


class GlossaryShape(File):
    glossary: dict[Text, dict[Text, Annotated[list[Text], Field(min_length=1)]]]


def read_glossary(document: Document, report: Report) -> Glossary:
    """The words by language; empty with problems in the report if they do not fit."""
    file = shaped(GlossaryShape, document, (), document.value, "glossary.yaml", report)
    if file is None:
        return {}
    check_schema(file, document, report)
    return {
        language: {word: tuple(words) for word, words in pairs.items()}
        for language, pairs in file.glossary.items()
    }


def check_glossary(
    glossary: Mapping[str, tuple[str, ...]], catalogue: Catalogue, texts: Mapping[str, str], report: Report
) -> None:
    """Reports translations that call a thing otherwise than the glossary of their language."""
    patterns = {
        word: re.compile(rf"(?<![\w-]){re.escape(word)}(?:s|es)?(?![\w-])", re.IGNORECASE)
        for word in glossary
    }
    for key, text in _sentences(texts):
        entry = catalogue.get(key)
        if entry is None or entry.fuzzy:
            continue
        said = entry.text.casefold()
        for word, wanted in glossary.items():
            if patterns[word].search(text) and not any(one.casefold() in said for one in wanted):
                report.add("TEXT-017", entry.place, key=key, word=word, wanted=wanted)


def _sentences(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is said, without names in braces; short forms have no room for the full word."""
    return (
        (key, _NAME.sub(" ", without_terms(text)))
        for key, text in texts.items()
        if not is_list(key) and not key.endswith(SHORT)
    )
