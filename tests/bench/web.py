"""The whole way over HTTP: people post answers to a real server process, and read the reply to each."""

# ruff: noqa: T201 - a bench says what it found by printing it
from __future__ import annotations

import http.client
import os
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

PEOPLE = 16
MESSAGES = 60  # of each person in a round; enough for a second or two, and bounded on slow machines
START_SECONDS = 60.0
OPENING = ("1", "1", "1", "1", "3", "3", "A", "1", "1")
CYCLE = ("2", "3", "4", "1", "2", "3", "4", "1", "restart", "1")


def web_messages(folder: Path, rounds: int) -> None:
    """Prints messages per second, median and 95th percentile with 16 people, and the median with one."""
    rates: list[float] = []
    many: list[float] = []
    one: list[float] = []
    with _server(folder / "web") as port:
        for _ in range(rounds):
            rate, times = _together(port, PEOPLE)
            rates.append(rate)
            many += times
            one += _together(port, 1)[1]
    many.sort()
    late = many[int(len(many) * 0.95)]
    print(
        f"\nweb, {PEOPLE} people in parallel: {statistics.median(rates):,.0f} messages/s, "
        f"median {statistics.median(many) * 1e3:.1f} ms, 95th percentile {late * 1e3:.1f} ms; "
        f"one person: median {statistics.median(one) * 1e3:.1f} ms"
    )


class Browser:
    """One person's connection, kept open, with her cookie."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.request("GET", "/web/messages")
        answer = self._connection.getresponse()
        answer.read()
        cookie = re.match(r"[^;]+", answer.headers["set-cookie"])
        assert cookie, "The server gave no cookie."
        self._headers = {"content-type": "application/json", "cookie": cookie.group()}

    def say(self, text: str) -> float:
        """Posts one message; seconds until its reply is here."""
        body = orjson.dumps({"client_msg_id": secrets.token_hex(8), "text": text})
        begun = time.perf_counter()
        self._connection.request("POST", "/web/messages", body, self._headers)
        answer = self._connection.getresponse()
        found = orjson.loads(answer.read())
        seconds = time.perf_counter() - begun
        assert answer.status == 200, f"{answer.status}: {found}"
        assert len(found["messages"]) > 1, "The message was not answered."
        return seconds

    def close(self) -> None:
        self._connection.close()


def _together(port: int, people: int) -> tuple[float, list[float]]:
    """Messages per second of new people who write at the same time, and the seconds of each message."""
    browsers = [Browser(port) for _ in range(people)]
    for browser in browsers:
        for text in OPENING:
            browser.say(text)
    times: list[list[float]] = [[] for _ in browsers]
    threads = [
        threading.Thread(target=_chat, args=(browser, mine), daemon=True)
        for browser, mine in zip(browsers, times, strict=True)
    ]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    for browser in browsers:
        browser.close()
    every = [seconds for mine in times for seconds in mine]
    assert len(every) == people * MESSAGES, f"only {len(every)} of {people * MESSAGES} were answered"
    return len(every) / elapsed, every


def _chat(browser: Browser, times: list[float]) -> None:
    for n in range(MESSAGES):
        times.append(browser.say(CYCLE[n % len(CYCLE)]))


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    """`pasito run` in a process of its own, on SQLite, at a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PASITO_")}
    settings = {"PASITO_DATA_DIR": str(folder), "PASITO_PORT": str(port), "PASITO_LOG_LEVEL": "ERROR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pasito", "run"], env={**mine, **settings}, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "The server did not start."
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("The server did not start in time.")
