"""`pasito stories`: what owners told for others is read, decided on, and put among the cases of a pack."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from bot.worker import microseconds
from content.cases import FILE, Case
from content.pack import Pack
from content.words import SOURCE_LANGUAGE
from pasito.columns import columns, moment
from pasito.deployment import compiled_pack, open_store
from pasito.letters import SettingsError
from pasito.packs_on_disk import folder_of
from pasito.settings import Settings
from store import programmes
from store import stories as kept
from store.stories import Story

SHORT = 8  # digits of an id that name a story
_ENDS = ".!?…。！？"
_LED: Mapping[str | None, str] = {"woman": "yes", "man": "no"}  # leader's sex -> led by women


@dataclass(frozen=True, slots=True)
class Targets:
    """What programmes aim at. cases, economies, women: the APEC project SME 02 2015 on online-to-offline
    business. businesses: of each economy, the project for a platform for MSMEs and cooperatives."""

    cases: int = 20
    economies: int = 10
    women: int = 40  # percent
    businesses: int = 5


TARGETS = Targets()


def waiting(settings: Settings) -> None:
    """Prints what waits for an editor, the oldest first."""
    with _writing(settings) as tx:
        found = _all(tx, ("waiting",))
    if not found:
        sys.stdout.write("No story waits to be read.\n")
        return
    heads = ("story", "told (UTC)", "programme", "language", "sector", "about", "words")
    rows = [
        (
            one.id[:SHORT],
            moment(one.told_at),
            one.programme,
            one.language,
            one.sector or "-",
            one.gap or "-",
            str(len(_said(one).split())),
        )
        for one in found
    ]
    sys.stdout.write(columns(heads, rows))
    sys.stdout.write(
        "\nRead one: pasito stories show STORY   Decide: pasito stories approve|refuse STORY --by NAME\n"
    )


def show(settings: Settings, name: str) -> None:
    """Prints one story."""
    with _writing(settings) as tx:
        one = _named(tx, name)
    decided = f", {one.state} by {one.reviewer}" if one.reviewer else ""
    lines = [
        ("Story", f"{one.id[:SHORT]} of '{one.programme}', told {moment(one.told_at)} UTC{decided}"),
        ("Note", one.note or ""),
        ("Show as", one.name or "without a name"),
        ("Business", ", ".join(filter(None, (one.sector, one.economy, one.leader_sex)))),
        ("About", ", ".join(filter(None, (one.gap, f"in {_times(one)}")))),
        ("Language", one.language),
        ("Before", one.before),
        ("Did", one.did),
        ("Changed", one.changed),
    ]
    sys.stdout.write("".join(f"{label + ':':10} {value}\n" for label, value in lines if value))


def _times(one: Story) -> str:
    return "a crisis" if one.times == "crisis" else "normal times"


def decide(
    settings: Settings, name: str, state: Literal["approved", "refused"], *, by: str, note: str
) -> None:
    """Approves or refuses a story."""
    if not by.strip():
        raise SettingsError("Who decides? Write --by and a name.")
    with _writing(settings) as tx:
        one = _named(tx, name)
        kept.decide(tx, one.programme, one.id, state, reviewer=by, note=note, now=microseconds())
    sys.stdout.write(f"{one.id[:SHORT]} is {state}.\n")
    if state == "approved":
        sys.stdout.write(f"`pasito stories export {one.programme}` puts it among the cases.\n")


# --- among the cases ---------------------------------------------------------------------------------


def export(settings: Settings, name: str) -> None:
    """Writes the approved stories of a pack's programme into its cases.yaml; what is there stays as it is."""
    folder = folder_of(settings, name)
    pack = compiled_pack(settings, name).pack
    if pack.economy is None:
        raise SettingsError(f"'{pack.id}' belongs to no economy, so no story can be told in its name.")
    with _writing(settings) as tx:
        approved = {_id_of(one): one for one in kept.stories(tx, pack.id, ("approved",))}
    new = [one for id, one in approved.items() if id not in pack.cases]
    if new:
        file = folder / FILE
        entries = [_entry(one, pack) for one in new]
        text = with_entries(file.read_text(encoding="utf-8") if file.exists() else _BEGINNING, entries)
        file.write_text(text, encoding="utf-8")
        sys.stdout.write(f"Written into {_shown(file)}: {', '.join(map(_id_of, new))}.\n{_NEXT}")
    else:
        sys.stdout.write("There is no approved story that is not among the cases already.\n")
    gone = [case.id for case in pack.cases.values() if case.told and case.id not in approved]
    if gone:
        sys.stdout.write(f"Take out of {FILE}, as they are taken back or refused: {', '.join(gone)}.\n")


_BEGINNING = (
    "# Cases of our own; what may stand here is told in the base pack's cases.yaml.\n\nschema: 1\ncases:\n"
)
_NEXT = (
    "Make two or three short sentences of each, in English and without names; what stands in [brackets] is in her\n"
    "language. Then: pasito check, pasito i18n update, pasito pack publish.\n"
)


def _shown(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _id_of(one: Story) -> str:
    return f"story_{one.id[:SHORT]}"


def _entry(one: Story, pack: Pack) -> list[str]:
    """The lines of a case, without what goes before them."""
    assert pack.economy is not None  # asked by whoever calls
    say = _plain(_said(one))
    if one.language.partition("-")[0] != SOURCE_LANGUAGE:
        say = f"[{one.language}: {say}]"
    values = {
        "who": _quoted(_plain(one.name)) if one.name else None,
        "economy": pack.economy.code,
        "sector": one.sector or "other",
        "gaps": f"[{one.gap}]" if one.gap in pack.gaps else None,
        "women_led": _LED.get(one.leader_sex, "not_stated"),
        "times": one.times,
        "say": _quoted(say),
        "told": "yes",
        "consent": "given" if one.name else "no_name",
    }
    return [f"{_id_of(one)}:", *(f"  {key}: {value}" for key, value in values.items() if value is not None)]


def _said(one: Story) -> str:
    parts = (" ".join(part.split()) for part in (one.before, one.did, one.changed))
    return " ".join(part if part[-1] in _ENDS else f"{part}." for part in parts if part)


def _plain(text: str) -> str:
    """Her words without the signs that mean something in a pack."""
    return re.sub(r"[{}\[\]]", "", " ".join(text.split()))


def _quoted(text: str) -> str:
    """A text as YAML takes it: in double quotes, as JSON writes them."""
    return json.dumps(text, ensure_ascii=False)


def with_entries(text: str, entries: Iterable[Sequence[str]]) -> str:
    """A cases.yaml with entries at the end of its `cases`; everything else stays as it is written.

    Raises SettingsError where these stand in braces.
    """
    lines = text.removesuffix("\n").split("\n")
    place = next((n for n, line in enumerate(lines) if re.match(r"cases:", line)), None)
    if place is None:
        lines, place = [*lines, "cases:"], len(lines)
    after = lines[place].removeprefix("cases:").partition("#")[0].strip()
    if after not in ("", "{}"):
        raise SettingsError(
            f"The cases in {FILE} stand in braces. Write each in lines of its own, then again."
        )
    if after:
        lines[place] = lines[place].replace(" {}", "", 1)
    rest = lines[place + 1 :]
    end = next((n for n, line in enumerate(rest) if re.match(r"[^\s#]", line)), len(rest))
    while end and not rest[end - 1].strip():
        end -= 1
    first = next((line for line in rest[:end] if re.match(r" +[^\s#]", line)), "  ")
    indent = re.match(r" *", first)
    space = indent[0] if indent else "  "
    new = [line for entry in entries for line in ("", *(space + line for line in entry))]
    return "\n".join([*lines[: place + 1], *rest[:end], *new, *rest[end:]]) + "\n"


# --- how far we are ------------------------------------------------------------------------------------


def targets(settings: Settings) -> None:
    """Counts verified cases of the deployment's pack and approved stories of all programmes."""
    with _writing(settings) as tx:
        approved = _all(tx, ("approved",))
    cases = [case for case in compiled_pack(settings).pack.cases.values() if not case.told]
    economies = Counter([*(case.economy for case in cases), *(one.economy or "-" for one in approved)])
    everyone: list[Case | Story] = [*cases, *approved]
    count, women = len(everyone), sum(map(_is_women_led, everyone))
    known = sorted(set(economies) - {"-"})
    share = round(100 * women / count) if count else 0
    enough = [code for code in known if economies[code] >= TARGETS.businesses]
    rows = [
        ("cases", str(count), str(TARGETS.cases)),
        ("economies", str(len(known)), str(TARGETS.economies)),
        ("led by women", f"{share} %", f"{TARGETS.women} %"),
        (f"economies with {TARGETS.businesses} businesses", str(len(enough)), str(len(known))),
    ]
    told = ", ".join(f"{code} {economies[code]}" for code in known)
    shown = sum(case.is_shown for case in cases)
    sys.stdout.write(columns(("target", "now", "aim"), rows))
    sys.stdout.write(
        f"\nVerified cases {len(cases)}, of which {shown} may be shown; approved stories {len(approved)}.\n{told}\n"
    )


def _is_women_led(one: Case | Story) -> bool:
    return (one.women_led if isinstance(one, Case) else _LED.get(one.leader_sex)) == "yes"


# --- finding ---------------------------------------------------------------------------------------------


def _all(tx: Connection, states: Iterable[kept.StoryState]) -> list[Story]:
    wanted = list(states)
    return [one for programme in programmes.programmes(tx) for one in kept.stories(tx, programme, wanted)]


def _named(tx: Connection, name: str) -> Story:
    found: Iterator[Story] = (
        one for programme in programmes.programmes(tx) for one in kept.begins_with(tx, programme, name)
    )
    stories = list(found) if name else []
    if len(stories) == 1:
        return stories[0]
    if stories:
        raise SettingsError(f"{len(stories)} stories begin with '{name}'. Write more of it.")
    raise SettingsError(f"There is no story '{name}'. `pasito stories list` shows those that wait.")


@contextmanager
def _writing(settings: Settings) -> Iterator[Connection]:
    database = open_store(settings)
    try:
        with database.begin() as tx:
            yield tx
    finally:
        database.close()
