"""What an economy says once to many people: as it is written, and what can be wrong with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from content.campaigns import Campaign, Campaigns, Price, read_campaigns
from content.guarded_yaml import read_yaml
from content.problems import Problem, Report, render

CAMPAIGNS = """schema: 1
template_price: {amount: 0.0113, currency: USD, checked: 2026-11-01}
campaigns:
  market_season:
    title: Before the market season
    flow: season
    who: profile.sector == "food"
    from: 2026-12-01
    until: 2026-12-20
    at: "10:00"
    most_per_day: 500
    outside: invite
  thanks: {title: Thanks, flow: thanks, from: 2026-12-24, until: 2026-12-24, at: "09:00", most_per_day: 9}
"""


def read(text: str) -> tuple[Campaigns | None, tuple[Problem, ...]]:
    report = Report()
    document = read_yaml(text.encode(), "campaigns.yaml", report)
    assert document is not None, render(report.problems)
    return read_campaigns(document, report), report.problems


def test_a_campaign_says_what_to_whom_and_when() -> None:
    found, problems = read(CAMPAIGNS)
    assert found is not None, render(problems)
    assert found.price == Price(Decimal("0.0113"), "USD", date(2026, 11, 1))
    season = found.by_id["market_season"]
    assert season == Campaign(
        "market_season", "Before the market season", "season", 'profile.sector == "food"',
        date(2026, 12, 1), date(2026, 12, 20), "10:00", 500, "invite", season.places,
    )  # fmt: skip
    assert (found.by_id["thanks"].who, found.by_id["thanks"].outside) == (None, "hold")


def test_a_pack_may_have_none() -> None:
    assert read("schema: 1\n") == (Campaigns(), ())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("until: 2026-12-20", "until: 2026-11-30", "CAMP-002"),
        ("currency: USD", "currency: dollars", "PACK-008"),
        ("amount: 0.0113", "amount: cheap", "SHAPE-003"),
        ("most_per_day: 500", "most_per_day: 0", "SHAPE-003"),
        ("from: 2026-12-01", "from: 2026-99-99", "SHAPE-003"),
        ('at: "10:00"', 'at: "25:00"', "SHAPE-005"),
        ("outside: invite", "outside: shout", "SHAPE-004"),
        ("    flow: season\n", "", "SHAPE-002"),
        ("most_per_day: 500", "a_day: 500", "SHAPE-001"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, code: str) -> None:
    assert old in CAMPAIGNS
    found, problems = read(CAMPAIGNS.replace(old, new, 1))
    assert found is None
    assert code in [problem.code for problem in problems], render(problems)
