"""From what authors wrote to what the engine runs: a pack is read, checked, laid out and hashed.

A pack is compiled once per version. The place of a run is one number that means the same in every
pack of the same structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from content.bank import SPECIAL
from content.conditions import Name
from content.guarded_yaml import read_yaml
from content.pack import Pack, read_pack
from content.problems import Report
from content.words import check_catalogue, check_filled, hash_of
from flows.checks import check_flows
from flows.facts import NAMES
from flows.reader import PHRASES, FlowReader
from flows.version import Version


def library_sources() -> dict[str, bytes]:
    """The system flows and sentences that come with the engine; a pack may override each flow."""
    folder = resources.files("flows") / "library"
    return {f"flows/library/{file.name}": file.read_bytes() for file in sorted(folder.iterdir(), key=str)
            if file.name.endswith(".yaml")}  # fmt: skip


def compile_pack(
    sources: Mapping[str, bytes],
    report: Report,
    library: Mapping[str, bytes] | None = None,
    *,
    published: bool = False,
) -> Version | None:
    """Reads, checks and compiles a pack. None if the report holds an error; all problems are in it.

    sources: the pack's files by path. library: the system flows, those of this release if left out
    (a published version keeps the ones it was published with). published: it was checked when it
    was published; today's checks do not judge it, and sentences it lacks are today's.
    """
    pack = read_pack(sources, report)
    if pack is None:
        return None
    vocabulary = vocabulary_of(pack)
    reader = FlowReader(report, vocabulary)
    ours = library_sources()
    files = [(PHRASES, ours[PHRASES]), *(ours if library is None else library).items()]
    for file, source in files:
        document = read_yaml(source, file, report)
        if document is not None:
            reader.read(file, document.value, document.marks, from_library=True)
    for document in pack.flow_sources:
        reader.read(document.file, document.value, document.marks, from_library=False)
    flows = reader.compiled()
    words = pack.words.with_texts({key: text for key, (text, _) in reader.texts.items()})
    if not published:
        check_flows(flows, pack, words, report)
        if pack.economy is not None:
            for text, place in reader.texts.values():
                check_filled(text, place, report)
        for catalogue in pack.catalogues.values():
            check_catalogue(catalogue, words.texts, report)
    if not report.ok:
        return None
    return Version(
        structure=hash_of([pack.structure_parts(), [flows[id].structure() for id in sorted(flows)]])[:16],
        content=words.content_hash(),
        instrument=_instrument(pack),
        pack=pack,
        flows=flows,
        words=words,
        questions={question.id: question for question in (*pack.bank.fields, *pack.bank.items)},
        points=_points(pack),
    )


def _instrument(pack: Pack) -> str:
    """The bank's name and version, and a hash of what is measured: a label that was not raised after a
    change would make results look comparable that are not."""
    parts = pack.structure_parts()
    measured = {"items": parts["bank"]["items"], "scoring": parts["scoring"]}
    return f"{pack.bank.instrument}+{hash_of(measured)[:8]}"


def vocabulary_of(pack: Pack) -> dict[str, Name]:
    """The names that conditions of this pack may use, without the answers of its flows."""
    names: dict[str, Name] = {}
    names.update(pack.bank.vocabulary())
    names.update(NAMES)
    names["score.level"] = Name("choice", frozenset(level.id for level in pack.scoring.levels))
    return names


def _points(pack: Pack) -> dict[str, dict[str, int | None]]:
    """Item -> what each possible answer is worth, the answers without a choice among them."""
    return {
        item.id: {answer: item.points_of(answer) for answer in (*(c.id for c in item.choices), *SPECIAL)}
        for item in pack.bank.items
    }
