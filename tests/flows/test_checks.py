"""What an author is told: every mistake has its code, and all are told at once."""

from __future__ import annotations

import pytest

from tests.flows.small_packs import problems_of

ASK = "- ask: a\n    say: Yes or no?\n    choices: {yes: 'Yes', no: 'No'}\n  "

MISTAKES = {
    "FLOW-002": "steps:\n  - say: Hello\n  - go: mneu\n",
    "FLOW-039": "steps:\n  - ask: a\n    say: Ok?\n    save: language\n    choices: {en: English}\n",
    "FLOW-003": "steps:\n  - end: here\n  - say: never\n",
    "FLOW-004": "steps:\n  - say: one\n    id: one\n  - go: one\n",
    "FLOW-005": 'steps:\n  - branch:\n      - if: profile.size == "one"\n        then: []\n',
    "FLOW-006": "steps: []\n",
    "FLOW-007": "steps:\n  - say: a\n    id: x\n  - say: b\n    id: x\n",
    "FLOW-008": "steps:\n  - sya: Hello\n",
    "FLOW-009": "steps:\n  - say: Hello\n    txet: x\n",
    "FLOW-010": "steps:\n  - ask: a\n    choices: {yes: 'Yes'}\n",
    "FLOW-011": "steps:\n  - ask: a\n    say: Ok?\n    type: onee\n",
    "FLOW-012": "steps:\n  - call: nowhere\n",
    "FLOW-014": "steps:\n  - question: P99\n",
    "FLOW-019": "steps:\n  - ask: a\n    say: Ok?\n",
    "FLOW-020": "steps:\n  - ask: a\n    type: number\n    say: Ok?\n    choices: {yes: 'Yes'}\n",
    "FLOW-022": "steps:\n  " + ASK + "  synonyms: {perhaps: [maybe]}\n",
    "FLOW-024": "said: [menu]\nsteps:\n  - say: Hello\n",
    "FLOW-033": "steps:\n  - ask: a\n    type: number\n    say: Ok?\n    least: 9\n    most: 1\n",
    "FLOW-034": "steps:\n  - show: resutl\n",
    "FLOW-035": "steps:\n  - say: Look\n    link: {label: There, url: 'http://example.org'}\n",
    "FLOW-036": "steps:\n  - ask: a\n    say: Ok?\n    save: consent.guidance\n    choices: {perhaps: Perhaps}\n",
    "FLOW-037": "steps:\n  - ask: a\n    say: Ok?\n    save: consent.guidence\n    choices: {yes: 'Yes', no: 'No'}\n",
    "FLOW-038": "steps:\n  - do: go_bakc\n",
    "SHAPE-005": "steps:\n  - ask: a\n    say: Ok?\n    choices: {Not Good: x}\n",
    "COND-001": 'steps:\n  - say: Hello\n    when: profile.sizee == "one"\n',
    "COND-002": 'steps:\n  - say: Hello\n    when: profile.size == "onee"\n',
    "COND-003": "steps:\n  - say: Hello\n    when: profile.size > 3\n",
    "COND-004": 'steps:\n  - say: Hello\n    when: profile.size == "one" and points.P1 > 1\n',
    "COND-006": "steps:\n  - say: Hello\n    when: " + " || ".join(['profile.size == "one"'] * 30) + "\n",
    "TEXT-001": "steps:\n  - say: " + "long " * 1000 + "\n",
    "TEXT-002": "steps:\n  - ask: a\n    say: Ok?\n    choices: {yes: A label that is longer than a button takes}\n",
    "TEXT-004": "steps:\n  - say: Hello {naem}\n",
    "TEXT-005": "steps:\n  - say: ''\n",
    "TEXT-010": "steps:\n  - ask: a\n    say: Ok?\n    choices: {yes: Good, no: good!}\n",
}


@pytest.mark.parametrize("code", MISTAKES)
def test_each_mistake_is_found_with_its_place(code: str) -> None:
    report = problems_of(mine=MISTAKES[code])
    found = [problem for problem in report.problems if problem.code == code]
    assert found, [str(problem) for problem in report.problems]
    assert found[0].place.file == "flows/mine.yaml"
    assert found[0].place.line > 1


def test_a_near_miss_is_answered_with_did_you_mean() -> None:
    (problem,) = problems_of(mine="steps:\n  - sya: Hello\n").errors
    assert problem.remedy == "Did you mean 'say'?"


def test_all_problems_of_a_pack_are_told_in_one_run() -> None:
    report = problems_of(
        one=MISTAKES["FLOW-002"],
        two=MISTAKES["FLOW-008"],
        three=MISTAKES["COND-001"],
        four=MISTAKES["TEXT-004"],
    )
    assert {"FLOW-002", "FLOW-008", "COND-001", "TEXT-004"} <= set(report.codes())


def test_a_circle_through_another_flow_is_found() -> None:
    report = problems_of(one="steps:\n  - link: two\n", two="steps:\n  - link: one\n")
    assert "FLOW-004" in report.codes()


def test_a_called_flow_may_not_link_away() -> None:
    report = problems_of(one="steps:\n  - call: two\n", two="steps:\n  - link: menu\n")
    assert "FLOW-013" in report.codes()


def test_a_flow_that_calls_itself_is_found() -> None:
    report = problems_of(one="steps:\n  - call: two\n", two="steps:\n  - call: one\n")
    assert "FLOW-026" in report.codes()


def test_a_flow_twice_is_found() -> None:
    report = problems_of(copy="schema: 1\nflow: menu\ntitle: Menu\nsteps:\n  - say: Hello\n")
    assert "FLOW-001" in report.codes()


def test_two_questions_that_keep_the_same_name_differently_are_found() -> None:
    report = problems_of(
        one="steps:\n  - ask: a\n    say: Ok?\n    choices: {yes: 'Yes'}\n",
        two="steps:\n  - ask: a\n    type: number\n    say: Ok?\n",
    )
    assert "FLOW-031" in report.codes()


def test_the_words_yes_and_no_stay_words() -> None:
    assert problems_of(mine="steps:\n  - ask: a\n    say: Ok?\n    choices: {yes: yes, no: no}\n").ok
