"""Links that open the chat, with a language and a campaign:

    https://t.me/{bot}?start={language}_{campaign}
    https://wa.me/{number}?text=/start%20{language}_{campaign}
    https://pasito.example/?e={programme}&lang={language}&c={campaign}

Before the first "_" stands the language (`es-PE`), after it the campaign (`market-day`). Either may be
missing: `es-PE_` is a language alone, `_market-day` and `market-day` are a campaign alone. The
economy needs no place in it: an account belongs to one programme. Telegram takes A-Z, a-z, 0-9, "_"
and "-", 64 characters in all (https://core.telegram.org/bots/features#deep-linking).
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from bot.channels.telegram.capabilities import START_VALUE
from content.words import is_language

CAMPAIGN = 40  # characters, as for a link to the web chat
_VALUE = re.compile(rf"[A-Za-z0-9_-]{{1,{START_VALUE}}}", re.ASCII)


def start_link(bot: str, *, language: str = "", campaign: str = "") -> str:
    """The link to a bot that carries language and campaign. Raises ValueError for what no link can carry."""
    value = _start_value(language, campaign)
    return f"https://t.me/{bot}?start={value}" if value else f"https://t.me/{bot}"


def whatsapp_link(number: str, *, language: str = "", campaign: str = "") -> str:
    """The link that puts language and campaign into a first message. number: digits, with the international prefix.

    Raises ValueError for what no link can carry.
    """
    value = _start_value(language, campaign)
    return f"https://wa.me/{number}?text={quote(f'/start {value}'.strip())}"


def web_link(address: str, *, programme: str = "", language: str = "", campaign: str = "") -> str:
    """The link to the web chat at an address. programme: where there are several."""
    told = {"e": programme, "lang": language, "c": campaign}
    query = urlencode({name: value for name, value in told.items() if value})
    return f"{address}/?{query}" if query else f"{address}/"


def _start_value(language: str, campaign: str) -> str:
    value = f"{language}_{campaign}" if language else campaign
    if not value:
        return ""
    if not _VALUE.fullmatch(value) or len(campaign) > CAMPAIGN or (language and not is_language(language)):
        raise ValueError(f"A link to a bot cannot carry the language '{language}' and campaign '{campaign}'.")
    if not language and "_" in campaign:
        return f"_{campaign}"
    return value


def start_data(value: str) -> dict[str, str]:
    """Language and campaign that a link carried; what is not of this form says nothing."""
    if not _VALUE.fullmatch(value):
        return {}
    language, mark, campaign = value.partition("_")
    if not mark:
        language, campaign = "", value
    data = {}
    if is_language(language):
        data["language"] = language
    if campaign:
        data["campaign"] = campaign[:CAMPAIGN]
    return data
