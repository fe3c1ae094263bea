"""What people install: the wheel in an environment of its own, run from elsewhere with nothing set."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The command of a new environment that has the wheel, and of this one only what it depends on."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "env", with_pip=False, symlinks=True)
    python = home / "env" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index",
         "--disable-pip-version-check", wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    # As a path and not as a site folder: what is installed there as editable stays unseen.
    own = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def run(*words, says=""):
        return subprocess.run(
            [home / "env" / "bin" / "pasito", *words], cwd="/", input=says, text=True,
            capture_output=True, timeout=120, check=False,
            env={"PASITO_DATA_DIR": str(home / "data")},
        )  # fmt: skip

    run.python = python
    return run


def test_every_file_that_is_not_code_is_in_the_wheel(wheel):
    shipped = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for name in {name.partition("/")[0] for name in shipped}
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert wanted - shipped == set()
    for kind in (".yaml", ".css", ".js", ".html", ".svg", ".mako"):
        assert any(name.endswith(kind) for name in wanted), kind


def test_nothing_but_our_packages_is_in_the_wheel(wheel):
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        path.parent.name for path in ROOT.glob("*/__init__.py")
    } - {"tests"}


def test_what_runs_is_the_wheel(installed):
    code = "import content, pasito; print(pasito.__file__); print(content.__file__)"
    said = subprocess.check_output([installed.python, "-c", code], cwd="/", text=True, env={})
    assert str(ROOT) not in said


def test_the_wheel_checks_its_pack_and_holds_a_conversation_from_anywhere(installed):
    checked = installed("check")
    assert checked.returncode == 0, checked.stderr
    assert "\nAll is well" in checked.stdout
    talked = installed("talk", says="own\nyes\n")
    assert talked.returncode == 0, talked.stderr
    assert "I am Pasito" in " ".join(talked.stdout.split())
    assert "May the programme count your answers" in " ".join(talked.stdout.split())


def test_the_wheel_has_its_page(installed):
    code = (
        "from bot.channels.web.page import page_words, render_page\n"
        "from bot.channels.web.routes import static_files\n"
        "from content.problems import Report\n"
        "from content.sources import base_sources\n"
        "from flows.compiler import compile_pack\n"
        "static_files()\n"
        "words = page_words(compile_pack(base_sources(), Report()), 'en')\n"
        "print(render_page([], words, client_msg_id='1', token='1'))"
    )
    done = subprocess.run(
        [installed.python, "-c", code], cwd="/", text=True, env={}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!doctype html>")
