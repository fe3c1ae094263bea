"""What the tests of films share: a short pack with one film, and that film built once, by the real programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from content.drawings import Placed, parts
from content.films import Film
from content.pack import Pack, read_pack
from content.problems import Place, Report
from content.sources import base_sources
from content.translations import Translation
from films.making import Made, Shelving, make_all
from films.plan import Wanted, planned
from films.tools import run_ffmpeg
from tests.films.pieces import SPANISH, TEXTS, spoken


@pytest.fixture(scope="session")
def base() -> Pack:
    report = Report()
    pack = read_pack(base_sources(), report)
    assert pack is not None
    return pack


@pytest.fixture(scope="session")
def short(base: Pack) -> Pack:
    """The base pack with one film of two scenes, in English, and in Spanish for Peru."""
    some = next(iter(parts()), None)
    drawing = (Placed(some, 50, 60, 40),) if some else ()
    film = Film("V02", 2, 12, (drawing, ()))
    spanish = {key: Translation(TEXTS[key], text, Place("es.po")) for key, text in SPANISH.items()}
    return replace(
        base, films={"V02": film}, texts=TEXTS, terms={}, languages=("en", "es-PE", "fil"), voices={},
        catalogues={"es-PE": spanish},
    )  # fmt: skip


@pytest.fixture(scope="session")
def plan(short: Pack) -> Callable[..., Wanted]:
    """The film in a language, from a pack that differs in these fields: plan("en", folder, voices={...})."""

    def plan(language: str, folder: Path | None = None, **changed: object) -> Wanted:
        pack = replace(short, **changed)
        (one,) = planned(pack, spoken(pack), ["V02"], [language], [folder])
        assert isinstance(one, Wanted), one
        return one

    return plan


@pytest.fixture(scope="session")
def refused(short: Pack) -> Callable[..., str]:
    """Why the film cannot be made in a language."""

    def refused(language: str, folder: Path | None = None, **changed: object) -> str:
        pack = replace(short, **changed)
        (one,) = planned(pack, spoken(pack), ["V02"], [language], [folder])
        assert not isinstance(one, Wanted)
        return one.why

    return refused


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="session")
def built(plan: Callable[..., Wanted], shelf: Path) -> Made:
    """The film in Spanish, made by the real programs: about ten seconds."""
    shares: list[float] = []
    shelving = Shelving(shelf, "pe", ["V02"])
    (made,) = make_all([plan("es-PE")], shelving, lambda _, share: shares.append(share))
    assert isinstance(made, Made), made
    assert shares == sorted(shares)
    assert shares[-1] > 0.9
    return made


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, float], Path]:
    """A sound file: recording("sine=frequency=300", 3.0)."""

    def record(source: str, seconds: float, name: str = "sound.wav") -> Path:
        path = tmp_path_factory.mktemp("sound") / name
        run_ffmpeg(["-f", "lavfi", "-i", source, "-t", str(seconds), str(path)], limit=60)
        return path

    return record
