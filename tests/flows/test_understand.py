"""What typed words mean, and that unclear words mean nothing: a wrong answer costs more than a question asked twice."""

from __future__ import annotations

import pytest

from content.problems import Report, render
from flows.asking import Asking
from flows.compiler import compile_pack
from flows.conversations import World
from flows.understand import choice_of, choices_of, flow_said, labels, plain
from flows.version import Instruction, Version, Versions
from tests.flows.small_packs import compiled, problems_of, sources_with


def understood(version: Version, question: str, typed: str, language: str = "en") -> str | None:
    """The choice of a field or item that somebody typed."""
    options = version.options_of(version.questions[question])
    asking = Asking("", "one", options)
    return choice_of(asking, version.labels_of(options, language), typed)


# --- consent ---------------------------------------------------------------------------------------

NO_CONSENT = (
    "yes?", "ok?", "¿yes?", "eyes", "-1", "advice?", "advice", "for advice", "keep", "yes keep them for ads",
    "yes delete them for advice", "yes keep them for no advice", "no keep them for advice",
    "No, keep them for advice", "ye s", "yess", "not yes", "yes no", "of course not yes", "one", "?", "😀",
)  # fmt: skip
YES = (
    "yes", "Yes!", "yes please", "y", "yeah", "yep", "ok", "OK.", "okay", "sure", "of course", "i agree", "yes yes",
    "👍", "👍🏽", "👍👍", "yes 👍", "1", "1.", "(a)", "1️⃣", "Yes, keep them", "yes keep them for advice", "keep them",
)  # fmt: skip
NO = (
    "no", "NO!", "no thanks", "nope", "not really", "don't keep them", "dont keep them", "do not keep them", "n",
    "I don't agree", "2", "b", "no, just show me my result", "of course not", "no 👍",
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "given"),
    [*((t, None) for t in NO_CONSENT), *((t, True) for t in YES), *((t, False) for t in NO)],
)
def test_consent_is_given_or_refused_in_words_that_mean_it(
    world: World, typed: str, given: bool | None
) -> None:
    world.write("Ana", "hola")
    world.press("Ana", "own")
    assert world.person("Ana").replies[-1].text.startswith("May I keep your answers")
    world.write("Ana", typed)
    business = world.person("Ana").state["business"] or {}
    assert business.get("consent", {}).get("guidance") is given


def test_every_question_that_records_consent_takes_exact_words_only(base: Version) -> None:
    consents = [
        instruction
        for flow in base.flows.values()
        for instruction in flow.instructions
        if (getattr(instruction.step, "save", None) or "").startswith("consent.")
    ]
    assert len(consents) >= 3
    for instruction in consents:
        labels = base.labels_of(instruction.options, "en")
        asking = Asking("", "one", instruction.options, exact=True)
        assert [choice_of(asking, labels, typed) for typed in ("okay", "nope", "yes?", "eyes", "yess")] == [
            "yes", "no", None, None, None,
        ]  # fmt: skip


def test_words_that_agree_are_no_answer_to_whether_something_was_done() -> None:
    flow = """
steps:
  - ask: went_there
    say: Did you go there?
    choices: {yes: "Yes, I went", no: Not yet}
"""
    world = World(Versions(compiled(welcome=flow)))
    world.write("Ana", "hola")
    world.write("Ana", "ok")
    assert world.person("Ana").state.get("answers", {}) == {}
    world.write("Ana", "yeah")
    assert world.person("Ana").state["answers"]["went_there"] == "yes"


# --- negation --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "typed"),
    [
        ("X1", "not a screen lock"),
        ("M1", "not only in cash"),
        ("M1", "without card"),
        ("sells", "no services"),
        ("goal", "no more customers"),
        ("goal", "more customers? never"),
        ("P2", "not every week"),
        ("X2", "not everything"),
        ("X3", "I mostly don't trust it"),
        ("X3", "I mostly dont trust it"),
        ("X3", "I mostly don’t trust it"),
        ("leader_sex", "no man"),
        ("leader_sex", "a human"),
        ("X1", "lock yet"),
        ("registered", "unregistered"),
        ("C1", "not"),
        ("S3", "not no"),
    ],
)
def test_a_negation_is_never_lost(base: Version, question: str, typed: str) -> None:
    assert understood(base, question, typed) is None


def test_no_screen_lock_is_no_lock(base: Version) -> None:
    assert understood(base, "X1", "no screen lock") == "no_lock"


@pytest.mark.parametrize(
    "typed", ["no more questions", "not finished", "no delete everything", "not my result"]
)
def test_a_negation_starts_no_system_flow(base: Version, typed: str) -> None:
    assert flow_said(base.said("en"), typed, fuzzy=True) is None


def test_a_system_flow_is_still_found_with_a_typo(base: Version) -> None:
    assert flow_said(base.said("en"), "delete evrything", fuzzy=True) == "delete"
    assert flow_said(base.said("en"), "i dont knwo", fuzzy=True) == "unknown"


# --- numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "typed"),
    [
        ("leader_age", "I was born in 1980"),
        ("leader_age", "1980"),
        ("leader_age", "born 65"),
        ("leader_age", "17"),
        ("leader_age", "older than 30"),
        ("firm_age", "18 months"),
        ("firm_age", "5 months"),
        ("firm_age", "since 2015"),
        ("firm_age", "2015"),
        ("firm_age", "3 weeks"),
        ("firm_age", "more than 1 year"),
        ("firm_age", "less than 10 years"),
        ("firm_age", "3 or 4 years"),
        ("firm_age", "2.5"),
        ("size", "7 days a week"),
        ("size", "-3"),
        ("size", "about -3"),
        ("size", "− 3"),
        ("size", "none"),
        ("size", "2 or 5"),
        ("size", "more than 10"),
        ("size", "me and 2 sons"),
        ("size", "not 3"),
        ("size", "more"),
        ("size", "0"),
        ("size", "1.200"),
        ("size", "99999999999"),
        ("women_share", "1"),
        ("women_share", "5 women"),
        ("women_share", "2"),
        ("women_share", "two"),
        ("women_share", "less than 50%"),
        ("H1", "6"),
        ("role", "-1"),
        ("role", "1.5"),
        ("role", "4"),
    ],
)
def test_a_number_that_may_mean_something_else_is_no_answer(base: Version, question: str, typed: str) -> None:
    assert understood(base, question, typed) is None


@pytest.mark.parametrize(
    ("question", "typed", "choice"),
    [
        ("leader_age", "I am 40 years old", "age_35_44"),
        ("leader_age", "about 65", "age_65_more"),
        ("leader_age", "65+", "age_65_more"),
        ("firm_age", "3 years", "one_to_three_years"),
        ("firm_age", "about ten years", "four_to_ten_years"),
        ("firm_age", "11", "over_ten_years"),
        ("firm_age", "0", "under_one_year"),
        ("firm_age", "6 months", "under_one_year"),
        ("size", "2-4", "two_to_four"),
        ("size", "2 – 4 people", "two_to_four"),
        ("size", "10 to 20 workers", "ten_to_49"),
        ("size", "2 or 3", "two_to_four"),
        ("size", "two", "two_to_four"),
        ("size", "we are 5", "five_to_nine"),
        ("size", "٣", "two_to_four"),
        ("size", "250+", "more"),
        ("women_share", "50%", "half"),
        ("women_share", "0", "none"),
        ("women_share", "100 %", "all"),
        ("H1", "5", "all_five"),
        ("H1", "two", "one_or_two"),
        ("role", "two", "assisted"),
        ("role", "2)", "assisted"),
    ],
)
def test_a_number_may_stand_alone_or_with_words_that_do_not_change_it(
    base: Version, question: str, typed: str, choice: str
) -> None:
    assert understood(base, question, typed) == choice


def test_a_number_word_is_no_place_where_a_label_speaks_of_it(base: Version) -> None:
    assert understood(base, "P1", "two") is None  # the second choice, or "Two or more"
    assert understood(base, "C1", "i have one") is None


def test_the_answer_to_a_question_for_a_number_may_be_a_word_and_no_negation() -> None:
    version = compiled(welcome="steps:\n  - ask: cows\n    type: number\n    say: How many cows?\n")
    for typed, kept in (("two", 2), ("about 12 cows", 12), ("not 12", None), ("none of the 12", None)):
        world = World(Versions(version))
        world.write("Ana", "hola")
        world.write("Ana", typed)
        assert world.person("Ana").state.get("answers", {}).get("cows") == kept


# --- everyday words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "typed", "choice"),
    [
        ("sector", "shop", "retail_wholesale"),
        ("sector", "I have a shop", "retail_wholesale"),
        ("sector", "market stall", "retail_wholesale"),
        ("sector", "farm", "agriculture_fishery"),
        ("sector", "fish", "agriculture_fishery"),
        ("sector", "hair", "personal_repair_services"),
        ("sector", "crfts", "crafts_textile"),
        ("sector", "transprot", "transport_delivery"),
        ("leader_sex", "i am a woman", "woman"),
        ("leader_sex", "my wife", "woman"),
        ("leader_sex", "my wife and i", "woman_and_man_equally"),
        ("C1", "no", "not_yet"),
        ("C1", "nope", "not_yet"),
        ("S3", "no", "not_yet"),
        ("G4", "no", "not_yet"),
        ("place", "y", "yes"),
        ("place", "no thanks", "no"),
        ("H1", "all", "all_five"),
        ("women_share", "all", "all"),
        ("M1", "card", "from_afar"),
        ("M1", "qr", "kept_apart"),
        ("M1", "cash", "cash"),
        ("A1", "borrowed wifi", "now_and_then"),
        ("S1", "webshop", "own_shop"),
        ("P3", "same day", "same_day"),
    ],
)
def test_everyday_words_are_understood(base: Version, question: str, typed: str, choice: str) -> None:
    assert understood(base, question, typed) == choice


@pytest.mark.parametrize(
    ("question", "typed"),
    [
        ("sector", "food"),  # made, served or sold
        ("sector", "clothes"),
        ("M1", "wallet"),  # a private one, or one for the business
        ("A1", "wifi"),  # her own, or borrowed
        ("A1", "Wi-Fi"),
        ("A1", "mobile data"),
        ("O3", "yes"),  # on paper, for some or for every batch
        ("C1", "yes"),
        ("goal", "more"),  # turns a page
        ("A1", "the same"),
        ("O2", "from suppliers"),
        ("X2", "photos"),
        ("G2", "abroad"),
        ("G3", "customers"),
        ("sector", "i sell hair products"),
        ("sells", "food"),
    ],
)
def test_what_fits_two_choices_or_none_is_not_guessed(base: Version, question: str, typed: str) -> None:
    assert understood(base, question, typed) is None


def test_yes_goes_to_the_only_label_that_says_yes_and_no_to_no_time_does_not() -> None:
    flow = """
steps:
  - ask: way
    say: What is in the way?
    choices: {time: No time, money: Money}
  - ask: fine
    say: Shall it change?
    choices: {change: "Yes, change it", keep: "No, it is fine"}
"""
    version = compiled(welcome=flow)
    way, fine = (i.options for i in version.flows["welcome"].instructions)
    assert choice_of(Asking("", "one", way), version.labels_of(way, "en"), "no") is None
    labels = version.labels_of(fine, "en")
    assert [choice_of(Asking("", "one", fine), labels, typed) for typed in ("nope", "yeah")] == [
        "keep",
        "change",
    ]


def test_several_choices_stand_in_one_line_and_a_negation_spoils_it() -> None:
    flow = """
steps:
  - ask: pay
    type: many
    say: How do customers pay you?
    choices: {cash: In cash, qr: QR code, card: Card}
"""
    version = compiled(welcome=flow)
    options = version.flows["welcome"].instructions[0].options
    asking, labels = Asking("", "many", options), version.labels_of(options, "en")
    assert choices_of(asking, labels, "cash AND card") == ["cash", "card"]
    assert choices_of(asking, labels, "cash、qr") == ["cash", "qr"]
    assert choices_of(asking, labels, "one & 3") == ["cash", "card"]
    assert choices_of(asking, labels, "cash and no card") is None
    assert choices_of(asking, labels, "cash, not card") is None


# --- every question of the base pack ---------------------------------------------------------------


def asked_steps(version: Version) -> list[Instruction]:
    return [i for flow in version.flows.values() for i in flow.instructions if i.options]


def test_every_choice_is_found_by_its_words_and_its_place_and_never_by_their_opposite(base: Version) -> None:
    every = {id: base.options_of(question) for id, question in base.questions.items()}
    every |= {step.key: step.options for step in asked_steps(base)}
    wrong = []
    for key, options in every.items():
        asking, labels = Asking("", "one", options), base.labels_of(options, "en")
        for place, option in enumerate(options):
            words = [base.words.of(option.key, "en"), base.words.of(option.key, "en", short=True)]
            synonyms = option.key.replace("/choices/", "/synonyms/")
            if base.words.has(synonyms):
                words += base.words.of(synonyms, "en").split(" | ")
            words.append("abcdefghijklmnopqrstuvwxyz"[place])
            words += [str(number) for number in (option.low, option.high) if number is not None]
            if not asking.lettered:
                words.append(str(place + 1))
            for word in words:
                if choice_of(asking, labels, word) != option.id:
                    wrong.append((key, option.id, word))
                opposite = f"not {word}"
                if plain(opposite) not in labels.exact and choice_of(asking, labels, opposite) == option.id:
                    wrong.append((key, option.id, opposite))
    assert wrong == []


# --- translations and checks -----------------------------------------------------------------------

SPANISH = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgctxt "engine/words_yes"
msgid ""
"{yes}"
msgstr "sí | claro | sí claro"

msgctxt "engine/words_negation"
msgid ""
"{negation}"
msgstr "no | sin | nunca"

msgctxt "bank/leader_sex/choices/woman"
msgid "A woman"
msgstr "Una mujer"

msgctxt "bank/leader_sex/synonyms/woman"
msgid ""
"{woman}"
msgstr "señora | mi esposa"
"""


def test_the_lists_and_synonyms_are_translated_like_any_other_words(base: Version) -> None:
    texts = base.words.texts
    sources = sources_with()
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"languages: [en]", b"languages: [en, es]")
    sources["po/es.po"] = SPANISH.format(
        yes=texts["engine/words_yes"],
        negation=texts["engine/words_negation"],
        woman=texts["bank/leader_sex/synonyms/woman"],
    ).encode()
    report = Report()
    version = compile_pack(sources, report)
    assert version is not None, render(report.problems)
    assert report.problems == ()
    assert understood(version, "place", "¡Claro!", "es") == "yes"
    assert understood(version, "place", "sure", "es") is None
    assert understood(version, "leader_sex", "señora", "es") == "woman"
    assert understood(version, "leader_sex", "sin mujer", "es") is None


def test_a_synonym_may_not_stand_for_two_choices() -> None:
    flow = """
steps:
  - ask: pays
    say: How do people pay you?
    choices: {cash: In cash, card: By card}
    synonyms: {cash: [coins, BY CARD], card: [plastic, Coins]}
"""
    found = [problem for problem in problems_of(welcome=flow).problems if problem.code == "TEXT-010"]
    assert len(found) == 2
    assert {problem.place.line for problem in found} == {9}


def test_words_of_two_choices_stand_for_neither_and_a_label_goes_before_a_synonym() -> None:
    flow = """
steps:
  - ask: pays
    say: How do people pay you?
    choices: {cash: Coins, card: Card, other: Something else}
    synonyms: {other: [barter]}
"""
    version = compiled(welcome=flow)
    options = version.flows["welcome"].instructions[0].options
    spoken = [(options[0], ["Coins"], ["swap"]), (options[1], ["Card"], ["swap", "coins"])]
    assert labels(spoken, version.lexicon("en")).exact == {"coins": "cash", "card": "card", "cash": "cash"}


def test_scripts_that_write_words_together_are_not_guessed_at() -> None:
    version = compiled(
        welcome='steps:\n  - ask: trust\n    say: Do you?\n    choices: {a: "我大多相信它", b: "我怀疑它"}\n'
    )
    options = version.flows["welcome"].instructions[0].options
    asking, labels = Asking("", "one", options), version.labels_of(options, "en")
    assert choice_of(asking, labels, "我大多相信它！") == "a"
    assert choice_of(asking, labels, "我大多不相信它") is None
