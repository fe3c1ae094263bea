"""Letters to an economy's author: where, what we found, what to do. All kinds stand in one catalogue.

A problem has a code that never changes its meaning, so that tests, pages and people can refer to it;
its sentences may be improved by anybody. Retired codes are not used again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "hint"]
LONGEST_QUOTE = 160  # a quoted piece of a file; more would push the remedy out of sight
LONGEST_LIST = 24


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands. Lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an author should mend. A `hint` does not stop a pack from being used."""

    code: str
    place: Place
    finding: str
    remedy: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. Both sentences may hold {placeholders}.

    A fact called `near` that is not empty takes the remedy's place: Did you mean '…'?
    """

    finding: str
    remedy: str
    severity: Severity = "error"


def _hint(finding: str, remedy: str) -> Kind:
    return Kind(finding, remedy, "hint")


CATALOGUE: dict[str, Kind] = {
    # The file as a file
    "YAML-001": Kind("The file cannot be read from here on: {detail}.", "{advice}"),
    "YAML-002": Kind("The file is larger than {limit} bytes.", "Split it into several files."),
    "YAML-003": Kind("Lists and mappings are nested more than {limit} deep.", "Close the brackets, or write it flatter."),
    "YAML-004": Kind("The file holds more than {limit} values.", "Split it into several files."),
    "YAML-005": Kind("A text has more than {limit} characters.", "Shorten it, or close its quotes earlier."),
    "YAML-006": Kind(
        "'{word}' gives a name to a value, to be repeated elsewhere. Packs do not use that.",
        "Write the value out where it is needed. A text that begins with & or * needs quotes.",
    ),
    "YAML-007": Kind(
        "'{word}' is a YAML tag. Packs do not use tags.",
        "Leave it out: all values are text here. A text that begins with ! needs quotes.",
    ),
    "YAML-008": Kind("The file holds a second document.", "Remove the line '---', or move what follows to a file of its own."),
    "YAML-009": Kind("'{key}' stands here a second time; first on line {first}.", "Keep one of them, or rename the other."),
    "YAML-010": Kind("The name before the colon is missing, or is a list or a mapping.", "Write one word before the colon."),
    "YAML-011": Kind("'<<' would merge another mapping. Packs do not use that.", "Write the lines out here."),
    "YAML-012": Kind("The file is not in UTF-8 from here on.", "Save it as UTF-8."),
    "YAML-013": Kind(
        "There is an invisible control character here ({name}).",
        "Delete it and type the text again.",
    ),
    "YAML-014": Kind("A tab stands where spaces belong.", "Indent with spaces, two for each level."),
    "YAML-015": Kind("The file is empty.", "Fill it, or delete it."),
    "YAML-016": _hint(
        "We read '{word}' as text; other YAML readers read it as a number.",
        'Put it in quotes: "{word}".',
    ),
    # The shape of what was written
    "SHAPE-001": Kind("{what} has a key '{key}', which is not known there.", "Known keys: {known}."),
    "SHAPE-002": Kind("The key '{key}' is missing in {what}.", "Add a line '{key}: ...'."),
    "SHAPE-003": Kind("'{key}' is '{value}', but should be {expected}.", "Change the value."),
    "SHAPE-004": Kind("'{key}' is '{value}', which is not one of its values.", "Possible values: {known}."),
    "SHAPE-005": Kind(
        "'{id}' cannot be an id.",
        "Begin with a small letter a to z; then small letters, digits and _ (like two_to_four).",
    ),
    "SHAPE-006": Kind("{what} should be {expected}.", "Look at a neighbour in the base pack and write it the same way."),
    "SHAPE-007": Kind("{what} has no '{key}'.", "Write at least one."),
    # The pack as a whole
    "PACK-001": Kind("The file {file} is missing.", "Copy it from content/packs/base and change what differs."),
    "PACK-002": Kind("'schema' is '{value}'; we read schema 1.", "Write 'schema: 1'."),
    "PACK-003": Kind("'{language}' is not a language tag.", "Write it like en, es-PE or zh-Hant."),
    "PACK-004": Kind("'{zone}' is not a time zone.", "Write it like America/Lima or Asia/Ho_Chi_Minh."),
    "PACK-005": Kind("'{economy}' is not an economy code.", "Write the two capital letters of ISO 3166, like PE or VN."),
    "PACK-006": Kind("There is a translation for '{language}', which is not among the pack's languages.", "Add it to 'languages' in pack.yaml."),
    "PACK-007": Kind("There is a WhatsApp template for '{language}', which is not among the pack's languages.", "Add it to 'languages', or take the template out."),
    "PACK-008": Kind("'{currency}' is not a currency code.", "Write the three capital letters of ISO 4217, like PEN or VND."),
    "PACK-009": _hint("The file '{file}' is none that a pack holds, so it is not read.", "Files of a pack: {known}."),
    "PACK-010": Kind("The pack opens with '{flow}', which asks for the economy, and names no programmes to lead to.", "Write 'programmes' in pack.yaml, or another 'opening'."),
    "ZIP-001": Kind("The file is no zip that can be read: {detail}.", "Pack the folder again."),
    "ZIP-002": Kind("The zip holds {found} files; {limit} are allowed.", "Pack only the pack's own folder."),
    "ZIP-003": Kind("The files in the zip are larger than {limit} bytes together.", "Pack only the pack's own folder."),
    "ZIP-004": Kind("The zip holds a file outside of its own folder: '{path}'.", "Pack the folder again with another program, and ask who sent it."),
    "ZIP-005": Kind("The zip holds a link: '{path}'.", "Put the file itself in its place."),
    # What a pack changes in the one it extends
    "EXT-001": Kind("'{id}' is not in the file that this pack extends.", "Entries there: {known}."),
    "EXT-002": Kind("'{id}' is not a section of this file.", "Sections: {known}."),
    "EXT-003": Kind("'{id}' takes the place of what the parent has, and does not say why.", "Add 'overrides: <the reason>' at the top, or write only what changes, under 'changes'."),
    "EXT-004": Kind("'{id}' is in the parent already, and nothing overrides silently.", "Write it under 'changes': {{change: ..., set: ...}} or {{replace: ..., with: ...}}."),
    "EXT-005": Kind("'{id}' is in the parent already, so it cannot be put in.", "Give it another id, or write 'change' in place of 'insert'."),
    "EXT-006": Kind("The pack '{parent}', which this one extends, is not here.", "Known packs: {known}. PASITO_PACKS names the folders of others."),
    "EXT-007": Kind("The packs extend one another in a circle, or too many times: {circle}.", "Let the first of them extend base."),
    "EXT-008": Kind("This pack was made for another '{parent}': its files have the hash {found}, the pin is {pin}.", "Run pasito pack update with the name of this pack. It moves the pin and lists what to look at again."),
    "EXT-009": Kind("The copy of '{parent}' in the folder pinned has been changed: its hash is {found}, the pin is {pin}.", "Undo the change, and write it in this pack's own files; or run: pasito pack update."),
    "EXT-010": Kind("'{module}' is not a module of the pack that this one extends.", "Known modules: {known}."),
    "EXT-011": _hint("The pack stands on an older '{parent}' than the one of today.", "Run pasito pack diff to see what has changed there, and pasito pack update to take it over."),
    # Terms, directory
    "TERM-001": Kind("'{term}' is not a term.", "Known terms: {known}. New ones stand in terms.yaml."),
    "TERM-002": Kind("The term '{term}' has no form '{form}' in {language}.", "Write it in terms.yaml under '{term}'. Its forms there: {known}."),
    "TERM-003": Kind("The term '{term}' has no words in {language}, or no form 'one'.", "Write '{language}: {{one: ...}}'."),
    "DIR-002": _hint("The directory has no entry of the kind '{kind}', which people ask for.", "Add one to directory.yaml, with its source and the day you looked."),
    "DIR-003": _hint("The directory lists few of the kind '{kind}': {found}, where {wanted} make a good list.", "Add more, each with its source."),
    "LAW-001": _hint("There is no law in this pack.", "Write the rules that a small business here should know into laws.yaml, each with its source."),
    "CASE-001": Kind("'{sector}' is not a sector of this pack.", "Known sectors: {known}."),
    "CASE-002": Kind("The case '{case}' has no source.", "Write 'source' with the address of its page, or 'named' with what is known of it."),
    "CASE-003": _hint("These cases are told to nobody, as their businesses have not been asked: {cases} ({count}).", "Ask them. Then write 'consent: given', or 'no_name' if they want to stay unnamed."),
    "CASE-004": Kind("The case '{case}' is shown with a name, and has none.", "Write it under 'who', or 'consent: no_name'."),
    "CASE-005": _hint("What the case '{case}' says has {found} words.", "Write at most {limit}: before, what they did, what changed."),
    "CAMP-001": Kind("The campaign '{campaign}' says the flow '{flow}', which does not exist.", "Known flows: {known}."),
    "CAMP-002": Kind("The campaign '{campaign}' ends on {until}, before it begins on {begins}.", "Let 'until' be the day of 'from' or a later one."),
    "CAMP-003": Kind("The campaign '{campaign}' is to be said at {at}, in the quiet hours.", "Write an hour between {end} and {start}."),
    "CAMP-004": _hint("The campaign '{campaign}' may invite people on WhatsApp, and there is no approved message in {languages}.", "Name it under 'whatsapp_templates' in pack.yaml, or write 'outside: hold'."),
    "SRC-001": _hint("The {what} entry '{id}' has no source, or no day on which somebody looked.", "Add 'source: https://…' and 'checked: 2026-11-22'."),
    "SRC-002": _hint("The {what} entry '{id}' was looked at {days} days ago; after {limit} it may be wrong.", "Look whether it still holds, and set 'checked' to today."),
    "I18N-001": _hint("Not translated into {language}, of '{part}': {count}, such as {keys}.", "Translate them: pasito i18n update, then open the PO file in an editor such as Poedit."),
    "I18N-002": _hint("To be looked at again in {language}, of '{part}': {count}, such as {keys}.", "Compare them with the changed text, and take the mark 'fuzzy' away."),
    "LIVE-001": _hint("People stand in the step '{step}' of '{flow}', which this pack no longer has: {count}. The version they began with serves them until they are done.", "If another step takes its place, say so in migrations.yaml: flows: {{{flow}: {{{step}: …}}}}."),
    "DIR-001": Kind("'{kind}' is not a kind of this directory.", "Known kinds: {known}."),
    # Questions
    "BANK-001": Kind("The id '{id}' is used twice; first on line {first}.", "Give one of them another id."),
    "BANK-002": Kind("'{dimension}' is not a dimension of this bank.", "Known dimensions: {known}."),
    "BANK-003": Kind(
        "Item '{item}' has the points {found}; they should be 0, 1, 2, 3, 4 in this order.",
        "Give it exactly five choices, each a little more than the one before.",
    ),
    "BANK-004": Kind("Item '{item}' is a variant of '{target}', which is not an item above it.", "Name an item that stands above."),
    "BANK-005": Kind("Item '{item}' stands in another dimension than '{target}', whose slot it shares.", "Give both the same dimension."),
    "BANK-006": Kind("Item '{item}' shares a slot but has no 'when'.", "Say for whom it is, so that only one of them is asked."),
    "BANK-007": Kind("'{range}' is not a range of numbers.", "Write it like 1, 2-4 or 250+."),
    "BANK-008": Kind("Ranges of '{field}' overlap: '{range}' and the one before it.", "Let each begin where the one before has ended."),
    "BANK-009": Kind("'{id}' asks about '{path}', which comes later or is the question itself.", "Ask about earlier questions only."),
    "BANK-010": Kind("'{id}' is a word of ours and cannot be a choice.", "Use another id than unknown, skipped and not_applicable."),
    "BANK-011": Kind("Field '{field}' has fewer than two choices.", "Write at least two."),
    "BANK-012": Kind("Item '{item}' shares a slot, but one is in the quick check and the other is not.", "Give both the same 'quick'."),
    "BANK-013": Kind("There are synonyms for '{choice}', which is not a choice of '{id}'.", "Its choices: {known}."),
    # Scoring, gaps, films
    "SCORE-001": Kind("The levels do not begin at 0 and rise.", "Let the first be 'from: 0' and each next one be higher, up to 100."),
    "SCORE-002": Kind("The limits {found} are not a lower and an upper number.", "Write them like [0.5, 2.0]."),
    "SCORE-003": Kind("The weights add up to 0.", "Give at least one dimension a weight above 0."),
    "SCORE-004": Kind("There is no target for the size '{choice}'.", "Add it under 'targets' with a number from 1 to 4."),
    "GAP-001": Kind("Item '{item}' reveals the gap '{gap}', which is not in gaps.yaml.", "Add the gap, or name one that exists: {known}."),
    "GAP-002": Kind("Gap '{gap}' stands in dimension '{dimension}', but item '{item}', which reveals it, in '{other}'.", "Give both the same dimension."),
    "GAP-003": Kind("'{gap}' is not a gap of this pack.", "Known gaps: {known}."),
    "GAP-004": Kind("The gaps {circle} wait for each other in a circle.", "Remove one of them from an 'after'."),
    "GAP-005": Kind("The right answer '{right}' is not among the quiz's choices.", "Name one of: {known}."),
    "GAP-006": Kind("'{film}' is not a film of this pack.", "Known films: {known}."),
    "GAP-007": _hint("No item reveals the gap '{gap}', so nobody will ever see it.", "Point an item to it in bank.yaml, or remove it."),
    "GAP-008": Kind("The quiz has {found} choices.", "Write two to five."),
    "FILM-001": Kind("The film '{film}' has {found} spoken words.", "Write {least} to {most}: that is 60 to 90 seconds."),
    "FILM-002": Kind("Scene {scene} of '{film}' has {found} spoken words.", "Write at most {limit}, so that the subtitles fit."),
    "FILM-003": Kind("Nothing is said in scene {scene} of '{film}'.", "Write what is said there, or take the scene out."),
    "FILM-004": _hint("Scene {scene} of '{film}' shows '{part}', which is not a part that can be drawn, so it stays away.", "Look at all parts: pasito video parts."),
    "FILM-005": _hint("Nothing is drawn in these scenes of '{film}': {scenes}.", "Put parts together under 'drawing', as the neighbours in the base pack do."),
    "FILM-006": Kind("'{file}' is no file within the pack's folder.", "Put the film into the pack's folder, and write its path there: videos/my_film.mp4."),
    "FILM-007": _hint("There is a film of its own for '{language}', which is not among the pack's languages.", "Write the language as it stands in pack.yaml."),
    "FILM-008": Kind("Scene {scene} of '{film}' has {found} spoken words in {language}.", "Write at most {limit}: so many are spoken in the time of the scene."),
    "FILM-009": Kind("The film '{film}' has {found} spoken words in {language}.", "Write at most {limit}, over all its scenes: a longer film costs too much data."),
    "VOICE-001": Kind("'{voice}' is not a voice that can read films.", "Write none for a film without a voice, or one of these: {known}."),
    "VOICE-002": Kind("There is a voice for '{language}', which is not among the pack's languages.", "Add it to 'languages', or take the voice out."),
    # Conditions
    "COND-001": Kind("'{path}' is not a name that conditions know.", "Known here: {known}."),
    "COND-002": Kind("'{choice}' is not a choice of '{path}'.", "Its choices: {known}."),
    "COND-003": Kind("'{path}' is {found}, so it cannot be compared with {other}.", "{advice}"),
    "COND-004": Kind("Conditions do not know '{word}'.", "Write '{instead}' in its place."),
    "COND-005": Kind("The condition cannot be read from '{near_text}' on.", "Write it like: profile.size == \"one\" && points.P1 >= 2."),
    "COND-006": Kind("The condition has {found} characters; {limit} are allowed.", "Split it into branches."),
    "COND-007": Kind("Conditions do not know {word}.", "{advice}"),
    "COND-008": Kind("'{path}' stands alone, but is {found} and not a yes or no.", "Compare it: {path} == ..."),
    "COND-009": Kind("The condition is empty.", "Write one, or remove the key."),
    "COND-010": Kind("The condition is nested too deeply.", "Split it into branches."),
    "COND-011": Kind("This compares fixed values only, so it is always the same.", "Compare a name, like profile.size, with a value."),
    # Words
    "TEXT-001": Kind("The text '{key}' is too long for {channel}: {found} characters, {limit} are allowed.", "Shorten it."),
    "TEXT-002": Kind("The label '{text}' has {found} characters; a button takes {limit}.", "Add a short form: {{text: ..., short: ...}}."),
    "TEXT-003": Kind("The short form '{text}' has {found} characters; a button takes {limit}.", "Shorten it."),
    "TEXT-004": Kind("'{{{name}}}' is not a placeholder that can be filled here.", "Known here: {known}."),
    "TEXT-005": Kind("The text is empty.", "Write it, or remove the key."),
    "TEXT-006": Kind("The translation of '{key}' has other placeholders than the text: {found} instead of {expected}.", "Copy the words in {{braces}} unchanged."),
    "TEXT-007": _hint("The translation of '{key}' belongs to an earlier text: the text has changed since.", "Run pasito i18n update, compare the translation with the new text, and take the mark 'fuzzy' away."),
    "TEXT-008": _hint("The translation of '{key}' belongs to no text of this pack.", "Run pasito i18n update: it puts aside what is gone."),
    "TEXT-009": Kind("The translation file cannot be read: {detail}.", "Open it in a PO editor (such as Poedit) and save it again."),
    "TEXT-010": Kind("'{text}' stands for two choices: '{first}' and '{second}'.", "Give each its own words: somebody may type them."),
    "TEXT-011": _hint("'{found}' still stands in square brackets: people would read it like that.", "Write what stands for it in your economy."),
    "TEXT-012": Kind("The translation of '{key}' has other links than the text.", "Copy them unchanged: {expected}."),
    "TEXT-013": Kind("'{brand}' is a brand name, and this pack belongs to no economy.", "Write a term like {{term.wallet}}; each economy names what its people use."),
    "TEXT-014": Kind("'{key}' holds the invisible sign {name}.", "Take it out: what people see would differ from what is written."),
    "TEXT-015": Kind("'{key}' mixes letters of two alphabets in one word: '{found}'.", "Type the word again with one keyboard."),
    "TEXT-016": Kind("In '{key}' people are told to write {wanted}, and the translation names nothing that starts a flow: {found}.", "Put a word in quotes that stands in the flow's list 'said' of this language."),
    "TEXT-017": _hint("In '{key}' the text speaks of '{word}', and the translation uses none of the glossary's words: {wanted}.", "Use one of them, or add the word you use to glossary.yaml."),
    "TEXT-018": _hint("'{key}' leads to {host}, which is not among the pack's 'hosts'.", "If people may be led there, add it to 'hosts' in pack.yaml."),
    "TEXT-019": Kind("The words that go with '{name}' have {found} forms; {language} has {wanted}.", "Write one for each plural, with | between, as in {{{name}?question|questions}}."),
    # Flows
    "FLOW-001": Kind("The flow '{flow}' exists twice; the other one is in {other}.", "Rename one of them."),
    "FLOW-002": Kind("Step '{step}' goes to '{target}', which does not exist in this flow.", "Name the id of a step of this flow, or 'end'."),
    "FLOW-003": Kind("Step '{step}' can never be reached.", "Remove it, or let a step go to it."),
    "FLOW-004": Kind("The steps {circle} go round without ever asking anything.", "Put a question between them, or end the flow."),
    "FLOW-005": Kind("The branch '{step}' has no 'else'.", "Add '- else: []' if nothing is to happen."),
    "FLOW-006": Kind("The flow '{flow}' has no steps.", "Write at least one under 'steps'."),
    "FLOW-007": Kind("The step id '{step}' is used twice; first on line {first}.", "Give one of them another id."),
    "FLOW-008": Kind("'{kind}' is not a kind of step.", "Known kinds: {known}."),
    "FLOW-009": Kind("A {kind} step has a key '{key}', which is not known there.", "Known keys: {known}."),
    "FLOW-010": Kind("The key '{key}' is missing in this {kind} step.", "Add a line '{key}: ...'."),
    "FLOW-011": Kind("'{key}' of this {kind} step is '{value}', but should be {expected}.", "Change the value."),
    "FLOW-012": Kind("Step '{step}' names the flow '{target}', which does not exist.", "Known flows: {known}."),
    "FLOW-013": Kind("Step '{step}' links to another flow, but '{flow}' is called by '{caller}' and should return to it.", "Use 'call' in place of 'link'."),
    "FLOW-014": Kind("'{question}' is not a question of the bank.", "Use the id of a field or item of bank.yaml."),
    "FLOW-019": Kind("A question of type '{type}' needs choices.", "Add 'choices:' with an id and words for each."),
    "FLOW-020": Kind("A question of type '{type}' takes no choices.", "Remove them, or write 'type: one'."),
    "FLOW-021": Kind("The question '{step}' has {found} choices; {limit} are possible.", "Ask in two steps, or join choices."),
    "FLOW-022": Kind("'{choice}' is not a choice of '{step}'.", "Its choices: {known}."),
    "FLOW-023": Kind("The flow in this file is called '{flow}', but the file '{file}'.", "Give the file the flow's name, or rename the flow."),
    "FLOW-024": Kind("'{phrase}' starts two flows: '{flow}' and '{other}'.", "Keep it in one of them."),
    "FLOW-025": Kind("The flow '{flow}' is needed and missing.", "Copy it from the base pack's flows."),
    "FLOW-026": Kind("The flow '{flow}' calls itself: {circle}.", "End the flow, and let the caller go back with 'go'."),
    "FLOW-027": Kind("The flow '{flow}' has {found} steps; {limit} are allowed.", "Move a part to a flow of its own and call it."),
    "FLOW-031": Kind("'{name}' is kept by two questions with different answers: '{step}' and '{other}'.", "Give one of them another id."),
    "FLOW-033": Kind("The smallest number {least} is greater than the largest {most}.", "Exchange them."),
    "FLOW-034": Kind("'{what}' is not something that can be shown.", "Known: {known}."),
    "FLOW-035": Kind("The link '{url}' is not a web address that begins with https://.", "Write the whole address."),
    "FLOW-036": Kind("A question that is kept as '{target}' has other choices than yes and no.", "Give it the choices yes and no."),
    "FLOW-037": Kind("An answer cannot be kept as '{target}'.", "Known: {known}. Without 'save' it is kept as answers.<name>."),
    "FLOW-038": Kind("'{operation}' is not something that can be done.", "Known: {known}."),
    "FLOW-039": Kind("The language is kept from choices of its own.", "Write 'choices: languages'."),
    "FLOW-040": Kind("Words of her own take the place of one choice, and this question has other answers.", "Remove 'own_words', or write 'type: one' and its choices."),
    "FLOW-042": Kind("A flow cannot be called '{flow}': other texts have that name.", "Give it another name."),
    "FLOW-041": _hint("Nothing leads to the flow '{flow}', and no words start it.", "Call it, link to it, give it 'said', or take it out."),
    # Conversation tests
    "TEST-001": Kind("'{key}' is not a word of conversation tests.", "Known words: {known}."),
    "TEST-002": Kind("The test '{test}' has no steps.", "Write at least one line with 'user' or 'bot'."),
    "TEST-003": Kind("The test '{test}' exists twice.", "Rename one of them."),
    "TEST-004": Kind("In '{test}' we expected {expected}, but got {found}.", "Change the flow, or the test if the flow is right."),
    "TEST-007": Kind("In '{test}' the conversation in {language} goes another way than in English: {found}.", "Look at the words of that language: labels, synonyms, said. If the test is about English words, write 'given: {{language: en}}'."),
    "TEST-006": Kind("A line of a test does one thing; this one has '{first}' and '{second}'.", "Make two lines of it."),
}  # fmt: skip

_PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)\}(?!\{)|\{\{\{(\w+)\}\}\}")


def facts_of(code: str) -> frozenset[str]:
    """The names that the sentences of a kind of problem need."""
    kind = CATALOGUE[code]
    found = _PLACEHOLDER.findall(kind.finding) + _PLACEHOLDER.findall(kind.remedy)
    return frozenset(plain or braced for plain, braced in found)


class Report:
    """Collects problems, so that an author sees all of them in one run."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}

    def add(self, code: str, place: Place, /, **facts: object) -> None:
        """Notes a problem. The facts fill its sentences; `near` is the word that may have been meant.

        A fact that is a list or a set is written as 'a, b, c'. Raises KeyError for a fact that the
        sentences need and did not get: that is a mistake of ours, not of an author.
        """
        kind = CATALOGUE[code]
        words = {name: _quoted(value) for name, value in facts.items()}
        remedy = "Did you mean '{near}'?" if words.get("near") else kind.remedy
        problem = Problem(code, place, kind.finding.format(**words), remedy.format(**words), kind.severity)
        self._problems[problem] = None

    def extend(self, problems: Iterable[Problem]) -> None:
        self._problems.update(dict.fromkeys(problems))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Errors and hints, sorted by place."""
        return tuple(sorted(self._problems, key=lambda problem: (problem.place, problem.code)))

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def ok(self) -> bool:
        """Whether there is nothing but hints."""
        return not any(problem.severity == "error" for problem in self._problems)

    def codes(self) -> tuple[str, ...]:
        return tuple(problem.code for problem in self.problems)


def _quoted(value: object) -> str:
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        items = [str(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
        shown = items if len(items) <= LONGEST_LIST else [*items[:LONGEST_LIST], "…"]
        return ", ".join(shown) or "none"
    # What stands in a file may hold line ends and control characters; a letter should not.
    line = " ".join("".join(char if char.isprintable() else " " for char in str(value)).split())
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, or "" when none is alike enough."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(
        word.casefold(), sorted(known), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=60
    )
    return best[0] if best else ""


def render(problems: Iterable[Problem]) -> str:
    """Problems as an author reads them in the terminal: place and code, finding, remedy."""
    letters = [
        f"{problem.place}  {problem.code}{' (hint)' if problem.severity == 'hint' else ''}\n"
        f"  {problem.finding}\n  {problem.remedy}\n"
        for problem in problems
    ]
    return "\n".join(letters)
