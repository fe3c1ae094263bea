"""What was uploaded once is known until the platform lets it go; nobody's personal data."""

from __future__ import annotations

import pytest

from store import erasure
from store import tables as t
from store.uploads import forget_upload, keep_upload, upload_id

ACCOUNT = ("pe", "telegram/default")


@pytest.fixture
def keep(town):
    def keep(file, id, until):
        with town.database.begin() as tx:
            keep_upload(tx, *ACCOUNT, file, id, until)

    return keep


def found(town, file="a.mp4", account=ACCOUNT, now=None):
    with town.database.read() as tx:
        return upload_id(tx, *account, file, town.now if now is None else now)


def test_a_file_is_known_until_its_time_is_over(town, keep):
    assert found(town) is None
    keep("a.mp4", "f1", town.now + 10)
    assert found(town) == "f1"
    assert found(town, "b.mp4") is None
    assert found(town, account=("pe", "web")) is None
    assert found(town, now=town.now + 10) is None


def test_a_file_that_was_uploaded_again_has_its_new_id(town, keep):
    keep("a.mp4", "f1", town.now + 10)
    keep("a.mp4", "f2", town.now + 20)
    assert found(town, now=town.now + 15) == "f2"
    with town.database.begin() as tx:
        forget_upload(tx, *ACCOUNT, "a.mp4", "f1")
    assert found(town) == "f2"
    with town.database.begin() as tx:
        forget_upload(tx, *ACCOUNT, "a.mp4", "f2")
    assert found(town) is None


def test_what_platforms_have_let_go_is_let_go(town, keep):
    keep("old.mp4", "f1", town.now - 1)
    keep("new.mp4", "f2", town.now + 1)
    with town.database.begin() as tx:
        erasure.retire(tx, now=town.now)
    assert [row["file"] for row in town.rows(t.upload)] == ["new.mp4"]


def test_nothing_of_it_goes_with_a_person(town, keep):
    keep("a.mp4", "f1", town.now + 10)
    town.talks("ana")
    with town.database.begin() as tx:
        erasure.erase(tx, [("pe", row["id"]) for row in town.rows(t.person)], now=town.now)
    assert found(town) == "f1"
