"""Pasito as a process that can be killed: `pasito run`, `serve` or `worker` against a stand-in of Telegram."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

START_SECONDS = 60.0
SECRET = "a secret of the chaos suite, long enough"
WEBHOOK_SECRET = "a-webhook-secret-of-the-chaos-suite"
APP_SECRET = "an-app-secret-of-the-chaos-suite"
VERIFY_TOKEN = "a-verify-token-of-the-chaos-suite"
PHONE_ID = "106540352242922"
WHATSAPP = f"""\
  - whatsapp: default
    programme: {{programme}}
    phone_id: "{PHONE_ID}"
    token: {{{{env: CHAOS_TOKEN}}}}
    app_secrets: [{{{{env: CHAOS_APP_SECRET}}}}]
    verify_token: {{{{env: CHAOS_VERIFY}}}}
    api_url: {{url}}
    pace: {{pace}}
"""


def free_port() -> int:
    with socket.socket() as ear:
        ear.bind(("127.0.0.1", 0))
        return int(ear.getsockname()[1])


class Pasito:
    """One process of a deployment. It listens on the same port after every start.

    command: what it is; a worker is given the `port` of the web process that people write to.
    within: a program that starts it, as `env` would. environment: what it has beside its settings.
    programme: whose accounts these are, and which pack it runs.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        api_url: str,
        token: str,
        *,
        pace: str = "none",
        whatsapp_url: str = "",
        mode: str = "webhook",
        command: Literal["run", "serve", "worker"] = "run",
        port: int = 0,
        within: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        programme: str = "base",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.log = folder / "pasito.log"
        channels = folder / "channels.yaml"
        channels.write_text(
            "accounts:\n"
            "  - telegram: default\n"
            f"    programme: {programme}\n"
            f"    mode: {mode}\n"
            "    token: {env: CHAOS_TOKEN}\n"
            "    webhook_secrets: [{env: CHAOS_WEBHOOK_SECRET}]\n"
            f"    api_url: {api_url}\n"
            f"    pace: {pace}\n"
            + (WHATSAPP.format(url=whatsapp_url, pace=pace, programme=programme) if whatsapp_url else "")
        )
        self._is_web = command != "worker"
        listens = ["--port", str(self.port)] if self._is_web else []
        self._command = [*within, sys.executable, "-m", "pasito", command, *listens]
        self._environment = {
            **os.environ,
            **(environment or {}),
            "PASITO_DATABASE_URL": database_url,
            "PASITO_DATA_DIR": str(folder),
            "PASITO_SECRET_KEY": SECRET,
            "PASITO_CHANNELS": str(channels),
            "PASITO_PROGRAMME": programme,
            "PASITO_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "PASITO_LOG_LEVEL": "WARNING",
            "CHAOS_TOKEN": token,
            "CHAOS_VERIFY": VERIFY_TOKEN,
            "CHAOS_APP_SECRET": APP_SECRET,
            "CHAOS_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Starts it and waits until it is ready, if it is one that can say so; seconds that took."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        while self._is_web and not self.is_ready():
            if self._child.poll() is not None:
                raise AssertionError(f"Pasito ended by itself:\n{self.log.read_text()[-3000:]}")
            if time.monotonic() - began > START_SECONDS:
                raise AssertionError(f"Pasito did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        return self._answers("/readyz")

    def is_alive(self) -> bool:
        return self._answers("/healthz")

    def _answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=3) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def signal(self, number: signal.Signals) -> None:
        assert self._child
        self._child.send_signal(number)

    def kill(self) -> None:
        """As if the power had gone."""
        assert self._child
        self._child.kill()
        self._child.wait()

    def stop(self) -> float:
        """Asks it to end; seconds that took."""
        assert self._child
        began = time.monotonic()
        self._child.terminate()
        self._child.wait(30)
        return time.monotonic() - began

    @property
    def has_ended(self) -> bool:
        return self._child is None or self._child.poll() is not None

    @property
    def pid(self) -> int:
        assert self._child
        return self._child.pid

    @property
    def memory(self) -> int:
        """Bytes of memory it holds."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
