"""What is called differently everywhere: chat app, wallet, courier. Set once, per language, read from terms.yaml.

A text says {term.wallet}, {term.wallet.many} for another form, {Term.wallet} at the beginning of a
sentence. The words are put in when a pack is compiled, so that they cost nothing when people write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from content.guarded_yaml import Document
from content.problems import Place, Report, did_you_mean
from content.shapes import File, Id, Text, check_schema, shaped
from content.words import SOURCE_LANGUAGE, chain, check_placeholders, is_language

ONE = "one"  # the form that a term has when none is named
ABOUT = "about"

_TERM = re.compile(r"\{([Tt])erm\.([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?\}")

Forms = Mapping[str, str]  # form -> words
Terms = Mapping[str, Mapping[str, Forms]]  # term -> language -> forms


def _as_forms(value: Any) -> Any:
    return {ONE: value} if isinstance(value, str) else value


class TermsShape(File):
    terms: dict[Id, dict[Text, Annotated[dict[Id, Text], BeforeValidator(_as_forms)]]]


def read_terms(document: Document, report: Report) -> dict[str, dict[str, dict[str, str]]]:
    """The terms by id and language. What does not fit is left out, with a problem in the report."""
    file = shaped(TermsShape, document, (), document.value, "terms.yaml", report)
    if file is None:
        return {}
    check_schema(file, document, report)
    terms: dict[str, dict[str, dict[str, str]]] = {}
    for id, by_language in file.terms.items():
        terms[id] = {}
        for language, forms in by_language.items():
            if language == ABOUT:
                continue
            place = document.marks.key("terms", id, language)
            if not is_language(language):
                report.add("PACK-003", place, language=language)
            elif ONE not in forms:
                report.add("TERM-003", place, term=id, language=language)
            else:
                terms[id][language] = forms
                for form, words in forms.items():  # they are put in as they are: nothing is filled in within
                    check_placeholders(words, (), document.marks.at("terms", id, language, form), report)
        if SOURCE_LANGUAGE not in terms[id]:
            report.add("TERM-003", document.marks.key("terms", id), term=id, language=SOURCE_LANGUAGE)
    return terms


def terms_in(text: str) -> Iterator[tuple[str, str]]:
    """The terms of a text, each with its form."""
    return ((match[2], match[3] or ONE) for match in _TERM.finditer(text))


def without_terms(text: str) -> str:
    """The text with its terms taken out, to look at its other placeholders."""
    return _TERM.sub("", text)


def filled(text: str, terms: Terms, language: str) -> str:
    """The text with its terms put in, in the nearest language that has them; unknown ones stay as they are."""
    if "erm." not in text:
        return text

    def word(match: re.Match[str]) -> str:
        words = _words(terms.get(match[2], {}), match[3] or ONE, language)
        if words is None:
            return match.group()
        return words[:1].upper() + words[1:] if match[1] == "T" else words

    return _TERM.sub(word, text)


def _words(by_language: Mapping[str, Forms], form: str, language: str) -> str | None:
    for tag in (*chain(language), SOURCE_LANGUAGE):
        if form in by_language.get(tag, {}):
            return by_language[tag][form]
    return None


def check_terms(text: str, terms: Terms, language: str, place: Place, report: Report) -> None:
    """Reports terms that are not there, and forms that this language does not have."""
    is_source = language.partition("-")[0] == SOURCE_LANGUAGE
    tags = (*chain(language), SOURCE_LANGUAGE) if is_source else chain(language)
    for term, form in terms_in(text):
        if term not in terms:
            report.add("TERM-001", place, term=term, known=sorted(terms), near=did_you_mean(term, terms))
            continue
        known = {one for tag in tags for one in terms[term].get(tag, ())}
        if form not in known:
            report.add("TERM-002", place, term=term, form=form, language=language, known=known)
