"""The differences of a pack: what it adds to a file of its parent, and what it changes there.

A file of a pack that extends another holds only what differs. New entries stand in their section as
they would in a whole file. What touches an entry that is there already is a change, and says so:

    changes:
      - {after: reach, insert: [...]}       # also before; without either at the end of `into`
      - {replace: hello, with: {...}}
      - {change: P1, set: {ask: ...}, add: {synonyms: {...}}}
      - {remove: trace, reason: ...}

Nothing overrides silently.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from content.guarded_yaml import Document
from content.problems import Place, Report, did_you_mean
from content.shapes import Shape, Text, shaped
from content.trees import Tree, document_of, tree_of

Put = Callable[[Tree], tuple[Tree, ...]]  # what stands in an entry's place
Kind = Literal["add", "insert", "replace", "change", "remove", "override"]


@dataclass(frozen=True, slots=True)
class Section:
    """Where entries stand in a file. key: what holds an entry's id in a list; None for a mapping by id."""

    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a pack differs from its parent."""

    file: str
    kind: Kind
    id: str
    reason: str
    place: Place


STEPS = Section("steps", "id")
SECTIONS: dict[str, tuple[Section, ...]] = {
    "bank.yaml": (Section("dimensions"), Section("fields", "field"), Section("items", "item")),
    "gaps.yaml": (Section("gaps"), Section("starter_steps", "id")),
    "films.yaml": (Section("films"),),
    "directory.yaml": (Section("kinds"), Section("entries")),
    "laws.yaml": (Section("laws"),),
    "campaigns.yaml": (Section("campaigns"),),
    "cases.yaml": (Section("cases"),),
    "meetings.yaml": (Section("meetings"),),
    "terms.yaml": (Section("terms"),),
    "phrases.yaml": (Section("phrases"), Section("page"), Section("player"), Section("papers")),
    "glossary.yaml": (Section("glossary"),),
    "migrations.yaml": (Section("flows"),),
}
# Files whose whole purpose is to be filled by an economy: an entry that is there is filled in, not overridden.
FILLED_IN = frozenset({"terms.yaml", "glossary.yaml", "migrations.yaml"})
# What a pack says of itself and never takes over.
OWN_KEYS = ("pack", "title", "version", "languages", "extends", "pinned", "modules")
FILE_KEYS = ("schema", "changes")


def joined(file: str, parent: Document, own: Document, report: Report) -> tuple[Document, list[Difference]]:
    """The parent's file with the differences of a pack's own, and a list of these. Problems go into the report."""
    tree, differences = _Joiner(file, own, report).join(tree_of(parent), tree_of(own))
    return document_of(tree, own.file), differences


class _Joiner:
    def __init__(self, file: str, own: Document, report: Report) -> None:
        self._file = file
        self._own = own
        self._report = report
        self._sections = SECTIONS.get(file, (STEPS,) if file.startswith("flows/") else ())
        self._differences: list[Difference] = []
        self._ids: tuple[Tree, dict[str, Section | None]] | None = None  # of the file as it is now

    def join(self, parent: Tree, own: Tree) -> tuple[Tree, list[Difference]]:
        if self._file == "pack.yaml":
            return self._settings(parent, own), self._differences
        if self._file.startswith("flows/") and own.get("steps") is not None:
            return self._whole_flow(own), self._differences
        tree = parent
        for key, value in own.entries.items():
            section = self._section(key)
            if section is not None:
                tree = tree.with_entry(key, self._added(section, tree.get(key), value))
            elif key == "flow" and self._file.startswith("flows/"):
                self._same_flow(parent, own)
            elif key in parent.entries and key not in FILE_KEYS:
                self._problem("EXT-004", own.keys[key], id=key)
            elif key not in FILE_KEYS:
                self._note("add", key, "", own.keys[key])
                tree = tree.with_entry(key, value, own.keys[key])
        return self._changed(tree, own), self._differences

    def _section(self, name: str) -> Section | None:
        return next((section for section in self._sections if section.name == name), None)

    def _same_flow(self, parent: Tree, own: Tree) -> None:
        """A flow that is changed keeps its name."""
        if own.text("flow") != parent.text("flow"):
            named = {"flow": own.text("flow") or "", "file": parent.text("flow") or self._file}
            self._problem("FLOW-023", own.entries["flow"].place, **named)

    def _settings(self, parent: Tree, own: Tree) -> Tree:
        for key, value in own.entries.items():
            if key not in (*OWN_KEYS, *FILE_KEYS):
                self._note("change", key, "", value.place)
        kept = {key: value for key, value in parent.entries.items() if key not in OWN_KEYS}
        keys = {key: parent.keys.get(key, value.place) for key, value in kept.items()}
        return Tree({**kept, **own.entries}, own.place, {**keys, **own.keys})

    def _whole_flow(self, own: Tree) -> Tree:
        """A flow that takes the place of the parent's, and says why."""
        reason = own.text("overrides")
        if not reason:
            self._problem("EXT-003", own.place, id=own.text("flow") or self._file)
        self._note("override", own.text("flow") or self._file, reason or "", own.place)
        return own.without("overrides")

    # --- new entries ---

    def _added(self, section: Section, parent: Tree | None, own: Tree) -> Tree:
        if own.value is None and parent is not None:
            return parent
        if parent is None or not self._fits(section, own, f"'{section.name}'"):
            return own
        if section.key is not None:
            known = {item.text(section.key) for item in parent.items}
            for item in own.items:
                self._new(item.text(section.key), known, item.place)
            return parent.with_items(parent.items + own.items)
        entries = dict(parent.entries)
        for id, entry in own.entries.items():
            if self._file in FILLED_IN and id in entries:
                if entry.entries:
                    self._note("change", id, "", own.keys[id])
                entries[id] = _set(entries[id], entry)
                continue
            self._new(id, entries, own.keys[id])
            entries[id] = entry
        return Tree(entries, parent.place, {**parent.keys, **own.keys})

    def _fits(self, section: Section, new: Tree, what: str) -> bool:
        """Whether these are entries as they stand in this section; else there is a letter about them."""
        if isinstance(new.value, tuple if section.key is not None else Mapping):
            return True
        expected = "a list" if section.key is not None else "a mapping (name: value)"
        self._problem("SHAPE-006", new.place, what=what, expected=expected)
        return False

    def _new(self, id: str | None, known: Container[str | None], place: Place) -> None:
        if id in known:
            self._problem("EXT-004", place, id=id)
        else:
            self._note("add", id or "", "", place)

    # --- changes ---

    def _changed(self, tree: Tree, own: Tree) -> Tree:
        changes = own.get("changes")
        for number, change in enumerate(changes.items if changes else ()):
            shape = _CHANGES[_kind_of(change)]
            read = shaped(shape, self._own, ("changes", number), change.plain(), "this change", self._report)
            if read is not None:
                tree = self._one_change(tree, read, change)
        if changes is not None and not isinstance(changes.value, (tuple, type(None))):
            self._problem("SHAPE-006", changes.place, what="'changes'", expected="a list")
        return tree

    def _one_change(self, tree: Tree, change: Shape, written: Tree) -> Tree:
        if isinstance(change, InsertShape):
            return self._insert(tree, change, written)
        assert isinstance(change, (ReplaceShape, ChangeShape, RemoveShape))  # the four there are
        target = change.target
        if not self._exists(tree, target, written.entries[change.kind].place):
            return tree
        self._note(change.kind, target, getattr(change, "reason", ""), written.place)
        if isinstance(change, RemoveShape):
            return self._at(tree, target, lambda _: ())
        if isinstance(change, ReplaceShape):
            given = written.entries["with"]
            many = given.items if self._holder(tree, target) in self._lists() else ()
            return self._at(tree, target, lambda _: many or (given,))

        def changed(entry: Tree) -> tuple[Tree, ...]:
            if change.set is not None:
                entry = _set(entry, written.entries["set"])
            if change.add is not None:
                entry = _set(entry, written.entries["add"], more=True)
            return (entry,)

        return self._at(tree, target, changed)

    def _insert(self, tree: Tree, change: InsertShape, written: Tree) -> Tree:
        new, beside = written.entries["insert"], change.after or change.before
        if beside is not None:
            place = written.entries["after" if change.after else "before"].place
            section = self._holder(tree, beside)
            if section is None:
                known = [id for id, holder in self._known(tree).items() if holder is not None]
                self._problem("EXT-001", place, id=beside, known=known, near=did_you_mean(beside, known))
                return tree
        else:
            section = self._into(change, written)
            if section is None:
                return tree
        if section.key is not None and isinstance(new.value, Mapping):
            new = new.with_items((new,))  # one entry needs no list around it
        if not self._fits(section, new, "'insert'") or not self._all_new(tree, section, new):
            return tree
        if beside is not None:
            return self._beside(tree, section, beside, new, after=change.after is not None)
        old = tree.get(section.name)
        if old is None:
            return tree.with_entry(section.name, new)
        if section.key is not None:
            return tree.with_entry(section.name, old.with_items(old.items + new.items))
        entries, keys = {**old.entries, **new.entries}, {**old.keys, **new.keys}
        return tree.with_entry(section.name, Tree(entries, old.place, keys))

    def _into(self, change: InsertShape, written: Tree) -> Section | None:
        """The section at whose end something is put in; it need not be named where there is only one."""
        known = [section.name for section in self._sections]
        if change.into is not None:
            section = self._section(change.into)
            if section is None:
                near = did_you_mean(change.into, known)
                self._problem(
                    "EXT-002", written.entries["into"].place, id=change.into, known=known, near=near
                )
            return section
        if len(known) != 1:
            self._problem("SHAPE-002", written.place, what="this change", key="into")
            return None
        return self._sections[0]

    def _all_new(self, tree: Tree, section: Section, new: Tree) -> bool:
        """Whether none of these ids is there already."""
        if section.key is None:
            ids: list[tuple[str | None, Place]] = [(id, new.keys[id]) for id in new.entries]
        else:
            ids = [(_id_of(item, section.key), item.place) for item in new.items]
        known = self._known(tree)
        for id, place in ids:
            if id in known:
                self._problem("EXT-005", place, id=id)
            self._note("insert", id or section.name, "", place)
        return not any(id in known for id, _ in ids)

    # --- finding ---

    def _exists(self, tree: Tree, id: str, place: Place) -> bool:
        known = self._known(tree)
        if id not in known:
            self._problem("EXT-001", place, id=id, known=list(known), near=did_you_mean(id, known))
        return id in known

    def _holder(self, tree: Tree, id: str) -> Section | None:
        """The section that an entry stands in; None for a key of the file itself, and for nothing."""
        return self._known(tree).get(id)

    def _lists(self) -> tuple[Section, ...]:
        return tuple(section for section in self._sections if section.key is not None)

    def _known(self, tree: Tree) -> dict[str, Section | None]:
        """The ids of all entries of the file with their sections; keys of the file itself last."""
        if self._ids is not None and self._ids[0] is tree:
            return self._ids[1]
        found: dict[str, Section | None] = {}
        for section in self._sections:
            part = tree.get(section.name)
            if part is not None and section.key is None:
                found.update(dict.fromkeys(part.entries, section))
            elif part is not None and section.key is not None:
                named = [_id_of(item, section.key) for item in _deep(part)]
                found.update({name: section for name in named if name is not None})
        for key in tree.entries:
            if key not in FILE_KEYS and key != "flow" and self._section(key) is None:
                found.setdefault(key, None)
        self._ids = (tree, found)
        return found

    def _at(self, tree: Tree, id: str, put: Put) -> Tree:
        """The file with what `put` makes of an entry in its place."""
        section = self._holder(tree, id)
        if section is None:
            return _in_mapping(tree, id, put)
        part = tree.entries[section.name]
        if section.key is None:
            return tree.with_entry(section.name, _in_mapping(part, id, put))
        return tree.with_entry(section.name, _in_list(part, id, section.key, put))

    def _beside(self, tree: Tree, section: Section, id: str, new: Tree, *, after: bool) -> Tree:
        if section.key is not None:
            return self._at(tree, id, lambda old: (old, *new.items) if after else (*new.items, old))
        part = tree.entries[section.name]
        entries: dict[str, Tree] = {}
        for name, value in part.entries.items():
            if name == id and not after:
                entries |= new.entries
            entries[name] = value
            if name == id and after:
                entries |= new.entries
        return tree.with_entry(section.name, Tree(entries, part.place, {**part.keys, **new.keys}))

    def _note(self, kind: Kind, id: str, reason: str, place: Place) -> None:
        self._differences.append(Difference(self._file, kind, id, reason, place))

    def _problem(self, code: str, place: Place, **facts: object) -> None:
        self._report.add(code, place, **facts)


def _id_of(item: Tree, key: str) -> str | None:
    """The id of an entry of a list; a question of a flow goes by what it asks."""
    return item.text(key) or ((item.text("ask") or item.text("question")) if key == "id" else None)


def _deep(part: Tree) -> Iterator[Tree]:
    """The entries of a list and, of steps, those in the ways of their branches."""
    for item in part.items:
        yield item
        for arm in branch.items if (branch := item.get("branch")) else ():
            for way in ("then", "else"):
                if (steps := arm.get(way)) is not None:
                    yield from _deep(steps)


def _in_list(part: Tree, id: str, key: str, put: Put) -> Tree:
    items: list[Tree] = []
    for item in part.items:
        if _id_of(item, key) == id:
            items += put(item)
            continue
        branch = item.get("branch")
        if branch is not None and branch.items:
            arms = tuple(_in_arm(arm, id, key, put) for arm in branch.items)
            item = item.with_entry("branch", branch.with_items(arms), item.keys["branch"])
        items.append(item)
    return part.with_items(tuple(items))


def _in_arm(arm: Tree, id: str, key: str, put: Put) -> Tree:
    for way in ("then", "else"):
        if (steps := arm.get(way)) is not None and steps.items:
            arm = arm.with_entry(way, _in_list(steps, id, key, put), arm.keys[way])
    return arm


def _in_mapping(part: Tree, id: str, put: Put) -> Tree:
    made = put(part.entries[id])
    return part.with_entry(id, made[0], part.keys.get(id)) if made else part.without(id)


def _set(old: Tree, new: Tree, *, more: bool = False) -> Tree:
    """A mapping with the values of another: mappings within go entry by entry, all else is replaced.

    more: a list is not replaced, but the new items come behind the old ones. A null removes a key.
    """
    if not isinstance(new.value, Mapping):
        return old.with_items(old.items + new.items) if more and new.items else new
    if not isinstance(old.value, Mapping):
        # `one: Only me` is short for `one: {text: Only me}`.
        old = Tree({"text": old}, old.place) if isinstance(old.value, str) else Tree({}, new.place)
    tree = old
    for key, value in new.entries.items():
        if value.value is None:
            tree = tree.without(key)
        else:
            before = tree.get(key)
            tree = tree.with_entry(key, _set(before, value, more=more) if before else value, new.keys[key])
    # A letter about which entries there are is for who has changed that.
    same = tree.entries.keys() == old.entries.keys()
    return tree if same else Tree(tree.value, new.place, tree.keys)


# What an author writes


class InsertShape(Shape):
    insert: Any
    after: Text | None = None
    before: Text | None = None
    into: Text | None = None
    reason: Text = ""

    @model_validator(mode="after")
    def _is_at_one_place(self) -> Self:
        if sum(place is not None for place in (self.after, self.before, self.into)) > 1:
            raise ValueError("put in at one place: 'after', 'before' or 'into'")
        return self


class ReplaceShape(Shape):
    target: Annotated[Text, Field(alias="replace")]
    with_: Annotated[Any, Field(alias="with")]
    reason: Text = ""

    kind: ClassVar[Kind] = "replace"


class ChangeShape(Shape):
    target: Annotated[Text, Field(alias="change")]
    set: Any = None
    add: Any = None
    reason: Text = ""

    kind: ClassVar[Kind] = "change"

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.set is None and self.add is None:
            raise ValueError("{change: …, set: …} or {change: …, add: …}")
        return self


class RemoveShape(Shape):
    target: Annotated[Text, Field(alias="remove")]
    reason: Text

    kind: ClassVar[Kind] = "remove"


_CHANGES: Mapping[str, type[Shape]] = {
    "insert": InsertShape,
    "replace": ReplaceShape,
    "change": ChangeShape,
    "remove": RemoveShape,
}


def _kind_of(change: Tree) -> str:
    return next((kind for kind in _CHANGES if kind in change.entries), "change")
