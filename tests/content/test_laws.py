"""Rules of an economy, each with its source."""

from __future__ import annotations

from datetime import date

import pytest

from content.guarded_yaml import read_yaml
from content.laws import Law, read_laws
from content.pack import Pack
from content.problems import Problem, Report, render

LAWS = """schema: 1
laws:
  receipts:
    name: Receipts
    say: Who sells to a firm gives a receipt.
    gaps: [delivery]
    source: https://tax.example/receipts
    checked: 2026-11-22
  data: {name: Data of customers, say: Ask before you keep a number.}
"""


def read(pack: Pack, text: str) -> tuple[tuple[dict[str, Law], dict[str, str]] | None, tuple[Problem, ...]]:
    report = Report()
    document = read_yaml(text.encode(), "laws.yaml", report)
    assert document is not None
    return read_laws(document, pack.gaps, report), report.problems


def test_a_law_has_its_words_and_its_source(small: Pack) -> None:
    found, problems = read(small, LAWS)
    assert found is not None, render(problems)
    laws, texts = found
    assert laws["receipts"] == Law(
        "receipts", ("delivery",), "https://tax.example/receipts", date(2026, 11, 22)
    )
    assert laws["data"] == Law("data", (), None, None)  # only `--for-publication` asks for more
    assert texts == {
        "laws/receipts/name": "Receipts", "laws/receipts/say": "Who sells to a firm gives a receipt.",
        "laws/data/name": "Data of customers", "laws/data/say": "Ask before you keep a number.",
    }  # fmt: skip


def test_there_may_be_none(small: Pack) -> None:
    assert read(small, "schema: 1\nlaws: {}\n") == (({}, {}), ())
    assert read(small, "schema: 1\n") == (({}, {}), ())


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("[delivery]", "[delivry]", "GAP-003", 6),
        ("[delivery]", "delivery", "SHAPE-003", 6),
        ("https://tax", "http://tax", "SHAPE-003", 7),
        ("2026-11-22", "soon", "SHAPE-003", 8),
        ("name: Receipts\n", "nmae: Receipts\n", "SHAPE-001", 4),
        ("say: Who sells to a firm gives a receipt.", "say: [x]", "SHAPE-006", 5),
        ("  receipts:", "  Our receipts:", "SHAPE-005", 3),
        ("schema: 1", "schema: one", "PACK-002", 1),
    ],
)
def test_what_an_author_of_laws_is_told(small: Pack, old: str, new: str, code: str, line: int) -> None:
    assert old in LAWS
    found, problems = read(small, LAWS.replace(old, new, 1))
    assert found is None
    assert (code, line) in [(p.code, p.place.line) for p in problems], render(problems)
