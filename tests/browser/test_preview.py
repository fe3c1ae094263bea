"""The preview in a browser, from a disk: readable for everybody, on a small screen, in the dark and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import compile_pack
from pasito.previewing import write

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

ARABIC = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgctxt "welcome/hello/say"
msgid "{hello}"
msgstr "مرحبا! أنا باسيتو، أساعد الأعمال الصغيرة خطوة بخطوة."

#, fuzzy
msgctxt "welcome/what_comes/say"
msgid "An older text."
msgstr "نص قديم"
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """A small part of the base pack would do, but what people open is the whole."""
    sources = dict(base_sources())
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"languages: [en]", b"languages: [en, ar]")
    first = sources["flows/welcome.yaml"].decode()
    hello = first.partition("id: hello")[0].rpartition("say: ")[2].splitlines()[0]
    sources["po/ar.po"] = ARABIC.lstrip().replace("{hello}", hello).encode()
    report = Report()
    version = compile_pack(sources, report)
    assert version is not None, render(report.problems)
    return write(version, tmp_path_factory.mktemp("preview") / "preview.html")


@pytest.fixture
def open_file(browser: Browser, file: Path):
    contexts = []

    def open_it(width: int = 1280, *, scheme: str = "light", script: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.asked.append(message.text))
        page.goto(file.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_axe_finds_nothing(open_file, width, scheme):
    check(open_file(width, scheme=scheme))


def test_axe_finds_nothing_on_paper_where_everything_is_light_and_unfolded(open_file):
    page = open_file(690, scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    check(page, without=("target-size",))  # nobody presses paper
    expect(page.locator("#tools")).to_be_hidden()
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 36, 48)"
    breaks = page.locator("section.flow").nth(1).evaluate("flow => getComputedStyle(flow).breakBefore")
    assert breaks == "page"


# Axe looks at every sign of a page: a few sections of each kind tell as much as all, in a tenth of the time.
SHORTER = """() => {
    for (const chapter of document.querySelectorAll("section.chapter")) {
        [...chapter.querySelectorAll(":scope > section")].slice(4).forEach((section) => section.remove());
        [...chapter.querySelectorAll("[data-find]")].slice(30).forEach((card) => card.remove());
    }
    [...document.querySelectorAll("details")].slice(3).forEach((talk) => talk.remove());
    [...document.querySelectorAll(".contents ol ol li")].slice(40).forEach((line) => line.remove());
}"""


def check(page: Page, *, without: tuple[str, ...] = ()) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate(SHORTER)
    rules = {rule: {"enabled": False} for rule in without}
    found = Axe().run(page, options={"runOnly": RULES, "rules": rules})
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 20  # the rules did run


def test_nothing_is_loaded_and_nothing_complains(open_file, file):
    assert open_file().asked == [file.as_uri()]


def test_without_its_script_everything_is_there_and_no_switch_that_does_nothing(open_file):
    page = open_file(script=False)
    expect(page.locator("#tools")).to_be_hidden()
    expect(page.locator("#m-bank\\/role")).to_be_visible()
    page.locator("details").first.locator("summary").click()
    expect(page.locator("details .bubble").first).to_be_visible()


def test_search_leaves_what_has_the_words_and_says_how_much(open_file):
    page = open_file()
    page.get_by_label("Search").fill("helping somebody?")
    expect(page.locator("#found")).to_contain_text("entries have these words")
    expect(page.locator("#m-bank\\/role")).to_be_visible()
    expect(page.locator("#m-welcome\\/hello\\/say")).to_be_hidden()
    expect(page.locator("#c-films")).to_be_hidden()
    page.get_by_label("Search").fill("")
    expect(page.locator("#c-films")).to_be_visible()
    expect(page.locator("#found")).to_be_empty()


def test_one_language_and_one_channel_can_be_read_alone(open_file):
    page = open_file()
    role = page.locator("#m-bank\\/role")
    assert role.locator(".frame:visible").count() == 6  # three channels in two languages
    page.get_by_label("Channel").select_option("WhatsApp")
    assert role.locator(".frame:visible").count() == 2
    page.get_by_label("Language").select_option("العربية")
    assert role.locator(".frame:visible").count() == 1
    page.get_by_label("Channel").select_option("")
    assert role.locator(".frame:visible").count() == 3


def test_arabic_runs_from_the_right(open_file):
    bubble = open_file().locator("#m-welcome\\/hello\\/say .bubble[lang=ar]")
    assert bubble.evaluate("bubble => getComputedStyle(bubble).direction") == "rtl"
    expect(bubble).to_contain_text("مرحبا")
