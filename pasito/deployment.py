"""One process of a deployment: the settings become a database, a writer, a worker, a sender, a door, an app."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.calls import call_makers
from bot.channels.accounts import ChannelAccount
from bot.channels.connect import background, connect
from bot.door import Door
from bot.ingest import Ingest
from bot.sender import Sender
from bot.shelf import Shelf
from bot.worker import Worker, microseconds
from films.shelf import FilmShelf
from flows.version import Version
from pasito.backups import ErasureKeeper, kept_erasures
from pasito.channels import channel_accounts
from pasito.channels import programmes as programmes_of
from pasito.letters import SettingsError
from pasito.packs_on_disk import compiled, known_packs, named_sources, pack_sources, published_sources
from pasito.settings import Settings
from pasito.watching import PackWatcher
from store import keys, packs, programmes
from store.bells import Bell
from store.engine import Database, open_database
from store.schema import migrate
from store.writer import Writer

log = logging.getLogger(__name__)

FIRST_KEY = "first start"
CHANNELS = ("web", "terminal")


@dataclass(frozen=True, slots=True)
class Deployment:
    settings: Settings
    database: Database
    writer: Writer
    shelf: Shelf
    films: FilmShelf
    worker: Worker
    door: Door
    accounts: tuple[ChannelAccount, ...]
    sender: Sender
    ingest: Ingest
    erasures: ErasureKeeper
    bell: Bell
    watcher: PackWatcher

    def start(self) -> None:
        self.worker.start()
        self.sender.start()
        self.erasures.start()
        self.bell.start()
        self.watcher.start()

    def close(self) -> None:
        self.watcher.stop()
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
        if _publishes(settings):
            publish(writer, one, by="start")
        _refuse_without_pack(database, one)
    films = FilmShelf(settings.films_dir)
    shelf = Shelf(database, films)
    worker = Worker(
        database, writer, shelf, call_makers(writer, films, settings.public_url), only_wanted=only_wanted
    )
    lines = connect(database, writer, shelf, films, settings.public_url)
    sender = Sender(database, writer, accounts, lines, only_polite=only_wanted)
    ingest = Ingest(writer, worker, sender.courtesy)
    if not only_wanted:
        sender.background = background(accounts, shelf, ingest, settings.public_url)
    door = Door(database, writer, worker)
    erasures = ErasureKeeper(database, kept_erasures(settings), settings.secret_key.encode())
    bell = Bell(database, door.heard if only_wanted else writer.ring)
    watched = _settings_of_each(settings, accounts) if _publishes(settings) and not only_wanted else []
    watcher = PackWatcher(watched, lambda one: publish(writer, one, by="a file was changed"))
    return Deployment(
        settings, database, writer, shelf, films, worker, door, accounts, sender, ingest, erasures, bell,
        watcher,
    )  # fmt: skip


def _publishes(settings: Settings) -> bool:
    """Whether this process makes what lies on disk live by itself."""
    return settings.env == "development"


def _settings_of_each(settings: Settings, accounts: Sequence[ChannelAccount]) -> list[Settings]:
    """The settings of each programme of this deployment: its own, and those of its accounts."""
    return [settings.model_copy(update={"programme": name}) for name in programmes_of(settings, accounts)]


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


def compiled_pack(settings: Settings, name: str | None = None) -> Version:
    """A pack on disk, by its id or folder; the deployment's if none is named. Raises BrokenPack with all its problems."""
    known = known_packs(settings)
    return compiled(named_sources(known, name) if name else pack_sources(settings), known)


def publish(writer: Writer, settings: Settings, *, by: str, note: str = "") -> Version:
    """Makes the pack on disk the live version, with all that it is made from, and the pack's zone."""
    version, now = compiled_pack(settings), microseconds()
    sources = _as_text(published_sources(settings))

    def write(tx: Connection) -> None:
        programmes.keep_programme(tx, settings.programme, zone=version.pack.zone, now=now)
        packs.publish(
            tx, settings.programme, sources,
            structure=version.structure, content=version.content, by=by, now=now, note=note,
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
