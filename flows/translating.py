"""What a translator gets: every text of a pack with where it appears, what its placeholders mean, how long it may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from content.po import Translatable, short_note
from content.terms import filled, terms_in, without_terms
from content.translations import is_list, is_needed
from content.words import DESCRIPTION, LABEL, SHORT, chain, placeholders
from flows import descriptions

if TYPE_CHECKING:
    from flows.version import Version

# The rooms of keys, in the order in which a person meets their texts; then what each is for a translator.
PARTS: Mapping[str, str] = {
    "engine": "a sentence of the engine",
    "web": "the web page",
    "player": "the page that plays films",
    "papers": "the guidebook and the training plan",
    "flows": "a conversation",
    "bank": "a question of the check",
    "dimensions": "the picture of a result",
    "levels": "a result",
    "gaps": "a step: its name, reason, tips and quiz",
    "starters": "a first step for somebody with an idea",
    "directory": "the directory",
    "laws": "a rule",
    "meetings": "a meeting: its title, sessions and questions",
    "cases": "what another business did",
    "products": "what sells well",
    "programmes": "the choice of an economy",
    "films": "a film",
}
_KINDS = {
    "ask": "a question",
    "ask@group": "the question, to a cooperative or group",
    "say": "a message",
    "help": "said when somebody asks for help at this question",
    "why": "said under a question that some find personal",
    "why@group": "the same, to a cooperative or group",
    "reason": "why this step was chosen for her",
    "explain": "said after the answer to a quiz",
    "words": "spoken in a film: at most 35 words, and 195 in the whole film",
    "picture": "what is seen in a film, for who cannot see it; translate it if you can",
}


def part_of(key: str) -> str:
    """The part of the pack that a text belongs to; all flows are one."""
    room = key.partition("/")[0]
    return room if room in PARTS else "flows"


def translatables(version: Version) -> Iterator[Translatable]:
    """All texts of a version, part by part, in the order of their files.

    Each choice has a short form to translate, also where the source needs none: another language may; and
    a list of what people type for it.
    """
    order = list(PARTS)
    for key, text in sorted(version.texts.items(), key=lambda item: order.index(part_of(item[0]))):
        yield Translatable(key, text, tuple(_notes(key, text)))
        if "/choices/" in key and "/quiz/" not in key and "#" not in key:
            for more in (key + SHORT, key.replace("/choices/", "/synonyms/")):
                if more not in version.texts:
                    yield Translatable(more, text, tuple(_notes(more, text)))


def _notes(key: str, text: str) -> Iterator[str]:
    part = key.partition("#")[0].rpartition("/")[2]
    what = _KINDS.get(part, "")
    if is_list(key):
        what = "what people type, with | between the words; write what they type in your language, as many as you like, or none"
    elif "/choices/" in key:
        what = "a choice"
    yield f"{PARTS[part_of(key)]}{': ' + what if what else ''}"
    if note := short_note(key):
        yield note
    elif "/choices/" in key:
        yield f"At most {DESCRIPTION} characters."
    for name in placeholders(without_terms(text)):
        yield f"{{{name}}}: {descriptions.PLACEHOLDERS.get(name, 'filled in')}"
    for term, _ in terms_in(text):
        yield f"{{term.{term}}}: set in terms.yaml; another of its forms may stand here"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a part is translated into a language: keys of what is not finished, and of what has no room.

    long: labels that fit neither a button nor have a short form that does.
    """

    language: str
    part: str
    needed: int
    missing: tuple[str, ...]
    fuzzy: tuple[str, ...]
    long: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        return self.needed - len(self.missing) - len(self.fuzzy)


def coverage(version: Version) -> Iterator[Coverage]:
    """How far each language of a pack is, part by part. The source language is always complete."""
    pack = version.pack
    for language in pack.languages:
        tags = chain(language)
        if not tags:
            continue
        entries = [pack.catalogues.get(tag, {}) for tag in tags]
        for part in dict.fromkeys(part_of(key) for key in version.texts):
            keys = [key for key in version.texts if part_of(key) == part and is_needed(key)]
            found = {key: next((e[key] for e in entries if key in e), None) for key in keys}
            missing = tuple(key for key, entry in found.items() if entry is None)
            fuzzy = tuple(key for key, entry in found.items() if entry is not None and entry.fuzzy)
            finished = {
                key: entry.text for key, entry in found.items() if entry is not None and not entry.fuzzy
            }
            shorts = {
                key + SHORT: next((e[key + SHORT] for e in entries if key + SHORT in e), None) for key in keys
            }
            finished |= {
                key: entry.text for key, entry in shorts.items() if entry is not None and not entry.fuzzy
            }
            long = tuple(key for key in keys if _has_no_room(key, finished, version, language))
            yield Coverage(language, part, len(keys), missing, fuzzy, long)


def _has_no_room(key: str, finished: Mapping[str, str], version: Version, language: str) -> bool:
    """Whether a label is too long for a button, and so is its short form, or there is none."""
    if "/choices/" not in key or "/quiz/" in key or key not in finished:
        return False
    forms = [finished[name] for name in (key, key + SHORT) if name in finished]
    return all(len(filled(form, version.pack.terms, language)) > LABEL for form in forms)
