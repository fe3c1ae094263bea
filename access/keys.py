"""API keys: a credential in the Authorization header, its scopes, and what it may see."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from access.problems import ApiProblem
from store import keys
from store.engine import Database
from store.keys import ApiKey
from store.scope import Scope

# What a key may be allowed to do, for `pasito key new --scope`.
SCOPES = {
    "operator": "read the summary of a programme",
    "events": "send events of its own source",
}
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="`Authorization: Bearer pasito_…`, from `pasito key new`.",
)
# Nothing else reaches the database.
_KEY = re.compile(r"pasito_[0-9a-f]{1,64}_[0-9a-f]{1,128}")


class Keys:
    """Finds the key of a request and refuses what it may not do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def needing(self, scope: str) -> Callable[..., Awaitable[ApiKey]]:
        """A dependency: the request's key, which has this scope."""

        async def key(
            credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
        ) -> ApiKey:
            found = await asyncio.to_thread(self._find, credentials.credentials) if credentials else None
            if found is None:
                raise ApiProblem(
                    401, "Send a valid API key: Authorization: Bearer pasito_…",
                    headers={"www-authenticate": "Bearer"},
                )  # fmt: skip
            if scope not in found.scopes:
                raise ApiProblem(403, f"This key does not have the scope '{scope}'.")
            return found

        return key

    def _find(self, text: str) -> ApiKey | None:
        if not _KEY.fullmatch(text):
            return None
        with self._database.read() as tx:
            return keys.key_of(tx, text, time.time_ns() // 1_000)


def scope_of(key: ApiKey) -> Scope:
    """What a reader with this key may see: its own programme."""
    return Scope(frozenset({key.programme}))
