"""Which app, where to sell, whom to ask: at most three, fitting, and somebody to ask where nothing is listed."""

from __future__ import annotations

import pytest

from content.problems import Report, render
from flows.compiler import compile_pack
from flows.conversations import World
from flows.version import Version, Versions
from tests.flows.small_packs import compiled_from, economy_sources, problems_of

NONE = "I have no checked list for this yet."


@pytest.fixture(scope="module")
def economy() -> Version:
    return compiled_from(economy_sources())


def said(
    version: Version,
    text: str,
    *presses: str,
    profile: dict[str, str] | None = None,
    item: str | None = None,
    language: str = "en",
) -> list[str]:
    """What Ana reads after these words, in the middle of the menu."""
    world = World(Versions(version))
    standing = {
        "mode": "quick",
        "result": {"level": "starting"},
        "package": [{"gap": item, "tip": 1, "opened": True}],
    }
    business = {"id": "b", "profile": profile or {}, **({"standing": standing} if item else {})}
    world.person("Ana").state = {"language": language, "last_inbound": 1, "business": business}
    world.write("Ana", "menu")
    replies = world.write("Ana", text)
    for choice in presses:
        replies = world.press("Ana", choice)
    return [reply.text for reply in replies]


def names(replies: list[str]) -> list[str]:
    return [line.split(":")[0] for line in replies if line[:2] in ("1.", "2.", "3.", "4.")]


# --- the base, where nothing is listed ---------------------------------------------------------------


@pytest.mark.parametrize("words", ["where can i sell", "support", "fraud"])
def test_where_nothing_is_listed_she_is_told_once_whom_to_ask(base: Version, words: str) -> None:
    replies = said(base, words)
    assert len([reply for reply in replies if reply.startswith(NONE)]) == 1
    assert not [reply for reply in replies if "Nobody pays me" in reply]


def test_which_app_asks_what_for_and_says_whom_to_ask(base: Version) -> None:
    assert said(base, "which app", "course")[0].startswith(NONE)


def test_where_no_rule_is_listed_she_is_told_whom_to_ask(base: Version) -> None:
    assert said(base, "rules")[0].startswith("I have no checked rules for your economy yet.")


# --- an economy with entries -------------------------------------------------------------------------


def test_at_most_three_places_to_sell_are_named_and_none_for_money(economy: Version) -> None:
    replies = said(economy, "where can i sell this")
    assert names(replies) == ["1. Hall", "2. Boat", "3. Tent"], (
        "Hall costs money and stands first in the file"
    )
    assert "It is your choice. Nobody pays me for naming them." in replies
    assert replies.index("These sell well online from here now: Panela, Alpaca yarn.") > 3


def test_what_she_should_know_before_stands_with_each(economy: Version) -> None:
    _, boat, tent, *_ = said(economy, "where can i sell this")
    assert (
        boat
        == "2. Boat: Sells abroad.\n(free, works on a phone, needs a bank card, sells abroad)\nhttps://boat.example"
    )
    assert tent == "3. Tent: Sells food.\n(free to begin, needs a computer)\nhttps://tent.example"


def test_what_speaks_her_language_comes_before_what_needs_a_computer(economy: Version) -> None:
    replies = said(economy, "where can i sell this", language="es")
    assert names(replies) == ["1. Hall", "2. Cart", "3. Boat"]
    assert "(free, works on a phone, Español)" in replies[1]


@pytest.mark.parametrize("answer", ["yes", "already"])
def test_who_sells_abroad_is_told_of_places_that_do(economy: Version, answer: str) -> None:
    replies = said(economy, "where can i sell", profile={"abroad": answer})
    assert {"1. Boat", "2. Boat"} & set(names(replies))
    assert names(replies).index("2. Boat" if "2. Boat" in names(replies) else "1. Boat") <= 1


def test_which_app_names_what_fits_the_step_she_is_at(economy: Version) -> None:
    assert names(said(economy, "which app", item="pay")) == ["1. Purse"]
    assert said(economy, "which app", item="delivery")[-1] == "What do you need it for?", (
        "nothing is listed for that step"
    )
    assert names(said(economy, "which app", "marketplace")) == ["1. Hall", "2. Boat", "3. Tent"]


def test_support_names_programmes_and_who_advises_in_one_list(economy: Version) -> None:
    replies = said(economy, "support")
    assert names(replies) == ["1. Grant", "2. Desk"]
    assert len([reply for reply in replies if "Nobody pays me" in reply]) == 1


def test_who_was_cheated_hears_what_to_do_and_whom_to_call(economy: Version) -> None:
    first, second, *_ = said(economy, "i was scammed")
    assert first.startswith("I am sorry. Do these three things now.")
    assert second == "1. Fraud line: Takes reports.\n(free, works on a phone)\n911"


def test_at_most_three_rules_are_told_those_of_her_step_alone(economy: Version) -> None:
    assert [text.split(":")[0] for text in said(economy, "rules")] == [
        "Receipts",
        "Data",
        "Labels",
    ]
    only, *rest = said(economy, "rules", item="einvoice")
    assert only == "Receipts: Who sells to a firm gives a receipt."
    assert not [text for text in rest if text.startswith(("Data", "Labels"))]


def test_a_rule_has_the_link_to_its_source(economy: Version) -> None:
    world = World(Versions(economy))
    world.person("Ana").state = {"language": "en", "last_inbound": 1}
    rule, other, *_ = world.write("Ana", "rules")
    assert rule.link is not None
    assert (rule.link.label, rule.link.url, rule.kind) == (
        "Read more",
        "https://tax.example/receipts",
        "link",
    )
    assert (other.link, other.kind) == (None, "text")


# --- what an author is told --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("directory: marketplace", None),
        ("directory: item", None),
        ("directory: programme\n    also: help", None),
        ("directory: market", "DIR-001"),
        ("directory: programme\n    also: hlep", "DIR-001"),
        ("directory: answer", "FLOW-010"),
        ("directory: answer\n    of: app_for", None),
        ("directory: answer\n    of: app_form", "COND-001"),
        ("directory: answer\n    of: other_app", "DIR-001"),
        ("directory: [marketplace]", "FLOW-011"),
        ("directory: Marketplace", "FLOW-011"),
    ],
)
def test_what_an_author_is_told(step: str, code: str | None) -> None:
    ask = "  - ask: other_app\n    say: What for?\n    choices: {marketplace: Selling, boats: Boats}\n"
    report = problems_of(tools=f"said: [my tools]\nsteps:\n{ask}  - {step}\n")
    assert report.codes() == ((code,) if code else ()), render(report.problems)


def test_an_economy_that_lists_an_unknown_kind_is_told_so() -> None:
    sources = economy_sources()
    sources["directory.yaml"] += (
        b"  x: {kind: maket, name: X, what: Y., cost: free, phone: yes, contact: Z}\n"
    )
    report = Report()
    assert compile_pack(sources, report) is None
    assert ("DIR-001", "directory.yaml") in [(p.code, p.place.file) for p in report.problems]
