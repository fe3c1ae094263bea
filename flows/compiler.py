"""From what authors wrote to what the engine runs: a pack is read, checked, laid out and hashed.

A pack is compiled once per version. The place of a run is one number that means the same in every
pack of the same structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from content.bank import SPECIAL
from content.conditions import Name
from content.lineage import LIBRARY, Parents, is_self_contained, parsed
from content.pack import Pack, read_pack
from content.problems import Place, Report
from content.sources import base_sources
from content.translations import words_of
from content.words import hash_of
from flows.campaigns import check_campaigns
from flows.checks import check_flows
from flows.facts import NAMES
from flows.migrating import check_migrations
from flows.reader import PHRASES, FlowReader
from flows.version import Version
from flows.word_checks import check_words


def library_sources() -> dict[str, bytes]:
    """The system flows and sentences that come with the engine; a pack may change or override them."""
    folder = resources.files("flows") / "library"
    return {f"{LIBRARY}{file.name}": file.read_bytes() for file in sorted(folder.iterdir(), key=str)
            if file.name.endswith(".yaml")}  # fmt: skip


def base_with_library() -> dict[str, bytes]:
    """What a pack that extends the base is pinned to: the base pack, with the library of this release."""
    return {**base_sources(), **library_sources()}


def compile_pack(
    sources: Mapping[str, bytes],
    report: Report,
    parents: Parents | None = None,
    *,
    published: bool = False,
) -> Version | None:
    """Reads, checks and compiles a pack. None if the report holds an error; all problems are in it.

    sources: the pack's files by path; a published version brings the library it was published with,
    others get that of this release. parents: the packs it may extend, the base of this release if left
    out. published: it was checked when it was published; today's checks do not judge it, and sentences
    it lacks are today's.
    """
    own = sources if is_self_contained(sources) else {**library_sources(), **sources}
    pack = read_pack(own, report, {"base": base_with_library()} if parents is None else parents)
    if pack is None:
        return None
    vocabulary = vocabulary_of(pack)
    reader = FlowReader(report, vocabulary)
    reader.read_phrases(parsed(PHRASES, library_sources()[PHRASES], report))
    reader.read_phrases(pack.documents.get("phrases.yaml"))
    for document in pack.flow_sources:
        reader.read(document.file, document.value, document.marks)
    flows = reader.compiled()
    campaigns = check_campaigns(pack, flows, reader.vocabulary, report)
    texts = {**pack.texts, **{key: text for key, (text, _) in reader.texts.items()}}
    words = words_of(texts, pack.catalogues, pack.terms)
    if not published:
        check_flows(flows, pack, words, report)
        check_migrations(pack.migrations, flows, Place("migrations.yaml"), report)
        check_words(pack, texts, reader.texts, report)
    if not report.ok:
        return None
    return Version(
        structure=hash_of([pack.structure_parts(), [flows[id].structure() for id in sorted(flows)]])[:16],
        content=words.content_hash(),
        instrument=_instrument(pack),
        pack=pack,
        flows=flows,
        words=words,
        texts=texts,
        questions={question.id: question for question in (*pack.bank.fields, *pack.bank.items)},
        points=_points(pack),
        campaigns=campaigns,
    )


def _instrument(pack: Pack) -> str:
    """The bank's name and version, and a hash of what is measured: a label that was not raised after a
    change would make results look comparable that are not."""
    return f"{pack.bank.instrument}+{hash_of(pack.measured())[:8]}"


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
