"""Events: what happened, past tense. They are added here and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from store import read_models
from store import tables as t
from store.bulk import insert_rows
from store.clock import SECOND
from store.ids import new_ordered_id


def append(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds events, made by `row`, and what follows from them in the read models."""
    insert_rows(tx, t.event, rows)
    read_models.apply(tx, rows)


def row(
    programme: str,
    kind: str,
    *,
    occurred_at: int,
    recorded_at: int,
    zone: str,
    channel: str,
    data: Mapping[str, str | int | float | bool | None],
    person: str | None = None,
    business: str | None = None,
    role: str | None = None,
    assessment: str | None = None,
    conversation: str | None = None,
    language: str | None = None,
    pack_version: str | None = None,
    mode: str | None = None,
    is_test: bool = False,
    version: int = 1,
) -> dict[str, Any]:
    """An event with its envelope, as a row. Instants are microseconds UTC."""
    return {
        "programme_id": programme,
        "id": new_ordered_id(),
        "kind": kind,
        "version": version,
        "person_id": person,
        "business_id": business,
        "role": role,
        "assessment_id": assessment,
        "conversation_id": conversation,
        "channel": channel,
        "language": language,
        "pack_version": pack_version,
        "mode": mode,
        "is_test": is_test,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "local_day": local_day(occurred_at, zone),
        "data": dict(data),
    }


def local_day(at: int, zone: str) -> str:
    """The calendar day of an instant, as 2026-11-21."""
    return _day(at // _QUARTER, zone)


# All zones that are in use differ by whole quarters of an hour, so a day never changes within one.
_QUARTER = 900 * SECOND


@lru_cache(maxsize=4096)
def _day(quarter: int, zone: str) -> str:
    return datetime.fromtimestamp(quarter * _QUARTER / SECOND, _zone(zone)).date().isoformat()


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
