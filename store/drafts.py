"""Drafts of packs, for reviewers: programmes of their own that only a link leads to, and that end by themselves.

Whoever talks there is a test person, so nothing of it is counted anywhere.
"""

from __future__ import annotations

import re
import secrets

from sqlalchemy import Connection

from store import packs
from store.clock import SECOND
from store.programmes import programmes

LASTS_DAYS = 14
_NAME = re.compile(r"([a-z][a-z0-9_]*)-draft-[0-9a-f]{16}")


def new_name(pack: str) -> str:
    """A programme for a draft of this pack; nobody can guess it."""
    return f"{pack}-draft-{secrets.token_hex(8)}"


def is_name(programme: str) -> bool:
    return _NAME.fullmatch(programme) is not None


def pack_of(programme: str) -> str:
    """The programme whose films a conversation sees: of a draft that of its pack, else its own."""
    found = _NAME.fullmatch(programme)
    return found[1] if found else programme


def is_open(tx: Connection, programme: str, now: int) -> bool:
    """Whether this draft may be tried: it was put there, or renewed, within the last days."""
    live = packs.live(tx, programme) if is_name(programme) else None
    return live is not None and now < live.published_at + LASTS_DAYS * 86_400 * SECOND


def of_pack(tx: Connection, pack: str, now: int) -> str | None:
    """An open draft of this pack, if there is one."""
    names = (name for name in programmes(tx) if (found := _NAME.fullmatch(name)) and found[1] == pack)
    return next((name for name in names if is_open(tx, name, now)), None)
