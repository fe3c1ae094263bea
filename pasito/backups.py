"""`pasito backup` and `pasito restore`, and the journal of erasures that outlives the database."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import make_url

from bot.worker import microseconds
from pasito.letters import SettingsError
from pasito.settings import Settings
from store import backups
from store import tables as t
from store.backups import BackupRefusedError, ErasedMark, Restored
from store.clock import DAY
from store.engine import Database, open_database
from store.sealed_files import SealedFileError, is_sealed_file

log = logging.getLogger(__name__)

KEEP_SECONDS = 60.0
Told = Callable[[int, int], None]


def backup(settings: Settings, path: Path, *, only_erasures: bool = False) -> None:
    """Writes a backup, whole or not at all, that only its owner may read."""
    _refuse_to_replace(path)
    database = known_database(settings)
    secret, now = settings.secret_key.encode(), microseconds()
    try:
        with _letters(path), _whole_or_not(path) as file:
            if only_erasures:
                journal = backups.journal_of(database)
                backups.write_journal(file, secret, journal, now=now)
                said = f"Erasures kept in {path}: {len(journal)}."
            else:
                with _bar("Backing up") as progress:
                    rows = backups.back_up(database, file, secret, now=now, progress=progress)
                said = f"Backup written: {path}, {sum(rows.values()):,} rows in {len(rows)} tables."
    finally:
        database.close()
    sys.stdout.write(f"{said}\n")
    sys.stdout.write(
        "It opens only with PASITO_SECRET_KEY, which is not in it. Keep that key in another place.\n"
    )


def restore(settings: Settings, path: Path, journal: Path | None, *, only_erasures: bool = False) -> None:
    """Fills an empty database from a backup; with `only_erasures`, erases again in the one that is there."""
    secret = settings.secret_key.encode()
    if only_erasures:
        erased = _erase_again(settings, _journal(path, secret))
        sys.stdout.write(f"{_erased(erased)}\n")
        return
    kept = kept_erasures(settings)
    marks = _journal(journal, secret) if journal else frozenset()
    marks |= _journal(kept, secret) if kept.exists() else frozenset()
    with _letters(path), _opened(path) as file:
        database = open_database(settings.url, secret=secret)
        try:
            with _bar("Restoring") as progress:
                done = backups.restore(
                    database, file, secret, journal=marks, now=microseconds(), progress=progress
                )
        finally:
            database.close()
    _tell(done, with_journal=bool(journal) or kept.exists())


def _tell(done: Restored, *, with_journal: bool) -> None:
    made = _day_and_time(done.about.made_at)
    for name, rows in done.rows.items():
        if rows:
            sys.stdout.write(f"  {name:16} {rows:>12,}\n")
    sys.stdout.write(f"Restored the backup of {made}: {sum(done.rows.values()):,} rows.\n")
    sys.stdout.write("Every row was counted, and everything that a row points to is there.\n")
    if with_journal:
        sys.stdout.write(f"{_erased(done.erased_again)}\n")
    else:
        sys.stdout.write(
            f"No journal was given, so whoever was erased after {made} is back. If you have a newer backup "
            "or a journal, run now: pasito restore --only-erasures FILE\n"
        )


def _erased(people: int) -> str:
    return f"Erased again, as the journal asks: {people} {'person' if people == 1 else 'persons'}."


def _erase_again(settings: Settings, journal: frozenset[ErasedMark]) -> int:
    database = known_database(settings)
    try:
        with database.begin() as tx:
            return backups.erase_again(tx, journal, now=microseconds())
    finally:
        database.close()


# --- the journal of erasures -----------------------------------------------------------------------


def kept_erasures(settings: Settings) -> Path:
    """Where each process keeps the journal beside the database, so that it is not lost with it."""
    return settings.data_dir / "erasures"


class ErasureKeeper:
    """Copies the journal of erasures out of the database, every minute in which it has grown.

    The journal lies in the database and dies with it; what is in the copy is erased again after a
    restore. Lines of the copy that the database does not know stay: it may be new and empty,
    waiting for a restore.
    """

    def __init__(self, database: Database, path: Path, secret: bytes) -> None:
        self._database = database
        self._path = path
        self._secret = secret
        self._seen: frozenset[ErasedMark] = frozenset()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pasito-erasures", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after a last look."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def keep(self) -> None:
        """Looks once. Raises what keeps it from reading or writing."""
        journal = backups.journal_of(self._database)
        if journal == self._seen:
            return
        now = microseconds()
        known = _journal(self._path, self._secret) if self._path.exists() else frozenset()
        least = now - (t.keeping_of(t.erasure).days or 0) * DAY
        lines = {one for one in journal | known if one.at >= least}
        if lines != known:
            with _whole_or_not(self._path) as file:
                backups.write_journal(file, self._secret, lines, now=now)
        self._seen = journal

    def _run(self) -> None:
        while True:
            stopping = self._stopping.wait(KEEP_SECONDS)
            try:
                self.keep()
            except Exception:  # the database may be away, or the disk full; the next minute tries again
                log.exception("The journal of erasures could not be copied to %s.", self._path)
            if stopping:
                return


def _journal(path: Path, secret: bytes) -> frozenset[ErasedMark]:
    with _letters(path), _opened(path) as file:
        return backups.read_journal(file, secret)


# --- files -----------------------------------------------------------------------------------------


@contextmanager
def _letters(path: Path) -> Iterator[None]:
    """What an operator can mend is a sentence with the name of the file."""
    try:
        yield
    except (SealedFileError, BackupRefusedError) as error:
        raise SettingsError(f"{path}: {error}") from None
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}. Nothing was done.") from None


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")


def _refuse_to_replace(path: Path) -> None:
    """An older backup may be replaced; nothing else, least of all a database."""
    if not path.exists():
        return
    if path.is_file():
        with path.open("rb") as file:
            if is_sealed_file(file.read(64)):
                return
    raise SettingsError(f"{path} is there already and is no backup. Choose another name. Nothing was done.")


@contextmanager
def _whole_or_not(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when all of it is on the disk. Only its owner may read it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """Makes a new name durable. Windows has no such thing and needs none."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def known_database(settings: Settings) -> Database:
    """The database as it is: nothing is made and nothing migrated."""
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise SettingsError(f"There is no database at {url.database}.")
    return open_database(settings.url, secret=settings.secret_key.encode())


def _day_and_time(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC):%Y-%m-%d %H:%M} UTC"


@contextmanager
def _bar(what: str) -> Iterator[Told]:
    """Shows on a terminal how far it is; elsewhere nothing."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )  # fmt: skip
    with bar if console.is_terminal else nullcontext():
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
