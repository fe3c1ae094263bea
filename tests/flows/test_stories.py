"""Cases that are told to her, and the story that she may tell for others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from content.cases import Case
from flows.conversations import World
from flows.state import from_json
from flows.values import Call, Reply
from flows.version import Version, Versions

HERS = "We had no page and few buyers"


class Watched(World):
    """A world that keeps the calls that are about stories."""

    def __init__(self, version: Version) -> None:
        super().__init__(Versions(version))
        self.calls: list[Call] = []

    def _called(self, person: Any, call: Call) -> Any:
        if call.name.endswith("_story"):
            self.calls.append(call)
        return super()._called(person, call)

    def asked(self) -> str:
        question = self.person("Ana").question
        assert question is not None
        return question.text

    @property
    def state(self) -> str:
        return str(self.person("Ana").state)

    def events(self, kind: str) -> list[Any]:
        return [dict(event.data) for event in self.person("Ana").events if event.kind == kind]


def business(**more: Any) -> dict[str, Any]:
    profile = {"sector": "crafts_textile", "leader_sex": "woman", "org_type": "msme"}
    item = {"gap": "findable", "tip": 1, "opened": True}
    standing = {"mode": "quick", "result": {"level": "starting"}, "package": [item]}
    consent = {"guidance": True, "statistics": True}
    return {
        "id": "b",
        "profile": profile,
        "standing": standing,
        "consent": consent,
        "registered": True,
    } | more


@pytest.fixture
def world(base: Version) -> Watched:
    """Ana has one step in her hands."""
    world = Watched(base)
    world.person("Ana").state = {"language": "en", "last_inbound": 1, "business": business()}
    return world


def tells(world: Watched, *consent: str) -> list[Reply]:
    world.write("Ana", "done")
    world.press("Ana", "yes")
    for words in (HERS, "I made a page", "Now they find me"):
        world.write("Ana", words)
    world.press("Ana", "crisis")
    replies: list[Reply] = []
    for answer in consent:
        offered = world.person("Ana").question
        assert offered is not None
        pressed = answer in {choice.value.partition(":")[2] for choice in offered.choices}
        replies += world.press("Ana", answer) if pressed else world.write("Ana", answer)
    return replies


# --- her story --------------------------------------------------------------------------------------


def test_a_story_goes_to_the_editors_with_codes_of_her_business(world: Watched) -> None:
    tells(world, "name", "Ana of the market")
    (call,) = world.calls
    told = dict(call.arguments)
    assert len(told.pop("agreed")) == 64
    assert (call.name, told) == (
        "keep_story",
        {
            "before": HERS, "did": "I made a page", "changed": "Now they find me", "name": "Ana of the market",
            "times": "crisis", "gap": "findable", "economy": None, "sector": "crafts_textile",
            "leader_sex": "woman", "language": "en",
        },
    )  # fmt: skip
    assert world.events("story_told") == [{"named": True}]


def test_nothing_of_it_stays_in_the_conversation_or_its_events(world: Watched) -> None:
    tells(world, "name", "Ana of the market")
    for words in (HERS, "I made a page", "Now they find me", "Ana of the market"):
        assert words not in world.state
        assert words not in str(world.person("Ana").events)


def test_without_a_name_none_is_asked_for(world: Watched) -> None:
    tells(world, "no_name")
    assert world.calls[0].arguments["name"] is None
    assert world.events("story_told") == [{"named": False}]


def test_who_does_not_agree_is_forgotten(world: Watched) -> None:
    replies = tells(world, "no")
    assert replies[0].text == "Good. I have forgotten it."
    assert world.calls == []
    assert HERS not in world.state


@pytest.mark.parametrize("leaves", ["restart", "next step", "check"])
def test_who_goes_elsewhere_leaves_nothing_behind(world: Watched, leaves: str) -> None:
    world.write("Ana", "done")
    world.press("Ana", "yes")
    world.write("Ana", HERS)
    assert HERS in world.state
    world.write("Ana", leaves)
    if world.asked().startswith(("Shall", "You have")):  # asked whether to begin anew
        world.press("Ana", "yes")
    assert "story_" not in str(from_json(world.person("Ana").state).answers)
    assert HERS not in world.state


def test_who_falls_silent_is_forgotten_after_three_days(world: Watched) -> None:
    world.write("Ana", "done")
    world.press("Ana", "yes")
    world.write("Ana", HERS)
    before = len(world.person("Ana").replies)
    world.pass_time("4d")
    assert HERS not in world.state
    assert len(world.person("Ana").replies) == before


def test_back_after_a_story_leads_to_none_of_its_questions(world: Watched) -> None:
    tells(world, "no_name")
    world.write("Ana", "back")
    assert "tell_story" not in world.state


def test_a_menu_in_the_middle_loses_nothing(world: Watched) -> None:
    world.write("Ana", "done")
    world.press("Ana", "yes")
    world.write("Ana", HERS)
    world.write("Ana", "menu")
    world.press("Ana", "go_on")
    assert HERS in world.state
    assert world.asked().endswith("What did you do?")


def test_she_is_asked_once_ever(world: Watched) -> None:
    world.write("Ana", "done")
    assert world.asked().startswith("Others can learn from what you did.")
    world.press("Ana", "no")
    item = {"gap": "reply", "tip": 1, "opened": True}
    standing = business()["standing"] | {"package": [item]}
    world.person("Ana").state["business"] = business(standing=standing)
    replies = world.write("Ana", "done")
    assert not any(reply.text.startswith("Others can learn") for reply in replies)


@pytest.mark.parametrize("consent", [{}, {"guidance": False}])
def test_nobody_is_asked_whose_answers_are_not_kept(base: Version, consent: dict[str, bool]) -> None:
    world = Watched(base)
    world.person("Ana").state = {
        "language": "en", "last_inbound": 1, "business": business(consent=consent),
    }  # fmt: skip
    replies = world.write("Ana", "done")
    assert not any(reply.text.startswith("Others can learn") for reply in replies)


@pytest.mark.parametrize(("minutes", "asked"), [(0, False), (29, False), (31, True)])
def test_no_story_is_asked_for_in_the_visit_of_a_survey(world: Watched, minutes: int, asked: bool) -> None:
    shown = world.now - minutes * 60_000_000
    world.person("Ana").state["memory"] = {"surveys": {"after_film": {"shown": shown}}}
    world.write("Ana", "done")
    assert world.asked().startswith("Others can learn") == asked


def test_a_closed_gap_is_a_reason_to_ask_and_what_the_story_is_about(base: Version) -> None:
    world = Watched(base)
    items = [{"gap": gap, "tip": 1, "opened": True} for gap in ("findable", "pay")]
    baseline = {
        "mode": "quick", "instrument": base.instrument, "completed": world.now - 30 * 86_400_000_000,
        "answers": {"P1": "nothing"}, "result": {"level": "starting"},
    }  # fmt: skip
    standing = business()["standing"] | {"package": items, "baseline": baseline, "answers": {"P1": "nothing"}}
    world.person("Ana").state = {
        "language": "en", "last_inbound": 1, "business": business(standing=standing),
    }  # fmt: skip
    world.write("Ana", "again")
    world.press("Ana", "yes")
    for _ in items:
        question = world.person("Ana").question
        assert question is not None
        if question.text.startswith("Others can learn"):
            break
        world.write("Ana", choice=question.choices[3].value)
    assert world.asked().startswith("Others can learn")
    world.press("Ana", "yes")
    for words in (HERS, "I made a page", "Now they find me"):
        world.write("Ana", words)
    world.press("Ana", "normal")
    world.press("Ana", "no_name")
    call = next(call for call in world.calls if call.name == "keep_story")
    assert call.arguments["gap"] == "findable"


def test_one_word_takes_it_back(world: Watched) -> None:
    tells(world, "no_name")
    world.write("Ana", "my data")
    assert any("A story of yours" in reply.text for reply in world.person("Ana").replies)
    world.press("Ana", "fine")
    (said, *_) = world.write("Ana", "Withdraw my story")
    assert said.text.startswith("What I had of your story is deleted.")
    assert [call.name for call in world.calls] == ["keep_story", "withdraw_story"]
    new = world.write("Ana", "my data")
    assert not any("A story of yours" in reply.text for reply in new)


# --- cases --------------------------------------------------------------------------------------------


def with_cases(base: Version, *cases: Case) -> Version:
    """The base with these cases, whose words are there."""
    texts = {f"cases/{case.id}/{part}": getattr(case, part) for case in cases for part in ("who", "say")}
    words = replace(base.words, texts={**base.words.texts, **texts})
    return replace(base, pack=replace(base.pack, cases={case.id: case for case in cases}), words=words)


def case(id: str, gap: str, sector: str = "other", **more: Any) -> Case:
    values: dict[str, Any] = {"economy": "PE", "consent": "given", "source": f"https://{id}.example", **more}
    return Case(
        id, f"Who {id}", f"What {id} did.", values["economy"], sector, (gap,), "yes", None, values["source"],
        None, False, values["consent"],
    )  # fmt: skip


def told(version: Version, times: int = 1) -> tuple[list[Reply], Watched]:
    world = Watched(version)
    standing = business()["standing"] | {
        "package": [{"gap": gap, "tip": 1} for gap in ("findable", "pay", "order")]
    }
    world.person("Ana").state = {
        "language": "en", "last_inbound": 1, "business": business(standing=standing),
    }  # fmt: skip
    world.write("Ana", "next step")
    for _ in range(times):
        world.press("Ana", "will_do")
        question = world.person("Ana").question
        assert question is not None
        world.write("Ana", choice=question.choices[0].value)  # the quiz
        world.press("Ana", "next")
    replies = [reply for reply in world.person("Ana").replies if reply.text.startswith("What others did.")]
    return replies, world


def test_the_case_of_her_gap_is_told_with_its_source(base: Version) -> None:
    version = with_cases(
        base, case("sector", "stock", "crafts_textile"), case("gap", "findable"), case("else", "stock")
    )
    (reply,), world = told(version)
    assert reply.text == "What others did. Who gap: What gap did."
    assert reply.link is not None
    assert reply.link.url == "https://gap.example"
    assert world.events("case_shown") == [{"case": "gap", "gap": "findable"}]


def test_her_sector_decides_between_cases_of_her_gap(base: Version) -> None:
    version = with_cases(base, case("other", "findable"), case("same", "findable", "crafts_textile"))
    (reply,), _ = told(version)
    assert "Who same" in reply.text


def test_each_is_told_once(base: Version) -> None:
    version = with_cases(base, case("first", "findable", "crafts_textile"), case("second", "pay"))
    replies, world = told(version, 3)
    assert [reply.text[:24] for reply in replies] == ["What others did. Who fir", "What others did. Who sec"]
    assert [event["case"] for event in world.events("case_shown")] == ["first", "second"]


def test_one_that_waits_for_consent_is_told_to_nobody(base: Version) -> None:
    replies, world = told(with_cases(base, case("gap", "findable", "crafts_textile", consent="needed")))
    assert replies == []
    assert world.events("case_shown") == []


def test_one_without_a_name_is_told_without_the_page_that_would_name_it(base: Version) -> None:
    (reply,), _ = told(with_cases(base, case("gap", "findable", consent="no_name")))
    assert reply.text == "What others did. What gap did."
    assert reply.link is None


def test_one_that_has_nothing_to_do_with_her_is_not_told(base: Version) -> None:
    replies, _ = told(with_cases(base, case("else", "stock")))
    assert replies == []
