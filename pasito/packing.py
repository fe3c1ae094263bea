"""`pasito pack new`: a folder for an economy that checks green, with notes that say what to do first."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from babel import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies

from content.languages import language_name, nearest
from content.lineage import PINNED, hash_of_sources, self_contained
from content.problems import did_you_mean
from content.sources import Sources, read_folder
from content.words import chain, is_language
from flows.version import Version
from pasito.letters import SettingsError
from pasito.packs_on_disk import (
    PacksOnDisk,
    compiled,
    known_packs,
    write_all,
)
from pasito.settings import Settings
from pasito.translating import updated_file


def new(settings: Settings, id: str, parent: str, languages: Sequence[str], into: Path) -> None:
    """Makes the folder of a new pack that extends another one, ready to be filled."""
    known, folder = known_packs(settings), into / id
    _refuse_bad_names(id, folder, parent, languages, known)
    pinned = self_contained(known[parent], known)
    above = compiled(known[parent], known)
    beginnings = {language: _beginning(above, language) for language in languages}
    with TemporaryDirectory(dir=_existing(into)) as draft:  # a pack is there as a whole, or not at all
        draft_folder = Path(draft) / id
        write_all(draft_folder, {f"{PINNED}{path}": source for path, source in pinned.items()})
        write_all(draft_folder, _first_files(id, parent, beginnings, above, hash_of_sources(pinned)))
        version = compiled(read_folder(draft_folder), known)
        for language, like in beginnings.items():
            if chain(language):
                path = draft_folder / "po" / f"{language}.po"
                path.parent.mkdir(exist_ok=True)
                if like:
                    path.write_bytes(_translations(pinned, like))
                path.write_bytes(updated_file(version, path, language).source)
        shutil.move(draft_folder, folder)
    _say_new(id, folder, beginnings)


def _refuse_bad_names(
    id: str, folder: Path, parent: str, languages: Sequence[str], known: PacksOnDisk
) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", id):
        raise SettingsError(
            f"'{id}' cannot be the name of a pack. Use small letters, digits and _, such as 'cl'."
        )
    if folder.exists():
        raise SettingsError(f"{folder} is there already. Choose another name, or remove that folder.")
    if id in known:
        raise SettingsError(f"There is a pack '{id}' already. Choose another name.")
    if parent not in known:
        near = did_you_mean(parent, known)
        advice = f"Did you mean '{near}'?" if near else f"Known packs: {', '.join(known)}."
        raise SettingsError(f"'{parent}' is no pack. {advice}")
    for language in languages:
        if not is_language(language):
            raise SettingsError(f"'{language}' is not a language tag. Write it like es-CL, vi or zh-Hant.")


def _beginning(above: Version, language: str) -> str | None:
    """The parent's language that a new one begins as a copy of: the same language of another region.

    None where the parent has none, and where this one falls back to a translation of the parent anyway.
    """
    translated = above.pack.catalogues
    if any(tag in translated for tag in chain(language)):
        return None
    return nearest(language, [tag for tag in translated if chain(tag)])


def _translations(pinned: Sources, language: str) -> bytes:
    """The PO file of a language of the parent, or of the nearest pack that the parent extends; without its team."""
    paths = [path for path in pinned if path.removeprefix(PINNED * path.count(PINNED)) == f"po/{language}.po"]
    return re.sub(rb'^"Language-Team:.*\n', b"", pinned[min(paths, key=len)], count=1, flags=re.MULTILINE)


def _say_new(id: str, folder: Path, beginnings: Mapping[str, str | None]) -> None:
    sys.stdout.write(f"{folder} is ready: a pack that checks green. ")
    for language, like in beginnings.items():
        if like:
            sys.stdout.write(f"{language} begins as a copy of {like}; read all of it. ")
    sys.stdout.write(_AFTER_NEW.format(folder=folder, into=folder.parent, id=id))


_AFTER_NEW = """What to do now, from the top:
  1. Let the commands know your pack. Write two lines into a file named .env in this folder:
       PASITO_PACKS={into}
       PASITO_PROGRAMME={id}
  2. Open {folder}/pack.yaml and fill in what stands in [square brackets].
  3. Fill in terms.yaml, then directory.yaml and laws.yaml.
  4. Open the file in {folder}/po with Poedit, or any editor, and translate. `pasito i18n status` shows how far you are.
  5. `pasito check` says what is wrong, `pasito talk` holds the conversation.
All of it, step by step: docs/economy/first-pack.md
"""


def _existing(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _first_files(
    id: str, parent: str, beginnings: Mapping[str, str | None], above: Version, pin: str
) -> dict[str, bytes]:
    languages = list(beginnings)
    economy = _economy(id, languages)
    currencies = get_territory_currencies(economy) if economy else []
    files = {
        "pack.yaml": _with_notes_in_a_column(
            _PACK.format(
                id=id,
                parent=parent,
                title=_title(id, economy, languages[0]),
                version=above.pack.version,
                hash=pin,
                languages=", ".join([*languages, *([] if "en" in languages else ["en"])]),
                spoken=", ".join(f"{tag}: {language_name(tag)}" for tag in languages),
                economy=economy or "null",
                currency=currencies[0] if len(currencies) == 1 else "null",
            )
        ),
        "terms.yaml": _terms(above, beginnings),
        "directory.yaml": _DIRECTORY + _not_ours(above.pack.directory.entries, above, parent),
        "laws.yaml": _LAWS + _not_ours(above.pack.laws, above, parent),
        "tests/greeting.yaml": _TEST,
    }
    return {path: text.encode() for path, text in files.items()}


def _economy(id: str, languages: Sequence[str]) -> str | None:
    """The economy that a pack is probably for: as its name says, or its first language's region."""
    codes = [id.upper(), languages[0].rpartition("-")[2]]
    return next((code for code in codes if len(code) == 2 and get_territory_currencies(code)), None)


def _title(id: str, economy: str | None, language: str) -> str:
    try:
        names = Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        names = Locale("en").territories
    return f"Pasito {names.get(economy, id) if economy else id}"


_PACK = """\
# What is different in our economy. This pack extends '{parent}' and holds only what differs.
# What stands behind a # is a note for you; the program does not read it.

schema: 1
pack: {id}
title: "{title}" # how people here should call it
version: 0.1.0
extends: {parent}
pinned: {{version: {version}, hash: {hash}}} # the copy in the folder pinned; `pasito pack update` moves it
languages: [{languages}] # {spoken}; the first is the one people meet first
zone: Etc/UTC # your time zone, like America/Lima or Asia/Manila
economy: {economy} # the two letters of ISO 3166, like PE
currency: {currency} # the three letters of ISO 4217, like PEN
youth_until: null # up to which age your law calls somebody young, like 29
holidays: {{}} # days on which nobody is written to: {{"2027-01-01": New Year}}
authority: # who runs this; people read it before they agree to anything
  name: "[name of the authority]"
  contact: "[how to reach it]"
quiet_hours: {{from: "20:00", to: "08:00"}}
hosts: [] # where links in your texts may lead to: [example.gov]
sells_well: {{}} # up to two products that sell well online: docs/economy/directory.md
whatsapp_templates: {{}} # messages that WhatsApp has approved, by language
"""

_DIRECTORY = """\
# Tools, marketplaces, payment services, carriers, programmes and help desks that people here can use.
# Every entry needs a source and the day on which somebody looked. Nobody pays to be in it.
# To begin: take the {} away, and the # in front of the lines.

schema: 1
entries: {}
#  big_market:
#    kind: marketplace          # marketplace, payment, carrier, shop_page, bookkeeping, protection, course, programme, help, fraud
#    name: The name people know
#    what: What it is for, in one short sentence.
#    cost: free                 # free, paid or both
#    phone: yes                 # does it work on a phone?
#    languages: []              # in which languages, such as [es, en]
#    needs: []                  # of: card, tax_number, address
#    abroad: no                 # does it sell to other economies?
#    contact: https://…         # its address, or a phone number
#    source: https://…          # where you read this
#    checked: 2026-11-22        # when
"""

_LAWS = """\
# Rules that a small business here should know, in plain words. Each needs a source.
# To begin: take the {} away, and the # in front of the lines.

schema: 1
laws: {}
#  receipts:
#    name: Receipts
#    say: Who sells to a firm gives a receipt with a number. The tax office has a free tool for it.
#    gaps: [einvoice]           # the steps it belongs to
#    source: https://…
#    checked: 2026-11-22
"""

_TEST = """\
# A conversation as it should go. `pasito test` plays it, and those of the pack that this one extends.
test_cases:
  - test_case: Ana says hello
    steps:
      - user: hello
      - bot: {kind: question}
"""


def _with_notes_in_a_column(text: str, column: int = 32) -> str:
    """The text with the notes behind its lines below one another."""
    lines = (line.partition(" # ") if line[:1] != "#" else (line, "", "") for line in text.splitlines())
    return "".join(f"{f'{said:{column - 1}} # {note}' if note else said}\n" for said, _, note in lines)


def _not_ours(facts: Iterable[str], above: Version, parent: str) -> str:
    """The changes that leave out what is true of the parent's economy only."""
    if above.pack.economy is None or not facts:
        return ""
    lines = [f'  - {{remove: {id}, reason: "belongs to {parent}"}}\n' for id in facts]
    return "\nchanges:\n" + "".join(lines)


def _terms(above: Version, beginnings: Mapping[str, str | None]) -> str:
    lines = [
        "# What people here call things. Texts write {term.wallet}, and these words stand there.",
        "# Set the words of each language once. `one` is the word itself; other forms have names of your own.",
        "# Write yours in place of the {}, as in: wallet: {es-CL: {one: billetera, the: la billetera}}",
        "",
        "schema: 1",
        "terms:",
    ]
    for term, forms in above.pack.terms.items():
        own = {tag: forms[like] for tag, like in beginnings.items() if like and like in forms}
        if own:
            lines.append(f"  {term}:")
            lines += [f"    {tag}: {{{_forms(words)}}}" for tag, words in own.items()]
        else:
            lines.append(f"  {term}: {{}}   # en: {{{_forms(forms['en'])}}}")
    return "\n".join(lines) + "\n"


def _forms(words: Mapping[str, str]) -> str:
    return ", ".join(f"{form}: {json.dumps(text, ensure_ascii=False)}" for form, text in words.items())
