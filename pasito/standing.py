"""People who stand in a step that a pack on disk no longer has, for `pasito check`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.shelf import BrokenPackError, compiled
from content.problems import Place, Report
from flows.migrating import place_of, step_at
from flows.version import Version
from pasito.settings import Settings
from store import packs
from store.engine import DatabaseRefusedError, open_database


def who_stands_elsewhere(settings: Settings, version: Version, report: Report) -> None:
    """Reports how many people wait in steps that are gone, if this deployment's database can be asked.

    A database that is not there yet has nobody in it; one that does not answer leaves this out.
    """
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite" and not _exists(url.database):
        return
    try:
        database = open_database(settings.url, secret=settings.secret_key.encode())
    except (SQLAlchemyError, DatabaseRefusedError):
        return
    try:
        with database.read() as tx:
            standing = packs.runs_standing(tx, version.pack.id)
            older = {
                structure: packs.sources(tx, version.pack.id, found.version)
                for structure in {structure for structure, _, _ in standing} - {version.structure}
                if (found := packs.with_structure(tx, version.pack.id, structure))
            }
    except SQLAlchemyError:
        return
    finally:
        database.close()
    _report(version, standing, older, report)


def _exists(path: str | None) -> bool:
    return path is not None and Path(path).is_file()


def _report(
    version: Version,
    standing: Counter[tuple[str, str, int]],
    older: dict[str, dict[str, str]],
    report: Report,
) -> None:
    gone: Counter[tuple[str, str]] = Counter()
    for structure, sources in older.items():
        try:
            pinned = compiled(sources)
        except BrokenPackError:
            continue
        for (of, flow, at), count in standing.items():
            step = step_at(pinned.flows[flow], at) if of == structure and flow in pinned.flows else None
            if step is None:
                continue
            named = version.pack.migrations.get(flow, {}).get(step, step)
            if place_of(version, flow, named) is None:
                gone[flow, step] += count
    for (flow, step), count in sorted(gone.items()):
        report.add("LIVE-001", Place(f"flows/{flow}.yaml"), count=count, step=step, flow=flow)
