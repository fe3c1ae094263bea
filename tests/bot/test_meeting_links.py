"""The link of a meeting: it leads there whoever opens it, and however often."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.channels.links import start_data, start_link, web_link, whatsapp_link
from content.meetings import CAMPAIGN
from pasito.app import application
from pasito.deployment import Deployment, deployment
from pasito.settings import read_settings
from tests.bot.conftest import Browse
from tests.flows.small_packs import MEETINGS, sources_with

Json = dict[str, Any]
LINK = "/?c=m-chat_selling"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Deployment]:
    """The base pack with a meeting that is still to come."""
    folder = tmp_path / "packs" / "fair"
    sources = {**sources_with(), "meetings.yaml": MEETINGS.replace("2025-06-20", "2099-06-20").encode()}
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"pack: base", b"pack: fair")
    for path, source in sources.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source)
    made = deployment(
        read_settings(
            data_dir=tmp_path / "data", packs=[tmp_path / "packs"], programme="fair", env="development"
        )
    )
    made.worker.start()
    yield made
    made.close()


@pytest.fixture
def browse(here: Deployment) -> Browse:
    app = application(here)
    return lambda: TestClient(app, base_url="http://testserver", follow_redirects=True)


def said(browser: TestClient) -> list[str]:
    body: Json = browser.get("/web/messages").json()
    return [message["text"] for message in body["messages"] if message["from"] == "bot"]


def test_a_stranger_who_opens_it_is_shown_the_meeting_first(browse: Browse) -> None:
    browser = browse()
    assert "Selling by chat" in browser.get(LINK).text
    assert [text for text in said(browser) if text.startswith("Selling by chat")]
    assert said(browser)[-1].startswith("May I keep your answers")


def test_somebody_we_know_comes_to_the_meeting_too(browse: Browse) -> None:
    browser = browse()
    browser.get("/")
    assert not [text for text in said(browser) if "Selling by chat" in text]
    browser.get(LINK)
    assert [text for text in said(browser) if text.startswith("Selling by chat")]


@pytest.mark.parametrize("first", ["/", LINK])
def test_loading_the_page_again_changes_nothing(browse: Browse, first: str) -> None:
    browser = browse()
    browser.get(first)
    browser.get(LINK)
    before = said(browser)
    for _ in range(3):
        browser.get(LINK)
    assert said(browser) == before


@pytest.mark.parametrize("campaign", ["market-day", "m-unknown", "m-"])
def test_another_campaign_does_not_disturb_somebody_we_know(browse: Browse, campaign: str) -> None:
    browser = browse()
    browser.get("/")
    before = said(browser)
    browser.get(f"/?c={campaign}")
    assert said(browser) == before


def test_officials_come_to_their_survey(browse: Browse) -> None:
    browser = browse()
    browser.get("/?c=officials")
    assert "Five short questions for officials." in said(browser)[0]


@pytest.mark.parametrize("code", ["abc", "chat_selling", "a" * 24, "2027"])
def test_every_link_carries_the_code_of_a_meeting(code: str) -> None:
    campaign = CAMPAIGN + code
    values = [
        start_link("b", campaign=campaign).partition("?start=")[2],
        whatsapp_link("51", campaign=campaign).partition("/start%20")[2],
    ]
    assert [start_data(value)["campaign"] for value in values] == [campaign, campaign]
    assert web_link("https://p.example", campaign=campaign) == f"https://p.example/?c={campaign}"
    assert web_link("https://p.example", programme="pe", language="es-PE", campaign=campaign) == (
        f"https://p.example/?e=pe&lang=es-PE&c={campaign}"
    )
