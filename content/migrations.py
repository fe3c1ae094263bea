"""Which step takes the place of one that was renamed or removed: read from migrations.yaml.

Without an entry a run goes on in the version it began with. With one it goes over to the live version,
where the named step stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from content.guarded_yaml import Document
from content.problems import Report
from content.shapes import File, Id, Text, check_schema, shaped

# flow -> step that is gone -> step that takes its place
Migrations = Mapping[str, Mapping[str, str]]


class MigrationsShape(File):
    flows: Annotated[dict[Text, dict[Id, Id]], Field(default_factory=dict)]


def read_migrations(document: Document, report: Report) -> Migrations:
    """The map; empty with problems in the report if it does not fit."""
    file = shaped(MigrationsShape, document, (), document.value, "migrations.yaml", report)
    if file is None:
        return {}
    check_schema(file, document, report)
    return file.flows
