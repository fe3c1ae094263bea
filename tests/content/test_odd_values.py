"""Whatever stands in the files of an economy: a letter, never a traceback."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.brands import read_brands
from content.glossary import read_glossary
from content.guarded_yaml import read_yaml
from content.pack import read_pack
from content.problems import Report, render
from tests.content.conftest import SMALL
from tests.content.extending import as_bytes, child
from tests.content.test_changes import ODD, _paths, _with

DIRECTORY = {
    "schema": "1",
    "kinds": {"marketplace": {"name": "Where to sell", "gaps": ["findable"], "needed": "yes", "wanted": "2"}},
    "entries": {
        "hall": {
            "kind": "marketplace", "name": "Hall", "what": "Sells.", "cost": "free", "phone": "yes", "contact": "https://hall.example",
            "languages": ["es"], "needs": ["card"], "gaps": ["content"], "source": "https://s.example", "checked": "2026-11-22",
        }
    },
}  # fmt: skip
LAWS = {
    "schema": "1",
    "laws": {"tax": {"name": "Tax", "say": "Pay it.", "gaps": ["findable"], "checked": "2026-11-22"}},
}
TERMS = {
    "schema": "1",
    "terms": {"wallet": {"about": "Holds money.", "en": {"one": "wallet"}, "es-PE": {"one": "billetera"}}},
}
PACK = {
    "schema": "1", "pack": "pe", "title": "Peru", "version": "1", "languages": ["en", "es-PE"], "zone": "America/Lima", "economy": "PE", "currency": "PEN",
    "youth_until": "29", "holidays": {"2027-01-01": "New Year"}, "authority": {"name": "M", "contact": "C"}, "quiet_hours": {"from": "20:00", "to": "08:00"},
    "sells_well": {"panela": {"name": "Panela", "customs_code": "170113", "source": "https://t.example", "checked": "2026-11-01"}},
    "programmes": {"vn": {"name": "Viet Nam", "links": {"web": "https://vn.example"}}}, "hosts": ["a.example"], "modules": [], "opening": "welcome",
    "whatsapp_templates": {"en": {"name": "come_back", "code": "en"}}, "extends": "base", "pinned": {"version": "1", "hash": "x"},
}  # fmt: skip
BRANDS = {"schema": "1", "brands": ["PayPal"]}
GLOSSARY = {"schema": "1", "glossary": {"es-PE": {"step": ["paso"]}}}
FILES: dict[str, Any] = {
    "directory.yaml": DIRECTORY,
    "laws.yaml": LAWS,
    "terms.yaml": TERMS,
    "pack.yaml": PACK,
}
MORE: list[Any] = [
    *ODD,
    "https://[",
    "2026-13-01",
    "-1",
    "1e999",
    "{term.wallet}",
    "\u202e",
    ["a"] * 3,
    {"one": {"one": "x"}},
]
PARENT = as_bytes({**SMALL, "modules/boats/gaps.yaml": "schema: 1\n"})
DRAWN = [(file, path) for file, value in FILES.items() for path in _paths(value)]


@settings(max_examples=400, deadline=3000, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(DRAWN), st.sampled_from(MORE), st.booleans())
def test_no_odd_value_in_the_files_of_an_economy_raises(
    drawn: tuple[str, Any], odd: Any, extends: bool
) -> None:
    file, path = drawn
    sources = dict(PARENT) if not extends else child(PARENT)
    for name, value in FILES.items():
        if name != "pack.yaml" or name == file:
            changed = _with(value, path, odd) if name == file else value
            if isinstance(changed, dict) and name == "pack.yaml" and not extends:
                changed = {key: part for key, part in changed.items() if key not in ("extends", "pinned")}
            sources[name] = json.dumps(changed).encode()
    report = Report()
    pack = read_pack(sources, report, {"base": PARENT})
    assert (pack is None) <= (not report.ok)
    assert "Value error" not in render(report.problems)


@settings(max_examples=150, deadline=1000)
@given(st.sampled_from([(file, path) for file in ("brands", "glossary") for path in _paths({"brands": BRANDS, "glossary": GLOSSARY}[file])]), st.sampled_from(MORE))  # fmt: skip
def test_no_odd_value_in_lists_of_words_raises(drawn: tuple[str, Any], odd: Any) -> None:
    file, path = drawn
    value, reader = {"brands": (BRANDS, read_brands), "glossary": (GLOSSARY, read_glossary)}[file]
    report = Report()
    document = read_yaml(json.dumps(_with(value, path, odd)).encode(), f"{file}.yaml", report)
    if document is not None:
        reader(document, report)  # type: ignore[operator]  # the two have nothing in common but this
