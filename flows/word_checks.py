"""Checks of all words of a pack, once they are known: terms, brand names, what is left open, translations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from content.brands import read_brands
from content.glossary import check_glossary, read_glossary
from content.plurals import check_plurals
from content.problems import Place, Report
from content.terms import Terms, check_terms, filled
from content.text_places import Places
from content.translations import LINK, Catalogue, Translation, check_catalogue, is_list
from content.words import (
    QUESTION,
    SHORT,
    SOURCE_LANGUAGE,
    chain,
    check_filled,
    check_label,
    check_length,
    has_terms,
)
from flows.understand import plain

if TYPE_CHECKING:
    from content.pack import Pack

Texts = Mapping[str, str]
Placed = Mapping[str, tuple[str, Place]]

_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|«\s?([^»]+?)\s?»|„([^“”]+)[“”]|「([^」]+)」|『([^』]+)』')
# Letters of other alphabets that look like Latin ones, beside Latin ones in one word.
_LOOKALIKE = re.compile(r"[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]")
# Signs that turn the reading direction around, or cannot be seen.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def check_words(pack: Pack, texts: Texts, of_flows: Placed, report: Report) -> None:
    """All checks of words that need the whole pack. Problems go into the report.

    texts: all source texts as they are written. of_flows: those of the flows, with their places.
    """
    brands = read_brands(pack.documents["brands.yaml"], report) if "brands.yaml" in pack.documents else None
    places = Places(pack.documents)
    for key, text in texts.items():
        place = of_flows[key][1] if key in of_flows else places.of(key)
        if pack.terms:  # without any, terms.yaml itself has its letter
            check_terms(text, pack.terms, SOURCE_LANGUAGE, place, report)
        check_plurals(text, SOURCE_LANGUAGE, place, report)
        _check_signs(key, text, place, report)
        _check_length(key, texts, pack.terms, place, report)
        _check_hosts(key, text, pack.hosts, place, report)
        if pack.economy is None:
            brand = brands.search(text) if brands and not is_list(key) else None
            if brand:
                report.add("TEXT-013", place, brand=brand[0])
        elif key in of_flows:
            check_filled(text, place, report)
    _check_names(pack, brands, report)
    started_by = _started_by(texts)
    glossary = (
        read_glossary(pack.documents["glossary.yaml"], report) if "glossary.yaml" in pack.documents else {}
    )
    for language, catalogue in pack.catalogues.items():
        check_catalogue(catalogue, texts, language, pack.terms, report)
        finished = {key: entry for key, entry in catalogue.items() if not entry.fuzzy}
        for key, entry in finished.items():
            _check_signs(key, entry.text, entry.place, report)
        spoken = _along(pack.catalogues, language)
        _check_said(spoken, report)
        _check_told_apart(spoken, report)
        own = _started_in(spoken, pack.languages, started_by)
        _check_commands(finished, texts, started_by, own, report)
        check_glossary(glossary.get(language, {}), catalogue, texts, report)


def _check_length(key: str, texts: Texts, terms: Terms, place: Place, report: Report) -> None:
    """The lengths of texts that hold terms, once these are put in."""
    if not has_terms(texts[key]) or is_list(key):
        return
    text = filled(texts[key], terms, SOURCE_LANGUAGE)
    if "/choices/" in key and not key.endswith(SHORT):
        short = texts.get(key + SHORT)
        check_label(key, text, short and filled(short, terms, SOURCE_LANGUAGE), place, report)
    else:
        check_length(text, QUESTION, place, report, key=key, channel="a message with buttons")


def _check_signs(key: str, text: str, place: Place, report: Report) -> None:
    if hidden := _HIDDEN.search(text):
        report.add("TEXT-014", place, key=key, name=f"U+{ord(hidden[0]):04X}")
    if not text.isascii() and (mixed := _LOOKALIKE.search(text)):
        report.add("TEXT-015", place, key=key, found=mixed[0])


def _check_hosts(key: str, text: str, hosts: frozenset[str], place: Place, report: Report) -> None:
    """Links may lead only where the pack says so: nobody should be sent to a stranger by a slip of the pen."""
    for link in LINK.findall(text):
        host = _host(link)
        if not any(host == known or host.endswith("." + known) for known in hosts):
            report.add("TEXT-018", place, key=key, host=host)


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or link).removeprefix("www.")
    except ValueError:  # a bracket, where urllib looks for a number
        return link


def _check_names(pack: Pack, brands: re.Pattern[str] | None, report: Report) -> None:
    """Words that are shown and are no texts: terms, and names and addresses of the directory and the authority."""
    for key, name, place in _names(pack):
        _check_signs(key, name, place, report)
        if pack.economy is None and brands and (brand := brands.search(name)):
            report.add("TEXT-013", place, brand=brand[0])


def _names(pack: Pack) -> Iterator[tuple[str, str, Place]]:
    for term, by_language in pack.terms.items():
        for language, forms in by_language.items():
            for form, words in forms.items():
                yield (
                    f"terms/{term}",
                    words,
                    pack.documents["terms.yaml"].marks.at("terms", term, language, form),
                )
    for id, entry in pack.directory.entries.items():
        for part, words in (("name", entry.name), ("contact", entry.contact)):
            place = pack.documents["directory.yaml"].marks.at("entries", id, part)
            yield f"directory/entries/{id}/{part}", words, place
    for part, words in (("name", pack.authority.name), ("contact", pack.authority.contact)):
        yield f"authority/{part}", words, pack.documents["pack.yaml"].marks.at("authority", part)


def _along(catalogues: Mapping[str, Catalogue], language: str) -> dict[str, Translation]:
    """What is finished in a language and in those it falls back to."""
    entries = {
        key: entry for tag in reversed(chain(language)) for key, entry in catalogues.get(tag, {}).items()
    }
    return {key: entry for key, entry in entries.items() if not entry.fuzzy}


def _started_by(texts: Texts) -> dict[str, str]:
    """What starts a flow, as it is compared, and which flow."""
    said = {key.removesuffix("/said"): text for key, text in texts.items() if key.endswith("/said")}
    return {plain(phrase): flow for flow, text in said.items() for phrase in text.split("|") if plain(phrase)}


def _started_in(catalogue: Catalogue, languages: Iterable[str], source: Mapping[str, str]) -> dict[str, str]:
    """What starts a flow in a language; English does where it is spoken, and where nothing else is said."""
    own = {key: entry.text for key, entry in catalogue.items() if key.endswith("/said")}
    english = SOURCE_LANGUAGE in languages
    kept = {phrase: flow for phrase, flow in source.items() if english or f"{flow}/said" not in own}
    return {**kept, **_started_by(own)}


def _check_said(catalogue: Catalogue, report: Report) -> None:
    """What starts a flow must not start two."""
    seen: dict[str, str] = {}
    for key, entry in catalogue.items():
        if not key.endswith("/said"):
            continue
        flow = key.removesuffix("/said")
        for phrase in filter(plain, entry.text.split("|")):
            other = seen.setdefault(plain(phrase), flow)
            if other != flow:
                report.add("FLOW-024", entry.place, phrase=phrase.strip(), flow=flow, other=other)


def _check_told_apart(catalogue: Catalogue, report: Report) -> None:
    """Words that people may type for a choice must not stand for another one of the same question."""
    seen: dict[tuple[str, str], str] = {}
    for key, entry in catalogue.items():
        question, kind, choice = key.partition("#")[0].rpartition("/")[0], key.rpartition("#")[2], ""
        for part in ("/choices/", "/synonyms/"):
            if part in key:
                question, _, choice = key.partition("#")[0].partition(part)
        if not choice or kind not in ("short", key):
            continue
        for word in filter(plain, entry.text.split("|") if is_list(key) else [entry.text]):
            first = seen.setdefault((question, plain(word)), choice)
            if first != choice:
                report.add("TEXT-010", entry.place, text=word.strip(), first=first, second=choice)


def _check_commands(
    catalogue: Catalogue, texts: Texts, source: Mapping[str, str], own: Mapping[str, str], report: Report
) -> None:
    """A word in quotes that starts a flow must start the same one in the translation: else it leads nowhere.

    source, own: what starts which flow in English, and in this language.
    """
    for key, entry in catalogue.items():
        if key not in texts or is_list(key) or '"' not in texts[key]:
            continue
        found = _quoted(entry.text)
        flows = {own.get(plain(word)) for word in found}
        wanted = [word for word in _quoted(texts[key]) if source.get(plain(word), None) not in (None, *flows)]
        if wanted:
            report.add("TEXT-016", entry.place, key=key, wanted=wanted, found=found)


def _quoted(text: str) -> list[str]:
    return [next(part for part in match if part) for match in _QUOTED.findall(text)]
