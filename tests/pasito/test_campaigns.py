"""`pasito campaign`: whom it would reach and at what cost, starting, stopping, and what became of it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from content.lineage import hash_of_sources
from flows.compiler import base_with_library
from flows.state import Business
from pasito import campaigns
from pasito.deployment import deployment
from pasito.health import doctor
from pasito.letters import SettingsError
from pasito.settings import read_settings
from store import erasure, template_states
from store import tables as t
from store.programmes import keep_account
from store.template_states import TemplateNews
from tests.api.serving import now
from tests.pasito.desks import Desk
from tests.store.conftest import Town
from tests.store.test_timers_and_calls import time_passes

DAY = 86_400_000_000
PACK = """schema: 1
pack: pe
title: A pack of this test
version: 1.0.0
extends: base
pinned: {{version: 1.0.0, hash: {pin}}}
languages: [en, es]
zone: Etc/UTC
quiet_hours: {{from: "00:00", to: "00:00"}}
whatsapp_templates:
  es: {{name: come_back, code: es}}
"""
FLOW = """schema: 1
flow: season
title: Before the season
steps:
  - say: The season begins.
"""
CAMPAIGNS = """schema: 1
campaigns:
  season:
    title: Before the season
    flow: season
    who: profile.sector == "crafts_textile"
    from: {begins}
    until: {ends}
    at: "12:00"
    most_per_day: 7
    outside: {outside}
"""


class House:
    """A deployment of the pack above, and people who agreed to everything."""

    def __init__(self, folder, url, outside="hold", **campaign):
        self.folder = folder
        pack = folder / "packs" / "pe"
        (pack / "flows").mkdir(parents=True)
        (pack / "pack.yaml").write_text(PACK.format(pin=hash_of_sources(base_with_library())))
        (pack / "flows" / "season.yaml").write_text(FLOW)
        today = datetime.now(UTC).date()
        days = {"begins": today + timedelta(days=2), "ends": today + timedelta(days=4), **campaign}
        (pack / "campaigns.yaml").write_text(CAMPAIGNS.format(outside=outside, **days))
        self.settings = read_settings(
            data_dir=folder / "data", database_url=url, env="development", programme="pe", packs=[pack.parent]
        )
        self.here = deployment(self.settings)
        self.town = Town(self.here.database, now())
        with self.here.database.begin() as tx:
            for channel in ("telegram", "whatsapp"):
                keep_account(tx, "pe", f"{channel}/default", channel=channel, pulls=False, now=now())

    def people(
        self, n, account="telegram/default", sector="crafts_textile", language="es", days_ago=0, **more
    ):
        """So many wrote, and agreed; their conversations."""
        talks = []
        for _ in range(n):
            who = f"{account}-{len(self.town.rows(t.conversation))}"
            state = self.town.agreed(Business(who, "own", {"sector": sector}))
            state = replace(state, language=language, last_inbound=self.town.now - days_ago * DAY, **more)
            talks.append(self.town.talks(who, state, account=account).conversation)
        return talks

    def starts(self, name="season", price=None, yes=True):
        return campaigns.start(self.settings, name, price, lambda _: yes)

    def told(self, value, what="status"):
        news = TemplateNews("pe", "whatsapp/default", "come_back", "es", what, value, now())
        with self.here.database.begin() as tx:
            template_states.note(tx, [news])

    def runs_until(self, condition):
        self.here.worker.start()
        until = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < until, "It did not come to pass."
            time.sleep(0.02)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    return "" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def build(url, tmp_path):
    made = []

    def build(**more):
        made.append(House(tmp_path, url, **more))
        return made[-1]

    yield build
    for house in made:
        house.here.close()


def lines(capsys):
    return re.sub(r"[ ]+", " ", capsys.readouterr().out)


def test_before_it_starts_it_is_told_whom_it_reaches_and_when(build, capsys):
    house = build()
    house.people(9)
    house.people(5, account="web")
    house.people(6, sector="farming")
    house.people(5, stopped=True)
    campaigns.estimate(house.settings, "season", None)
    said = lines(capsys)
    assert "People 14: telegram 9, web 5" in said
    assert "Days 2, from" in said
    assert "nothing to pay for" in said
    assert house.town.rows(t.timer) == []


def test_who_does_not_fit_into_its_days_is_told_of(build, capsys):
    house = build()
    house.people(30)
    campaigns.estimate(house.settings, "season", None)
    said = lines(capsys)
    assert "People 21: telegram 21" in said
    assert "9 more fit and will not hear it: at most 7 a day" in said


def test_what_an_approved_message_costs_is_never_made_up(build, capsys):
    house = build(outside="invite")
    house.people(10, account="whatsapp/default")
    house.people(5, account="whatsapp/default", language="en")
    campaigns.estimate(house.settings, "season", None)
    said = lines(capsys)
    assert "15 will be outside its 24 hours" in said
    assert "5 of them wait: no approved message in their language" in said
    assert "price not given" in said
    campaigns.estimate(house.settings, "season", "0.0113 USD 2026-11-01")
    assert "at most 0.11 USD: 10 approved messages at 0.0113 USD each, price of 2026-11-01" in lines(capsys)


def test_a_price_that_cannot_be_read_is_refused(build):
    house = build()
    for price in ("", "cheap", "0.01 USD", "0.01 dollars 2026-11-01", "-1 USD 2026-11-01", "1 USD x"):
        with pytest.raises(SettingsError, match=r"Write amount, currency and day"):
            campaigns.estimate(house.settings, "season", price)


def test_a_few_people_are_told_as_a_few(build, capsys):
    house = build()
    house.people(3)
    campaigns.estimate(house.settings, "season", None)
    assert "People fewer than 5: telegram fewer than 5" in lines(capsys)


def test_started_it_is_said_once_to_everybody_and_its_status_says_so(build, capsys):
    house = build()
    house.people(9, days_ago=9)
    house.people(5, account="whatsapp/default", days_ago=9)
    assert house.starts() == 0
    assert house.starts() == 0
    assert "14 more hear it already" in lines(capsys)
    assert len({row["due_at"] for row in house.town.rows(t.timer)}) == 2
    house.people(5, days_ago=9)
    house.starts()
    assert len(house.town.rows(t.timer)) == 19
    time_passes(house.town, 9 * DAY)
    house.runs_until(lambda: not house.town.rows(t.timer) and not unfinished(house))
    said = [row["body"]["text"] for row in house.town.rows(t.outbox)]
    assert said == ["The season begins."] * 14
    capsys.readouterr()
    campaigns.status(house.settings, "season")
    told = lines(capsys)
    assert "season: running" in told
    assert "held 5" in told
    assert "said 14" in told
    assert "Opted out after it: 0 of 14 who are counted, 0.0%" in told
    assert house.starts() == 0
    assert "19 more hear it already, or have heard it" in lines(capsys)


def unfinished(house):
    return [row for row in house.town.rows(t.inbox) if row["done_at"] is None]


def test_without_a_yes_nothing_is_started(build, capsys):
    house = build()
    house.people(5)
    assert house.starts(yes=False) == 1
    assert "Nothing was started" in lines(capsys)
    assert house.town.rows(t.campaign) == []


def test_stopped_nobody_hears_it_any_more(build, capsys):
    house = build()
    house.people(9)
    house.starts()
    assert campaigns.stop(house.settings, "season") == 0
    assert "9 people will not hear it" in lines(capsys)
    assert house.town.rows(t.timer) == []
    assert campaigns.stop(house.settings, "season") == 0
    assert "stopped already" in lines(capsys)
    campaigns.status(house.settings, None)
    assert "dropped 9 cancelled" in lines(capsys)


def test_it_does_not_start_with_a_message_that_whatsapp_has_paused(build, capsys):
    house = build(outside="invite")
    house.people(5, account="whatsapp/default")
    house.told("PAUSED")
    with pytest.raises(SettingsError, match=r"come_back \(es\): PAUSED"):
        house.starts()
    assert house.town.rows(t.campaign) == []
    house.told("APPROVED")
    assert house.starts() == 0


def test_a_message_that_is_rejected_later_stops_it_by_itself(build, capsys):
    house = build(outside="invite")
    house.people(8, account="whatsapp/default")
    house.starts()
    house.told("REJECTED")
    house.runs_until(lambda: house.town.rows(t.campaign)[0]["state"] == "stopped")
    assert house.town.rows(t.timer) == []
    campaigns.status(house.settings, "season")
    told = lines(capsys)
    assert "season: stopped, come_back (es): REJECTED" in told
    assert "Nobody is invited with it" in told
    assert doctor(house.settings) == 1
    assert "RED approved messages: whatsapp/default come_back (es): REJECTED" in lines(capsys)


def test_who_is_erased_is_not_in_the_figures(build, capsys):
    house = build()
    house.people(6)
    house.starts()
    with house.here.database.begin() as tx:
        person = house.town.rows(t.person)[0]["id"]
        erasure.erase(tx, [("pe", person)], now=now())
    campaigns.status(house.settings, "season")
    assert "planned 5" in lines(capsys)


def test_a_campaign_that_is_not_declared_is_a_letter(build):
    house = build()
    with pytest.raises(SettingsError, match="Did you mean 'season'"):
        campaigns.estimate(house.settings, "saeson", None)
    for what in (campaigns.stop, campaigns.status):
        with pytest.raises(SettingsError, match="was never started"):
            what(house.settings, "season")


def test_it_is_typed_like_other_commands(tmp_path):
    house = House(tmp_path, "")
    house.people(5)
    house.here.close()
    desk = Desk(tmp_path, "pe")
    where = {"PASITO_DATA_DIR": str(tmp_path / "data"), "PASITO_ENV": "development"}
    assert "Before the season" in desk.type("campaign", "list", **where).stdout
    assert "People    5" in desk.type("campaign", "estimate", "season", **where).stdout
    started = desk.type("campaign", "start", "season", "--yes", **where)
    assert (started.returncode, "season runs" in started.stdout) == (0, True), started
    assert "planned" in desk.type("campaign", "status", **where).stdout
    assert desk.type("campaign", "stop", "season", **where).returncode == 0
    assert desk.type("campaign", "estimate", "gone", **where).returncode == 2
