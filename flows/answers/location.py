"""A place that the channel sent; kept coarsely, since we only ever need the area."""

from __future__ import annotations

from flows.answers.base import AnswerType
from flows.asking import Asking
from flows.understand import Labels
from flows.values import Inbound


def read(asking: Asking, labels: Labels, inbound: Inbound) -> list[float] | None:
    where = inbound.data.get("location") if inbound.media == "location" else None
    if not where:
        return None
    # One decimal is about 11 km: an area, nobody's house.
    return [round(float(where["latitude"]), 1), round(float(where["longitude"]), 1)]


LOCATION = AnswerType("location", "A place sent by the channel, kept to about 11 km.", False, read)
