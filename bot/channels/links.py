"""Links that open the bot: https://t.me/{bot}?start={language}_{campaign}

Before the first "_" stands the language (`es-PE`), after it the campaign (`market-day`). Either may be
missing: `es-PE_` is a language alone, `_market-day` and `market-day` are a campaign alone. The
economy needs no place in it: an account belongs to one programme. Telegram takes A-Z, a-z, 0-9, "_"
and "-", 64 characters in all (https://core.telegram.org/bots/features#deep-linking).
"""

from __future__ import annotations

import re

from bot.channels.telegram.capabilities import START_VALUE
from content.words import is_language

CAMPAIGN = 40  # characters, as for a link to the web chat
_VALUE = re.compile(rf"[A-Za-z0-9_-]{{1,{START_VALUE}}}", re.ASCII)


def start_link(bot: str, *, language: str = "", campaign: str = "") -> str:
    """The link to a bot that carries language and campaign. Raises ValueError for what no link can carry."""
    value = f"{language}_{campaign}" if language else campaign
    if not value:
        return f"https://t.me/{bot}"
    if not _VALUE.fullmatch(value) or len(campaign) > CAMPAIGN or (language and not is_language(language)):
        raise ValueError(f"A link to a bot cannot carry the language '{language}' and campaign '{campaign}'.")
    if not language and "_" in campaign:
        value = f"_{campaign}"
    return f"https://t.me/{bot}?start={value}"


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
