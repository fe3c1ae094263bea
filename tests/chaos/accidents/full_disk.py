"""The disk below SQLite is full, and later has room again."""

from __future__ import annotations

import time

from sqlalchemy import text

from tests.chaos import small_disk
from tests.chaos.accidents.away import Away
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage

FULL_SECONDS = 5.0
TIMES = 2


def act(stage: Stage) -> None:
    disk = stage.folder / "disk"
    with stage.talkers.talking():
        for _ in range(TIMES):
            time.sleep(2.0)
            away = Away(stage, lambda: small_disk.fill(disk))
            away.is_noticed()  # not at once: SQLite's log may have room that it uses again
            time.sleep(FULL_SECONDS)
            small_disk.free(disk)
            away.is_over()
    stage.must_drain()
    with stage.database.read() as tx:
        whole = tx.execute(text("PRAGMA integrity_check")).scalar()
    stage.must(whole == "ok", f"The file is damaged: {whole}")


SCENARIO = Scenario(
    name="full-disk",
    happens="Not a byte is free on the disk of SQLite for some seconds, twice.",
    holds="What cannot be kept gets 503, no request hangs longer than 5 s, the process stays, /readyz says no; "
    "all is answered 60 s after there is room again, and the file is whole.",
    act=act,
    engines=("sqlite",),
    short=("sqlite",),
    small_disk=True,
    missing=small_disk.missing,
)
