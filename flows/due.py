"""When a timer is due: after its seconds, and not before its hour where the programme is."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flows.limits import SECOND
from flows.values import Timer


def due_at(timer: Timer, now: int, zone: str) -> int:
    """When a timer set at `now` is due. Both are microseconds UTC; the hour is one of `zone`."""
    earliest = now + timer.seconds * SECOND
    if timer.at is None:
        return earliest
    there = ZoneInfo(zone)
    local = datetime.fromtimestamp(earliest / SECOND, there)
    hour = datetime.combine(local.date(), time.fromisoformat(timer.at), there)
    if hour < local:
        hour = datetime.combine(local.date() + timedelta(days=1), time.fromisoformat(timer.at), there)
    return round(hour.timestamp() * SECOND)
