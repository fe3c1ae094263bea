"""`pasito check` as pipelines and people use it: forms, levels, exit codes."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from tests.pasito.desks import Desk


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    assert desk.type("pack", "new", "zz", "--language", "en").returncode == 0
    return desk


@pytest.fixture
def desk(made, tmp_path):
    shutil.copytree(made.folder / "packs", tmp_path / "packs")
    return Desk(tmp_path)


@pytest.fixture
def economy(desk):
    """The pack with all that must be there before people are in it."""
    desk.swap("pack.yaml", "economy: null", "economy: ZZ  ")
    desk.swap("pack.yaml", "[name of the authority]", "Office for Small Firms")
    desk.swap("pack.yaml", "[how to reach it]", "help@example.org")
    desk.swap("pack.yaml", "hosts: []", "hosts: [shops.example]")
    kinds = ("marketplace", "payment", "programme", "help", "fraud")
    desk.write("directory.yaml", "schema: 1\nentries:\n" + "".join(entry(kind) for kind in kinds))
    desk.write("laws.yaml", LAW)
    return desk


TODAY = datetime.now(UTC).date()
LAW = f"""\
schema: 1
laws:
  receipts:
    name: Receipts
    say: Who sells gives a receipt.
    source: https://shops.example/law
    checked: {TODAY}
"""


def entry(kind):
    return f"""\
  {kind}_one:
    kind: {kind}
    name: First {kind}
    what: What people here use.
    cost: free
    phone: yes
    contact: https://shops.example/{kind}
    source: https://shops.example/about
    checked: {TODAY}
"""


def found(desk, *words):
    """The codes of all problems with their severities, and how the check ended."""
    done = desk.type("check", *words, "--as", "json")
    packs = json.loads(done.stdout)["packs"]
    return {(one["code"], one["severity"]) for pack in packs for one in pack["problems"]}, done.returncode


# --- forms ----------------------------------------------------------------------------------------


def test_json_names_the_pack_its_hashes_and_every_problem_with_its_place(desk):
    good = json.loads(desk.type("check", "--as", "json").stdout)["packs"]
    assert [(one["pack"], one["ok"], one["problems"]) for one in good] == [("zz", True, [])]
    assert all(good[0][name] for name in ("structure", "content", "instrument"))
    desk.write("flows/hello.yaml", "schema: 1\nflow: hello\ntitle: Hello\nsteps:\n  - sy: Hello\n")
    done = desk.type("check", "--as", "json")
    [bad] = json.loads(done.stdout)["packs"]
    assert done.returncode == 1
    assert (bad["ok"], bad["structure"]) == (False, None)
    problem = next(one for one in bad["problems"] if one["code"] == "FLOW-008")
    assert problem["place"] == {"file": "flows/hello.yaml", "line": 5, "column": 5}
    assert problem["severity"] == "error"
    assert problem["finding"]
    assert problem["remedy"]


def test_a_code_host_is_told_the_path_of_the_file_in_the_repository(desk):
    desk.write("flows/hello.yaml", "schema: 1\nflow: hello\ntitle: Hello\nsteps:\n  - sy: Hello\n")
    for words in ((), ("packs/zz",)):
        done = desk.type("check", *words, "--as", "github")
        assert done.returncode == 1
        line = next(line for line in done.stdout.splitlines() if "FLOW-008" in line)
        assert re.fullmatch(
            r"::error file=packs/zz/flows/hello\.yaml,line=5,col=5,title=FLOW-008::'sy' is not .*", line
        )


def test_a_hint_is_a_warning_for_a_code_host(desk):
    desk.write("strange.yaml", "schema: 1\n")
    done = desk.type("check", "--as", "github")
    assert done.returncode == 0
    assert done.stdout.startswith("::warning file=packs/zz/strange.yaml,line=1,col=1,title=PACK-009::")


def test_what_cannot_be_read_comes_first_and_is_said_to_be_the_cause(desk):
    desk.write(
        "flows/welcome.yaml", "schema: 1\nflow: welcome\nchanges:\n  - {change: helo, set: {say: Hi}}\n"
    )
    desk.write("terms.yaml", "schema: 1\nterms: [\n")
    said = desk.type("check").stdout
    assert said.startswith("terms.yaml:")
    assert said.endswith("Mend the first, and others may go with it.\n")


def test_all_checks_every_pack_that_can_be_seen(desk):
    done = desk.type("check", "--all")
    assert re.findall(r"^(\w+)$", done.stdout, re.MULTILINE)[0] == "base"
    assert "zz" in re.findall(r"^(\w+)$", done.stdout, re.MULTILINE)


def test_languages_that_are_not_complete_are_named(desk):
    assert "1 language, structure" in desk.type("check").stdout
    desk.swap("pack.yaml", "[en]", "[en, qu]")
    assert "2 languages (qu 0 %), structure" in desk.type("check").stdout


# --- levels ---------------------------------------------------------------------------------------


def test_hints_fail_a_strict_check_only(desk):
    desk.write("strange.yaml", "schema: 1\n")
    assert found(desk) == ({("PACK-009", "hint")}, 0)
    assert found(desk, "--strict") == ({("PACK-009", "error")}, 1)


def test_a_finished_pack_may_be_published_though_its_directory_is_short(economy):
    problems, code = found(economy, "--for-publication")
    assert code == 0
    assert problems == {("DIR-003", "hint")}  # five marketplaces are an aim


def test_square_brackets_are_refused_for_publication(economy):
    economy.swap("pack.yaml", "Office for Small Firms", "[name of the authority]")
    economy.swap("directory.yaml", "First payment", '"[name of the wallet]"')
    done = economy.type("check", "--for-publication")
    assert done.returncode == 1
    assert "'[name of the authority]'" in done.stdout
    assert "'[name of the wallet]'" in done.stdout
    assert economy.type("check").returncode == 0


def test_an_entry_or_a_law_without_a_source_is_refused_for_publication(economy):
    economy.swap("directory.yaml", "    source: https://shops.example/about\n", "")
    economy.swap("laws.yaml", "    source: https://shops.example/law\n", "")
    done = economy.type("check", "--for-publication")
    assert done.returncode == 1
    assert "The directory entry 'marketplace_one' has no source" in done.stdout
    assert "The law entry 'receipts' has no source" in done.stdout
    assert economy.type("check").returncode == 0


def test_an_old_entry_is_a_warning(economy):
    economy.swap("directory.yaml", f"checked: {TODAY}", f"checked: {TODAY - timedelta(days=181)}")
    problems, code = found(economy, "--for-publication")
    assert code == 0
    assert ("SRC-002", "hint") in problems


@pytest.mark.parametrize(("file", "code"), [("laws.yaml", "LAW-001"), ("directory.yaml", "DIR-002")])
def test_an_economy_without_laws_or_help_lines_is_refused_for_publication(economy, file, code):
    economy.path(file).unlink()
    problems, ended = found(economy, "--for-publication")
    assert ended == 1
    assert (code, "error") in problems


def test_a_language_that_is_not_whole_is_refused_for_publication(economy):
    economy.swap("pack.yaml", "[en]", "[en, qu]")
    problems, ended = found(economy, "--for-publication")
    assert ended == 1
    assert ("I18N-001", "error") in problems


# --- people ---------------------------------------------------------------------------------------


def test_people_who_wait_in_a_step_that_is_gone_are_counted(desk):
    desk.write("flows/welcome.yaml", COLOUR)
    desk.talk("")  # somebody is asked for a colour
    desk.path("flows/welcome.yaml").unlink()
    done = desk.type("check")
    assert done.returncode == 0
    assert "People stand in the step 'colour' of 'welcome', which this pack no longer has: 1." in done.stdout
    desk.write("migrations.yaml", "schema: 1\nflows: {welcome: {colour: what_comes}}\n")
    assert "LIVE-001" not in desk.type("check").stdout


COLOUR = """\
schema: 1
flow: welcome
changes:
  - after: what_comes
    insert:
      - ask: colour
        say: Which colour?
        choices: {red: Red, blue: Blue}
"""
