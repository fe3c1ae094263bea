"""The pure turn: what one answer costs without any database, over whole walks through the base pack."""

# ruff: noqa: T201 - a bench says what it found by printing it
from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable

import orjson

from bot.worker import _spare_the_collector
from content.problems import Report
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.engine import advance
from flows.state import State, from_json, to_json
from flows.values import Inbound, Turn
from flows.version import Versions

START = 1_750_000_000_000_000  # a day in June 2025, in microseconds
STEP = 20_000_000  # somebody takes twenty seconds to answer
WALKS = 12
MOST_TURNS = 120

Now = Callable[[], float]


def engine_turns() -> list[float]:
    """Seconds of CPU of each turn: state from JSON bytes, the decision, state to JSON bytes.

    Each walk goes through the quick and the full check, with other answers than the one before.
    The first walks fill the caches and are not counted.
    """
    version = compile_pack(base_sources(), Report())
    assert version is not None
    versions = Versions(version)
    with_json: list[float] = []
    alone: list[float] = []
    for walk in range(2 * WALKS):
        if walk == WALKS:
            _spare_the_collector()  # as the worker does, once its caches are warm
        times = _walk(versions, walk)
        if walk >= WALKS:
            with_json += [whole for whole, _ in times]
            alone += [decision for _, decision in times]
    alone.sort()
    late = alone[int(len(alone) * 0.95)]
    print(
        f"\nengine, {len(alone)} turns without JSON: median {statistics.median(alone) * 1e6:.0f} us, "
        f"95th percentile {late * 1e6:.0f} us"
    )
    return with_json


def _walk(versions: Versions, walk: int) -> list[tuple[float, float]]:
    """(seconds of CPU with JSON, without) of each turn until both checks are done."""
    stored, inbound = orjson.dumps({}), _inbound(0, text="start")
    times = []
    asked_for_full = False
    for n in range(1, MOST_TURNS):
        now = START + n * STEP
        begun = time.thread_time()
        state = from_json(orjson.loads(stored))
        opened = time.thread_time()
        turn = advance(versions, state, inbound, now)
        decided = time.thread_time()
        stored = orjson.dumps(to_json(turn.state))
        times.append((time.thread_time() - begun, decided - opened))
        if _completed(turn.state, "full"):
            return times
        if _completed(turn.state, "quick") and not asked_for_full:
            asked_for_full = True
            inbound = _inbound(n, text="full check")
        else:
            inbound = _answer(turn, n, walk)
    raise AssertionError("A walk did not come to the end of the full check.")


def _completed(state: State, mode: str) -> bool:
    assessment = state.assessment
    return assessment is not None and assessment.mode == mode and assessment.completed is not None


def _answer(turn: Turn, n: int, walk: int) -> Inbound:
    """Presses one of the choices, but goes on where she is asked whether she wants to; answers calls at once."""
    if turn.calls:
        return _inbound(n, kind="result", data={"id": turn.calls[0].id, "ok": True, "value": "p1"})
    question = next((reply for reply in reversed(turn.replies) if reply.kind == "question"), None)
    if question is None or not question.choices:
        return _inbound(n, text="12")
    values = [choice.value for choice in question.choices]
    yes = next((value for value in values if value.endswith((":yes", ":now", ":own"))), None)
    chance = hashlib.sha256(f"{walk}:{n}".encode()).digest()[0]
    return _inbound(n, choice=yes or values[chance % len(values)])


def _inbound(n: int, **parts: object) -> Inbound:
    return Inbound(f"p:{n}", seed=f"{n:032x}", **parts)  # type: ignore[arg-type]  # parts are Inbound's own
