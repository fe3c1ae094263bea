"""New ids: random and meaningless, so that nobody learns anything from one."""

from __future__ import annotations

import secrets

import uuid_utils


def new_id() -> str:
    """128 random bits as 32 hex digits."""
    return secrets.token_hex(16)


def new_ordered_id() -> str:
    """A uuid7 as 32 hex digits: later ids sort later, which keeps the index of events compact."""
    return uuid_utils.uuid7().hex
