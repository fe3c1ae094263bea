"""Where a film's link leads: the page, its files, and what counts as seen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from bot.calls import call_makers
from bot.player import routes
from bot.player import seen as seen_room
from bot.player.page import player_words
from bot.player.previews import is_person
from bot.worker import microseconds
from films.shelf import FILES
from flows.values import Call
from pasito.app import application
from pasito.deployment import Deployment
from store import tables as t
from store.calls import Calling
from tests.bot.cinema import CAPTIONS, COPIES, FILM, conversation_of, link, seen, show
from tests.bot.conftest import Browse
from tests.bot.test_web_page import Elements

PHONE = (
    "Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Mobile"
)


@pytest.fixture
def ana(here: Deployment, browse: Browse) -> TestClient:
    """Ana's browser; she has a conversation, and the film lies on the shelf."""
    show(here.films)
    browser = browse()
    browser.headers["user-agent"] = PHONE
    browser.get("/web/messages")
    return browser


@pytest.fixture
def token(here: Deployment, ana: TestClient) -> str:
    return link(here, conversation_of(here))


def tell(browser: TestClient, token: str, **body: Any) -> Any:
    return browser.post(f"/v/{token}/seen", json=body)


def words(here: Deployment, name: str) -> str:
    version = here.shelf.versions("base")[0].live
    return player_words(version, "en").texts[f"player_{name}"]


# --- the page ---


def test_the_page_shows_what_the_film_is_and_what_it_costs(ana: TestClient, token: str) -> None:
    answer = ana.get(f"/v/{token}")
    page = Elements(answer.text)
    assert answer.status_code == 200
    assert "A catalogue on your phone" in page.words
    assert "1:04 min" in page.words
    assert page.words.count("0.1 MB") == 2  # both copies, before anything is played
    assert page.of("video", preload="none")
    assert not [video for video in page.of("video") if "src" in video]
    assert page.of("html", lang="en", dir="ltr")


def test_the_page_can_be_read_instead(ana: TestClient, token: str) -> None:
    page = Elements(ana.get(f"/v/{token}").text)
    assert set(FILM.transcript) <= set(page.words)
    assert [details for details in page.of("details") if "open" in details] == []


def test_the_page_is_nobody_elses(ana: TestClient, token: str) -> None:
    headers = ana.get(f"/v/{token}").headers
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-robots-tag"] == "noindex"
    assert "set-cookie" not in headers
    assert "media-src 'self'" in headers["content-security-policy"]


def test_the_page_stays_small_and_asks_nobody_else(ana: TestClient, token: str) -> None:
    html = ana.get(f"/v/{token}").text
    page = Elements(html)
    loaded = [node["href"] for node in page.of("link")] + [node["src"] for node in page.of("script")]
    assert all(path.startswith("/") for path in loaded)
    assert len(html.encode()) + sum(len(ana.get(path).content) for path in loaded) < 20_000
    assert "<style" not in html
    assert [
        tag for tag, given in page.tags if "style" in given or any(n.startswith("on") for n in given)
    ] == []


def test_a_preview_has_a_title_and_a_picture(ana: TestClient, token: str) -> None:
    page = Elements(ana.get(f"/v/{token}").text)
    assert page.of("meta", property="og:title", content="A catalogue on your phone")
    assert page.of("meta", property="og:image", content=f"http://testserver/v/{token}/poster.jpg")


def test_words_with_markup_stay_words(here: Deployment, ana: TestClient, token: str) -> None:
    show(here.films, title='"><script>alert(1)</script>', transcript=("<img src=x>",))
    page = Elements(ana.get(f"/v/{token}").text)
    assert len(page.of("script")) == 1
    assert page.of("img", src="x") == []
    assert "<img src=x>" in page.words


@pytest.mark.parametrize(("by_link", "by_browser"), [(True, ""), (False, "on")])
def test_little_data_is_chosen_by_the_link_or_the_browser(
    here: Deployment, ana: TestClient, by_link: bool, by_browser: str
) -> None:
    token = link(here, conversation_of(here), small=by_link)
    page = Elements(ana.get(f"/v/{token}", headers={"save-data": by_browser}).text)
    assert [radio["value"] for radio in page.of("input", type="radio") if "checked" in radio] == ["1"]


def test_else_the_sharper_picture_is_chosen(ana: TestClient, token: str) -> None:
    page = Elements(ana.get(f"/v/{token}").text)
    assert [radio["value"] for radio in page.of("input", type="radio") if "checked" in radio] == ["0"]


def test_a_film_in_arabic_has_a_page_from_right_to_left(here: Deployment, ana: TestClient) -> None:
    show(here.films, language="ar")
    page = Elements(ana.get(f"/v/{link(here, conversation_of(here), language='ar')}").text)
    assert page.of("html", lang="ar", dir="rtl")


def test_from_the_web_chat_there_is_a_way_back(here: Deployment, ana: TestClient, token: str) -> None:
    page = Elements(ana.get(f"/v/{token}").text)
    assert page.of("a", href="/?e=base")
    assert words(here, "back") in page.words
    assert ana.get("/?e=base").status_code == 200


def test_from_another_channel_there_is_none(here: Deployment, ana: TestClient, token: str) -> None:
    with here.database.begin() as tx:
        tx.execute(update(t.conversation).values(account_id="terminal"))
    assert Elements(ana.get(f"/v/{token}").text).of("a") == []


# --- the files ---


def test_both_copies_are_played_from_here(ana: TestClient, token: str) -> None:
    large, small = ana.get(f"/v/{token}/film.mp4"), ana.get(f"/v/{token}/film.mp4?small=1")
    assert (large.content, small.content) == (COPIES["large"], COPIES["small"])
    assert large.headers["content-type"] == "video/mp4"
    assert large.headers["cache-control"].startswith("private")


def test_a_part_of_a_film_is_given_alone(ana: TestClient, token: str) -> None:
    answer = ana.get(f"/v/{token}/film.mp4", headers={"range": "bytes=5-9"})
    assert (answer.status_code, answer.content) == (206, b"large")
    assert answer.headers["content-range"] == f"bytes 5-9/{len(COPIES['large'])}"
    assert ana.get(f"/v/{token}/film.mp4", headers={"range": "bytes=99999-"}).status_code == 416


def test_poster_and_captions(ana: TestClient, token: str) -> None:
    assert ana.get(f"/v/{token}/poster.jpg").headers["content-type"] == "image/jpeg"
    captions = ana.get(f"/v/{token}/captions.vtt")
    assert (captions.content, captions.headers["content-type"]) == (CAPTIONS, "text/vtt; charset=utf-8")


def test_nothing_says_where_the_files_lie(here: Deployment, ana: TestClient, token: str) -> None:
    addresses = [f"/v/{token}", f"/v/{token}/film.mp4", f"/v/{token}/../film.mp4", f"/v/{token}/V05.en.large"]
    for address in addresses:
        answer = ana.get(address)
        told = answer.text + str(answer.headers) if "mp4" not in address else str(answer.headers)
        assert "V05.en" not in told
        assert str(here.films.folder) not in told


def test_with_one_copy_there_is_nothing_to_choose(here: Deployment, ana: TestClient, token: str) -> None:
    (here.films.folder / FILES / "V05.en.large").unlink()
    page = Elements(ana.get(f"/v/{token}").text)
    assert page.of("input", type="radio") == []
    assert page.of("input", type="hidden", name="small", value="1")
    assert ana.get(f"/v/{token}/film.mp4").content == COPIES["small"]


# --- what counts ---


def test_opening_the_page_counts_as_opened_and_never_as_played(
    here: Deployment, ana: TestClient, token: str
) -> None:
    ana.get(f"/v/{token}")
    assert seen(here) == [
        {"film": "V05", "language": "en", "seen": "opened", "source": "player", "small": False}
    ]


def test_what_the_player_tells_arrives_in_the_inbox(here: Deployment, ana: TestClient, token: str) -> None:
    assert tell(ana, token, what="play", small=True).status_code == 204
    for part in (25, 50, 75):
        assert tell(ana, token, what="progress", part=part).status_code == 204
    assert tell(ana, token, what="end").status_code == 204
    assert [(row["seen"], row.get("part")) for row in seen(here)] == [
        ("played", None), ("part", 25), ("part", 50), ("part", 75), ("completed", None)
    ]  # fmt: skip
    assert [row["small"] for row in seen(here)] == [True, False, False, False, False]


def test_repeats_within_half_an_hour_count_once_and_later_ones_again(
    here: Deployment, ana: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_hour = microseconds() // seen_room.HALF_HOUR * seen_room.HALF_HOUR
    now = [half_hour + 1]
    monkeypatch.setattr(routes, "SeenPages", lambda door: seen_room.SeenPages(door, lambda: now[0]))
    # Two processes: the second remembers nothing of what the first one was told.
    one, other = (TestClient(application(here), headers={"user-agent": PHONE}) for _ in range(2))
    for browser in (one, one, other):
        tell(browser, token, what="play")
        browser.get(f"/v/{token}")
    assert [row["seen"] for row in seen(here)] == ["played", "opened"]
    now[0] = half_hour + seen_room.HALF_HOUR - 1
    tell(one, token, what="play")
    assert [row["seen"] for row in seen(here)] == ["played", "opened"]
    now[0] = half_hour + seen_room.HALF_HOUR
    tell(one, token, what="play")
    tell(other, token, what="play")
    assert [row["seen"] for row in seen(here)] == ["played", "opened", "played"]


def test_two_people_with_two_links_are_two(
    here: Deployment, browse: Browse, ana: TestClient, token: str
) -> None:
    ben = browse()
    ben.get("/web/messages")
    bens = link(here, conversation_of(here))
    assert bens != token
    tell(ana, token, what="play")
    tell(ben, bens, what="play")
    assert [row["seen"] for row in seen(here)] == ["played", "played"]


@pytest.mark.parametrize(
    "agent",
    [
        "", "WhatsApp/2.23.20.0 A", "TelegramBot (like TwitterBot)", "facebookexternalhit/1.1",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Viber/13.3",
        "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0", "Mozilla/5.0 (compatible; Discordbot/2.0)", "curl/8.5", "python-requests/2.32",
        "Mozilla/5.0 SkypeUriPreview Preview/0.5", "LinkedInBot/1.0", "Some_bot_of_ours",
    ],
)  # fmt: skip
def test_what_draws_previews_opens_nothing(here: Deployment, ana: TestClient, token: str, agent: str) -> None:
    answer = ana.get(f"/v/{token}", headers={"user-agent": agent})
    assert "og:title" in answer.text
    assert seen(here) == []


@pytest.mark.parametrize(
    "agent",
    [
        PHONE,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/FBIOS;FBAV/450]",
        "Mozilla/5.0 (Linux; Android 9) AppleWebKit/537.36 Chrome/110 Mobile Safari/537.36 Viber/20.1",
        "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80/174.101; U; es) Presto/2.5.25 Version/10.54",
        "UCWEB/2.0 (MIDP-2.0; U; Adr 4.4; vi) U2/1.0.0 UCBrowser/10.9 Mobile",
    ],
)
def test_the_browsers_of_people_are_people(agent: str) -> None:
    assert is_person({"user-agent": agent})


@pytest.mark.parametrize(
    ("name", "value"),
    [("sec-purpose", "prefetch"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"),
     ("x-moz", "prefetch"), ("x-purpose", "preview")],
)  # fmt: skip
def test_what_a_browser_loads_ahead_is_not_opened(
    here: Deployment, ana: TestClient, token: str, name: str, value: str
) -> None:
    assert ana.get(f"/v/{token}", headers={name: value}).status_code == 200
    assert seen(here) == []


@pytest.mark.parametrize("path", ["", "/film.mp4", "/poster.jpg", "/captions.vtt"])
def test_a_head_request_answers_like_a_get_and_counts_nothing(
    here: Deployment, ana: TestClient, token: str, path: str
) -> None:
    head = ana.head(f"/v/{token}{path}")
    assert head.status_code == 200
    assert seen(here) == []
    get = ana.get(f"/v/{token}{path}")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["content-type"] == get.headers["content-type"]


def test_without_script_the_play_button_counts_and_shows_the_film(
    here: Deployment, ana: TestClient, token: str
) -> None:
    answer = ana.post(f"/v/{token}/seen", data={"what": "play", "small": "1"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/v/{token}?show=small")
    assert [(row["seen"], row["small"]) for row in seen(here)] == [("played", True)]
    page = Elements(ana.get(answer.headers["location"]).text)
    (video,) = page.of("video")
    assert video["src"] == f"/v/{token}/film.mp4?small=1"
    assert "hidden" not in video
    assert [row["seen"] for row in seen(here)] == ["played", "opened"]


def test_so_many_beacons_of_a_link_are_taken_in_a_day(
    here: Deployment, ana: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_room, "MOST_A_DAY", 2)
    told = [tell(ana, token, what="progress", part=part) for part in (25, 50, 75, 100)]
    assert {answer.status_code for answer in told} == {204}
    assert [row["part"] for row in seen(here)] == [25, 50]


def test_the_talk_is_not_disturbed(here: Deployment, ana: TestClient, token: str) -> None:
    before = ana.get("/web/messages").json()
    for body in ({"what": "play"}, {"what": "progress", "part": 25}, {"what": "end"}):
        tell(ana, token, **body)
    said = ana.post("/web/messages", json={"client_msg_id": "1", "text": "help"})  # comes after them
    assert said.status_code == 200
    now = ana.get("/web/messages").json()["messages"]
    assert now[: len(before["messages"])] == before["messages"]
    assert now[len(before["messages"])]["text"] == "help"


# --- what is not taken ---


@pytest.mark.parametrize(
    "body",
    [
        {}, {"what": "opened"}, {"what": "play", "part": 25}, {"what": "progress"}, {"what": "end", "part": 100},
        {"what": "progress", "part": 33}, {"what": "play", "who": "ana"}, {"what": "play", "small": "yes"}, [], "x",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_problem(
    here: Deployment, ana: TestClient, token: str, body: Any
) -> None:
    answer = ana.post(f"/v/{token}/seen", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert seen(here) == []


def test_a_large_body_is_not_read(here: Deployment, ana: TestClient, token: str) -> None:
    answer = ana.post(f"/v/{token}/seen", content=b"x" * 2_000, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert seen(here) == []


def test_another_kind_of_body_is_refused(ana: TestClient, token: str) -> None:
    answer = ana.post(f"/v/{token}/seen", content=b"play", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


def test_another_site_cannot_play_for_her(here: Deployment, ana: TestClient, token: str) -> None:
    answer = ana.post(f"/v/{token}/seen", json={"what": "play"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert seen(here) == []


# --- where there is no film ---


@pytest.fixture(params=["tampered", "expired", "erased", "removed", "forgotten"])
def lost(request: pytest.FixtureRequest, here: Deployment, ana: TestClient, token: str) -> tuple[str, str]:
    """A link that leads to no film, and why."""
    if request.param == "tampered":
        token = ("A" if token[0] != "A" else "B") + token[1:]
    elif request.param == "expired":
        with here.database.begin() as tx:
            tx.execute(update(t.link).values(until=1))
    elif request.param == "erased":
        with here.database.begin() as tx:
            tx.execute(t.link.delete())
    elif request.param == "removed":
        for copy in COPIES:
            (here.films.folder / FILES / f"V05.en.{copy}").unlink()
    else:
        here.films.list_path("base", "en").unlink()
    return request.param, token


def test_a_link_to_no_film_is_answered_calmly_and_counts_nothing(
    here: Deployment, ana: TestClient, lost: tuple[str, str]
) -> None:
    why, token = lost
    answer = ana.get(f"/v/{token}")
    name = {"tampered": "unknown", "expired": "expired", "erased": "expired"}.get(why, "gone")
    assert answer.status_code == {"tampered": 404, "expired": 410, "erased": 410}.get(why, 404)
    page = Elements(answer.text)
    assert words(here, name) in answer.text
    assert "Next step" in answer.text
    assert page.of("video") == []
    assert answer.headers["cache-control"] == "private, no-store"
    form = ana.post(f"/v/{token}/seen", data={"what": "play"}, follow_redirects=False)
    assert (form.status_code, form.text) == (answer.status_code, answer.text)
    for refused in (ana.get(f"/v/{token}/film.mp4"), tell(ana, token, what="play")):
        assert refused.status_code == answer.status_code
        assert refused.headers["content-type"] == "application/problem+json"
    assert seen(here) == []


def test_the_words_are_still_there_to_read(here: Deployment, ana: TestClient, lost: tuple[str, str]) -> None:
    why, token = lost
    page = Elements(ana.get(f"/v/{token}").text)
    if why in ("tampered", "erased"):  # nobody knows which film it was
        assert page.of("details") == []
    else:
        live = here.shelf.versions("base")[0].live
        assert live.words.of("films/V05/scenes/1/words", "en") in page.words
        assert [details for details in page.of("details") if "open" in details]


@pytest.mark.parametrize("token", ["x", "%00", "A" * 22, "A" * 5000, "%2e%2e%2fetc", "ñandú", "' OR 1=1 --"])
def test_any_address_is_answered(ana: TestClient, token: str) -> None:
    for path in ("", "/film.mp4", "/poster.jpg", "/captions.vtt", "/elsewhere"):
        assert ana.get(f"/v/{token}{path}").status_code == 404


# --- a film on another site ---


@pytest.fixture
def elsewhere(here: Deployment, ana: TestClient, token: str) -> str:
    show(here.films, copies={}, address="https://videos.example/watch?v=1")
    return token


def test_a_film_elsewhere_is_opened_only_by_a_press(
    here: Deployment, ana: TestClient, elsewhere: str
) -> None:
    answer = ana.get(f"/v/{elsewhere}")
    page = Elements(answer.text)
    assert "videos.example" in answer.text
    (press,) = page.of("a", target="_blank")
    assert {"noopener", "noreferrer"} <= set(str(press["rel"]).split())
    assert page.of("video") == page.of("script") == []
    assert [details for details in page.of("details") if "open" in details]
    pressed = ana.get(str(press["href"]), follow_redirects=False)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "https://videos.example/watch?v=1")
    assert [row["seen"] for row in seen(here)] == ["opened"]


def test_a_film_elsewhere_is_never_played(here: Deployment, ana: TestClient, elsewhere: str) -> None:
    assert tell(ana, elsewhere, what="play").status_code == 404
    assert ana.post(f"/v/{elsewhere}/seen", data={"what": "play"}).status_code == 404
    assert ana.get(f"/v/{elsewhere}/film.mp4").status_code == 404
    assert seen(here) == []


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "//evil.example", "https://[", ""]
)
def test_only_addresses_of_the_web_are_opened(
    here: Deployment, ana: TestClient, token: str, address: str
) -> None:
    show(here.films, copies={}, address=address)
    assert ana.get(f"/v/{token}").status_code == 404
    assert ana.get(f"/v/{token}/elsewhere", follow_redirects=False).status_code == 404


# --- the call that makes a link ---


def calling(here: Deployment, *languages: str, small: bool = False) -> Any:
    call = Call("c1", "film", {"film": "V05", "small": small, "languages": list(languages)})
    maker = call_makers(here.writer, here.films, "")["film"]
    return maker(Calling("base", "web", conversation_of(here), call, 0))


def test_the_call_gives_a_link_in_the_first_language_that_has_the_film(
    here: Deployment, ana: TestClient
) -> None:
    value = calling(here, "es-PE", "es", "en")
    assert ana.get(f"/v/{value.pop('token')}").status_code == 200
    assert value == {
        "language": "en", "title": FILM.title, "seconds": 64, "bytes": len(COPIES["large"]),
        "small_bytes": len(COPIES["small"]), "address": None,
    }  # fmt: skip


def test_the_call_made_twice_gives_the_same_link(here: Deployment, ana: TestClient) -> None:
    assert calling(here, "en") == calling(here, "en")
    assert calling(here, "en")["token"] != calling(here, "en", small=True)["token"]


def test_the_call_says_when_there_is_no_such_film(here: Deployment, ana: TestClient, tmp_path: Path) -> None:
    assert calling(here, "vi") is None
    for copy in COPIES:
        (here.films.folder / FILES / f"V05.en.{copy}").unlink()
    assert calling(here, "en") is None


def test_templates_and_phrases_name_the_same_words(here: Deployment) -> None:
    folder = Path(seen_room.__file__).parent / "templates"
    text = "".join(file.read_text("utf-8") for file in folder.glob("*.html"))
    said = {f"player_{name}" for name in re.findall(r'say\("([a-z_]+)"', text)}
    said |= {f"player_{why}" for why in ("gone", "expired", "unknown")}
    assert said == set(player_words(here.shelf.versions("base")[0].live, "en").texts)
