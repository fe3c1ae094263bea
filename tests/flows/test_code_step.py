"""A code that is taken comes from an answer, and its author is told so."""

from __future__ import annotations

import pytest

from tests.flows.small_packs import problems_of

ASKS = "steps:\n  - ask: typed\n    type: text\n    say: The code?\n"


def test_taking_a_code_from_no_question_is_a_mistake() -> None:
    (problem,) = problems_of(mine=ASKS + "  - code: take\n").errors
    assert problem.code == "FLOW-010"
    assert "'of'" in problem.finding


@pytest.mark.parametrize("step", ["code: take\n    of: typed", "code: make"])
def test_a_code_that_is_made_or_taken_from_an_answer_is_none(step: str) -> None:
    assert problems_of(mine=ASKS + f"  - {step}\n").errors == ()
