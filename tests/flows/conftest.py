"""The base pack, compiled once, and a world to talk in."""

from __future__ import annotations

import pytest

from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.conversations import World
from flows.version import Version, Versions


@pytest.fixture(scope="session")
def base() -> Version:
    report = Report()
    version = compile_pack(base_sources(), report)
    assert version is not None, render(report.problems)
    return version


@pytest.fixture
def world(base: Version) -> World:
    return World(Versions(base))
