"""Conditions of flows and packs: a small, checked part of CEL (https://cel.dev).

    profile.size == "one" && points.P1 >= 2
    profile.sector in ["crafts_textile", "manufacturing"] || !consent.reminders

What there is: declared names, fixed values, && || ! == != < <= > >= in, lists behind `in`, and
startsWith, endsWith, contains on texts. No arithmetic, no macros: scoring is data, not a sum in a flow.

null: a name without an answer is null and may be compared with null. Any other comparison of size with
null has no answer; a condition that hangs on it does not hold. So `points.C1 >= 1` is false before C1 is
answered, and so is `!(points.C1 >= 1)`; `points.C1 >= 1 || profile.place == "yes"` still holds for a
place. An evaluation never raises: whatever fails counts as false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from content.problems import Place, Report, did_you_mean

if TYPE_CHECKING:
    from celpy.celparser import CELParser
    from lark import Token, Tree

LENGTH = 500
DEPTH = 12  # brackets within brackets
REMEMBERED = 512  # answers kept for each condition

KindName = Literal["choice", "choices", "number", "text", "yes_no"]


@dataclass(frozen=True, slots=True)
class Name:
    """What a declared name holds: one choice id, a list of them, a number, a text, or a yes or no."""

    kind: KindName
    choices: frozenset[str] = frozenset()


NUMBER = Name("number")
TEXT = Name("text")
YES_NO = Name("yes_no")

Vocabulary = Mapping[str, Name]
"""Dotted path -> what it holds: {"profile.size": Name("choice", {"one", "more"}), ...}."""

# How the kinds are called in a letter to an author.
_CALLED = {
    "choice": "a choice",
    "choices": "a list of choices",
    "number": "a number",
    "text": "a text",
    "yes_no": "a yes or no",
    "null": "null",
    "list": "a list",
}


class Facts(Protocol):
    """Values by group: {"profile": {"size": "one"}, "points": {...}, ...}. What is missing is null."""

    def get(self, group: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition. `paths` are the declared names it reads."""

    source: str
    paths: tuple[str, ...]
    _answer: Callable[..., bool] = field(repr=False, compare=False)
    _ways: tuple[tuple[str, ...], ...] = field(repr=False, compare=False)

    def holds(self, facts: Facts) -> bool:
        """Whether it holds for these facts.

        A name that is missing is null. The answer is remembered by the values of `paths`.
        """
        values = []
        for way in self._ways:
            value: Any = facts
            for part in way:
                value = value.get(part) if value is not None else None
            values.append(tuple(value) if value.__class__ is list else value)
        return self._answer(*values)


def check_condition(source: Any, vocabulary: Vocabulary, place: Place, report: Report) -> Condition | None:
    """The condition, ready to be asked, or None with the problems in the report."""
    before = len(report.errors)
    if not isinstance(source, str) or not source.strip():
        report.add("COND-009", place)
        return None
    if len(source) > LENGTH:
        report.add("COND-006", place, found=len(source), limit=LENGTH)
        return None
    if "\\" in source:
        # The grammar we parse with needs minutes for a few hundred of them.
        at = _shifted(place, source, source.index("\\"))
        report.add("COND-007", at, word="the backslash", advice="Write the value without it.")
        return None
    if _other_languages_words(source, place, report) or _too_deep(source, place, report):
        return None
    tree = _parse(source, place, report)
    if tree is None:
        return None
    checker = _Checker(vocabulary, place, report)
    checker.truth(tree)
    if len(report.errors) > before:
        return None
    paths = tuple(sorted(checker.paths))
    ways = tuple(tuple(path.split(".")) for path in paths)
    try:
        return Condition(source, paths, _evaluator(source, ways), ways)
    except ValueError:  # what only the evaluator minds, such as a number of thirty digits
        report.add("COND-005", place, near_text=source)
        return None


# Words of other languages that authors try; said before the parser speaks. The first part of the
# pattern steps over quoted texts.
_FOREIGN = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\b(and|or|not|AND|OR|NOT|None|True|False)\b|(<>|(?<![=!<>])=(?!=)|===|(?<!&)&(?!&)|(?<!\|)\|(?!\|))""")  # fmt: skip
_INSTEAD = {
    "and": "&&", "or": "||", "not": "!", "none": "null", "true": "true", "false": "false",
    "<>": "!=", "=": "==", "===": "==", "&": "&&", "|": "||",
}  # fmt: skip


def _other_languages_words(source: str, place: Place, report: Report) -> bool:
    found = False
    for match in _FOREIGN.finditer(source):
        word = match.group(2) or match.group(3)
        if word:
            found = True
            report.add(
                "COND-004", _shifted(place, source, match.start()), word=word, instead=_INSTEAD[word.lower()]
            )
    return found


def _too_deep(source: str, place: Place, report: Report) -> bool:
    depth = 0
    for index, char in enumerate(source):
        depth += (char in "([{") - (char in ")]}")
        if depth > DEPTH:
            report.add("COND-010", _shifted(place, source, index))
            return True
    return False


def _shifted(place: Place, source: str, index: int) -> Place:
    before = source[:index]
    lines = before.count("\n")
    if lines:
        return replace(place, line=place.line + lines, column=len(before) - before.rfind("\n"))
    return replace(place, column=place.column + index)


@cache
def _parser() -> CELParser:
    # Half a second together with the evaluator, so it waits until the first condition is read.
    from celpy.celparser import CELParser

    return CELParser()


def _parse(source: str, place: Place, report: Report) -> Tree[Token] | None:
    from celpy.celparser import CELParseError

    try:
        return _parser().parse(source)
    except CELParseError as error:
        index = _index(source, error.line or 1, error.column or 1)
        rest = source[index:].strip()
        report.add("COND-005", _shifted(place, source, index), near_text=rest or source.strip()[-20:])
        return None


def _index(source: str, line: int, column: int) -> int:
    if line < 1 or column < 1:  # the parser's way to say: at the end
        return len(source)
    return sum(len(row) + 1 for row in source.split("\n")[: line - 1]) + column - 1


@dataclass(frozen=True, slots=True)
class _Term:
    """One side of a comparison: a name, a fixed value or a list of fixed values."""

    kind: str
    words: str
    place: Place
    path: str | None = None
    choices: frozenset[str] = frozenset()
    literals: tuple[_Term, ...] = ()
    value: str | None = None


_COMPARISONS = {
    "relation_eq": "==",
    "relation_ne": "!=",
    "relation_lt": "<",
    "relation_le": "<=",
    "relation_gt": ">",
    "relation_ge": ">=",
    "relation_in": "in",
}
_ON_TEXT = frozenset({"startsWith", "endsWith", "contains"})
_WHY_NOT = {
    "multiplication": (
        "sums",
        "Scores are computed in scoring.yaml; compare a name with a fixed number here.",
    ),
    "addition": ("sums", "Scores are computed in scoring.yaml; compare a name with a fixed number here."),
    "unary": ("a minus before a name", "Compare the name with a fixed number."),
    "expr": ("the question mark", "Use a branch with 'if' and 'else'."),
    "map_lit": ("mappings", "Compare a name with a fixed value."),
    "member_object": ("mappings", "Compare a name with a fixed value."),
    "member_index": ("names in square brackets", "Write a dot: profile.size."),
    "dot_ident": ("names that begin with a dot", "Write the whole name: profile.size."),
    "dot_ident_arg": ("functions of that kind", "Compare a name with a fixed value."),
}


class _Checker:
    """Walks the tree of a condition and notes what cannot be meant."""

    def __init__(self, vocabulary: Vocabulary, place: Place, report: Report) -> None:
        self.paths: set[str] = set()
        self._vocabulary = vocabulary
        self._at = place
        self._report = report

    def truth(self, tree: Tree[Token]) -> None:
        """A part that must be true or false."""
        node = _innermost(tree)
        if node.data in ("conditionalor", "conditionaland"):
            for part in _trees(node):
                self.truth(part)
        elif node.data == "unary":
            sign, part = _trees(node)
            if sign.data == "unary_not":
                self.truth(part)
            else:
                self._refuse(node)
        elif node.data == "relation":
            self._comparison(node)
        elif node.data == "member_dot_arg":
            self._method(node)
        elif node.data == "ident_arg":
            self._function(node)
        else:
            self._alone(self._term(node))

    def _alone(self, term: _Term | None) -> None:
        if term is not None and term.kind != "yes_no":
            self._report.add("COND-008", term.place, path=term.path or term.words, found=_CALLED[term.kind])

    def _comparison(self, node: Tree[Token]) -> None:
        relation, right_tree = _trees(node)
        sign = _COMPARISONS[relation.data]
        left, right = self._term(_trees(relation)[0]), self._term(right_tree)
        if left is None or right is None:
            return
        if left.path is None and right.path is None:
            self._report.add("COND-011", left.place)
        elif sign == "in":
            self._membership(left, right)
        elif sign in ("==", "!="):
            self._equality(left, right)
        else:
            self._order(left, right)

    def _equality(self, left: _Term, right: _Term) -> None:
        name, other = (left, right) if left.path else (right, left)
        if other.kind == "null":
            return
        if name.kind == "choices" or other.kind in ("choices", "list"):
            self._unequal(name, other, f'Write: "..." in {name.path or other.path}')
        elif name.kind == "choice":
            self._same_choice(name, other)
        elif name.kind != other.kind:
            self._unequal(name, other)

    def _order(self, left: _Term, right: _Term) -> None:
        for name, other in ((left, right), (right, left)):
            if name.path and name.kind != "number":
                self._unequal(name, other, "Use == or !=, or compare a number.")
                return
        name, other = (left, right) if left.path else (right, left)
        if other.kind != "number":
            self._unequal(name, other)

    def _membership(self, left: _Term, right: _Term) -> None:
        if right.kind == "list":
            for literal in right.literals:
                if literal.kind != "null":
                    self._equality(left, literal)
        elif right.kind == "choices":
            self._same_choice(right, left)
        else:
            self._unequal(right, left, 'Write a list behind \'in\': ["...", "..."].')

    def _same_choice(self, name: _Term, other: _Term) -> None:
        if other.kind == "choice" and other.path:
            return
        if other.kind != "text" or other.value is None:
            self._unequal(name, other, f"Write a choice in quotes, such as {_example(name.choices)}.")
        elif other.value not in name.choices:
            self._report.add(
                "COND-002",
                other.place,
                choice=other.value,
                path=name.path,
                known=sorted(name.choices),
                near=did_you_mean(other.value, name.choices),
            )

    def _unequal(self, name: _Term, other: _Term, advice: str = "") -> None:
        if not advice and name.kind == "number" and other.kind == "text":
            advice = "Write the number without quotes."
        if not advice and name.kind == "yes_no":
            advice = f"Write {name.path} == true or {name.path} == false."
        self._report.add(
            "COND-003",
            name.place,
            path=name.path or name.words,
            found=_CALLED[name.kind],
            other=other.path or f"{other.words} ({_CALLED[other.kind]})",
            advice=advice or "Compare values of one kind.",
        )

    def _method(self, node: Tree[Token]) -> None:
        target = self._term(_trees(node)[0])
        name = next(str(child) for child in node.children if not _is_tree(child))
        arguments = [argument for group in _trees(node)[1:] for argument in _trees(group)]
        if name not in _ON_TEXT:
            near = did_you_mean(name, _ON_TEXT)
            self._unknown_word(
                node, f"'{name}(...)'", "Known on texts: startsWith, endsWith, contains.", near
            )
            return
        terms = [self._term(argument) for argument in arguments]
        if target and target.kind != "text":
            self._unequal(
                target,
                _Term("text", f"{name}(...)", target.place),
                "Only texts have that; use == for others.",
            )
        if len(terms) != 1 or (terms[0] and terms[0].kind != "text"):
            self._unknown_word(node, f"'{name}' without one text", f'Write: {name}("...").')

    def _function(self, node: Tree[Token]) -> None:
        name = str(node.children[0])
        if name == "has":
            self._unknown_word(node, "'has(...)'", "Write: name != null.")
        else:
            self._unknown_word(node, f"'{name}(...)'", "Compare a name with a fixed value.")

    def _term(self, tree: Tree[Token]) -> _Term | None:
        node = _innermost(tree)
        if node.data == "literal":
            return self._literal(node)
        if node.data == "list_lit":
            terms = [self._term(item) for group in _trees(node) for item in _trees(group)]
            if any(term and (term.path or term.kind == "list") for term in terms):
                self._unknown_word(
                    node, "lists of other than fixed values", 'Write a list like ["one", "more"].'
                )
                return None
            literals = tuple(term for term in terms if term)
            return (
                _Term("list", "the list", self._place(node), literals=literals)
                if len(literals) == len(terms)
                else None
            )
        path = _dotted(node)
        if path is not None:
            return self._name(node, path)
        if node.data == "member_dot_arg":
            self._method(node)
            return None
        if node.data == "ident_arg":
            self._function(node)
            return None
        self._refuse(node)
        return None

    def _name(self, node: Tree[Token], path: str) -> _Term | None:
        name = self._vocabulary.get(path)
        if name is None and any(path in known.choices for known in self._vocabulary.values()):
            self._report.add("COND-004", self._place(node), word=path, instead=f'"{path}"')
            return None
        if name is None:
            near = did_you_mean(path, self._vocabulary)
            group = path.split(".")[0] + "."
            known = [known for known in self._vocabulary if known.startswith(group)] or sorted(
                self._vocabulary
            )
            self._report.add("COND-001", self._place(node), path=path, known=known, near=near)
            return None
        self.paths.add(path)
        return _Term(name.kind, path, self._place(node), path=path, choices=name.choices)

    def _literal(self, node: Tree[Token]) -> _Term | None:
        token = node.children[0]
        words, kind = str(token), str(token.type)  # type: ignore[union-attr]  # a literal holds one token
        if kind in ("INT_LIT", "FLOAT_LIT"):
            return _Term("number", words, self._place(node))
        if kind == "BOOL_LIT" or words in ("true", "false"):
            return _Term("yes_no", words, self._place(node))
        if kind == "NULL_LIT":
            return _Term("null", words, self._place(node))
        if kind in ("UINT_LIT", "BYTES_LIT"):
            self._unknown_word(node, f"'{words}'", "Write a plain number, or a text in quotes.")
            return None
        return _Term("text", words, self._place(node), value=words.lstrip("rRbB").strip("\"'"))

    def _refuse(self, node: Tree[Token]) -> None:
        word, advice = _WHY_NOT.get(node.data, ("this", "Compare a name with a fixed value."))
        self._unknown_word(node, word, advice)

    def _unknown_word(self, node: Tree[Token], word: str, advice: str, near: str = "") -> None:
        self._report.add("COND-007", self._place(node), word=word, advice=advice, near=near)

    def _place(self, node: Tree[Token]) -> Place:
        # The parser leaves true and false without a place.
        line = getattr(node.meta, "line", None) or 1
        column = getattr(node.meta, "column", None) or 1
        if line > 1:
            return replace(self._at, line=self._at.line + line - 1, column=column)
        return replace(self._at, column=self._at.column + column - 1)


def _is_tree(child: Any) -> bool:
    return hasattr(child, "data")


def _trees(node: Tree[Token]) -> list[Tree[Token]]:
    """The children that are trees, without the layer that only holds an operator's left side."""
    out: list[Tree[Token]] = []
    for child in node.children:
        if _is_tree(child):
            out.append(child)  # type: ignore[arg-type]  # just asked
    return out


def _innermost(tree: Tree[Token]) -> Tree[Token]:
    """Steps down through the layers of the grammar, and brackets, that say nothing."""
    node = tree
    while (
        node.data != "literal"
        and len(node.children) == 1
        and _is_tree(node.children[0])
        and node.data not in ("list_lit", "map_lit")
    ):
        node = node.children[0]  # type: ignore[assignment]  # just asked
    return node


def _dotted(node: Tree[Token]) -> str | None:
    if node.data == "ident":
        return str(node.children[0])
    if node.data == "member_dot":
        before = _dotted(_innermost(_trees(node)[0]))
        return f"{before}.{node.children[1]}" if before else None
    return None


def _example(choices: frozenset[str]) -> str:
    return f'"{min(choices)}"' if choices else '"..."'


def _evaluator(source: str, ways: tuple[tuple[str, ...], ...]) -> Callable[..., bool]:
    """A function of the values of a condition's names. Typed, so that true and 1 stay apart."""
    import cel

    program = cel.compile(source)

    @lru_cache(maxsize=REMEMBERED, typed=True)
    def answer(*values: Any) -> bool:
        facts: dict[str, Any] = {}
        for way, value in zip(ways, values, strict=True):
            group = facts
            for part in way[:-1]:
                group = group.setdefault(part, {})
            group[way[-1]] = list(value) if isinstance(value, tuple) else value
        try:
            return program.execute(facts) is True
        except Exception:  # null compared by size, or a value of another kind: the condition does not hold
            return False

    return answer
