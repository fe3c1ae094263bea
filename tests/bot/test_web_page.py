"""The page as the server writes it: complete without script, safe with any words, from one set of tokens."""

from __future__ import annotations

import html.parser
import itertools
import re
from functools import cache
from importlib.resources import files

import pytest

from bot.channels.web.messages import messages_of
from bot.channels.web.page import PageWords, open_question, page_words, render_page, safe_link, safe_source
from content.look import DARK, LIGHT, css
from content.problems import Report, render
from content.radar import MARK_STEPS
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.understand import flow_said
from flows.values import Reply, Video
from flows.version import Version
from store.outbox import Line

STATIC = files("bot.channels.web") / "static"

WELCOME = {"id": "1", "from": "bot", "kind": "text", "text": "Good morning", "lang": "en", "dir": "ltr"}
QUESTION = {
    "id": "2",
    "from": "bot",
    "kind": "question",
    "text": "Do you sell on the internet?",
    "lang": "en",
    "dir": "ltr",
    "expects": {"type": "one"},
    "choices": [
        {"value": "1:no", "label": "No"},
        {"value": "1:shop", "label": "Yes", "description": "in a shop"},
    ],
}
ANSWER = {"id": "3", "from": "person", "kind": "text", "text": "No", "lang": "en", "dir": "ltr"}


class Elements(html.parser.HTMLParser):
    """All start tags with their attributes, and the words between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if data.strip():
            self.words.append(data.strip())

    def of(self, tag, **attributes):
        return [a for t, a in self.tags if t == tag and attributes.items() <= a.items()]


SPANISH = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "web/send"
msgid "Send"
msgstr "Enviar"

msgctxt "back/said"
msgid "back | /back | go back | previous | one back | correct | change my answer"
msgstr "/back | atrás | volver"
"""


@cache
def pack() -> Version:
    """The base pack in English, Spanish and Arabic, with few words of Spanish and none of Arabic."""
    sources = dict(base_sources())
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"languages: [en]", b"languages: [en, es, ar]")
    sources["po/es.po"] = SPANISH.lstrip().encode()
    report = Report()
    version = compile_pack(sources, report)
    assert version is not None, render(report.problems)
    return version


def words(language: str = "en") -> PageWords:
    return page_words(pack(), language)


def page(messages, language="en", **how) -> Elements:
    given = {"client_msg_id": "c-1", "token": "t-1"}
    return Elements(render_page(messages, words(language), **{**given, **how}))


def test_the_page_shows_the_conversation_and_a_form_for_the_open_question():
    seen = page([WELCOME, QUESTION])
    assert "Good morning" in seen.words
    assert [b["value"] for b in seen.of("button", name="choice")] == ["1:no", "1:shop"]
    assert {"Yes", "in a shop"} <= set(seen.words)


def test_every_form_carries_the_id_and_the_token_and_one_kind_of_answer():
    seen = page([WELCOME, QUESTION])
    forms = seen.of("form", method="post")
    assert len(forms) == 3
    assert len(seen.of("input", name="client_msg_id", value="c-1")) == 3
    assert len(seen.of("input", name="token", value="t-1")) == 3
    assert len(seen.of("input", name="text")) == 1


def test_an_answered_question_has_no_buttons_any_more():
    assert page([QUESTION, ANSWER]).of("button", name="choice") == []
    assert open_question([QUESTION, ANSWER]) is None
    assert open_question([WELCOME, QUESTION]) is QUESTION


def test_several_choices_are_boxes_to_tick():
    many = {**QUESTION, "expects": {"type": "many"}}
    seen = page([many])
    assert len(seen.of("input", type="checkbox", name="choices")) == 2
    assert words().texts["send_choices"] in seen.words


@pytest.mark.parametrize(
    ("kind", "mode"), [("number", "decimal"), ("phone", "tel"), ("text", "text"), ("date", "text")]
)
def test_the_keyboard_fits_the_answer(kind, mode):
    question = {key: value for key, value in QUESTION.items() if key != "choices"} | {
        "expects": {"type": kind}
    }
    assert page([question]).of("input", id="write", inputmode=mode)


def test_the_words_of_the_page_come_from_the_pack_and_otherwise_in_english():
    seen = page([QUESTION], language="es")
    assert "Enviar" in seen.words
    assert words().texts["about"] in seen.words
    assert seen.of("html", lang="es", dir="ltr")


def test_the_page_is_written_in_the_direction_of_its_language():
    assert page([QUESTION], language="ar").of("html", lang="ar", dir="rtl")


@pytest.mark.parametrize(
    ("language", "labels"), [("en", ["Back", "Menu", "Help"]), ("es", ["Atrás", "Menu", "Help"])]
)
def test_the_buttons_below_a_question_say_what_starts_their_flow_in_every_language(language, labels):
    assert list(words(language).shortcuts) == labels
    said = pack().said(language)
    assert [flow_said(said, label, fuzzy=False) for label in labels] == ["back", "menu", "help"]
    buttons = page([QUESTION], language=language).of("button", name="text")
    assert [button["value"] for button in buttons] == labels


def test_all_addresses_of_a_page_lead_to_its_own_programme():
    seen = page([QUESTION, ANSWER], query="?e=pe", events_path="/web/events")
    assert {form["action"] for form in seen.of("form")} == {"/web/messages?e=pe#answer"}
    (chat,) = seen.of("pasito-chat")
    assert (chat["data-messages"], chat["data-events"]) == ("/web/messages?e=pe", "/web/events?e=pe")
    assert seen.of("a", href="/?e=pe")


def test_there_is_no_script_and_no_style_inside_the_page():
    text = render_page([QUESTION], words(), client_msg_id="c", token="t")
    seen = Elements(text)
    assert "<style" not in text
    assert all(a.get("src", "").startswith("/web/static/") for a in seen.of("script"))
    assert not [a for _, a in seen.tags if "style" in a or any(name.startswith("on") for name in a)]


def test_words_with_markup_stay_words():
    text = '"><script>alert(1)</script>'
    seen = page(
        [{**QUESTION, "text": text, "choices": [{"value": text, "label": text, "description": text}]}]
    )
    assert seen.words.count(text) == 3
    assert len(seen.of("script")) == 1
    assert seen.of("button", value=text)


@pytest.mark.parametrize(
    "url", ["https://example.org/a", "http://example.org", "tel:+51123", "mailto:a@b.pe", "/v/abc"]
)
def test_a_good_address_is_a_link(url):
    assert safe_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:x",
        " javascript:x",
        "java\tscript:x",
        "data:text/html,x",
        "//evil.example",
        "/\\evil.example",
        "evil",
    ],
)
def test_any_other_address_is_not(url):
    assert safe_link(url) is None
    assert safe_source(url) is None


@pytest.mark.parametrize(("language", "size"), [("en", "0.6 MB"), ("es", "0,6 MB"), ("ar", "0.6 MB")])
def test_a_film_is_a_card_with_length_and_size(language, size):
    film = Reply("Two minutes.", "video", language, video=Video("film:abc", "What to sell", 64, 612_000))
    seen = page(messages_of([Line(1, 1, film)]), language=language)
    assert {"What to sell", f"1:04 min, {size}"} <= set(seen.words)
    assert seen.of("a", href="/v/abc", target="_blank")


def test_pictures_come_from_us():
    assert safe_source("/pictures/abc") == "/pictures/abc"
    assert safe_source("data:image/png;base64,AAAA")
    assert safe_source("https://example.org/pixel.png") is None
    assert safe_source("data:image/svg+xml,<svg/>") is None


def test_the_style_sheet_of_tokens_is_current():
    written = (STATIC / "tokens.css").read_text(encoding="utf-8")
    assert written == css(), "Run: python -m content.look > bot/channels/web/static/tokens.css"


def test_page_icon_and_pictures_show_the_same_mark():
    assert MARK_STEPS in (STATIC / "mark.svg").read_text(encoding="utf-8")
    assert page([WELCOME]).of("path", d=MARK_STEPS)


def test_the_style_sheet_uses_no_colour_of_its_own():
    sheet = (STATIC / "chat.css").read_text(encoding="utf-8")
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", sheet))
    assert used <= set(re.findall(r"--([a-z0-9-]+):", css()))
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet)) <= {"#000"}  # behind a film


def test_the_style_sheet_knows_no_left_and_right():
    sheet = (STATIC / "chat.css").read_text(encoding="utf-8")
    assert not re.findall(
        r"(?:margin|padding|border|inset)-(?:left|right)|text-align: (?:left|right)|\b(?:left|right):", sheet
    )


def test_script_and_server_know_the_same_words():
    scripts = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("chat.js", "message.js"))
    asked = set(re.findall(r"words\.([a-z_]+)", scripts))
    templates = "".join(
        (STATIC.parent / "templates" / name).read_text(encoding="utf-8")
        for name in ("page.html", "message.html")
    )
    said = set(re.findall(r'say\("([a-z_]+)"', templates))
    assert asked
    assert said
    assert asked | said == set(words().texts)


def test_the_script_stays_small():
    size = sum(len(path.read_bytes()) for path in STATIC.iterdir() if path.name.endswith(".js"))
    assert size < 30_000


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_all_text_colours_can_be_read_on_all_grounds(tokens):
    inks = ("ink", "muted", "path", "clay", "good", "warn", "bad")
    for ink, ground in itertools.product(inks, ("paper", "sand", "mist")):
        assert contrast(tokens[ink], tokens[ground]) >= 4.5, (ink, ground)
    assert contrast(tokens["on-path"], tokens["path"]) >= 4.5
    # The person's line is seen on every ring of the result; a field's edge on every ground.
    for level in range(1, 5):
        assert contrast(tokens["path"], tokens[f"level-{level}"]) >= 3
    for ground in ("paper", "sand", "mist"):
        assert contrast(tokens["edge"], tokens[ground]) >= 3


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
