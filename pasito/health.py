"""Is it alive, and can it serve? Strangers learn only yes or no; `pasito doctor` tells the operator all."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import Connection, make_url

from bot.shelf import Shelf
from pasito.backups import known_database
from pasito.deployment import Deployment
from pasito.letters import SettingsError
from pasito.settings import Settings
from store import health, packs, programmes, template_states
from store.engine import Database, DatabaseRefusedError
from store.schema import is_migrated, newest

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 1.5
MOST_WAITING_SECONDS = 60
MOST_DUE_SECONDS = 120
MOST_GIVEN_UP = 100
LEAST_FREE_BYTES = 200 * 1_000_000
LEAST_FREE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. consequence: what it means for people when it is not well."""

    name: str
    well: bool
    value: str
    limit: str
    consequence: str


# Has a transaction committed by whoever writes in this process; gives back what the function says.
Commit = Callable[[Callable[[Connection], bool]], bool]


def router(deployment: Deployment) -> APIRouter:
    routes = APIRouter()
    looking: set[asyncio.Task[bool]] = set()
    ready = _Ready(deployment)

    @routes.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return PlainTextResponse("yes\n")

    @routes.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        # One look at a time: while the database is away, each would hold a thread.
        if not looking:
            look = asyncio.create_task(asyncio.to_thread(ready.look))
            looking.add(look)
            look.add_done_callback(looking.discard)
        done, _ = await asyncio.wait(looking, timeout=PATIENCE_SECONDS)
        well = any(look.result() for look in done)
        return PlainTextResponse("yes\n" if well else "no\n", 200 if well else 503)

    return routes


class _Ready:
    """Looks for `/readyz`, and logs what is not well when that has changed."""

    def __init__(self, deployment: Deployment) -> None:
        self._here = deployment
        self._unwell = ""

    def look(self) -> bool:
        here = self._here

        def commit(function: Callable[[Connection], bool]) -> bool:
            return here.writer.call(function).result(PATIENCE_SECONDS)

        found = checks(here.database, here.shelf, here.settings, commit)
        # The first is enough: while the database is away, each further look would wait for it, too.
        unwell = next((check for check in found if not check.well), None)
        name = unwell.name if unwell else ""
        if name != self._unwell:
            self._unwell = name
            if unwell:
                log.warning("Not ready: %s: %s. Limit: %s.", unwell.name, unwell.value, unwell.limit)
            else:
                log.warning("Ready again.")
        return unwell is None


def doctor(settings: Settings) -> int:
    """Prints every check. Gives back 1 if one is not well."""
    try:
        database = known_database(settings)
    except (DatabaseRefusedError, SettingsError) as error:
        sys.stdout.write(f"RED   database: {error}\n")
        return 1

    def commit(function: Callable[[Connection], bool]) -> bool:
        with database.begin() as tx:
            return function(tx)

    try:
        found = [*checks(database, Shelf(database), settings, commit), _templates(database)]
        for one in found:
            sys.stdout.write(f"{'well' if one.well else 'RED ':5} {one.name}: {one.value}\n")
            sys.stdout.write(f"      Limit: {one.limit}. Beyond it: {one.consequence}\n")
        for note in _notes(database):
            sys.stdout.write(f"note  {note}\n")
    finally:
        database.close()
    unwell = sum(not one.well for one in found)
    sys.stdout.write(f"\n{unwell} of {len(found)} checks are red.\n" if unwell else "\nAll is well.\n")
    return 1 if unwell else 0


def checks(database: Database, shelf: Shelf, settings: Settings, commit: Commit) -> Iterator[Check]:
    """Everything that readiness depends on. What cannot be looked at is not well."""
    yield _writes(commit)
    yield _schema(database)
    yield _packs(database, shelf)
    yield _waiting(database)
    yield _due(database)
    yield _given_up(database)
    yield _disk(settings)


def _looked(name: str, limit: str, consequence: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        well, value = look()
    except Exception as error:  # its words may hold those of people, or a password
        log.debug("A check could not be made.", exc_info=True)
        well, value = False, f"it could not be looked at ({type(error).__name__})"
    return Check(name, well, value, limit, consequence)


def _writes(commit: Commit) -> Check:
    def look() -> tuple[bool, str]:
        writable = commit(health.is_writable)
        return writable, "it answers and can be written" if writable else "it answers and can only be read"

    return _looked(
        "database", "a transaction can be committed",
        "nobody is answered; platforms keep their messages and send them again.", look,
    )  # fmt: skip


def _schema(database: Database) -> Check:
    def look() -> tuple[bool, str]:
        well = is_migrated(database)
        return well, f"schema {newest()}" if well else "other tables than this Pasito knows"

    return _looked(
        "tables", f"schema {newest()}",
        "this Pasito and the database do not fit; start the newest Pasito once, it brings the tables up to date.",
        look,
    )  # fmt: skip


def _packs(database: Database, shelf: Shelf) -> Check:
    def look() -> tuple[bool, str]:
        with database.read() as tx:
            names = programmes.programmes(tx)
            without = [name for name in names if packs.live(tx, name) is None]
        broken = [name for name in names if name not in without and not _is_readable(shelf, name)]
        said = [f"{', '.join(names) or 'no programme'}"]
        said += [f"without a published pack: {', '.join(without)}"] if without else []
        said += [f"cannot be read: {', '.join(broken)}"] if broken else []
        return bool(names) and not without and not broken, "; ".join(said)

    return _looked(
        "packs", "every programme has a live pack that can be read",
        "people of that programme get no answer; run: pasito pack publish.", look,
    )  # fmt: skip


def _is_readable(shelf: Shelf, programme: str) -> bool:
    try:
        shelf.versions(programme)
    except Exception:
        log.debug("A live pack could not be read.", exc_info=True)
        return False
    return True


def _waiting(database: Database) -> Check:
    return _age(
        database, "oldest waiting message", health.oldest_waiting, MOST_WAITING_SECONDS,
        "people wait for an answer; see that a worker runs: pasito worker.",
    )  # fmt: skip


def _due(database: Database) -> Check:
    return _age(
        database, "oldest due reply", health.oldest_due, MOST_DUE_SECONDS,
        "replies are written and not sent; see the log for what the platform says, and the token.",
    )  # fmt: skip


def _age(
    database: Database, name: str, age: Callable[[Connection], float], most: int, consequence: str
) -> Check:
    def look() -> tuple[bool, str]:
        with database.read() as tx:
            seconds = age(tx)
        return seconds < most, f"{seconds:.0f} s" if seconds else "none"

    return _looked(name, f"{most} s", consequence, look)


def _given_up(database: Database) -> Check:
    def look() -> tuple[bool, str]:
        with database.read() as tx:
            letters = health.given_up_lately(tx)
        return letters < MOST_GIVEN_UP, f"{letters} in the last hour"

    return _looked(
        "dead letters", f"{MOST_GIVEN_UP} in an hour",
        "something fails for many people; pasito dead list shows what.", look,
    )  # fmt: skip


def _templates(database: Database) -> Check:
    """For `pasito doctor` alone: people are answered whatever WhatsApp says of our approved messages."""

    def look() -> tuple[bool, str]:
        with database.read() as tx:
            told = template_states.told(tx)
        against = [f"{one.account} {one.words}" for one in told if one.stops]
        return not against, "; ".join(against) or (
            f"{len(told)} told, none against" if told else "none was told"
        )

    return _looked(
        "approved messages", "none rejected, paused, disabled, flagged, or of red quality",
        "nobody is invited with them: what we would say waits until she writes, and campaigns that invite are stopped.",
        look,
    )  # fmt: skip


def _disk(settings: Settings) -> Check:
    def look() -> tuple[bool, str]:
        usages = [shutil.disk_usage(folder) for folder in _folders(settings)]
        free, share = min((usage.free, usage.free / usage.total) for usage in usages)
        return (
            free >= LEAST_FREE_BYTES and share >= LEAST_FREE_SHARE,
            f"{free / 1_000_000:,.0f} MB free, {share:.0%}",
        )

    return _looked(
        "disk", f"{LEAST_FREE_BYTES // 1_000_000} MB and {LEAST_FREE_SHARE:.0%} free",
        "soon nothing can be stored, and nobody is answered until there is room.", look,
    )  # fmt: skip


def _folders(settings: Settings) -> set[Path]:
    """Where we write: the data folder, and the folder of a SQLite database."""
    folders = {settings.data_dir}
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        folders.add(Path(url.database or "").parent)
    return {folder for folder in folders if folder.is_dir()} or {Path()}


def _notes(database: Database) -> Iterator[str]:
    """What is not wrong and still worth knowing."""
    if not database.is_sqlite:
        return
    try:
        with database.read() as tx:
            names = programmes.programmes(tx)
    except Exception:  # the checks have said that the database does not answer
        return
    if len(names) > 1:
        yield (
            f"{len(names)} programmes share one SQLite file, and only this program keeps them apart. "
            "For programmes that must not meet, use a file and a process for each."
        )
