"""One scenario on one database, in a process of its own; prints what it found as JSON."""

# ruff: noqa: T201 - its output is what it is for
from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.scenario import ENGINES
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.stage import play


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.one", description=__doc__)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kills", type=int, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pasito-chaos-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        found = play(SCENARIOS[options.scenario], options.engine, folder, options.seed, options.kills)
        print(json.dumps(asdict(found)))


main()
