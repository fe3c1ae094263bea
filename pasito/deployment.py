"""One process of a deployment: the settings become a database, a writer, a worker, a sender, a door, an app."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from bot.calls import call_makers
from bot.channels.accounts import ChannelAccount
from bot.channels.connect import background, connect
from bot.door import Door
from bot.ingest import Ingest
from bot.sender import Sender
from bot.shelf import Shelf
from bot.worker import Worker, microseconds
from content.problems import Problem, Report
from content.sources import base_sources, read_folder
from flows.compiler import compile_pack, library_sources
from flows.version import Version
from pasito.backups import ErasureKeeper, kept_erasures
from pasito.channels import channel_accounts
from pasito.letters import SettingsError
from pasito.settings import Settings
from store import keys, packs, programmes
from store.bells import Bell
from store.engine import Database, open_database
from store.schema import migrate
from store.writer import Writer

log = logging.getLogger(__name__)

FIRST_KEY = "first start"
CHANNELS = ("web", "terminal")


class BrokenPack(Exception):  # noqa: N818 - it carries the author's problems
    """A pack cannot be published as it is. `problems` are for its author."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Deployment:
    settings: Settings
    database: Database
    writer: Writer
    shelf: Shelf
    worker: Worker
    door: Door
    accounts: tuple[ChannelAccount, ...]
    sender: Sender
    ingest: Ingest
    erasures: ErasureKeeper
    bell: Bell

    def start(self) -> None:
        self.worker.start()
        self.sender.start()
        self.erasures.start()
        self.bell.start()

    def close(self) -> None:
        self.bell.stop()
        self.sender.stop()
        self.worker.stop()
        self.erasures.stop()
        self.writer.stop()
        self.database.close()


def open_store(settings: Settings) -> Database:
    """The database, migrated to the newest schema."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.url, secret=settings.secret_key.encode())
    migrate(database)
    return database


def deployment(settings: Settings, *, only_wanted: bool = False) -> Deployment:
    """Everything a process needs, ready to be started. In development the packs on disk are published.

    only_wanted: a web process, which runs no turns but those it is asked for, and sends nothing.
    """
    accounts = channel_accounts(settings)
    database = open_store(settings)
    writer = Writer(database)
    for one in _settings_of_each(settings, accounts):
        keep_programme(database, one, accounts)
        if settings.env == "development":
            publish(writer, one, by="start")
        _refuse_without_pack(database, one)
    shelf = Shelf(database)
    worker = Worker(database, writer, shelf, call_makers(writer), only_wanted=only_wanted)
    sender = Sender(database, writer, accounts, connect(database, shelf), only_polite=only_wanted)
    ingest = Ingest(writer, worker, sender.courtesy)
    if not only_wanted:
        sender.background = background(accounts, shelf, ingest, settings.public_url)
    door = Door(database, writer, worker)
    erasures = ErasureKeeper(database, kept_erasures(settings), settings.secret_key.encode())
    bell = Bell(database, door.heard if only_wanted else writer.ring)
    return Deployment(
        settings, database, writer, shelf, worker, door, accounts, sender, ingest, erasures, bell
    )


def _settings_of_each(settings: Settings, accounts: Sequence[ChannelAccount]) -> list[Settings]:
    """The settings of each programme of this deployment: its own, and those of its accounts."""
    names = dict.fromkeys((settings.programme, *(account.programme for account in accounts)))
    return [settings.model_copy(update={"programme": name}) for name in names]


def _refuse_without_pack(database: Database, settings: Settings) -> None:
    with database.read() as tx:
        live = packs.live(tx, settings.programme)
    if live is None:
        raise SettingsError(
            f"The programme '{settings.programme}' has no published pack, so nobody could be answered. "
            "Run: pasito pack publish"
        )


def keep_programme(database: Database, settings: Settings, platforms: Sequence[ChannelAccount] = ()) -> None:
    """The programme and its accounts, which must be there before anybody can write.

    A new programme has the zone of the pack on disk; later ones come with what is published.
    """
    with database.read() as tx:
        known = settings.programme in programmes.programmes(tx)
    zone, now = None if known else compiled_pack(settings).pack.zone, microseconds()
    with database.begin() as tx:
        if zone is not None:
            programmes.keep_programme(tx, settings.programme, zone=zone, now=now)
        for channel in CHANNELS:
            programmes.keep_account(tx, settings.programme, channel, channel=channel, pulls=True, now=now)
        for account in platforms:
            if account.programme == settings.programme:
                programmes.keep_account(
                    tx, account.programme, account.id, channel=account.channel, pulls=False, now=now
                )


# --- packs -----------------------------------------------------------------------------------------


def pack_sources(settings: Settings) -> dict[str, bytes]:
    """The files of the deployment's pack: of the base, or of a folder in PASITO_PACKS."""
    if settings.programme == "base":
        return base_sources()
    for folder in settings.packs:
        if folder.name == settings.programme:
            return read_folder(folder)
        if (folder / settings.programme).is_dir():
            return read_folder(folder / settings.programme)
    raise SettingsError(
        f"PASITO_PROGRAMME is {settings.programme!r}, but no folder of PASITO_PACKS holds that pack."
    )


def compiled_pack(settings: Settings, folder: Path | None = None) -> Version:
    """The pack on disk, compiled. Raises BrokenPack with all its problems."""
    report = Report()
    version = compile_pack(read_folder(folder) if folder else pack_sources(settings), report)
    if version is None:
        raise BrokenPack(report.problems)
    return version


def publish(writer: Writer, settings: Settings, *, by: str) -> Version:
    """Makes the pack on disk the live version, with the library of this release and the pack's zone."""
    version, now = compiled_pack(settings), microseconds()
    sources = _as_text({**pack_sources(settings), **library_sources()})

    def write(tx: Connection) -> None:
        programmes.keep_programme(tx, settings.programme, zone=version.pack.zone, now=now)
        packs.publish(
            tx, settings.programme, sources,
            structure=version.structure, content=version.content, by=by, now=now,
        )  # fmt: skip

    writer.call(write).result()
    return version


def _as_text(sources: Mapping[str, bytes]) -> dict[str, str]:
    return {path: source.decode() for path, source in sources.items()}


# --- keys ------------------------------------------------------------------------------------------


def first_key(writer: Writer, settings: Settings) -> str | None:
    """On the first start, a key for /v1/summary, to be shown once; None afterwards."""

    def make(tx: Connection) -> str | None:
        if keys.keys(tx, settings.programme):
            return None
        _, text = keys.make_key(
            tx, settings.programme, label=FIRST_KEY, scopes=["operator"], now=microseconds()
        )
        return text

    return writer.call(make).result()
