"""Translations: gettext PO files, one per language, keyed by the key of each text (its msgctxt).

A translation counts when it is finished: not empty, not fuzzy. A message is translated as a whole or not
at all, so that nobody reads a question in one language and its answers in another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from content.films import check_translated_films
from content.plurals import check_plurals, plurals_in
from content.po_files import BrokenPoFileError, read_po_file
from content.problems import Place, Report
from content.terms import Terms, check_terms, filled, terms_in, without_terms
from content.words import (
    DESCRIPTION,
    MESSAGE,
    QUESTION,
    SHORT,
    SOURCE_LANGUAGE,
    Words,
    chain,
    check_label,
    check_length,
    placeholders,
)

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Translation:
    """One entry of a PO file: the text it was made from, what it says and where it stands."""

    source: str
    text: str
    place: Place
    fuzzy: bool = False


Catalogue = Mapping[str, Translation]

# Lists of what people type. A language without one reads what stands in the source.
_TYPED = re.compile(r"/said$|/synonyms/|^engine/words_")
# What people hear who cannot see a film, and what its makers read.
_FOR_MAKERS = re.compile(r"^films/[^/]+/scenes/\d+/picture$")
# Where a link leads; a language may have a page of its own.
_ADDRESS = re.compile(r"^[^/]+/[^/]+/url$")
_CHOICE = re.compile(r"^(.+)/choices/[^/]+$")
_FILM = re.compile(r"^(films/[^/]+)/(title$|scenes/\d+/words$)")
# The sign that ends a sentence is no part of a link, and another one in another script.
LINK = re.compile(r"https?://[^\s)\]}>\"”»]*[^\s)\]}>\"”».,;:!?…。、،؟।]")


def read_catalogue(source: bytes, file: str, report: Report) -> Catalogue:
    """The entries of a PO file by key (its msgctxt); empty ones are left out, fuzzy ones are marked."""
    try:
        catalogue = read_po_file(source)
    except BrokenPoFileError as error:
        report.add("TEXT-009", Place(file, error.line), detail=error)
        return {}
    found: dict[str, Translation] = {}
    for message in catalogue:
        if message.context and isinstance(message.string, str) and message.string:
            text = message.id if isinstance(message.id, str) else message.id[0]
            place = Place(file, message.lineno or 1)
            found[message.context] = Translation(text, message.string, place, message.fuzzy)
    return found


def is_list(key: str) -> bool:
    """Whether this is a list of what people type, which has a length of its own in every language."""
    return _TYPED.search(key) is not None


def is_needed(key: str) -> bool:
    """Whether people miss something when this text is not translated."""
    return not (key.endswith(SHORT) or is_list(key) or _FOR_MAKERS.match(key) or _ADDRESS.match(key))


def needed(texts: Iterable[str]) -> Iterator[str]:
    return (key for key in texts if is_needed(key))


def words_of(texts: Texts, catalogues: Mapping[str, Catalogue], terms: Terms) -> Words:
    """The words of a pack: terms put in, and of each language only the messages that it has as a whole."""
    translations = {language: _whole(texts, _finished(catalogues, language)) for language in catalogues}
    wanted = set(needed(texts))
    whole = {language for language, own in translations.items() if wanted <= own.keys()}
    return Words(
        {key: filled(text, terms, SOURCE_LANGUAGE) for key, text in texts.items()},
        {
            language: {key: filled(text, terms, language) for key, text in own.items()}
            for language, own in translations.items()
        },
        frozenset({SOURCE_LANGUAGE, *whole}),
    )


def _finished(catalogues: Mapping[str, Catalogue], language: str) -> dict[str, str]:
    """What can be said in a language: its own words and, under them, those of what it falls back to.

    A message may be partly Peruvian and partly common Spanish; that is one language to who reads it.
    """
    return {
        key: entry.text
        for tag in reversed(chain(language))
        for key, entry in catalogues.get(tag, {}).items()
        if not entry.fuzzy
    }


def message_of(key: str) -> str | None:
    """The message that a text is a part of: a question with its choices, a film; None for one that stands alone."""
    plain = key.partition("#")[0]
    if plain.startswith(("dimensions/", "levels/")):
        return "levels"  # they are shown together, in the picture of a result
    if match := _FILM.match(plain):
        return match[1]
    if match := _CHOICE.match(plain):
        return match[1]
    stem, _, part = plain.rpartition("/")
    return stem if part.partition("@")[0] in ("say", "ask", "why") else None


def _whole(texts: Texts, own: Texts) -> dict[str, str]:
    """The translations without those of messages of which something is missing."""
    broken = {message_of(key) for key in needed(texts) if key not in own} - {None}
    return {key: text for key, text in own.items() if message_of(key) not in broken}


def check_catalogue(catalogue: Catalogue, texts: Texts, language: str, terms: Terms, report: Report) -> None:
    """Reports translations of texts that have changed or gone, whose placeholders or links differ, or too long ones."""
    for key, entry in catalogue.items():
        if entry.fuzzy:
            continue
        source = texts.get(key, texts.get(_label_of(key)))
        if source is None:
            report.add("TEXT-008", entry.place, key=key)
            continue
        _check_same(key, entry, source, report)
        check_terms(entry.text, terms, language, entry.place, report)
        check_plurals(entry.text, language, entry.place, report)
        _check_length(key, entry, catalogue, language, terms, report)
    finished = {key: entry for key, entry in catalogue.items() if not entry.fuzzy}
    spoken = {key: (filled(entry.text, terms, language), entry.place) for key, entry in finished.items()}
    check_translated_films(texts, spoken, language, report)


def _label_of(key: str) -> str:
    """The choice that a short form or a list of synonyms belongs to: a language may have one that the source lacks."""
    return key.removesuffix(SHORT).replace("/synonyms/", "/choices/")


def _check_same(key: str, entry: Translation, source: str, report: Report) -> None:
    """What must be the same in a text and its translation: placeholders, terms, links."""
    if is_list(key):
        return
    expected, found = _fixed(source), _fixed(entry.text)
    if set(expected) != set(found):
        report.add("TEXT-006", entry.place, key=key, expected=expected, found=found)
    elif set(LINK.findall(source)) != set(LINK.findall(entry.text)):
        report.add("TEXT-012", entry.place, key=key, expected=LINK.findall(source))
    elif entry.source != source:
        report.add("TEXT-007", entry.place, key=key)


def _fixed(text: str) -> list[str]:
    terms = [f"term.{term}" for term, _ in terms_in(text)]
    named = placeholders(without_terms(text))
    # A language may need a word of its own for a number where the source does not, but not another number.
    plural = [name for name, _ in plurals_in(text) if name not in named]
    return [*named, *dict.fromkeys(plural), *dict.fromkeys(terms)]


def _check_length(
    key: str, entry: Translation, catalogue: Catalogue, language: str, terms: Terms, report: Report
) -> None:
    text = filled(entry.text, terms, language)
    if "/quiz/choices/" in key:
        check_length(text, DESCRIPTION, entry.place, report, key=key, channel="the row of a list")
    elif "/choices/" in key and not key.endswith(SHORT):
        short = catalogue.get(key + SHORT)
        words = filled(short.text, terms, language) if short and not short.fuzzy else None
        check_label(key, text, words, entry.place, report)
    elif not is_list(key):
        with_buttons = message_of(key) is not None
        limit, channel = (QUESTION, "a message with buttons") if with_buttons else (MESSAGE, "a message")
        check_length(text, limit, entry.place, report, key=key, channel=channel)
