"""Small packs for tests: the base pack with other flows put in."""

from __future__ import annotations

from collections.abc import Mapping

from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.version import Version


def sources_with(**flows: str) -> dict[str, bytes]:
    """The base pack with other flows put in: name -> the YAML below `flow:`."""
    sources = dict(base_sources())
    for name, yaml in flows.items():
        text = (
            yaml if yaml.lstrip().startswith("schema") else f"schema: 1\nflow: {name}\ntitle: {name}\n{yaml}"
        )
        sources[f"flows/{name}.yaml"] = text.encode()
    return sources


def compiled(**flows: str) -> Version:
    """A pack that begins with the flow `welcome` given here."""
    report = Report()
    version = compile_pack(sources_with(**flows), report)
    assert version is not None, render(report.problems)
    return version


def problems_of(**flows: str) -> Report:
    report = Report()
    compile_pack(sources_with(**flows), report)
    return report


def compiled_from(sources: Mapping[str, bytes]) -> Version:
    """The pack in these files, which has no problem."""
    report = Report()
    version = compile_pack(sources, report)
    assert version is not None, render(report.problems)
    return version


DIRECTORY = """
entries:
  hall: {kind: marketplace, name: Hall, what: Sells crafts., cost: paid, phone: yes, contact: https://hall.example}
  boat: {kind: marketplace, name: Boat, what: Sells abroad., cost: free, phone: yes, abroad: yes, needs: [card], contact: https://boat.example}
  tent: {kind: marketplace, name: Tent, what: Sells food., cost: both, phone: no, contact: https://tent.example}
  cart: {kind: marketplace, name: Cart, what: Sells all., cost: free, phone: yes, languages: [es], contact: https://cart.example}
  purse: {kind: payment, name: Purse, what: Pays., cost: free, phone: yes, contact: https://purse.example}
  grant: {kind: programme, name: Grant, what: Gives a grant., cost: free, phone: yes, contact: https://grant.example}
  desk: {kind: help, name: Desk, what: Advises., cost: free, phone: yes, contact: "123"}
  police: {kind: fraud, name: Fraud line, what: Takes reports., cost: free, phone: yes, contact: "911"}
  course: {kind: course, name: Course, what: Teaches., cost: free, phone: yes, contact: "124"}
"""
LAWS = """schema: 1
laws:
  receipts: {name: Receipts, say: Who sells to a firm gives a receipt., gaps: [einvoice], source: "https://tax.example/receipts"}
  privacy: {name: Data, say: Ask before you keep a number., gaps: [privacy]}
  labels: {name: Labels, say: Food has a label.}
  taxes: {name: Taxes, say: Taxes are paid each month.}
"""
# An example of a meeting; nobody holds it. World's clock begins on 15 June 2025.
MEETINGS = """schema: 1
meetings:
  chat_selling:
    kind: workshop
    title: Selling by chat
    day: 2025-06-20
    sessions: {catalogue: A catalogue in the chat, answers: Answers that sell}
    link: https://meetings.example/chat-selling
    knowledge:
      - ask: What belongs into a catalogue?
        choices: {prices: Pictures and prices, jokes: Jokes, nothing: Nothing}
        right: prices
      - ask: How soon should an order be answered?
        choices: {week: Within a week, day: On the same day}
        right: day
"""
PROGRAMMES = """
economy: PE
sells_well:
  panela: {name: Panela, customs_code: "170113", source: https://trade.example/panela, checked: 2026-11-01}
  alpaca: {name: Alpaca yarn, customs_code: "510539", source: https://trade.example/alpaca, checked: 2026-11-01}
programmes:
  pe: {name: Peru, links: {web: https://pe.example, telegram: https://t.me/pe_bot}}
  vn: {name: Viet Nam, links: {telegram: https://t.me/vn_bot}}
"""


def economy_sources(*, opening: str = "welcome", po: str = "") -> dict[str, bytes]:
    """The base pack as of an economy: two languages, a directory, laws, products, and other programmes."""
    sources = dict(base_sources())
    head = sources["pack.yaml"].decode().replace("languages: [en]", "languages: [en, es]")
    head = head.replace("opening: welcome", f"opening: {opening}").replace(
        "economy: null", "# economy: below"
    )
    head = head.replace('"[name of the authority]"', "The ministry").replace(
        '"[how to reach it]"', "Call 123"
    )
    sources["pack.yaml"] = (head + PROGRAMMES).encode()
    sources["directory.yaml"] += DIRECTORY.encode()
    sources["laws.yaml"] = LAWS.encode()
    sources["meetings.yaml"] = MEETINGS.encode()
    agreed = sources["cases.yaml"].replace(b"consent: needed", b"consent: given", 4)
    sources["cases.yaml"] = agreed.replace(b"consent: needed", b"consent: no_name", 4)
    return {**sources, "po/es.po": po.encode()} if po else sources
