"""`pasito meetings list|qr`: what an organiser prints and sends around."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pasito.desks import Desk

MEETINGS = """schema: 1
meetings:
  later_one:
    kind: workshop
    title: Selling by chat
    day: 2027-03-12
    sessions: {one: One}
    knowledge:
      - {ask: What is it?, choices: {a: A, b: B}, right: a}
      - {ask: And this?, choices: {a: A, b: B}, right: b}
"""
SOONER = (
    MEETINGS.partition("meetings:\n")[2].replace("later_one", "sooner").replace("2027-03-12", "2027-01-09")
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A pack with two meetings, written down in the wrong order."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    assert desk.type("pack", "new", "zz", "--language", "en").returncode == 0
    desk.path("meetings.yaml").write_text(MEETINGS + SOONER)
    return desk


def test_they_are_listed_by_day_with_their_links(desk: Desk) -> None:
    done = desk.type("meetings", "list", "--telegram", "zz_bot", "--whatsapp", "51900000000")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[:3]] == ["CODE", "sooner", "later_one"]
    assert "later_one  2027-03-12  workshop  Selling by chat\n" in done.stdout
    assert "sooner  http://127.0.0.1:8000/?c=m-sooner\n" in done.stdout
    assert "later_one  https://t.me/zz_bot?start=_m-later_one\n" in done.stdout
    assert "later_one  https://wa.me/51900000000?text=/start%20_m-later_one\n" in done.stdout
    assert "officials  http://127.0.0.1:8000/?c=officials\n" in done.stdout


def test_a_pack_without_meetings_says_where_to_write_one(desk: Desk) -> None:
    assert "The pack base has no meeting yet" in desk.type("meetings", "list", "base").stdout


@pytest.mark.parametrize(("file", "begins"), [("poster.svg", b"<?xml"), ("poster.png", b"\x89PNG")])
def test_a_code_is_written_as_a_picture(desk: Desk, tmp_path: Path, file: str, begins: bytes) -> None:
    into = tmp_path / file
    done = desk.type(
        "meetings", "qr", "sooner", "--into", str(into), PASITO_PUBLIC_URL="https://pasito.example"
    )
    assert done.returncode == 0, done.stderr
    assert "leads to https://pasito.example/?c=m-sooner" in done.stdout
    assert into.read_bytes().startswith(begins)


def test_a_code_leads_to_a_bot_in_a_language(desk: Desk, tmp_path: Path) -> None:
    done = desk.type(
        "meetings", "qr", "officials", "--telegram", "zz_bot", "--language", "en", "--into", str(tmp_path / "o.svg")
    )  # fmt: skip
    assert "leads to https://t.me/zz_bot?start=en_officials" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("soner",), "Did you mean 'sooner'?"),
        (("sooner", "--into", "poster.gif"), "should end in .svg or .png"),
        (("sooner", "--language", "qu"), "not 'qu'"),
        (("sooner",), "PASITO_PUBLIC_URL is empty"),
    ],
)
def test_what_cannot_be_printed_is_told(desk: Desk, words: tuple[str, ...], said: str) -> None:
    done = desk.type("meetings", "qr", *words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert not (desk.folder / "meeting-sooner.svg").exists()
