"""The JSON Schema (draft 2020-12) of flow files, for editors: made from the models of the step kinds.

It stands in flows/schema/flow.json and travels with the package. An editor that knows it completes
keys and marks mistakes while one writes. `pasito check` knows more: names, conditions, ways.
"""

from __future__ import annotations

from typing import Any

from flows.descriptions import COMMON_KEYS, FLOW_KEYS, KEYS, WORD_KEYS, describe
from flows.model import FlowFile
from flows.steps import STEPS

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Our loader reads every value as text and lets the model decide. An editor reads numbers, true and
# false before we do, so each kind of value is accepted in both forms.
_TEXT: Json = {"type": ["string", "number", "boolean"]}
_NUMBER: Json = {"type": ["number", "string"], "pattern": r"^[-+]?\d+(\.\d+)?$"}
_WHOLE: Json = {"type": ["integer", "string"], "pattern": r"^[-+]?\d+$"}
_YES_OR_NO: Json = {"enum": [True, False, "yes", "no", "true", "false"]}
_NOISE = ("title", "description")  # pydantic's, made for programmers
_STEPS: Json = {"type": ["array", "null"], "items": {"$ref": "#/$defs/step"}}


def json_schema() -> Json:
    """The schema, as plain JSON values."""
    definitions: Json = {"step": {"anyOf": [{"$ref": f"#/$defs/{kind}"} for kind in STEPS]}}
    for kind in STEPS:
        definitions |= _of_kind(kind)
    return {
        "$schema": DIALECT,
        "title": "A flow of Pasito",
        "anyOf": [{"$ref": "#/$defs/flow"}, {"$ref": "#/$defs/phrases"}],
        "$defs": {"flow": _flow(), "phrases": _phrases(), **dict(sorted(definitions.items()))},
    }


def _flow() -> Json:
    head = _plain(FlowFile.model_json_schema(by_alias=True))
    steps = {**_STEPS, "type": "array", "minItems": 1}
    properties = _with_words({**head["properties"], "steps": steps}, FLOW_KEYS)
    return {**head, "properties": properties, "required": [*head["required"], "steps"]}


def _phrases() -> Json:
    """A file with the sentences that the engine itself says, and the words of the pages."""
    return {
        "type": "object",
        "properties": {
            "schema": {"enum": [1, "1"]},
            "phrases": {"type": "object", "additionalProperties": _TEXT},
            "page": {"type": "object", "additionalProperties": _TEXT},
            "player": {"type": "object", "additionalProperties": _TEXT},
            "papers": {"type": "object", "additionalProperties": _TEXT},
        },
        "required": ["schema", "phrases"],
        "additionalProperties": False,
    }


def _of_kind(kind: str) -> Json:
    """The definition of a step kind, with those that it needs."""
    schema = STEPS[kind].model_json_schema()
    needed = schema.pop("$defs", {})
    step = _plain(schema)
    described = describe(kind)
    if kind == "branch":
        step["properties"]["branch"] = _ways()
    words = {kind: described.sentence, **COMMON_KEYS}
    words |= {key: text for (of, key), text in KEYS.items() if of == kind}
    step["properties"] = _with_words(step["properties"], words)
    # The first word names the kind, also where it could be left to a default.
    step["required"] = sorted({kind, *step.get("required", ())})
    step["description"] = f"{described.sentence}\n\n{described.example}"
    found = {kind: step}
    for name, shape in needed.items():
        plain = _plain(shape)
        found[name] = {**plain, "properties": _with_words(plain["properties"], WORD_KEYS)}
    return found


def _ways() -> Json:
    """The ways of a branch. That `else` stands last is for `pasito check` to say."""
    condition = {**_TEXT, "description": "A condition: the way is taken if it holds."}
    way = {
        "type": "object",
        "properties": {"if": condition, "then": _STEPS},
        "required": ["if", "then"],
        "additionalProperties": False,
    }
    other = {
        "type": "object",
        "properties": {"else": {**_STEPS, "description": "What happens if no condition holds."}},
        "required": ["else"],
        "additionalProperties": False,
    }
    last = {"contains": {"required": ["else"]}, "minContains": 1, "maxContains": 1}
    return {"type": "array", "items": {"anyOf": [way, other]}, **last}


def _with_words(properties: Json, words: dict[str, str]) -> Json:
    return {
        name: {**value, "description": words[name]} if name in words else value
        for name, value in properties.items()
    }


def _plain(schema: Json) -> Json:
    """A schema as pydantic makes it, for values that may still be text, and without its titles."""
    plain = {
        key: _part(key, value)
        for key, value in schema.items()
        if key not in _NOISE and (key, value) != ("default", None)
    }
    kind = plain.get("type")
    if kind == "string" and not plain.keys() & {"pattern", "enum", "const"}:
        return {**plain, **_TEXT}
    if kind == "number":
        return {**plain, **_NUMBER}
    if kind == "integer":
        return {**plain, **_WHOLE}
    if kind == "boolean":
        return {**{key: value for key, value in plain.items() if key != "type"}, **_YES_OR_NO}
    if "patternProperties" in plain:
        return {**plain, "additionalProperties": False}
    return plain


def _part(key: str, value: Any) -> Any:
    if key in ("properties", "patternProperties"):
        return {name: _plain(inner) for name, inner in value.items()}
    if key in ("anyOf", "oneOf", "allOf"):
        return [_plain(inner) for inner in value]
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return _plain(value)
    return value
