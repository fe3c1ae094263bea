"""Words that want to be a program stay words, with script and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><iframe srcdoc='<script>parent.alert(1)</script>'>",
    "</p></div></pasito-chat><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "${alert(1)}`",
    "<style>body{display:none}</style>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><button>x",
    "javascript:alert(1)",
    "\u202eRTL override\u202c",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
]
BAD_LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "//evil.example/x",
    "/\\evil.example",
    "blob:https://evil.example/1",
]
WATCH = """
window.seen = [];
document.addEventListener("securitypolicyviolation", (event) => window.seen.push(event.violatedDirective));
"""


def attack(say, text):
    return [
        say(
            text,
            ("1:a", text, text),
            (f"1:{text}", "Other"),
            image={"url": "/pictures/a", "alt": text},
            video={"url": "/v/a", "title": text, "seconds": 1, "bytes": 1},
            link={"label": text, "url": "https://example.org/"},
            lang='en" onfocus="alert(1)',
        )
    ]


@pytest.mark.parametrize("text", ATTACKS)
def test_words_stay_words(serve, browser, chat_of, say, text):
    """The same elements as for harmless words, drawn by the server and drawn by the script."""
    shapes = []
    for words in ("Harmless", text):
        chat = serve(chat_of([attack(say, words), attack(say, words), attack(say, words)]))
        context = browser.new_context()
        page = context.new_page()
        page.add_init_script(WATCH)
        dialogs, elsewhere = [], []
        page.on("dialog", lambda dialog, seen=dialogs: (seen.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request, seen=elsewhere: seen.append(request.url))
        page.goto(chat.address)
        page.locator("button.choice").first.click()
        expect(page.locator("fieldset[aria-labelledby=text-m2] button.choice")).to_have_count(2)
        page.locator("#write").fill(words)
        page.keyboard.press("Enter")
        expect(page.locator("fieldset[aria-labelledby=text-m4] button.choice")).to_have_count(2)
        assert dialogs == []
        assert page.evaluate("window.seen") == []
        assert [url for url in elsewhere if not url.startswith(chat.address)] == []
        assert page.locator(".text").first.text_content() == words
        assert chat.effects == [{"choice": "1:a"}, {"text": words}]
        shapes.append(page.evaluate("[...document.querySelectorAll('*')].map((node) => node.tagName)"))
        context.close()
    assert shapes[0] == shapes[1]


def test_a_dangerous_address_is_never_a_link(serve, open_page, chat_of, say):
    def messages():
        return [
            say(
                "Look",
                link={"label": "Press", "url": url},
                image={"url": url, "alt": "A picture"},
                video={"url": url, "title": "A film", "seconds": 1, "bytes": 1},
            )
            for url in BAD_LINKS
        ]

    page = open_page(serve(chat_of([[*messages(), say("Go on?", ("1:y", "Yes"))], messages()])))
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".bubble")).to_have_count(2 * len(BAD_LINKS) + 2)
    assert page.locator(".bubble a").count() == 0
    assert page.locator(".bubble img").count() == 0


def test_the_page_asks_nobody_else_for_anything(serve, browser, chat_of, say):
    chat = serve(chat_of([[say("Good morning")]]))
    context = browser.new_context()
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(chat.address)
    page.wait_for_load_state("networkidle")
    context.close()
    assert asked
    assert all(url.startswith(chat.address) for url in asked)
