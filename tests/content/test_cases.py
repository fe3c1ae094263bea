"""Cases of other businesses, each with its source, and none before its business has agreed."""

from __future__ import annotations

import pytest

from content.cases import Case, read_cases, report_waiting
from content.films import word_count
from content.guarded_yaml import read_yaml
from content.pack import Pack
from content.problems import Problem, Report, render

CASES = """schema: 1
cases:
  tea:
    who: A tea cooperative
    economy: VN
    sector: food_processing
    gaps: [order]
    women_led: not_stated
    say: They went onto a platform.
    source: https://news.example/tea
    consent: given
  eggs:
    who: Egg sellers
    economy: PE
    sector: agriculture_fishery
    women_led: no
    times: crisis
    say: They asked, and sold.
    named: a newspaper of 2020
    consent: no_name
  bags:
    who: Bag makers
    economy: PG
    sector: crafts_textile
    women_led: yes
    say: They sell on a page.
    named: a magazine
    consent: needed
"""


def read(
    pack: Pack, text: str = CASES
) -> tuple[tuple[dict[str, Case], dict[str, str]] | None, tuple[Problem, ...]]:
    report = Report()
    document = read_yaml(text.encode(), "cases.yaml", report)
    assert document is not None
    return read_cases(document, pack.bank, pack.gaps, report), report.problems


def test_only_what_its_business_has_agreed_to_has_words_to_say(base: Pack) -> None:
    found, problems = read(base)
    assert found is not None, render(problems)
    cases, texts = found
    assert [(case.is_shown, case.is_named) for case in cases.values()] == [
        (True, True), (True, False), (False, False),
    ]  # fmt: skip
    assert texts == {
        "cases/tea/who": "A tea cooperative", "cases/tea/say": "They went onto a platform.",
        "cases/eggs/say": "They asked, and sold.",
    }  # fmt: skip
    assert cases["bags"].say == "They sell on a page."  # an editor reads it
    assert (cases["eggs"].times, cases["eggs"].women_led, cases["bags"].women_led) == ("crisis", "no", "yes")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("sector: food_processing", "sector: food", "CASE-001"),
        ("    source: https://news.example/tea\n", "", "CASE-002"),
        ("    who: A tea cooperative\n", "", "CASE-004"),
        ("They went onto a platform.", "word " * 46, "CASE-005"),
        ("gaps: [order]", "gaps: [ordr]", "GAP-003"),
        ("economy: VN", "economy: Viet Nam", "PACK-005"),
        ("consent: given", "consent: perhaps", "SHAPE-004"),
        ("https://news.example/tea", "news.example/tea", "SHAPE-003"),
    ],
)
def test_what_is_wrong_has_its_letter(base: Pack, old: str, new: str, code: str) -> None:
    assert old in CASES
    _, problems = read(base, CASES.replace(old, new, 1))
    assert [problem.code for problem in problems] == [code]


def test_those_that_wait_for_consent_are_listed_in_one_letter(base: Pack) -> None:
    report = Report()
    report_waiting(base.cases, base.documents, report)
    (letter,) = report.problems
    assert (letter.code, letter.severity) == ("CASE-003", "hint")
    assert all(id in letter.finding for id in base.cases)


def test_the_base_has_sixteen_cases_and_names_none_of_them_to_anybody(base: Pack) -> None:
    cases = list(base.cases.values())
    assert len(cases) == 16
    assert {case.consent for case in cases} == {"needed"}
    assert sum(case.women_led == "yes" for case in cases) == 9
    assert {case.economy for case in cases} == {"VN", "PG", "ID", "PE", "JP", "TW"}
    assert not any(key.startswith("cases/") for key in base.texts)
    assert all(case.gaps and word_count(case.say) <= 45 for case in cases)


def test_what_a_case_says_does_not_tell_who_it_is(base: Pack) -> None:
    """An economy may agree with a business that it stays unnamed; then only `say` is shown."""
    for case in base.cases.values():
        name = case.who.partition(" (")[0]
        assert name.casefold() not in case.say.casefold(), case.id
