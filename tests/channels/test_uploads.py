"""A file goes up once, whoever waits for it; its id outlives the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from bot.channels.uploads import AT_ONCE, BusyError, StoredIds, Uploads
from store import tables as t
from store.clock import DAY
from store.engine import Database
from store.programmes import keep_programme
from store.writer import Writer
from tests.standins.films import Remembered, uploads

NOW = 1_795_000_000_000_000


async def uploading(files: Uploads, file: str, going_up: list[str], seconds: float = 0.01) -> str:
    """What a client does, and the id it sends by."""
    async with files.turn(file) as id:
        if id is None:
            going_up.append(file)
            await asyncio.sleep(seconds)
            id = f"id of {file}"
            await files.keep(file, id)
    return id


async def test_a_hundred_at_once_upload_a_film_once() -> None:
    files, going_up = uploads(), list[str]()
    ids = await asyncio.gather(*(uploading(files, "a.mp4", going_up) for _ in range(100)))
    assert set(ids) == {"id of a.mp4"}
    assert going_up == ["a.mp4"]


async def test_after_an_upload_that_failed_the_next_one_uploads() -> None:
    files, going_up = uploads(), list[str]()
    with pytest.raises(ConnectionError):
        async with files.turn("a.mp4"):
            raise ConnectionError
    assert await uploading(files, "a.mp4", going_up) == "id of a.mp4"


async def test_who_waits_long_is_served_later_and_holds_nobody_up() -> None:
    files, going_up = uploads(turn_seconds=0.05), list[str]()
    first = asyncio.ensure_future(uploading(files, "a.mp4", going_up, seconds=0.3))
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await uploading(files, "a.mp4", going_up)
    await first
    assert await uploading(files, "a.mp4", going_up) == "id of a.mp4"
    assert going_up == ["a.mp4"]


async def test_different_films_share_the_line_by_twos() -> None:
    files, going_up = uploads(), list[str]()
    all_of_them = [asyncio.ensure_future(uploading(files, f"{n}.mp4", going_up, 0.2)) for n in range(5)]
    await asyncio.sleep(0.1)
    assert len(going_up) == AT_ONCE
    await asyncio.gather(*all_of_them)


async def test_who_only_needs_the_id_does_not_wait_for_the_line() -> None:
    files, going_up = uploads(turn_seconds=0.05), list[str]()
    await uploading(files, "a.mp4", going_up)
    slow = [asyncio.ensure_future(uploading(files, f"{n}.mp4", going_up, 0.3)) for n in range(AT_ONCE)]
    await asyncio.sleep(0)
    assert await uploading(files, "a.mp4", going_up) == "id of a.mp4"
    await asyncio.gather(*slow)


async def test_an_id_that_cannot_be_kept_does_not_undo_what_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = Remembered()
    ids.is_broken = True
    await Uploads(ids).keep("a.mp4", "1")
    assert "will be uploaded again" in caplog.text
    assert caplog.records[0].levelno == logging.ERROR


def test_a_film_that_is_refused_is_not_offered_again_for_a_while() -> None:
    files = uploads()
    assert not files.is_refused("a.mp4")
    files.refuse("a.mp4")
    assert files.is_refused("a.mp4")
    assert not files.is_refused("b.mp4")


# --- in the database ---------------------------------------------------------------------------------------


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    with database.begin() as tx:
        keep_programme(tx, "pe", zone="America/Lima", now=NOW)
    writer = Writer(database)
    yield writer
    writer.stop()


async def test_an_id_outlives_the_process_and_goes_with_its_time(database: Database, writer: Writer) -> None:
    clock = Clock()
    ids = StoredIds(database, writer, "pe", "telegram/default", 29 * DAY, now=clock)
    await ids.keep("a.mp4", "first")
    await ids.keep("a.mp4", "second")
    again = StoredIds(database, writer, "pe", "telegram/default", 29 * DAY, now=clock)
    assert await again.find("a.mp4") == "second"
    clock.now += 29 * DAY
    assert await again.find("a.mp4") is None


async def test_each_account_has_ids_of_its_own(database: Database, writer: Writer) -> None:
    await StoredIds(database, writer, "pe", "telegram/default", DAY, now=Clock()).keep("a.mp4", "1")
    assert await StoredIds(database, writer, "pe", "telegram/other", DAY, now=Clock()).find("a.mp4") is None


async def test_an_id_that_is_refused_is_forgotten_but_not_the_one_that_came_after(
    database: Database, writer: Writer
) -> None:
    ids = StoredIds(database, writer, "pe", "whatsapp/default", DAY, now=Clock())
    await ids.keep("a.mp4", "new")
    await ids.forget("a.mp4", "old")
    assert await ids.find("a.mp4") == "new"
    await ids.forget("a.mp4", "new")
    assert await ids.find("a.mp4") is None
    with database.read() as tx:
        assert tx.execute(t.upload.select()).all() == []
