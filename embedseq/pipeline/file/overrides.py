"""Changes to a pipeline file before it is typed: `--profile NAME` and `--set a.b=c`.

Nested mappings merge; lists, single values and mappings of another form (`{file: …}` over `{text: …}`) replace. In a profile,
`null` takes an entry out of `data`, `embeddings`, `models`, `probes`, `claims` or `matrix`; elsewhere it is the value null.
"""

from dataclasses import dataclass, replace
from typing import Any

from embedseq.pipeline.file import shapes
from embedseq.pipeline.file.nodes import Entry, Fields, Listing, Node, Scalar, child, put, split_path, without
from embedseq.pipeline.file.problems import Findings, Path, Position, advice, nearest
from embedseq.pipeline.file.spec import PipelineSpec
from embedseq.pipeline.file.typed import found, meant_form, noun
from embedseq.pipeline.file.yaml_source import YamlError, compose


def apply_profile(root: Fields, name: str, findings: Findings) -> Fields:
    """The tree with the file's profile `name` merged in; the tree as it is if that is no mapping."""
    profiles = root.get("profiles")
    profile = profiles.get(name) if isinstance(profiles, Fields) else None
    if not isinstance(profile, Fields):
        return root
    merged = _Merger(findings).merge(PipelineSpec, root, profile)
    assert isinstance(merged, Fields)
    return merged


def apply_override(root: Fields, override: str, findings: Findings) -> Fields:
    """The tree with one `a.b=c` set; `c` is YAML and replaces what stands there."""
    place = Position(f"--set {override}")
    dotted, equals, text = override.partition("=")
    dotted = dotted.strip()
    if not equals or not dotted:
        findings.add(place, (), "expected A.B=VALUE, for instance models.translator.train.epochs=3")
        return root
    path = split_path(root, dotted)
    try:
        node = compose(text, place.source, findings, path, marks=False)
    except YamlError as problem:
        findings.add(place, path, f"the value is not YAML: {problem.message}")
        return root
    if node is None:
        findings.add(place, path, "a value is missing after the '='; null is written null")
        return root
    target = _Walk(findings, place).resolve(PipelineSpec, root, dotted, node)
    return root if target is None else put_fields(root, target, Entry(place, node))


def put_fields(root: Fields, path: Path, entry: Entry) -> Fields:
    """`put` for a tree that stays a mapping."""
    changed = put(root, path, entry)
    assert isinstance(changed, Fields)
    return changed


@dataclass(frozen=True)
class _Walk:
    """Follows a dotted path through the annotations and the tree beside each other."""

    findings: Findings
    place: Position
    written: Path = ()
    """The path that errors name, where it is another than the one that is followed: a profile's own."""

    def resolve(self, annotation: Any, root: Fields, dotted: str, value: Node) -> Path | None:
        """The keys of the path, or none after saying what is wrong with it."""
        if dotted.partition(".")[0] == "profiles":
            self.refuse(tuple(dotted.split(".")), "profiles cannot be changed from outside; set the field itself")
            return None
        node: Node | None = root
        path: Path = ()
        rest = dotted
        while rest:
            step = self.step(annotation, node, path, rest)
            if step is None:
                return None
            key, annotation, rest = step
            parent, path = node, (*path, key)
            node = None if node is None else child(node, key)
            if (
                node is None
                and isinstance(parent, Fields)
                and not self.may_add(annotation, parent, path, value if not rest else None)
            ):
                return None
        return path

    def step(self, annotation: Any, node: Node | None, path: Path, rest: str) -> tuple[str, Any, str] | None:
        """The next key, what stands under it, and the rest of the path."""
        first = rest.partition(".")[0]
        if isinstance(node, Listing):
            items = next((item for form in shapes.forms(annotation) if (item := shapes.list_item(form)) is not None), Any)
            if child(node, first) is None:
                self.refuse((*path, first), f"there is no item '{first}': the list has {len(node.items)}, counted from 0")
                return None
            return first, items, rest[len(first) + 1 :]
        if isinstance(node, Scalar):
            self.refuse(
                (*path, *rest.split(".")),
                f"{'.'.join(path)} is {found(node)} here, which has no part '{first}'; set it as a whole",
            )
            return None
        parts = next((parts for form in shapes.forms(annotation) if (parts := shapes.mapping_parts(form)) is not None), None)
        if parts is not None:
            key = _free_key(node, parts[1], rest)
            return key, parts[1], rest[len(key) + 1 :]
        known = known_fields(annotation, node)
        if not known:
            self.refuse((*path, first), f"{'.'.join(path)} has no parts")
            return None
        if first not in known:
            self.refuse((*path, *rest.split(".")), f"'{first}' is not a field here{advice(first, list(known))}")
            return None
        return first, known[first], rest[len(first) + 1 :]

    def may_add(self, annotation: Any, parent: Fields, path: Path, value: Node | None) -> bool:
        """Whether something new may stand at `path`: fields may, names only with all that they need."""
        classes = [shapes.bare(form)[0] for form in shapes.forms(annotation) if shapes.is_settings(form)]
        if (
            len(path) != 2
            or path[0] not in ("data", "embeddings", "models", "probes", "claims")
            or not classes
            or isinstance(value, Fields)
        ):
            return True
        section, name = path
        message = f"nothing in {section} is called '{name}'{advice(name, list(parent.entries))}"
        self.findings.add(self.place, path, message)
        return False

    def refuse(self, path: Path, message: str) -> None:
        self.findings.add(self.place, self.written or path, message)


def known_fields(annotation: Any, node: Node | None) -> dict[str, Any]:
    """The fields that may stand in a mapping, with their annotations; of a union those of the form that stands there."""
    meant = None if node is None else meant_form(annotation, node)
    classes = (
        [meant] if meant is not None else [shapes.bare(form)[0] for form in shapes.forms(annotation) if shapes.is_settings(form)]
    )
    return {key: shape.annotation for cls in reversed(classes) for key, shape in shapes.fields(cls).items()}


def _free_key(node: Node | None, value_form: Any, rest: str) -> str:
    """A key that the file chose: the longest that stands there, else up to the next dot (all of it for an axis of a matrix)."""
    if isinstance(node, Fields):
        fitting = [key for key in node.entries if rest == key or rest.startswith(key + ".")]
        if fitting:
            return max(fitting, key=len)
    return rest.partition(".")[0] if _has_parts(value_form) else rest


def _has_parts(annotation: Any) -> bool:
    """Whether a value may be a mapping."""
    return any(shapes.is_settings(form) or shapes.mapping_parts(form) is not None for form in shapes.forms(annotation))


@dataclass(frozen=True)
class _Merger:
    """Merges a profile into the tree, mapping by mapping."""

    findings: Findings

    def merge(self, annotation: Any, base: Node, change: Node) -> Node:
        if not isinstance(base, Fields) or not isinstance(change, Fields) or _other_form(annotation, base, change):
            return change
        merged = base
        for key, entry in change.entries.items():
            merged = self.entry(annotation, merged, key, entry, change)
        return merged

    def entry(self, annotation: Any, base: Fields, dotted: str, entry: Entry, change: Fields) -> Fields:
        """`base` with the value of one key, which may be a dotted path, merged in."""
        step = _Walk(self.findings, entry.key, entry.node.path).step(annotation, base, base.path, dotted)
        if step is None:
            return base
        key, inner, rest = step
        if key == "profiles" and annotation is PipelineSpec:
            self.findings.add(entry.key, entry.node.path, "a profile cannot change profiles")
            return base
        free = shapes.mapping_parts(annotation) is not None
        old = base.get(key)
        if rest:
            below = old if old is not None else Fields({}, entry.node.position, entry.key, entry.node.path)
            if isinstance(below, Scalar) or not (isinstance(below, Listing) or _has_parts(inner)):
                state = "not written" if old is None else found(old)
                message = f"{key} is {state} here, which has no part '{rest}'; set it as a whole"
                self.findings.add(entry.key, entry.node.path, message)
                return base
            nested = self.within(inner, below, rest, entry, change)
        elif free and isinstance(entry.node, Scalar) and entry.node.value is None:
            if old is None:
                self.findings.add(entry.key, entry.node.path, f"there is no '{key}' to take out{advice(key, list(base.entries))}")
            return without(base, key)
        else:
            nested = entry.node if old is None else self.merge(inner, old, entry.node)
        if free and old is None and not self.complete(inner, nested, key, base, entry):
            return base
        place = entry.key if old is None or nested is entry.node else base.entries[key].key
        return replace(base, entries={**base.entries, key: Entry(place, nested)})

    def within(self, annotation: Any, base: Node, dotted: str, entry: Entry, change: Fields) -> Node:
        """`entry` merged at a dotted path inside `base`."""
        if isinstance(base, Fields):
            return self.entry(annotation, base, dotted, entry, change)
        step = _Walk(self.findings, entry.key, entry.node.path).step(annotation, base, base.path, dotted)
        if step is None or not isinstance(base, Listing):
            return base
        index, inner, rest = step
        items = list(base.items)
        old = items[int(index)]
        items[int(index)] = self.within(inner, old, rest, entry, change) if rest else self.merge(inner, old, entry.node)
        return replace(base, items=tuple(items))

    def complete(self, annotation: Any, node: Node, name: str, base: Fields, entry: Entry) -> bool:
        """Whether a new name has what it needs; else it is most likely a slip of the pen for one that exists."""
        cls = meant_form(annotation, node)
        near = nearest(name, base.entries)
        if cls is None or near is None or not isinstance(node, Fields):
            return True
        if all(not shape.required or key in node.entries for key, shape in shapes.fields(cls).items()):
            return True
        message = f"no {noun((*base.path, '0'))} is called '{name}'{advice(name, list(base.entries))}"
        self.findings.add(entry.key, entry.node.path, message)
        return False


def _other_form(annotation: Any, base: Fields, change: Fields) -> bool:
    """Whether the change is another form of mapping than the one that stands there, so that it replaces it."""
    decider = shapes.decider(annotation)
    if decider is not None and not isinstance(decider, str) and not any(key in change.entries for key, _ in decider.forms):
        # The keys that decide may be left out of a change: only required fields of the other form make it another one.
        other = shapes.fields(decider.otherwise)
        required = any(other[key].required for key in change.entries if key in other)
        return meant_form(annotation, base) is not decider.otherwise and required
    here, there = meant_form(annotation, base), meant_form(annotation, change)
    return here is not None and there is not None and here is not there
