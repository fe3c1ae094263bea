"""No finding of axe for WCAG 2.2 AA on any face of the page; nothing is wider than a small phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def everything(chat_of, say):
    """Every kind of message once, and a question with choices."""

    def make(direction):
        words = {"lang": "ar", "dir": "rtl"} if direction == "rtl" else {}
        first, second, yes, no = (
            ("مرحبا", "هل نبدأ؟", "نعم", "لا") if words else ("Good morning", "Shall we begin?", "Yes", "No")
        )
        return chat_of(
            [
                [
                    say(first, image={"url": "/pictures/a", "alt": first}, **words),
                    say(first, link={"label": second, "url": "https://example.org/"}, **words),
                    say(
                        first,
                        video={"url": "/v/a", "title": second, "seconds": 70, "bytes": 2_100_000},
                        **words,
                    ),
                    say(second, ("1:y", yes, first), ("1:n", no), progress={"done": 2, "total": 17}, **words),
                ],
                [say(second, ("2:y", yes, first), ("2:n", no), expects="many", **words)],
                [say(second, expects="phone", **words)],
            ],
            language=words.get("lang", "en"),
        )

    return make


@pytest.mark.parametrize("script", ["with script", "without script"])
@pytest.mark.parametrize("width", [320, 1024])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(serve, browser, everything, scheme, direction, width, script):
    chat = serve(everything(direction))
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        page = context.new_page()
        if script == "without script":
            page.route("**/*.js", lambda route: route.abort())
        page.goto(chat.address)
        check(page)
        if script == "with script":
            page.locator("button.choice").first.click()
            expect(page.locator("input[type=checkbox]").first).to_be_visible()
            check(page)
            page.locator("input[type=checkbox]").first.check()
            page.locator(".choices > .button").click()
            expect(page.locator("#write")).to_have_attribute("inputmode", "tel")
            check(page)
    finally:
        context.close()


def check(page: Page) -> None:
    # To the end, as the chat itself does: halfway, the writing line may cover a part of a button.
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 20  # the rules did run
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = page.locator("button, .button, input:not([type=hidden])").evaluate_all(
        """nodes => nodes
            .filter((node) => (node.closest("label.choice") || node).getBoundingClientRect().height < 44)
            .map((node) => node.outerHTML)"""
    )
    assert small == []


def test_text_grows_with_the_persons_own_size(serve, open_page, everything):
    page = open_page(serve(everything("ltr")), viewport={"width": 320, "height": 640})
    page.add_style_tag(
        url="/web/static/tokens.css"
    )  # loaded again: the size below is of the root, not of a file
    page.evaluate("document.documentElement.style.fontSize = '32px'")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
