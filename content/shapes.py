"""Checks what was read against a declared shape, and turns what does not fit into letters to the author."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from content.guarded_yaml import Document, Path
from content.problems import Report, did_you_mean

ID = r"[a-z][a-z0-9_]*"

# Ids of choices, gaps, fields and flows; items and films may have capitals (P1, V02).
Id = Annotated[str, StringConstraints(pattern=rf"^{ID}$", max_length=40)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]
Text = Annotated[str, StringConstraints(min_length=1)]
YesNo = Annotated[
    bool, BeforeValidator(lambda value: {"true": True, "false": False}.get(str(value).lower(), value))
]


class Shape(BaseModel):
    """What an author may write. Unknown keys are problems; values are text until a field says otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class File(Shape):
    """What the readers of all files share."""

    schema_: Annotated[str, Field(alias="schema")]


S = TypeVar("S", bound=BaseModel)

# pydantic's types of errors -> what we say was expected.
_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text",
    "dict_type": "a mapping (name: value)",
    "model_type": "a mapping (name: value)",
    "list_type": "a list",
    "tuple_type": "a list",
    "string_too_short": "a text that is not empty",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "too_short": "a list with at least {min_length}",
    "too_long": "a list with at most {max_length}",
}


def shaped(shape: type[S], document: Document, path: Path, data: Any, what: str, report: Report) -> S | None:
    """`data`, which stands at `path` of the document, in its shape; or None with problems in the report."""
    try:
        return shape.model_validate(data)
    except ValidationError as errors:
        details = errors.errors(include_url=False)
        meant = {
            (*_inner(error)[:-1], _near(shape, error))
            for error in details
            if error["type"] == "extra_forbidden"
        }
        for error in details:
            # A key with a typo is both unknown and missing; one letter about it is enough.
            if error["type"] != "missing" or _inner(error) not in meant:
                _letter(shape, document, path, error, what, report)
        return None


def _inner(error: ErrorDetails) -> Path:
    return tuple(part for part in error["loc"] if part != "[key]")


def _near(shape: type[BaseModel], error: ErrorDetails) -> str:
    *path, key = _inner(error)
    return did_you_mean(str(key), _keys(shape, tuple(path)))


def _letter(
    shape: type[BaseModel], document: Document, path: Path, error: ErrorDetails, what: str, report: Report
) -> None:
    marks = document.marks
    about_key = error["loc"][-1:] == ("[key]",)
    inner = _inner(error)
    where = (*path, *inner)
    key = str(inner[-1]) if inner else what
    match error["type"]:
        case "extra_forbidden":
            known = _keys(shape, inner[:-1])
            near = _near(shape, error)
            report.add("SHAPE-001", marks.key(*where), what=what, key=key, known=known, near=near)
        case "missing":
            report.add("SHAPE-002", marks.key(*where[:-1]), what=what, key=key)
        case "literal_error":
            known = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
            value = error["input"]
            near = did_you_mean(str(value), known)
            report.add("SHAPE-004", marks.at(*where), key=key, value=value, known=known, near=near)
        case "string_pattern_mismatch" | "string_too_long":
            place = marks.key(*where) if about_key else marks.at(*where)
            report.add("SHAPE-005", place, id=error["input"])
        case kind:
            known_kind = kind in _EXPECTED
            said = error["msg"].removeprefix("Value error, ")
            expected = _EXPECTED[kind].format(**error.get("ctx", {})) if known_kind else said
            _wrong(document, where, key, error["input"], expected, report)


def _wrong(document: Document, where: Path, key: str, value: Any, expected: str, report: Report) -> None:
    place = document.marks.at(*where)
    if isinstance(value, (dict, list)) or value is None:
        report.add("SHAPE-006", place, what=f"'{key}'", expected=expected)
    else:
        report.add("SHAPE-003", place, key=key, value=value, expected=expected)


def _keys(shape: type[BaseModel], path: Path) -> list[str]:
    """The known keys of a shape, or of a shape within it."""
    for part in path:
        field = next((f for name, f in shape.model_fields.items() if part in (name, f.alias)), None)
        inner = _shape_in(field.annotation) if field else None
        shape = inner or shape
    return [field.alias or name for name, field in shape.model_fields.items()]


def _shape_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _shape_in(part)
        if found:
            return found
    return None


def check_schema(file: File, document: Document, report: Report) -> None:
    """All files of packs say which form they are written in; there is one so far."""
    if file.schema_ != "1":
        report.add("PACK-002", document.marks.at("schema"), value=file.schema_)
