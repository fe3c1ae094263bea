"""Campaigns: what an economy says once to many people who agreed to reminders. Read from campaigns.yaml.

A campaign names a flow, for whom it is, from when until when, at which hour, and how many hear it on
one day. Nothing begins by itself: an operator starts it with `pasito campaign start`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from content.directory import Day
from content.guarded_yaml import Document
from content.problems import Place, Report
from content.shapes import File, Id, Shape, Text, check_schema, shaped

Outside = Literal["hold", "invite"]
Hour = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


@dataclass(frozen=True, slots=True)
class Price:
    """What a platform takes for one approved message, as the operator looked it up. currency: ISO 4217."""

    amount: Decimal
    currency: str
    checked: date


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign. `title` is for operators; people read the words of its flow.

    who: a condition over what is known of a person; None for everybody who agreed to reminders.
    begins, ends: its first and its last day in the programme's zone. at: the local hour. pace: how
    many hear it on one day, at most. outside: what happens where a channel takes nothing now. places:
    where its keys stand, for letters about them.
    """

    id: str
    title: str
    flow: str
    who: str | None
    begins: date
    ends: date
    at: str
    pace: int
    outside: Outside
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Campaigns:
    """All campaigns of a pack by id, and what one approved message costs; None if nobody has said."""

    by_id: Mapping[str, Campaign] = field(default_factory=dict)
    price: Price | None = None


class PriceShape(Shape):
    amount: Annotated[Decimal, Field(ge=0, le=1_000_000)]
    currency: Text
    checked: Day


class CampaignShape(Shape):
    title: Text
    flow: Id
    who: Text | None = None
    from_: Annotated[Day, Field(alias="from")]
    until: Day
    at: Hour
    most_per_day: Annotated[int, Field(ge=1, le=1_000_000)]
    outside: Outside = "hold"


class CampaignsShape(File):
    template_price: PriceShape | None = None
    campaigns: Annotated[dict[Id, CampaignShape], Field(default_factory=dict)]


def read_campaigns(document: Document, report: Report) -> Campaigns | None:
    """The campaigns, or None with problems in the report. Whether flow and condition exist is checked with the flows."""
    before = len(report.errors)
    file = shaped(CampaignsShape, document, (), document.value, "campaigns.yaml", report)
    if file is None:
        return None
    check_schema(file, document, report)
    found = {id: _campaign(id, shape, document) for id, shape in file.campaigns.items()}
    for campaign in found.values():
        if campaign.ends < campaign.begins:
            until, begins = campaign.ends, campaign.begins
            report.add("CAMP-002", campaign.places["until"], campaign=campaign.id, until=until, begins=begins)
    price = file.template_price
    if price is not None and not re.fullmatch(r"[A-Z]{3}", price.currency):
        report.add("PACK-008", document.marks.at("template_price", "currency"), currency=price.currency)
    if len(report.errors) > before:
        return None
    return Campaigns(found, _price(price) if price is not None else None)


def _campaign(id: str, shape: CampaignShape, document: Document) -> Campaign:
    return Campaign(
        id=id,
        title=shape.title,
        flow=shape.flow,
        who=shape.who,
        begins=date.fromisoformat(shape.from_),
        ends=date.fromisoformat(shape.until),
        at=shape.at,
        pace=shape.most_per_day,
        outside=shape.outside,
        places={
            name: document.marks.at("campaigns", id, name)
            for name in ("flow", "who", "until", "at", "outside")
        },
    )


def _price(shape: PriceShape) -> Price:
    return Price(shape.amount, shape.currency, date.fromisoformat(shape.checked))
