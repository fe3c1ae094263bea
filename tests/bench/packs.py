"""What packs cost: all of them read and checked from nothing, one that is large, and a word in another language."""

# ruff: noqa: T201 - a bench says what it found by printing it
from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from content import lineage
from content.problems import Report
from content.sources import base_sources, bundled_packs, bundled_sources
from flows.compiler import compile_pack
from flows.version import Version

STEPS = 5_000
STEPS_PER_FLOW = 250
LOOKUPS = 200_000
KEY = "bank/P1/ask"


def packs(rounds: int) -> None:
    """Prints the medians; the aims are 2 s, 3 s and 2 us."""
    sizes = (STEPS // 5, STEPS)
    large = {size: _median(rounds, lambda size=size: _compiled(_with_steps(size))) for size in sizes}
    every = _median(rounds, lambda: [_compiled(bundled_sources(id)) for id in bundled_packs()])
    print(
        f"\nall {len(bundled_packs())} packs in all their languages, read and checked from nothing: {every:.2f} s"
    )
    print(
        f"the base with {STEPS:,} more steps: {large[STEPS]:.2f} s, with {STEPS // 5:,}: {large[STEPS // 5]:.2f} s "
        f"({large[STEPS] / large[STEPS // 5]:.1f}x for 5x the steps)"
    )
    peru = _compiled(bundled_sources("pe"))
    for language in peru.pack.languages:
        print(f"a word in {language}: {_lookup(peru, language) * 1e6:.2f} us")


def _compiled(sources: dict[str, bytes]) -> Version:
    lineage._parsed.cache_clear()  # what a process remembers of files it has read
    version = compile_pack(sources, Report())
    assert version is not None
    return version


def _with_steps(count: int) -> dict[str, bytes]:
    sources = dict(base_sources())
    for number in range(count // STEPS_PER_FLOW):
        steps = "".join(
            f"  - say: Sentence {n} of flow {number}.\n    id: s{n}\n" for n in range(STEPS_PER_FLOW)
        )
        head = f"schema: 1\nflow: large_{number}\ntitle: Large\nsaid: [large {number}]\nsteps:\n"
        sources[f"flows/large_{number}.yaml"] = (head + steps).encode()
    return sources


def _median(rounds: int, run: Callable[[], object]) -> float:
    times = []
    for _ in range(rounds):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return statistics.median(times)


def _lookup(version: Version, language: str) -> float:
    of = version.words.of
    began = time.process_time()
    for _ in range(LOOKUPS):
        of(KEY, language)
    return (time.process_time() - began) / LOOKUPS
