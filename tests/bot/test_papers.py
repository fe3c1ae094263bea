"""The guidebook and the training plan: what stands in them, for whom, and what counts as opened."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from bot.calls import call_makers
from bot.papers.guide import guide_of
from bot.papers.page import Look, render_guide
from bot.player import seen as seen_room
from flows.values import Call
from pasito.app import application
from pasito.deployment import Deployment
from store import erasure
from store import tables as t
from store.calls import Calling
from tests.bot.cinema import conversation_of, link, seen
from tests.bot.conftest import Browse
from tests.bot.library import STEPS, has_steps, paper, tallies
from tests.bot.test_player import PHONE
from tests.bot.test_web_page import Elements
from tests.flows.small_packs import compiled_from, economy_sources


@pytest.fixture
def ana(browse: Browse) -> TestClient:
    browser = browse()
    browser.headers["user-agent"] = PHONE
    browser.get("/web/messages")
    return browser


@pytest.fixture
def talk(here: Deployment, ana: TestClient) -> str:
    return conversation_of(here)


def opened(here: Deployment) -> list[str]:
    return [row["paper"] for row in seen(here)]


# --- the guidebook ---


def test_the_guide_holds_everything_the_pack_has_for_every_gap(
    here: Deployment, ana: TestClient, talk: str
) -> None:
    version = here.shelf.versions("base")[0].live
    answer = ana.get(f"/g/{paper(here, 'guide', talk)}")
    assert answer.status_code == 200
    words = " ".join(Elements(answer.text).words)
    for gap in version.pack.gaps.values():
        keys = [f"gaps/{gap.id}/{part}" for part in ("name", "reason", "quiz/ask", "quiz/explain")]
        keys += [f"gaps/{gap.id}/tips/{tip}" for tip in range(1, gap.tips + 1)]
        keys += [f"gaps/{gap.id}/quiz/choices/{gap.right}"]
        for key in keys:
            assert version.words.of(key, "en") in words, key
    for film in version.pack.films.values():
        for scene in range(1, film.scenes + 1):
            text = version.words.of(f"films/{film.id}/scenes/{scene}/words", "en")
            assert words.count(text) == 1, film.id  # though two gaps may share it
    assert not re.search(r"\{[a-z.]+\}", words)


def test_chapters_begin_with_being_found_selling_and_money(here: Deployment) -> None:
    guide = guide_of(here.shelf.versions("base")[0].live, "en")
    assert [chapter.id for chapter in guide.chapters][:4] == ["presence", "sales", "money", "access"]
    assert len({chapter.id for chapter in guide.chapters}) == len(guide.chapters) == 9


def test_addresses_and_rules_stand_in_it_where_the_pack_has_them(here: Deployment) -> None:
    version = compiled_from(economy_sources())
    page = Elements(render_guide(Look(version, "en", public=True)))
    words = " ".join(page.words)
    for entry in version.pack.directory.entries.values():
        assert entry.name in words
        assert entry.contact in words
    for law in version.pack.laws.values():
        assert version.words.of(f"laws/{law.id}/say", "en") in words
    assert page.of("section", id="who-helps")
    bare = Elements(render_guide(Look(here.shelf.versions("base")[0].live, "en")))
    assert bare.of("section", id="who-helps") == bare.of("section", id="rules") == []


def test_the_guide_asks_nobody_else_and_needs_no_script(here: Deployment, ana: TestClient, talk: str) -> None:
    html = ana.get(f"/g/{paper(here, 'guide', talk)}").text
    page = Elements(html)
    assert page.of("script") == []
    assert page.of("html", lang="en", dir="ltr")
    assert "From your street to the screen and back" in html.partition("</title>")[0]
    loaded = [node["href"] for node in page.of("link")]
    assert all(path.startswith("/") and ana.get(path).status_code == 200 for path in loaded)
    assert [
        tag for tag, given in page.tags if "style" in given or any(n.startswith("on") for n in given)
    ] == []
    assert len(html.encode()) < 250_000


def test_an_arabic_guide_runs_from_right_to_left(here: Deployment, ana: TestClient, talk: str) -> None:
    page = Elements(ana.get(f"/g/{paper(here, 'guide', talk, language='ar')}").text)
    assert page.of("html", lang="ar", dir="rtl")


def test_hers_is_nobody_elses(here: Deployment, ana: TestClient, talk: str) -> None:
    for what, path in (("guide", "g"), ("plan", "p")):
        headers = ana.get(f"/{path}/{paper(here, what, talk)}").headers
        assert headers["cache-control"] == "private, no-store"
        assert headers["x-robots-tag"] == "noindex"
        assert "set-cookie" not in headers


# --- openings ---


def test_opening_is_told_to_her_conversation_once_in_half_an_hour(
    here: Deployment, ana: TestClient, talk: str
) -> None:
    guide, plan = paper(here, "guide", talk), paper(here, "plan", talk)
    other = TestClient(application(here), headers={"user-agent": PHONE})
    for browser in (ana, ana, other):
        browser.get(f"/g/{guide}")
    assert opened(here) == ["guide"]
    ana.get(f"/p/{plan}")
    ana.get(f"/p/{plan}?group=1")
    assert opened(here) == ["guide", "plan"]
    assert seen(here)[0] == {"paper": "guide", "seen": "opened"}


def test_it_is_opened_again_later(
    here: Deployment, ana: TestClient, talk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.papers import routes

    now = [seen_room.HALF_HOUR]
    monkeypatch.setattr(routes, "SeenPages", lambda door: seen_room.SeenPages(door, lambda: now[0]))
    browser = TestClient(application(here), headers={"user-agent": PHONE})
    token = paper(here, "guide", talk)
    browser.get(f"/g/{token}")
    now[0] += seen_room.HALF_HOUR
    browser.get(f"/g/{token}")
    assert opened(here) == ["guide", "guide"]


@pytest.mark.parametrize(
    "headers",
    [{"user-agent": "WhatsApp/2.23"}, {"user-agent": "TelegramBot (like TwitterBot)"}, {"user-agent": ""},
     {"sec-purpose": "prefetch"}],
)  # fmt: skip
def test_previews_and_programs_open_nothing(
    here: Deployment, ana: TestClient, talk: str, headers: dict[str, str]
) -> None:
    token = paper(here, "guide", talk)
    for path in (f"/g/{token}", "/guide"):
        assert ana.get(path, headers=headers).status_code == 200
        assert ana.head(path).status_code == 200
    assert opened(here) == []
    assert "guide_opened" not in tallies(here)


# --- for everybody ---


def test_the_public_guide_is_counted_without_anybody(here: Deployment, browse: Browse) -> None:
    browser = browse()
    browser.headers["user-agent"] = PHONE
    for query in ("", "?e=base&lang=en", "?e=nowhere&lang=xx-%00"):
        answer = browser.get(f"/guide{query}")
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "x-robots-tag" not in answer.headers
    assert tallies(here) == {"guide_opened": 3}
    assert Elements(browser.get("/guide").text).of("meta", name="robots") == []


# --- the plan ---


def test_a_plan_has_four_weeks_with_her_steps(here: Deployment, ana: TestClient, talk: str) -> None:
    has_steps(here, talk, *STEPS, {"gap": "backup", "done": "yes"})
    page = Elements(ana.get(f"/p/{paper(here, 'plan', talk)}").text)
    words = here.shelf.versions("base")[0].live.words
    assert len(page.of("section")) == 4
    for gap in ("findable", "pay", "records"):
        assert words.of(f"gaps/{gap}/name", "en") in page.words
        assert words.of(f"gaps/{gap}/tips/1", "en") in page.words
    assert words.of("gaps/backup/name", "en") not in page.words
    assert "Do again what helped most" in page.words
    assert any("Next step" in said for said in page.words)


def test_a_plan_for_a_group_has_a_table_and_nothing_of_hers(
    here: Deployment, ana: TestClient, talk: str
) -> None:
    has_steps(here, talk, *STEPS)
    answer = ana.get(f"/p/{paper(here, 'plan', talk)}?group=1")
    page = Elements(answer.text)
    assert len(page.of("tr")) == 13
    assert len(page.of("th")) == 5
    assert "Who takes part" in page.words
    assert talk not in answer.text


def test_a_plan_follows_what_she_does(here: Deployment, ana: TestClient, talk: str) -> None:
    token = paper(here, "plan", talk)
    ana.headers["user-agent"] = "curl/8"  # what nobody opened moves no conversation meanwhile
    has_steps(here, talk, {"gap": "findable"})
    first = ana.get(f"/p/{token}").text
    has_steps(here, talk, {"gap": "findable", "done": "yes"}, {"gap": "pay"})
    words = here.shelf.versions("base")[0].live.words
    second = ana.get(f"/p/{token}").text
    for gap, before in (("findable", True), ("pay", False)):
        assert (words.of(f"gaps/{gap}/name", "en") in first) is before
        assert (words.of(f"gaps/{gap}/name", "en") in second) is not before


def test_a_plan_of_a_business_that_may_be_kept_is_read_from_there(
    here: Deployment, ana: TestClient, talk: str
) -> None:
    def keep(tx: Any) -> None:
        person = tx.execute(t.conversation.select()).mappings().one()["person_id"]
        tx.execute(
            t.business.insert().values(
                programme_id="base", id="b", profile={}, standing={"package": [{"gap": "pay"}]},
                consent={"guidance": True}, registered=False, version=1, created_at=1, changed_at=1,
            )
        )  # fmt: skip
        tx.execute(
            t.membership.insert().values(
                programme_id="base", person_id=person, business_id="b", role=None, current=True, created_at=1
            )
        )

    here.writer.call(keep).result()
    words = here.shelf.versions("base")[0].live.words
    assert words.of("gaps/pay/name", "en") in ana.get(f"/p/{paper(here, 'plan', talk)}").text


def test_without_steps_the_plan_says_how_to_get_them(here: Deployment, ana: TestClient, talk: str) -> None:
    answer = ana.get(f"/p/{paper(here, 'plan', talk)}")
    assert answer.status_code == 200
    assert "There is no step for a plan yet" in answer.text
    assert "Quick check" in answer.text


# --- links that lead nowhere ---


def test_tokens_that_are_not_ours_get_a_helpful_page(here: Deployment, ana: TestClient, talk: str) -> None:
    film, guide = link(here, talk), paper(here, "guide", talk)
    for path in ("/g/x", f"/g/{film}", f"/p/{guide}", f"/v/{guide}", f"/p/{'A' * 22}"):
        answer = ana.get(path)
        assert answer.status_code == 404, path
        assert "does not lead to" in answer.text
    assert seen(here) == []


def test_a_link_that_is_over_says_so_and_how_to_get_a_new_one(
    here: Deployment, ana: TestClient, talk: str
) -> None:
    token = paper(here, "plan", talk)
    here.writer.call(lambda tx: tx.execute(update(t.link).values(until=1))).result()
    answer = ana.get(f"/p/{token}")
    assert answer.status_code == 410
    assert "too old" in answer.text
    assert "Plan" in answer.text
    assert opened(here) == []


def test_after_delete_nobody_reads_her_plan(here: Deployment, ana: TestClient, talk: str) -> None:
    has_steps(here, talk, *STEPS)
    token = paper(here, "plan", talk)

    def forget(tx: Any) -> None:
        person = tx.execute(t.conversation.select()).mappings().one()["person_id"]
        erasure.erase(tx, [("base", person)], now=1)

    here.writer.call(forget).result()
    assert ana.get(f"/p/{token}").status_code == 410


# --- the call ---


@pytest.mark.parametrize(
    ("account", "public", "begins"),
    [
        ("web", "", "/g/"),
        ("web", "https://pasito.example", "/g/"),
        ("telegram/default", "https://pasito.example", "https://pasito.example/g/"),
        ("telegram/default", "", None),
        ("terminal", "", None),
    ],
)
def test_the_link_is_one_that_her_channel_can_open(
    here: Deployment, ana: TestClient, talk: str, account: str, public: str, begins: str | None
) -> None:
    maker = call_makers(here.writer, here.films, public)["paper"]
    call = Call("1", "paper", {"paper": "guide", "language": "en"})
    found: Any = maker(Calling("base", account, talk, call, 1))
    if begins is None:
        assert found is None
        return
    assert found["url"].startswith(begins)
    assert ana.get("/g/" + found["url"].rpartition("/")[2]).status_code == 200


def test_in_the_web_chat_the_word_guide_brings_the_link(here: Deployment, ana: TestClient) -> None:
    ana.get("/")
    answer = ana.post("/web/messages", json={"client_msg_id": "1", "text": "guide"})
    (shown,) = (message for message in answer.json()["messages"] if message.get("link"))
    assert ana.get(shown["link"]["url"]).status_code == 200
    assert opened(here) == ["guide"]
