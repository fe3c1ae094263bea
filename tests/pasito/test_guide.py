"""The pages for economy teams say what is so: commands and options exist, files can be used as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from content.guarded_yaml import read_yaml
from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import base_with_library, compile_pack
from pasito.cli import app
from tests.content.extending import child

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
GUIDE = sorted((DOCS / "economy").glob("*.md"))
BASE = base_with_library()


def named(paths):
    return pytest.mark.parametrize("page", paths, ids=lambda path: str(path.relative_to(DOCS)))


def blocks(page, language):
    """The code blocks of a language: what stands in them, with the indentation of a list taken away."""
    found = re.finditer(
        rf"^( *)```{language}\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [re.sub(rf"^{one[1]}", "", one[2], flags=re.MULTILINE) for one in found]


def commands(page):
    """What is typed: whole lines of plain blocks, and what stands in `backquotes`."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in blocks(page, "") for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for line in [*lines, *inline]:
        if match := re.match(r"(?:\S+/)?pasito +([a-z].*)", line.partition("#")[0].strip()):
            yield match[1].split()


def is_known(words):
    """What is wrong with a command, or None."""
    here = get_command(app)
    while words and hasattr(here, "commands"):
        if "|" in words[0]:
            return None if all(word in here.commands for word in words[0].split("|")) else f"no {words[0]}"
        if words[0] not in here.commands:
            return f"no command {words[0]}"
        here, words = here.commands[words[0]], words[1:]
    options = {name for option in here.params for name in option.opts if name.startswith("--")} | {"--help"}
    return next(
        (f"no option {word}" for word in words if word.startswith("--") and word not in options), None
    )


@named(PAGES)
def test_a_page_names_only_commands_and_options_that_exist(page):
    wrong = {" ".join(words): problem for words in commands(page) if (problem := is_known(words))}
    assert wrong == {}


def test_the_guide_shows_every_command_that_an_economy_needs():
    shown = {" ".join(words[:2]) for page in GUIDE for words in commands(page)}
    packs = {f"pack {name}" for name in get_command(app).commands["pack"].commands}
    translations = {f"i18n {name}" for name in get_command(app).commands["i18n"].commands}
    assert packs | translations <= shown


def files():
    """Blocks that are a file of a pack: their first line is its name."""
    for page in GUIDE:
        for block in blocks(page, "yaml"):
            if match := re.match(r"# ([a-z_/]+\.yaml)\n", block):
                yield pytest.param(match[1], block, id=f"{page.stem}: {match[1]}")


@pytest.mark.parametrize(("name", "text"), list(files()))
def test_a_file_of_the_guide_can_be_used_as_it_stands_there(name, text):
    report = Report()
    sources = child(BASE, pack="hosts: [mercado.example]\n")
    sources["pack.yaml"] = re.sub(rb"(?m)^languages: .*$", b"languages: [es-CL, en]", sources["pack.yaml"])
    sources[name] = text.encode()
    compile_pack(sources, report, {"base": BASE})
    assert report.problems == (), render(report.problems)


def test_the_directory_page_lists_the_kinds_of_the_base():
    kinds = read_yaml(base_sources()["directory.yaml"], "directory.yaml", Report()).value["kinds"]
    text = (DOCS / "economy" / "directory.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (yes)? *\| (\d) \|$", text, re.MULTILINE)
    assert [(id, needed or "no", wanted) for id, needed, wanted in rows] == [
        (id, kind.get("needed", "no"), kind.get("wanted", "1")) for id, kind in kinds.items()
    ]


@named(GUIDE)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", page.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        other = (page.parent / file).resolve() if file else page
        assert other.exists(), target
        heads = re.findall(r"^#+ (.+)$", other.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        slugs = {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}
        assert not anchor or anchor in slugs, target
