"""A pack: a programme's content, read from its files and checked. Its flows are read by `flows`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from content.bank import Bank, read_bank
from content.campaigns import Campaigns, read_campaigns
from content.cases import Case, read_cases
from content.changes import Difference
from content.charter import Charter, read_charter
from content.conditions import Condition
from content.directory import Directory, read_directory
from content.films import Film, read_films
from content.gaps import Gap, read_gaps
from content.guarded_yaml import Document
from content.laws import Law, read_laws
from content.lineage import Lineage, Parents, lineage, put_together
from content.meetings import Meeting, read_meetings
from content.migrations import Migrations, read_migrations
from content.problems import Place, Report
from content.scoring import Scoring, read_scoring
from content.terms import Terms, read_terms
from content.translations import Catalogue, read_catalogue
from content.words import chain

NEEDED = ("pack.yaml", "bank.yaml", "scoring.yaml", "gaps.yaml", "films.yaml")
# Where a guidebook begins: being found, selling, being paid.
FIRST_CHAPTERS = ("presence", "sales", "money")
NO_PARENTS: Parents = MappingProxyType({})

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Pack(Charter):
    """Everything a programme says and asks, without its flows.

    extends: the packs it is made from, the nearest first. starters: ids of the first steps for somebody
    who has only an idea. texts: the words of bank, levels, gaps and films as they are written, before
    terms are put in; those of the flows are apart. catalogues: language -> translations with their
    places. documents: all its files, put together. differences: what it changes in the pack it extends.
    """

    extends: tuple[str, ...]
    bank: Bank
    scoring: Scoring
    gaps: Mapping[str, Gap]
    starters: tuple[str, ...]
    films: Mapping[str, Film]
    directory: Directory
    laws: Mapping[str, Law]
    cases: Mapping[str, Case]
    campaigns: Campaigns
    meetings: Mapping[str, Meeting]
    terms: Terms
    migrations: Migrations
    texts: Mapping[str, str]
    catalogues: Mapping[str, Catalogue]
    documents: Mapping[str, Document]
    differences: tuple[Difference, ...]

    @property
    def chapters(self) -> tuple[str, ...]:
        """The dimensions of its gaps as the guidebook has them: the first help first, then in their order."""
        used = {gap.dimension for gap in self.gaps.values()}
        ordered = (*FIRST_CHAPTERS, *self.bank.dimensions)
        return tuple(id for id in dict.fromkeys(ordered) if id in used)

    @property
    def flow_sources(self) -> tuple[Document, ...]:
        """flows/*.yaml, read but not understood."""
        return self._in("flows/")

    @property
    def test_sources(self) -> tuple[Document, ...]:
        """tests/*.yaml: the conversation tests, its own and those it has from the packs it extends."""
        return self._in("tests/")

    def _in(self, folder: str) -> tuple[Document, ...]:
        return tuple(self.documents[path] for path in sorted(self.documents) if path.startswith(folder))

    def structure_parts(self) -> dict[str, Any]:
        """The pack's share of the structure hash, as plain JSON values: no words, only shape and numbers."""
        parts = {"bank": self.bank, "scoring": self.scoring, "gaps": list(self.gaps.values())}
        parts |= {"starters": self.starters}
        parts |= {"meetings": [[one.code, one.sessions, one.knowledge] for one in self.meetings.values()]}
        return {name: _plain(part) for name, part in parts.items()}

    def measured(self) -> dict[str, Any]:
        """What decides about scores and levels, as plain JSON values: results with the same are compared.

        A dimension without weight is an economy's own affair: it is measured, and changes nothing else.
        """
        weighted = {dimension: weight for dimension, weight in self.scoring.weights.items() if weight}
        items = [item for item in self.bank.items if item.dimension in weighted]
        shares = [
            [item.id, item.slot, item.dimension, item.quick, _plain(item.when), _plain(item.choices)]
            for item in items
        ]
        levels, least = _plain(self.scoring.levels), self.scoring.min_answered_share
        return {"items": shares, "weights": weighted, "levels": levels, "min_answered_share": least}


def _plain(value: Any) -> Any:
    if isinstance(value, Condition):
        return value.source
    if is_dataclass(value):
        # Whether there is a help text is a matter of words, not of structure.
        names = [f.name for f in fields(value) if f.init and not f.name.startswith("has_")]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


def read_pack(sources: Mapping[str, bytes], report: Report, parents: Parents = NO_PARENTS) -> Pack | None:
    """The pack in these files (path within the pack -> content), with every problem in the report.

    parents: the packs that others may extend, by id. None when one of its own files cannot be used. A
    flow or translation that cannot be read is left out; `report.ok` says whether all is well.
    """
    found = lineage(sources, parents, report)
    if found is None:
        return None
    documents, differences = put_together(found, report)
    for file in NEEDED:
        if not any(file in layer.files for layer in found.layers):
            report.add("PACK-001", Place(file), file=file)

    def read(file: str, reader: Callable[[Document], R]) -> R | None:
        return reader(documents[file]) if file in documents else None

    charter = read("pack.yaml", lambda document: read_charter(document, report))
    films = read("films.yaml", lambda document: read_films(document, report))
    bank = read("bank.yaml", lambda document: read_bank(document, report))
    if bank is None:  # scoring and gaps speak of its questions
        return None
    scoring = read("scoring.yaml", lambda document: read_scoring(document, bank[0], report))
    known_films = films[0] if films else ()
    gaps = read("gaps.yaml", lambda document: read_gaps(document, bank[0], known_films, report))
    if charter is None or films is None or scoring is None or gaps is None:
        return None
    directory = read("directory.yaml", lambda document: read_directory(document, gaps[0], report))
    laws = read("laws.yaml", lambda document: read_laws(document, gaps[0], report))
    cases = read("cases.yaml", lambda document: read_cases(document, bank[0], gaps[0], report))
    campaigns = read("campaigns.yaml", lambda document: read_campaigns(document, report))
    meetings = read("meetings.yaml", lambda document: read_meetings(document, report))
    _check_own_films(films[0], charter[0], documents["films.yaml"], report)
    terms = read("terms.yaml", lambda document: read_terms(document, report))
    migrations = read("migrations.yaml", lambda document: read_migrations(document, report))
    directory_texts, law_texts = directory[1] if directory else {}, laws[1] if laws else {}
    meeting_texts = meetings[1] if meetings else {}
    values = {field.name: getattr(charter[0], field.name) for field in fields(Charter)}
    values["modules"] = found.modules
    return Pack(
        **values,
        extends=found.ancestors,
        bank=bank[0],
        scoring=scoring[0],
        gaps=gaps[0],
        starters=gaps[1],
        films=films[0],
        directory=directory[0] if directory else Directory({}, {}),
        laws=laws[0] if laws else {},
        cases=cases[0] if cases else {},
        campaigns=campaigns or Campaigns(),
        meetings=meetings[0] if meetings else {},
        terms=terms or {},
        migrations=migrations or {},
        texts={
            **bank[1],
            **scoring[1],
            **gaps[2],
            **films[1],
            **directory_texts,
            **law_texts,
            **(cases[1] if cases else {}),
            **meeting_texts,
            **charter[1],
        },
        catalogues=_catalogues(found, charter[0], report),
        documents=documents,
        differences=differences,
    )


def _check_own_films(films: Mapping[str, Film], charter: Charter, document: Document, report: Report) -> None:
    """An economy's own film in a language that it does not speak is one that nobody will ever be shown."""
    for id, film in films.items():
        for language in film.own:
            if language not in charter.languages:
                report.add("FILM-007", document.marks.key("films", id, "own", language), language=language)


def _catalogues(found: Lineage, charter: Charter, report: Report) -> dict[str, Catalogue]:
    """The translations of all layers by language; the file's name is the language: po/es-PE.po.

    A later layer's translation of a text takes the place of an earlier one's. What an ancestor says in
    languages that this pack does not speak is left out.
    """
    catalogues: dict[str, Catalogue] = {}
    wanted = {tag for language in charter.languages for tag in (language, *chain(language))}
    for layer in found.layers:
        for path, (name, source) in layer.files.items():
            match = re.fullmatch(r"po/([^/]+)\.po", path)
            if match is None:
                continue
            language = match[1]
            if language in wanted:
                own = read_catalogue(source, name, report)
                catalogues[language] = {**catalogues.get(language, {}), **own}
            elif layer.pack == charter.id:
                report.add("PACK-006", Place(name), language=language)
    return catalogues
