"""Flows as pictures: Mermaid text that says what the flow does, and nothing that its words would smuggle in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from content.words import Words
from flows.diagram import diagram
from flows.version import Version
from pasito.settings import Settings
from pasito.showing import diagram as show_diagram
from tests.flows.small_packs import compiled


def drawn(yaml: str) -> str:
    version = compiled(example=yaml)
    return diagram(version.flows["example"], version.words, "en")


def test_a_branch_carries_its_conditions() -> None:
    text = drawn("""
steps:
  - ask: pen
    say: Do you have a pen?
    choices: {yes: "Yes", no: Not yet}
  - branch:
      - if: answers.pen == "no"
        then: [{go: pen}]
      - else: []
  - say: Good.
""")
    assert text == (
        "flowchart TD\n"
        '  start(["example"])\n'
        "  start --> s0\n"
        '  s0[/"Do you have a pen?<br/>• Yes (yes)<br/>• Not yet (no)"/]\n'
        "  s0 --> s1\n"
        '  s1{"which way?"}\n'
        '  s1 -->|"answers.pen == #34;no#34;"| s0\n'
        '  s1 -->|"else"| s5\n'
        '  s5["Good."]\n'
        "  s5 --> finish\n"
        '  finish(("end"))\n'
    )


def test_other_flows_are_named_and_what_leaves_has_no_way_on() -> None:
    text = drawn("steps:\n  - call: consent\n  - link: menu\n")
    assert '  s0[["call: consent"]]\n  s0 --> s1\n  s1(["link: menu"])\n' in text
    assert "finish" not in text


def test_a_step_with_a_condition_says_so() -> None:
    text = drawn("steps:\n  - say: Hello\n  - end: here\n    when: todo.left == 0\n  - say: More\n")
    assert '  s1["if todo.left == 0<br/>end: here"]\n' in text
    assert '  s1 -->|"yes"| finish\n  s1 -->|"else"| s2\n' in text


def test_many_choices_are_cut() -> None:
    choices = ", ".join(f"c{n}: Choice {n}" for n in range(12))
    text = drawn(f"steps:\n  - ask: many_ways\n    say: Which?\n    choices: {{{choices}}}\n")
    assert "• Choice 7 (c7)<br/>• … 4 more" in text


NASTY = [
    'He said "go" --> x[ ]',
    "%%{init: {'theme': 'dark'}}%%",
    "<script>alert(1)</script>",
    "`code` #quot; |pipe| ; & *bold*",
    "1. first",
    "subgraph end\n  click s0 href 'https://x.example'",
    "$$x^2$$",
]


@pytest.mark.parametrize("words", NASTY)
def test_words_stay_words(words: str) -> None:
    version = compiled(example="steps:\n  - say: Hello\n")
    texts = {key: words for key in version.words.texts if key.startswith("example/")}
    said = Words({**version.words.texts, **texts})
    lines = diagram(version.flows["example"], said, "en").splitlines()
    assert len(lines) == 6
    label = re.fullmatch(r'  s0\["([^"]*)"\]', lines[3])
    assert label is not None
    assert not re.search(r"[<>{}`|%*&]|\$\$|^\d+\.|#(?!\d+;)", label[1])


def test_every_flow_of_ours_is_drawn_and_every_arrow_leads_somewhere(base: Version) -> None:
    for flow in base.flows.values():
        text = diagram(flow, base.words, "en")
        shapes = set(re.findall(r"^  (\w+)[\[({]", text, re.MULTILINE))
        arrows = re.findall(r"^  (\w+) -->(?:\|\"[^\"]*\"\|)? (\w+)$", text, re.MULTILINE)
        assert arrows
        assert {shape for arrow in arrows for shape in arrow} == shapes


def test_preview_draws_a_flow(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    show_diagram(Settings(data_dir=tmp_path), None, "menu")
    assert capsys.readouterr().out.startswith("flowchart TD\n")


def test_preview_helps_with_a_flow_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"'mneu' is not a flow of this pack. Did you mean 'menu'\?"):
        show_diagram(Settings(data_dir=tmp_path), None, "mneu")
