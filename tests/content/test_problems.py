"""Letters to authors."""

from __future__ import annotations

import re

import pytest

from content.problems import CATALOGUE, Place, Report, did_you_mean, facts_of, render


def test_a_problem_reads_like_a_letter() -> None:
    report = Report()
    place = Place("content/packs/pe/flows/survey.yaml", 14, 9)
    report.add("FLOW-002", place, step="thanks", target="mneu", near="menu")
    assert render(report.problems) == (
        "content/packs/pe/flows/survey.yaml:14:9  FLOW-002\n"
        "  Step 'thanks' goes to 'mneu', which does not exist in this flow.\n"
        "  Did you mean 'menu'?\n"
    )


def test_without_a_likely_word_the_remedy_is_the_catalogue_s() -> None:
    report = Report()
    report.add("FLOW-002", Place("f.yaml"), step="a", target="b", near="")
    assert report.problems[0].remedy == CATALOGUE["FLOW-002"].remedy


def test_problems_are_sorted_by_place_and_told_once() -> None:
    report = Report()
    for line in (20, 3, 3):
        report.add("TEXT-005", Place("b.yaml", line))
    report.add("TEXT-005", Place("a.yaml", 99))
    assert [(p.place.file, p.place.line) for p in report.problems] == [
        ("a.yaml", 99),
        ("b.yaml", 3),
        ("b.yaml", 20),
    ]


def test_hints_do_not_stop_a_pack() -> None:
    report = Report()
    report.add("YAML-016", Place("a.yaml"), word="0123")
    assert report.ok
    assert report.problems
    assert "(hint)" in render(report.problems)
    report.add("TEXT-005", Place("a.yaml"))
    assert not report.ok
    assert [problem.code for problem in report.errors] == ["TEXT-005"]


def test_what_stands_in_a_file_cannot_spoil_the_letter() -> None:
    report = Report()
    report.add("FLOW-014", Place("a.yaml"), question="x\n\x1b[31m{evil}" + "y" * 500)
    letter = render(report.problems)
    assert letter.count("\n") == 3
    assert "\x1b" not in letter
    assert "{evil}" in letter
    assert len(letter) < 400


@pytest.mark.parametrize(("word", "meant"), [("mneu", "menu"), ("sentry", ""), ("Menu", "menu")])
def test_did_you_mean(word: str, meant: str) -> None:
    assert did_you_mean(word, ["menu", "help", "thanks"]) == meant


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_kind_can_be_written_with_its_facts(code: str) -> None:
    report = Report()
    report.add(code, Place("a.yaml", 1, 1), **dict.fromkeys(facts_of(code), "word"))
    problem = report.problems[0]
    for sentence in (problem.finding, problem.remedy):
        assert sentence
        assert "{name}" not in sentence
        assert not re.search(r"\b(you forgot|KeyError|node|invalid|illegal)\b", sentence)
    assert re.fullmatch(r"[A-Z][A-Z0-9]+-\d{3}", code)
