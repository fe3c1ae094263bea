"""A large pack takes as much longer as it is larger."""

from __future__ import annotations

import time

from content.lineage import hash_of_sources
from content.problems import Report
from content.sources import base_sources
from flows.compiler import base_with_library, compile_pack

PER_FLOW = 250
QUESTION = "  - ask: q_{flow}_{step}\n    say: Question {step} of flow {flow}?\n    choices: {{a: One, b: Two, c: Three}}\n"


def pack(steps: int) -> dict[str, bytes]:
    """The base pack and so many steps more."""
    sources = dict(base_sources())
    for flow in range(steps // PER_FLOW):
        lines = "".join(QUESTION.format(flow=flow, step=step) for step in range(PER_FLOW))
        head = f"schema: 1\nflow: gen_{steps}_{flow}\ntitle: G\nsaid: [generated {flow}]\nsteps:\n"
        sources[f"flows/gen_{steps}_{flow}.yaml"] = (head + lines).encode()
    return sources


def seconds(sources: dict[str, bytes]) -> float:
    start = time.process_time()
    assert compile_pack(sources, Report()) is not None
    return time.process_time() - start


def test_five_thousand_steps_take_five_times_as_long_as_one_thousand() -> None:
    seconds(pack(0))  # what is read once in a process
    base = seconds(pack(0))
    small, large = seconds(pack(1000)) - base, seconds(pack(5000)) - base
    assert large < 3
    assert large < 10 * max(small, 0.1)


def test_a_thousand_changes_take_no_second() -> None:
    parent = base_with_library()
    phrases = "".join(f"  p{number}: Phrase {number}\n" for number in range(1000))
    parent["phrases.yaml"] = f"schema: 1\nphrases:\n{phrases}".encode()
    changes = "".join(f"  - {{change: p{number}, set: Other {number}}}\n" for number in range(1000))
    head = base_sources()["pack.yaml"].decode().replace("pack: base", "pack: xx")
    own = {
        "pack.yaml": f'{head}\nextends: base\npinned: {{version: "1", hash: "{hash_of_sources(parent)}"}}\n'.encode(),
        "phrases.yaml": f"schema: 1\nchanges:\n{changes}".encode(),
    }
    start = time.process_time()
    report = Report()
    version = compile_pack(own, report, {"base": parent})
    assert version is not None
    assert version.texts["engine/p999"] == "Other 999"
    assert time.process_time() - start < 2  # with all the rest of the base
