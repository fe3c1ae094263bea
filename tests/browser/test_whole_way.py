"""The whole way in a real browser, with the real product: from the first hello to the third step."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from pasito.app import application
from pasito.deployment import deployment, first_key
from pasito.settings import read_settings

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SHOTS = os.environ.get("PASITO_SHOTS")  # a folder, for whoever wants to look


@dataclass
class Running:
    address: str
    key: str

    def summary(self) -> dict[str, object]:
        request = urllib.request.Request(  # noqa: S310 - our own server on this machine
            f"{self.address}/v1/summary", headers={"authorization": f"Bearer {self.key}"}
        )
        with urllib.request.urlopen(request) as response:  # noqa: S310 - as above
            found: dict[str, object] = json.load(response)
            return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """The product as `make run` starts it, on a free port."""
    settings = read_settings(data_dir=tmp_path, env="development")
    here = deployment(settings)
    key = first_key(here.writer, settings)
    assert key
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(here), log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", key)
    server.should_exit = True
    server.force_exit = True
    thread.join(timeout=15)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 780})
    context.set_default_timeout(10_000)
    yield context
    context.close()


def look(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def press(page: Page, label: str) -> None:
    """Presses a button of the open question, and waits until its answer has come."""
    before = page.locator(".message.bot").count()
    page.locator(".choices:not(.answered) button", has_text=label).first.click()
    page.wait_for_function("n => document.querySelectorAll('.message.bot').length > n", arg=before)


def press_place(page: Page, place: int) -> None:
    before = page.locator(".message.bot").count()
    page.wait_for_selector(".choices:not(.answered) button")
    page.locator(".choices:not(.answered) button").nth(place).click()
    page.wait_for_function("n => document.querySelectorAll('.message.bot').length > n", arg=before)


def write(page: Page, text: str) -> None:
    before = page.locator(".message.bot").count()
    page.fill("#write", text)
    page.press("#write", "Enter")
    page.wait_for_function("n => document.querySelectorAll('.message.bot').length > n", arg=before)


ABOUT = (
    "For my own business", "Yes, keep them", "Yes", "I work for myself", "Crafts", "Goods", "Only me", "More customers", "No",
)  # fmt: skip


def test_ana_takes_the_quick_check_and_gets_her_three_steps(
    running: Running, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(running.address)
    page.wait_for_selector(".choices button")
    look(page, "01-hello")
    for number, label in enumerate(ABOUT):
        press(page, label)
        if number == 1:
            look(page, "02-consent")
    for place in range(9):
        page.wait_for_selector(".choices:not(.answered) button")
        if place == 3:
            look(page, "03-question")
        press_place(page, place % 3)
    page.wait_for_selector("img[src*='/web/pictures/']")
    assert "A first look. Your level:" in page.inner_text(".log")
    picture = page.locator("img[src*='/web/pictures/']")
    assert picture.evaluate("img => img.complete && img.naturalWidth") == 800
    assert "Level:" in (picture.get_attribute("alt") or "")
    look(page, "04-result")
    for step in (1, 2, 3):
        page.wait_for_function(
            "n => document.querySelector('.log').innerText.includes(`Step ${n} of 3`)", arg=step
        )
        look(page, f"05-step-{step}")
        press(page, "I will do it")
        press_place(page, 0)
        if step < 3:
            press(page, "Next step")
    press(page, "Yes")
    look(page, "06-end")
    summary = running.summary()
    assert summary["registered"] == 1
    assert summary["diagnostics_completed"] == 1
    assert summary["items_opened"] == 3
    assert Axe().run(page, options=WCAG).violations_count == 0

    again = context.new_page()
    again.goto(running.address)
    again.wait_for_selector("img[src*='/web/pictures/']")
    assert again.inner_text(".log").split("\n") == page.inner_text(".log").split("\n")


def test_ben_goes_on_to_the_full_picture(running: Running, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(running.address)
    page.wait_for_selector(".choices button")
    for label in (
        "For a group",
        "Yes, keep them",
        "Yes",
        "A cooperative",
        "Making food",
        "Both",
        "10 to 49",
        "Saving time",
        "Yes",
    ):
        press(page, label)
    for _ in range(9):
        press_place(page, 2)
    write(page, "full check")
    press(page, "Begin now")
    for turn in range(60):
        if "of 100" in page.inner_text(".log"):
            break
        press_place(page, turn % 4)
    text = page.inner_text(".log")
    assert "Your level:" in text
    assert "Connection and devices:" in text
    page.wait_for_function("() => document.querySelectorAll(\"img[src*='/web/pictures/']\").length === 2")
    page.locator("img[src*='/web/pictures/']").last.evaluate(
        "img => img.closest('.message').scrollIntoView()"
    )
    look(page, "07-full-result")
    write(page, "my result")
    assert page.locator("img[src*='/web/pictures/']").count() == 3


def test_without_script_the_same_conversation_is_a_form(running: Running, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(running.address)
    for label in ABOUT:
        page.locator(".choices button", has_text=label).first.click()
    assert "Question 1 of 9" in page.inner_text("main")
    look(page, "08-no-script")
    page.fill("#write", "menu")
    page.press("#write", "Enter")
    assert "What would you like to do?" in page.inner_text(".log")
    context.close()


def test_dora_does_not_see_anas_picture_or_words(running: Running, browser: Browser) -> None:
    ana, dora = browser.new_context(), browser.new_context()
    page = ana.new_page()
    page.goto(running.address)
    page.wait_for_selector(".choices button")
    for label in ABOUT:
        press(page, label)
    for _ in range(9):
        press_place(page, 0)
    page.wait_for_selector("img[src*='/web/pictures/']")
    picture = page.locator("img[src*='/web/pictures/']").get_attribute("src")
    assert ana.request.get(f"{running.address}{picture}").status == 200
    assert dora.request.get(f"{running.address}{picture}").status == 404
    other = dora.new_page()
    other.goto(running.address)
    assert "Crafts" not in other.inner_text(".log")
    assert dora.request.get(f"{running.address}{picture}").status == 404
    ana.close()
    dora.close()
