"""What languages call themselves, and which of a pack's languages comes nearest to the one somebody reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

# Codes that phones and browsers still send, and what they stand for today (IANA's language subtag registry).
_OLD_CODES = {"tl": "fil", "in": "id", "iw": "he", "ji": "yi"}
# Where Chinese is written in the long signs; elsewhere in the short ones (Unicode's likely subtags).
_LONG_SIGNS = frozenset({"TW", "HK", "MO"})
_SPANISH_ELSEWHERE = frozenset({"ES", "EA", "IC", "GQ", "PH"})  # not in the Americas
_AMERICAS = "419"


@cache
def language_name(tag: str) -> str:
    """A language's own name: es-PE -> "español (Perú)". The tag itself where CLDR has none."""
    from babel import Locale, UnknownLocaleError  # 0.1 s, and only needed where people choose

    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return tag
    name = locale.get_display_name(locale) or tag
    return name[:1].upper() + name[1:]


def day_name(day: date, tag: str) -> str:
    """A day as it is written in a language: "viernes, 12 de marzo de 2027"; as 2027-03-12 where CLDR has no words."""
    from babel import Locale, UnknownLocaleError  # 0.1 s, and only needed where somebody has joined a meeting
    from babel.dates import format_date

    try:
        return format_date(day, "full", Locale.parse(tag, sep="-"))
    except (UnknownLocaleError, ValueError):
        return day.isoformat()


def nearest(wanted: str, offered: Sequence[str]) -> str | None:
    """The language of `offered` that somebody who asks for `wanted` reads best; None if none is the same language.

    First the very one, then one in the same script: of her region, of the Americas for es-PE, without a
    region, of another region. Of several as near the first. `wanted` may be written in any way.
    """
    mine = _tag(wanted)
    same = [tag for tag in offered if _tag(tag).language == mine.language]
    return min(same, key=lambda tag: _distance(mine, _tag(tag)), default=None)


class _Tag(NamedTuple):
    """The parts of a language tag; the script is empty unless it is named, or follows from the region."""

    language: str
    script: str
    region: str


def _tag(text: str) -> _Tag:
    first, *others = text.strip().replace("_", "-").split("-")
    language, script, region = first.lower(), "", ""
    for part in others:
        if len(part) == 1:
            break  # what follows says how dates are written, and the like
        if len(part) == 4 and part.isalpha():
            script = part.title()
        elif len(part) in (2, 3):
            region = region or part.upper()
    if language == "zh" and not script:
        script = "Hant" if region in _LONG_SIGNS else "Hans"
    return _Tag(_OLD_CODES.get(language, language), script, region)


def _distance(mine: _Tag, other: _Tag) -> tuple[bool, int]:
    return other.script != mine.script, _way(mine, other)


def _way(mine: _Tag, other: _Tag) -> int:
    """How far it is from one region to another."""
    if other.region == mine.region:
        return 0
    near = mine.language == "es" and _is_american(mine) and _is_american(other)
    if near and _AMERICAS in (mine.region, other.region):
        return 1
    if not other.region:
        return 2
    return 3 if near else 4


def _is_american(tag: _Tag) -> bool:
    return bool(tag.region) and tag.region not in _SPANISH_ELSEWHERE
