"""Under which ids platforms know files that we have uploaded: a film goes up once, and is sent by its id after that."""

from __future__ import annotations

from sqlalchemy import Connection, select

from store import tables as t
from store.bulk import delete_rows, upsert_rows


def upload_id(tx: Connection, programme: str, account: str, file: str, now: int) -> str | None:
    """The platform's id of a file; None if it was not uploaded, or so long ago that the platform lets it go."""
    columns = t.upload.c
    found: str | None = tx.execute(
        select(columns.provider_id).where(
            columns.programme_id == programme,
            columns.account_id == account,
            columns.file == file,
            columns.until > now,
        )
    ).scalar()
    return found


def keep_upload(tx: Connection, programme: str, account: str, file: str, id: str, until: int) -> None:
    """Keeps the id of a file that was uploaded now; an older one gives way to it."""
    row = {
        "programme_id": programme,
        "account_id": account,
        "file": file,
        "provider_id": id,
        "until": until,
    }
    upsert_rows(tx, t.upload, [row], {"provider_id": "replace", "until": "replace"})


def forget_upload(tx: Connection, programme: str, account: str, file: str, id: str) -> None:
    """The platform does not know this id any more; one that was kept meanwhile stays."""
    row = {"programme_id": programme, "account_id": account, "file": file, "provider_id": id}
    delete_rows(tx, t.upload, [row])
