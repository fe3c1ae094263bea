"""What languages call themselves."""

from __future__ import annotations

from functools import cache


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
