"""The web chat of a deployment with several programmes and languages: each page leads to its own."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import pasito.deployment as wiring
from bot.channels.accounts import ChannelAccount
from bot.channels.web.accepted import accepted
from bot.channels.web.cookies import Cookies
from bot.channels.web.messages import messages_of
from content.sources import base_sources
from flows.values import Image, Reply
from pasito.app import application
from pasito.deployment import Deployment, deployment
from pasito.settings import read_settings
from store.outbox import Line
from store.pacing import NO_LIMITS
from tests.bot.conftest import Browse

Json = dict[str, Any]
HELLO = "Hello! I am Pasito."
SPANISH = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "welcome/hello/say"
msgid "{hello}"
msgstr "¡Hola! Soy Pasito."

msgctxt "engine/language_guessed"
msgid "I write in {{language}}. For another language, write \\"language\\"."
msgstr "Escribo en {{language}}. Para otro idioma, escribe \\"idioma\\"."

msgctxt "web/name"
msgid "Pasito"
msgstr "Pasito, paso a paso"

msgctxt "language/language/say"
msgid "Which language do you want to use?"
msgstr "¿Qué idioma?"

msgctxt "language/said"
msgid "language"
msgstr "idioma"
"""


def lay_down(folder: Path, id: str) -> None:
    """The base pack with Spanish beside English, as the pack of another programme."""
    sources = dict(base_sources())
    manifest = sources["pack.yaml"].decode()
    manifest = manifest.replace("pack: base", f"pack: {id}").replace(
        "languages: [en]", "languages: [en, es-PE]"
    )
    sources["pack.yaml"] = manifest.encode()
    sources["po/es.po"] = SPANISH.format(hello="Hello!").strip().encode()
    for path, source in sources.items():
        file = folder / id / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """The programme `base` in English, and `pe` in English and Spanish."""
    lay_down(tmp_path / "packs", "pe")
    account = ChannelAccount("pe", "telegram", "default", "http://127.0.0.1:1", NO_LIMITS, "token")
    monkeypatch.setattr(wiring, "channel_accounts", lambda _: (account,))
    made = deployment(
        read_settings(data_dir=tmp_path / "data", packs=[tmp_path / "packs"], env="development")
    )
    made.worker.start()
    yield made
    made.close()


@pytest.fixture
def browse(here: Deployment) -> Browse:
    app = application(here)
    return lambda: TestClient(app, base_url="http://testserver", headers={"accept-language": ""})


def messages(browser: TestClient, query: str = "", **headers: str) -> list[Json]:
    found: list[Json] = browser.get(f"/web/messages{query}", headers=headers).json()["messages"]
    return found


def said(found: list[Json]) -> list[str]:
    return [message["text"] for message in found if message["from"] == "person"]


def of(page: str, pattern: str) -> str:
    match = re.search(pattern, page)
    assert match is not None, pattern
    return html.unescape(match[1])


def test_the_address_chooses_the_programme_and_the_next_visit_goes_on_there(browse: Browse) -> None:
    browser = browse()
    assert "Which language do you want to use?" in browser.get("/?e=pe").text
    assert "Which language do you want to use?" in browser.get("/").text
    assert messages(browser)[0]["text"].startswith("Hello! Which language")


@pytest.mark.parametrize("query", ["", "?e=nowhere", "?e=", "?e=PE%00", "?e=" + "x" * 3000])
def test_who_chooses_none_or_one_that_is_not_here_has_the_first(browse: Browse, query: str) -> None:
    answer = browse().get(f"/{query}")
    assert answer.status_code == 200
    assert HELLO in answer.text


def test_a_browser_has_a_conversation_with_each_programme(browse: Browse) -> None:
    browser = browse()
    browser.get("/?e=base")
    browser.get("/?e=pe")
    # Two pages lie open: each speaks to its own programme, whichever was opened last.
    for query, text in (("?e=base", "to the first"), ("?e=pe", "to the second")):
        answer = browser.post(f"/web/messages{query}", json={"client_msg_id": "1", "text": text})
        assert answer.status_code == 200
    assert said(messages(browser, "?e=base")) == ["to the first"]
    assert said(messages(browser, "?e=pe")) == ["to the second"]


def test_a_page_that_lies_open_does_not_change_where_she_was_last(browse: Browse) -> None:
    browser = browse()
    browser.get("/?e=base")
    browser.get("/?e=pe")
    messages(browser, "?e=base")
    assert "Which language" in browser.get("/").text


def test_an_answer_to_a_programme_that_is_gone_reaches_no_other(browse: Browse) -> None:
    browser = browse()
    browser.get("/")
    body = {"client_msg_id": "1", "text": "for pe alone"}
    assert browser.post("/web/messages?e=gone", json=body).status_code == 403
    assert browser.get("/web/events?e=gone").status_code == 403
    assert said(messages(browser)) == []


def test_a_form_without_script_leads_back_to_the_programme_of_its_page(browse: Browse) -> None:
    browser = browse()
    page = browser.get("/?e=pe").text
    browser.get("/?e=base")
    fields = dict(re.findall(r'name="(client_msg_id|token)" value="([^"]+)"', page))
    action = of(page, r'action="([^"#]+)')
    answer = browser.post(action, data={**fields, "text": "1"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?e=pe")
    assert said(messages(browser, "?e=pe")) == ["1"]
    assert said(messages(browser, "?e=base")) == []


def test_a_picture_belongs_to_the_programme_of_its_page() -> None:
    line = Line(1, 0, Reply("Your result", "image", "en", image=Image("picture:abc", "A picture")))
    (message,) = messages_of([line], "?e=pe")
    assert message["image"]["url"] == "/web/pictures/abc?e=pe"


def test_a_cookie_from_before_goes_on_with_the_first_programme(browse: Browse, here: Deployment) -> None:
    cookies = Cookies(here.settings.secret_key, secure=False)
    token = cookies.new_token()
    assert cookies.read({"pasito": f"{token}.{cookies._sign(token)}"}) == (token, "")
    made = cookies.made(token, "base")
    assert cookies.read({"pasito": made}) == (token, "base")
    assert cookies.read({"pasito": made.replace(".base.", ".pe.")}) is None


# --- languages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "header"),
    [
        ("&lang=es-PE", ""), ("&lang=es", "en"), ("&lang=ES_mx", ""),
        ("", "es-419,es;q=0.9,en;q=0.8"), ("", "en;q=0.5, es-CL"), ("&lang=xx", "qu, es"),
    ],
)  # fmt: skip
def test_a_link_or_the_browser_tells_the_language(browse: Browse, query: str, header: str) -> None:
    page = html.unescape(browse().get(f"/?e=pe{query}", headers={"accept-language": header}).text)
    assert "¡Hola! Soy Pasito." in page
    assert 'Escribo en Español (Perú). Para otro idioma, escribe "idioma".' in page
    assert "Which language" not in page


def test_without_a_hint_she_is_asked_and_the_page_follows_what_she_chooses(browse: Browse) -> None:
    browser = browse()
    page = browser.get("/?e=pe", headers={"accept-language": "de, *;q=0.1"}).text
    assert '<html lang="en" dir="ltr">' in page
    assert "<h1>Pasito</h1>" in page
    for id, text in enumerate(("español", "idioma")):
        browser.post("/web/messages?e=pe", json={"client_msg_id": str(id), "text": text})
    page = browser.get("/").text
    assert "¿Qué idioma?" in page
    assert '<html lang="es" dir="ltr">' in page
    assert "<h1>Pasito, paso a paso</h1>" in page


def test_with_one_language_nothing_is_asked_and_nothing_said(browse: Browse) -> None:
    found = messages(browse(), "?e=base", **{"accept-language": "es"})
    assert found[0]["text"].startswith(HELLO)
    assert not any("I write in" in message["text"] for message in found)


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("es-PE,es;q=0.9,en;q=0.8", ["es-PE", "es", "en"]),
        ("en;q=0.5, fil", ["fil", "en"]),
        ("*", []), ("", []), (",,;q=1", []), ("en;q=much", []), ("en;q=0", []), ("en;q=nan", []),
        ("vi;level=1", ["vi"]),
    ],
)  # fmt: skip
def test_what_a_browser_accepts_is_read_by_its_weight(header: str, languages: list[str]) -> None:
    assert accepted(header) == languages


def test_a_long_header_is_not_read_to_its_end() -> None:
    assert len(accepted(",".join(["en"] * 5000))) <= 20
