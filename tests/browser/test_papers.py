"""The guidebook and the plan in a real browser: on a small phone, for everybody, and on paper."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pasito.app import application
from pasito.deployment import Deployment, deployment
from pasito.settings import read_settings
from tests.bot.cinema import conversation_of
from tests.bot.library import STEPS, has_steps, paper

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("PASITO_SHOTS")  # a folder, for whoever wants to look
A4 = {"width": 794, "height": 1123}


@dataclass
class Running:
    here: Deployment
    address: str

    def path(self, name: str, language: str) -> str:
        """The address of a paper for somebody who has just begun to talk."""
        talk = conversation_of(self.here)
        has_steps(self.here, talk, *STEPS)
        if name == "guide":
            return f"{self.address}/g/{paper(self.here, 'guide', talk, language=language)}"
        query = "?group=1" if name == "group" else ""
        return f"{self.address}/p/{paper(self.here, 'plan', talk, language=language)}{query}"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    here = deployment(read_settings(data_dir=tmp_path, env="development"))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(here), log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Running(here, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    server.force_exit = True
    thread.join(timeout=15)


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, running: Running) -> Iterator[Visit]:
    """Begins a talk on the web page, then opens a paper; keyword arguments are the browser's."""
    contexts = []

    def open_it(name: str, language: str = "en", **how: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 390, "height": 780}, **how})
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.goto(running.address)
        page.goto(running.path(name, language))
        return page

    yield open_it
    for context in contexts:
        context.close()


def look(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"paper-{name}.png"), full_page=True)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["guide", "plan", "group"])
def test_axe_finds_nothing_on_the_smallest_phone(visit: Visit, name: str, scheme: str, language: str) -> None:
    page = visit(name, language, viewport={"width": 320, "height": 700}, color_scheme=scheme)
    look(page, f"{name}-{scheme}-{language}-320")
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 10  # the rules did run
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = page.locator(".button, .contents a").evaluate_all(
        "nodes => nodes.filter((node) => node.getBoundingClientRect().height < 44).map((node) => node.outerHTML)"
    )
    assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "least", "most"), [("guide", 10, 45), ("plan", 1, 2), ("group", 2, 4)])
def test_on_paper_it_is_a4_in_black_on_white(
    visit: Visit, name: str, least: int, most: int, scheme: str
) -> None:
    page = visit(name, viewport=A4, color_scheme=scheme)
    pdf = page.pdf(prefer_css_page_size=True, print_background=False)
    pages = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert least <= len(pages) <= most
    assert {(round(float(width)), round(float(height))) for width, height in pages} == {(596, 842)} or {
        (round(float(width)), round(float(height))) for width, height in pages
    } == {(595, 842)}
    page.emulate_media(media="print", color_scheme=scheme)
    assert (
        page.locator(".screen-only").evaluate_all("nodes => nodes.filter((n) => n.checkVisibility())") == []
    )
    assert page.evaluate("getComputedStyle(document.documentElement).color") == "rgb(0, 0, 0)"
    if SHOTS:
        (Path(SHOTS) / f"paper-{name}-{scheme}.pdf").write_bytes(pdf)


def test_without_script_everything_is_there(visit: Visit) -> None:
    page = visit("guide", java_script_enabled=False)
    expect(page.get_by_role("heading", name="From your street to the screen and back")).to_be_visible()
    expect(page.locator("article")).to_have_count(30)
    page = visit("plan", java_script_enabled=False)
    page.get_by_role("link", name="The plan for a group").click()
    expect(page.get_by_role("table")).to_be_visible()
    page.get_by_role("link", name="The plan for one business").click()
    expect(page.get_by_role("heading", name="My plan for four weeks")).to_be_visible()


def test_nobody_else_is_asked(visit: Visit, running: Running) -> None:
    page = visit("plan")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(running.path("guide", "en"))
    assert asked
    assert all(url.startswith(running.address) for url in asked)


def test_from_the_contents_to_a_chapter_and_back_to_the_chat(visit: Visit) -> None:
    page = visit("guide")
    page.get_by_role("link", name="Safety and privacy").click()
    expect(page.get_by_role("heading", name="Safety and privacy")).to_be_in_viewport()
    page.get_by_role("link", name="Back to the chat").click()
    expect(page.get_by_text("Hello! I am Pasito.")).to_be_visible()


def test_in_the_chat_a_word_and_a_press_open_the_guide(browser: Browser, running: Running) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.address)
    page.get_by_role("textbox").fill("guide")
    page.get_by_role("textbox").press("Enter")
    with context.expect_page() as opened:
        page.get_by_role("link", name="Open the guide").click()
    expect(opened.value.get_by_role("heading", name="What is in it")).to_be_visible()
    context.close()
