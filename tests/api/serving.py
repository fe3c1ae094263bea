"""The whole application over an empty database, and keys to speak to it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pasito.app import application
from pasito.deployment import Deployment, deployment
from pasito.settings import read_settings
from store import keys

Json = dict[str, Any]
NewKey = Callable[..., str]


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment on each engine in turn. Its worker starts with the application."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")
    made = deployment(read_settings(data_dir=tmp_path, database_url=url, env="development"))
    yield made
    made.close()


@pytest.fixture
def client(here: Deployment) -> Iterator[TestClient]:
    """Somebody who speaks HTTP with the running application."""
    with TestClient(application(here), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def new_key(here: Deployment) -> NewKey:
    """Makes a key and gives back its text."""

    def make(*scopes: str, source: str | None = None, **more: Any) -> str:
        with here.database.begin() as tx:
            _, text = keys.make_key(
                tx, "base", label="for a test", scopes=scopes, source=source, **{"now": now(), **more}
            )
        return text

    return make


def now() -> int:
    """This instant in microseconds."""
    return int(datetime.now(UTC).timestamp() * 1_000_000)


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def ago(**span: float) -> str:
    """An instant of the past, as clients write it."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def played(id: str, pseudonym: str = "ana", **more: Any) -> Json:
    """A film was played elsewhere."""
    event = {
        "id": id,
        "pseudonym": pseudonym,
        "kind": "video_played",
        "occurred_at": ago(minutes=5),
        "data": {"film": "V05"},
    }
    return {**event, **more}


def is_problem(response: Any, status: int) -> Json:
    """Asserts that this is problem+json with a sentence, and with the headers that every answer has."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    said: Json = response.json()
    assert said["status"] == status
    assert said["type"] == "about:blank"
    assert said["title"]
    assert said["detail"].endswith((".", "…"))
    return said
