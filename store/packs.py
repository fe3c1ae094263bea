"""Published packs: versions that never change, and one pointer to the live one.

All processes read a pack from here, so that all of them say the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select, update

from store import tables as t
from store.bulk import insert_rows


@dataclass(frozen=True, slots=True)
class PackVersion:
    """A published version. structure and content are the pack's two hashes."""

    version: str
    number: int
    structure: str
    content: str
    note: str
    published_by: str
    published_at: int


class NoSuchVersionError(LookupError):
    """This programme never published that version."""


def publish(
    tx: Connection,
    programme: str,
    sources: Mapping[str, str],
    *,
    structure: str,
    content: str,
    by: str,
    now: int,
    note: str = "",
) -> PackVersion:
    """Keeps a pack and makes it live. What is live already, file for file, is not published again.

    sources: path of each file -> its text.
    """
    version = _name_of(sources)
    tx.execute(select(t.programme.c.id).where(t.programme.c.id == programme).with_for_update())
    known = find(tx, programme, version)
    if known is None:
        row = {
            "programme_id": programme,
            "version": version,
            "number": _last_number(tx, programme) + 1,
            "structure": structure,
            "content": content,
            "sources": dict(sources),
            "note": note,
            "published_by": by,
            "published_at": now,
        }
        insert_rows(tx, t.pack_version, [row])
    make_live(tx, programme, version)
    published = find(tx, programme, version)
    assert published is not None
    return published


def make_live(tx: Connection, programme: str, version: str) -> None:
    """Moves the pointer to a published version. Raises `NoSuchVersionError`."""
    if find(tx, programme, version) is None:
        raise NoSuchVersionError(version)
    tx.execute(update(t.programme).where(t.programme.c.id == programme).values(live_version=version))


def live(tx: Connection, programme: str) -> PackVersion | None:
    """The live version, or None before the first one was published."""
    pointer = select(t.programme.c.live_version).where(t.programme.c.id == programme)
    return _one(tx, programme, t.pack_version.c.version == pointer.scalar_subquery())


def find(tx: Connection, programme: str, version: str) -> PackVersion | None:
    return _one(tx, programme, t.pack_version.c.version == version)


def with_structure(tx: Connection, programme: str, structure: str) -> PackVersion | None:
    """The latest version of a structure that a run is pinned to."""
    return _one(tx, programme, t.pack_version.c.structure == structure)


def standing_in(tx: Connection, programme: str) -> dict[str, int]:
    """How many conversations stand in each structure; a run keeps the one it has begun with."""
    columns = t.conversation.c
    found = tx.execute(
        select(columns.structures, func.count())
        .where(columns.programme_id == programme, columns.structures.is_not(None))
        .group_by(columns.structures)
    )
    standing: Counter[str] = Counter()
    for structures, count in found:
        for structure in structures.split():
            standing[structure] += count
    return dict(standing)


def runs_standing(tx: Connection, programme: str) -> Counter[tuple[str, str, int]]:
    """How many runs stand at each place: (structure, flow, place of the instruction)."""
    columns = t.conversation.c
    found = tx.execute(
        select(columns.state).where(columns.programme_id == programme, columns.structures.is_not(None))
    ).yield_per(1_000)
    standing: Counter[tuple[str, str, int]] = Counter()
    for (state,) in found:
        for frame in state.get("frames", ()) if isinstance(state, dict) else ():
            standing[frame["structure"], frame["flow"], frame["at"]] += 1
    return standing


def sources(tx: Connection, programme: str, version: str) -> dict[str, str]:
    """The files of a version: path -> text. Raises `NoSuchVersionError`."""
    columns = t.pack_version.c
    found = tx.execute(
        select(columns.sources).where(columns.programme_id == programme, columns.version == version)
    ).scalar()
    if found is None:
        raise NoSuchVersionError(version)
    return dict(found)


def history(tx: Connection, programme: str) -> list[PackVersion]:
    """All versions, newest first."""
    columns = t.pack_version.c
    found = tx.execute(
        select(*_DESCRIBED).where(columns.programme_id == programme).order_by(columns.number.desc())
    )
    return [PackVersion(*row) for row in found]


_DESCRIBED = tuple(
    t.pack_version.c[name]
    for name in ("version", "number", "structure", "content", "note", "published_by", "published_at")
)


def _one(tx: Connection, programme: str, condition: ColumnElement[bool]) -> PackVersion | None:
    columns = t.pack_version.c
    newest = (
        select(*_DESCRIBED)
        .where(columns.programme_id == programme, condition)
        .order_by(columns.number.desc())
        .limit(1)
    )
    row = tx.execute(newest).one_or_none()
    return PackVersion(*row) if row else None


def _last_number(tx: Connection, programme: str) -> int:
    columns = t.pack_version.c
    found = tx.execute(select(func.max(columns.number)).where(columns.programme_id == programme))
    return found.scalar() or 0


def _name_of(sources: Mapping[str, str]) -> str:
    """A version is named after all its files, so that the same files are the same version."""
    hashed = hashlib.sha256()
    for path in sorted(sources):
        for part in (path.encode(), sources[path].encode()):
            hashed.update(len(part).to_bytes(8, "big") + part)
    return hashed.hexdigest()[:16]
