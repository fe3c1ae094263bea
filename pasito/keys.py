"""`pasito key`: the keys of the API."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from access.keys import SCOPES
from bot.worker import microseconds
from pasito.deployment import keep_programme, open_store
from pasito.letters import SettingsError
from pasito.settings import Settings
from store import keys


def new(settings: Settings, label: str, scopes: list[str], source: str | None) -> None:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        known = ", ".join(f"{name} ({about})" for name, about in SCOPES.items())
        raise SettingsError(f"'{unknown[0]}' is not a scope. Known: {known}.")
    if "events" in scopes and not source:
        raise SettingsError("A key with the scope events needs --source: whose events it sends.")
    database = open_store(settings)
    keep_programme(database, settings)
    with database.begin() as tx:
        _, text = keys.make_key(
            tx, settings.programme, label=label, scopes=scopes, source=source, now=microseconds()
        )
    database.close()
    sys.stdout.write(f"{text}\n")
    sys.stderr.write("This is the key. It is shown only now: keep it in a safe place.\n")


def show(settings: Settings) -> None:
    database = open_store(settings)
    with database.read() as tx:
        found = keys.keys(tx, settings.programme)
    database.close()
    if not found:
        sys.stdout.write(
            'There are no keys yet. Make one: pasito key new "what it is for" --scope operator\n'
        )
    for key in found:
        state = f"revoked {_day(key.revoked_at)}" if key.revoked_at else "in use"
        scopes = ",".join(sorted(key.scopes))
        sys.stdout.write(
            f"{key.prefix}  {state:20}  {scopes:16}  {key.source or '-':12}  {_day(key.created_at)}  {key.label}\n"
        )


def revoke(settings: Settings, prefix: str) -> None:
    database = open_store(settings)
    with database.begin() as tx:
        ended = keys.revoke(tx, settings.programme, prefix, microseconds())
    database.close()
    if not ended:
        raise SettingsError(f"There is no key '{prefix}' in use. `pasito key list` shows them.")
    sys.stdout.write(f"The key {prefix} is revoked.\n")


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).date().isoformat()
