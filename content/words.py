"""The words people read: texts by key, per language, with what may be filled in.

Keys are listed in docs/developer/architecture.md, "Keys of words". A short form has the key with
`#short` behind it, a variant for a channel `#terminal`, `#whatsapp` ...
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from content.problems import Place, Report, did_you_mean

SOURCE_LANGUAGE = "en"  # what YAML is written in
SHORT = "#short"

# The tightest channel decides (WhatsApp's Cloud API): a button, the row of a list, a body with buttons.
LABEL = 20
DESCRIPTION = 72
QUESTION = 1024
MESSAGE = 4096  # Telegram and WhatsApp take no longer one

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\}")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"Arab", "Hebr", "Nkoo", "Syrc", "Thaa"})


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of a pack. `texts` is the source; `translations` holds language -> key -> text."""

    texts: Mapping[str, str]
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    whole: frozenset[str] = frozenset({SOURCE_LANGUAGE})  # languages in which nothing is missing

    def of(self, key: str, language: str, *, short: bool = False, channel: str | None = None) -> str:
        """The text in the nearest language that has it. Raises KeyError for a key no text has.

        The person's language comes first, the right form second: a full Spanish label is better
        than a short English one.
        """
        keys = _forms(key, short, channel)
        for texts in self._chain(language):
            for form in keys:
                if form in texts:
                    return texts[form]
        raise KeyError(key)

    def language_of(self, key: str, language: str) -> str:
        """The language that `of` answers in. Raises KeyError for a key no text has."""
        for tag in chain(language):
            if key in self.translations.get(tag, ()):
                return tag
        if key not in self.texts:
            raise KeyError(key)
        return SOURCE_LANGUAGE

    def is_whole(self, language: str) -> bool:
        """Whether everything can be said in this language."""
        tags = chain(language)
        return not tags or not self.whole.isdisjoint(tags)

    def has(self, key: str) -> bool:
        return key in self.texts

    def content_hash(self) -> str:
        """One number for all words: it changes when any text or translation changes."""
        parts = {SOURCE_LANGUAGE: dict(self.texts)} | {
            tag: dict(texts) for tag, texts in self.translations.items()
        }
        return hash_of({tag: sorted(texts.items()) for tag, texts in parts.items()})

    def _chain(self, language: str) -> Iterable[Mapping[str, str]]:
        for tag in chain(language):
            if tag in self.translations:
                yield self.translations[tag]
        yield self.texts


def _forms(key: str, short: bool, channel: str | None) -> tuple[str, ...]:
    forms = ([key + SHORT] if short else []) + ([f"{key}#{channel}"] if channel else [])
    return (*forms, key)


@lru_cache(maxsize=256)
def chain(language: str) -> tuple[str, ...]:
    """A language and what stands in for it: es-Latn-PE -> (es-Latn-PE, es-Latn, es). English is the end.

    The chain stops at `en`, whose texts are the source itself.
    """
    parts = language.replace("_", "-").split("-")
    tags = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return tuple(tag for tag in tags if tag != SOURCE_LANGUAGE)


def is_language(tag: str) -> bool:
    """Whether this is written like a language tag: en, es-PE, zh-Hant, es-419."""
    return _TAG.fullmatch(tag) is not None


def direction(language: str) -> str:
    """`rtl` for languages written from right to left, else `ltr`."""
    parts = language.replace("_", "-").split("-")
    scripts = [part for part in parts[1:] if len(part) == 4]
    rtl = scripts[0] in _RIGHT_TO_LEFT_SCRIPTS if scripts else parts[0] in _RIGHT_TO_LEFT
    return "rtl" if rtl else "ltr"


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces, in order, each once: "Hi {name}" -> ("name",)."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """The text with {name} and {a.b} replaced by words and numbers from `facts`; the rest stays as it is.

    The facts are the list of what is allowed: a plain lookup, never an attribute, and what is filled in
    is not looked through again.
    """
    if "{" not in text:
        return text

    def word(match: re.Match[str]) -> str:
        value = _found(facts, match.group(1))
        if isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{value:g}" if isinstance(value, float) else str(value)
        return match.group()

    return _PLACEHOLDER.sub(word, text)


def _found(facts: Mapping[str, Any], name: str) -> Any:
    if name in facts:
        return facts[name]
    value: Any = facts
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


_LEFT_OPEN = re.compile(r"\[[^\[\]]+\]")


def check_filled(text: str, place: Place, report: Report) -> None:
    """Whether a text holds nothing any more that the base pack leaves for an economy to fill."""
    for found in _LEFT_OPEN.findall(text):
        report.add("TEXT-011", place, found=found)


def check_placeholders(text: str, allowed: Iterable[str], place: Place, report: Report) -> None:
    """Reports names in braces that cannot be filled where this text stands."""
    known = sorted(allowed)
    for name in placeholders(text):
        if name not in known:
            report.add("TEXT-004", place, name=name, known=known, near=did_you_mean(name, known))


def has_terms(text: str) -> bool:
    """Whether words of the economy are put into this text: how long it is shows only then."""
    return "{term." in text or "{Term." in text


def check_length(text: str, limit: int, place: Place, report: Report, *, key: str, channel: str) -> None:
    """Reports a text that a channel would cut or refuse."""
    if len(text) > limit and not has_terms(text):
        report.add("TEXT-001", place, key=key, channel=channel, found=len(text), limit=limit)


def check_label(key: str, text: str, short: str | None, place: Place, report: Report) -> None:
    """Reports the words of a choice that fit neither a button nor the row of a list."""
    if has_terms(text) or (short and has_terms(short)):
        return
    if short and len(short) > LABEL:
        report.add("TEXT-003", place, text=short, found=len(short), limit=LABEL)
    if not short and len(text) > LABEL:
        report.add("TEXT-002", place, text=text, found=len(text), limit=LABEL)
    check_length(text, DESCRIPTION, place, report, key=key, channel="the row of a list")


def hash_of(value: Any) -> str:
    """sha256 over canonical JSON, as 64 hex digits."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
