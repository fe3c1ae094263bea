"""`pasito pack history`, `rollback` and `share`: what is live, what was, and what may be tried."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

from pasito.deployment import compiled_pack, open_store
from pasito.letters import SettingsError
from pasito.packs_on_disk import complete, known_packs, named_sources
from pasito.settings import Settings
from store import drafts, packs, programmes
from store.packs import NoSuchVersionError, PackVersion
from store.writer import Writer


def history(settings: Settings) -> None:
    """Lists the published versions of the programme, newest first, and who stands in each."""
    with closing(open_store(settings)) as database, database.read() as tx:
        versions = packs.history(tx, settings.programme)
        live = packs.live(tx, settings.programme)
        standing = packs.standing_in(tx, settings.programme)
    if not versions:
        sys.stdout.write(f"'{settings.programme}' has no published version yet. Run: pasito pack publish\n")
        return
    counted = {version.structure: version.version for version in reversed(versions)}
    if live is not None:
        counted[live.structure] = live.version
    for version in versions:
        is_live = live is not None and version.version == live.version
        # Versions that differ in words only share a structure: whoever stands there is counted once.
        people = standing.get(version.structure, 0) if counted[version.structure] == version.version else 0
        sys.stdout.write(_line_of(version, people, is_live=is_live))


def _line_of(version: PackVersion, people: int, *, is_live: bool) -> str:
    day = datetime.fromtimestamp(version.published_at / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
    line = (
        f"{version.number:4} {'live' if is_live else '    '}  {day} UTC  {version.version}  structure {version.structure}"
        f"  by {version.published_by}"
    )
    line += f", {people} in the middle of it" if people else ""
    return line + (f": {version.note}\n" if version.note else "\n")


def rollback(settings: Settings, to: str | None) -> None:
    """Makes an earlier version live again: the one before, or the one that is named by number or id."""
    with closing(open_store(settings)) as database:
        with database.read() as tx:
            versions = packs.history(tx, settings.programme)
            live = packs.live(tx, settings.programme)
        target = _target(versions, live, to, settings.programme)
        writer = Writer(database)
        try:
            writer.call(lambda tx: packs.make_live(tx, settings.programme, target.version)).result()
        except NoSuchVersionError:
            raise SettingsError(f"'{to}' is not a version of '{settings.programme}'.") from None
        finally:
            writer.stop()
    sys.stdout.write(f"Version {target.number} ({target.version}) of '{settings.programme}' is live again.\n")


def _target(
    versions: Sequence[PackVersion], live: PackVersion | None, to: str | None, programme: str
) -> PackVersion:
    def fits(version: PackVersion) -> bool:
        if to is not None:
            return to == str(version.number) or version.version.startswith(to)
        return live is not None and version.number < live.number

    found = next((version for version in versions if fits(version)), None)
    if found is None:
        wish = f"'{to}' is not a version" if to else "There is no version before the live one"
        raise SettingsError(
            f"{wish} of '{programme}'. `pasito pack history` lists them. Nothing was changed."
        )
    return found


def share(settings: Settings, name: str, *, new_link: bool) -> None:
    """Puts a draft where a reviewer can try it on the web page, and says the link. What is live stays as it is."""
    known = known_packs(settings)
    version, sources = compiled_pack(settings, name), named_sources(known, name)
    texts = {path: source.decode() for path, source in complete(sources, known).items()}
    now = time.time_ns() // 1_000
    with closing(open_store(settings)) as database:
        with database.read() as tx:
            draft = None if new_link else drafts.of_pack(tx, version.pack.id, now)
        draft = draft or drafts.new_name(version.pack.id)
        with database.begin() as tx:
            programmes.keep_programme(tx, draft, zone=version.pack.zone, now=now)
            programmes.keep_account(tx, draft, "web", channel="web", pulls=True, now=now)
            packs.publish(
                tx, draft, texts, structure=version.structure, content=version.content, by="shared", now=now
            )
    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    sys.stdout.write(
        f"{address}/?e={draft}\nWhoever has this link can try the draft for {drafts.LASTS_DAYS} days. "
        "Nothing said there is counted. Share again to show them a newer draft under the same link.\n"
    )
