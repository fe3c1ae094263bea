"""The product as one process runs it, and browsers that talk with it over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pasito.app import application
from pasito.deployment import Deployment, deployment
from pasito.settings import read_settings

Browse = Callable[[], TestClient]


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment on SQLite or PostgreSQL, on an empty database, with its worker running."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")
    made = deployment(read_settings(data_dir=tmp_path, database_url=url, env="development"))
    made.worker.start()
    yield made
    made.close()


@pytest.fixture
def browse(here: Deployment) -> Browse:
    """Opens another browser: each has cookies of its own."""
    app = application(here)

    def open_browser() -> TestClient:
        return TestClient(app, base_url="http://testserver", follow_redirects=True)

    return open_browser
