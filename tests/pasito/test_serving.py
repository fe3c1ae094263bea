"""The process that `pasito run` starts: it greets, serves, keeps quiet about people, and stops when told."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).resolve().parents[2]
CANARY = "canary999111222"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def started(tmp_path):
    """A process that serves, at its loudest; gives its address, its greeting and how to end it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "pasito", "run", "--port", str(port)],
        cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PASITO_LOG_LEVEL": "DEBUG"},
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(f"{address}/readyz").status_code == 200:
                break
        except httpx2.TransportError:
            time.sleep(0.1)

    def stop():
        process.send_signal(signal.SIGTERM)
        said, logged = process.communicate(timeout=20)
        return said, logged, process.returncode

    yield address, stop
    process.kill()
    process.communicate()


def test_it_greets_with_a_key_serves_and_keeps_quiet_about_people(started):
    address, stop = started
    with httpx2.Client(base_url=address) as browser:
        assert "Pasito" in browser.get("/").text
        posted = browser.post("/web/messages", json={"client_msg_id": "m1", "text": CANARY})
        assert posted.status_code == 200
        cookie = browser.cookies["pasito"]
        json = {"content-type": "application/json"}
        chunked = browser.post("/web/messages", headers=json, content=(b" " * 100_000 for _ in range(31)))
        assert chunked.status_code == 413
        assert chunked.headers["x-content-type-options"] == "nosniff"
    said, logged, code = stop()
    key = re.search(r"Their key: +(\S+)", said).group(1)
    assert code in (0, -signal.SIGTERM)
    assert f"The chat:     {address}/" in said
    for secret in (CANARY, cookie, key.split("_")[2]):
        assert secret not in logged
    assert "Traceback" not in logged
    assert "ERROR" not in logged


def test_the_key_of_the_greeting_opens_the_figures_and_is_shown_once(tmp_path):
    def greeting() -> str:
        process = subprocess.Popen(
            [sys.executable, "-m", "pasito", "run", "--port", str(free_port())],
            cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        )  # fmt: skip
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Stop it"):
                break
        said = "".join(lines)
        if key := re.search(r"Their key: +(\S+)", said):
            assert summary(said, key.group(1)) == 200
        process.terminate()
        process.communicate(timeout=20)
        return said

    def summary(said: str, key: str) -> int:
        address = re.search(r"The figures: +(\S+)", said).group(1)
        for _ in range(100):
            try:
                return httpx2.get(address, headers={"authorization": f"Bearer {key}"}).status_code
            except httpx2.TransportError:
                time.sleep(0.1)
        return 0

    assert "Their key:" in greeting()
    assert "Their key:" not in greeting()
