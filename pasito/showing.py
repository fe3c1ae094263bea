"""`pasito preview --as script|manifest|diagram`: shows what comes from a pack without extra work."""

from __future__ import annotations

import json
import sys

import typer

from content.problems import did_you_mean
from flows import diagram as drawing
from flows import manifest as dictionary
from flows import script as printing
from pasito.deployment import compiled_pack
from pasito.settings import Settings


def script(settings: Settings, pack: str | None, language: str | None = None) -> None:
    """Prints the script of a pack, in its first language if none is named."""
    version = compiled_pack(settings, pack)
    languages = version.pack.languages
    sys.stdout.write(printing.script(version, _one_of("language", language or languages[0], languages)))


def manifest(settings: Settings, pack: str | None) -> None:
    """Prints what a pack asks and records, as JSON."""
    version = compiled_pack(settings, pack)
    sys.stdout.write(json.dumps(dictionary.manifest(version), indent=2, ensure_ascii=False) + "\n")


def diagram(settings: Settings, pack: str | None, flow: str, language: str | None = None) -> None:
    """Prints one flow as a Mermaid flowchart."""
    version = compiled_pack(settings, pack)
    languages = version.pack.languages
    drawn = version.flows[_one_of("flow", flow, tuple(version.flows))]
    sys.stdout.write(
        drawing.diagram(drawn, version.words, _one_of("language", language or languages[0], languages))
    )


def _one_of(what: str, word: str, known: tuple[str, ...]) -> str:
    """The word, if it is known; else a sentence for whoever typed it."""
    if word in known:
        return word
    near = did_you_mean(word, known)
    advice = f"Did you mean '{near}'?" if near else f"Known: {', '.join(known)}."
    raise typer.BadParameter(f"'{word}' is not a {what} of this pack. {advice}")
