"""Small packs for tests: the base pack with other flows put in."""

from __future__ import annotations

from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.version import Version


def sources_with(**flows: str) -> dict[str, bytes]:
    """The base pack with other flows put in: name -> the YAML below `flow:`."""
    sources = dict(base_sources())
    for name, yaml in flows.items():
        text = (
            yaml if yaml.lstrip().startswith("schema") else f"schema: 1\nflow: {name}\ntitle: {name}\n{yaml}"
        )
        sources[f"flows/{name}.yaml"] = text.encode()
    return sources


def compiled(**flows: str) -> Version:
    """A pack that begins with the flow `welcome` given here."""
    report = Report()
    version = compile_pack(sources_with(**flows), report)
    assert version is not None, render(report.problems)
    return version


def problems_of(**flows: str) -> Report:
    report = Report()
    compile_pack(sources_with(**flows), report)
    return report
