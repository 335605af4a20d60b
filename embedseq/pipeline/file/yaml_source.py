"""YAML text -> the node tree, with the place of every key and value; a key given twice is an error.

The tree is composed from PyYAML's events (libyaml's where it is there), because PyYAML's own composer crashes on deep nesting and
hides duplicate keys.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NoReturn

import yaml
from yaml.reader import Reader

from embedseq.errors import RequestError
from embedseq.pipeline.file.core_schema import CORE, TAG, convert, kind_of
from embedseq.pipeline.file.nodes import Entry, Fields, Listing, Node, Plain, Scalar
from embedseq.pipeline.file.problems import Findings, Path, Position

MAX_DEPTH = 40
TOO_DEEP = f"values are nested more than {MAX_DEPTH} deep; no pipeline needs that"
MAX_NODES = 100_000
MAX_DIGITS = 300
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FORBIDDEN = Reader.NON_PRINTABLE


class YamlError(RequestError):
    """The text is not YAML; reading cannot go on."""

    def __init__(self, position: Position, message: str) -> None:
        self.position, self.message = position, message
        super().__init__(f"{position}: {message}")


def decode(data: bytes, source: str) -> str:
    """The text of a UTF-8 file. Raises `YamlError` at the first byte or character that does not belong in one."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise YamlError(_place(source, before), message) from None
    wrong = _FORBIDDEN.search(text)
    if wrong is not None:
        message = f"the control character U+{ord(wrong[0]):04X} cannot stand in YAML; remove it"
        raise YamlError(_place(source, text[: wrong.start()]), message)
    return text


def compose(text: str, source: str, findings: Findings, path: Path = (), marks: bool = True) -> Node | None:
    """The node tree of one YAML document; none if it is empty. `marks`: give lines and columns, not `source` alone.

    Raises `YamlError` where the text is no YAML; what can be told without stopping goes to `findings`.
    """
    return _Composer(text, source, findings, marks).document(path)


class _Composer:
    """Events -> nodes. Aliases become copies, so that each use has its own path; their number is limited."""

    def __init__(self, text: str, source: str, findings: Findings, marks: bool) -> None:
        self.text, self.source, self.findings, self.marks = text, source, findings, marks
        self.anchors: dict[str, Node] = {}
        self.count = 0
        self.events: Iterator[Any] = yaml.parse(text, Loader=_Loader)

    def document(self, path: Path) -> Node | None:
        try:
            root: Node | None = None
            documents = 0
            for event in self.events:
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self.stop(event, "a second document begins here; a pipeline file is one")
                elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                    root = self.node(event, path, None, 0)
            empty = isinstance(root, Scalar) and root.text == "" and root.value is None
            return None if empty else root
        except yaml.MarkedYAMLError as error:
            raise self.syntax(error) from None
        except yaml.YAMLError as error:
            raise YamlError(Position(self.source), f"not YAML: {error}") from None

    def node(self, event: Any, path: Path, owner: Position | None, depth: int) -> Node:
        self.limit(event, depth)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                self.stop(event, f"*{event.anchor} stands for nothing: no &{event.anchor} ends above")
            return self.moved(self.anchors[event.anchor], path, event)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = self.scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.listing(event, path, depth)
        else:
            node = self.fields(event, path, owner, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def scalar(self, event: Any, path: Path) -> Scalar:
        position, text, tag = self.position(event), str(event.value), event.tag
        value: Plain = text
        kind = "str"
        if tag is None and event.implicit[0]:
            kind = kind_of(text)
        elif tag is not None and tag.startswith(TAG):
            kind = tag.removeprefix(TAG)
        elif tag not in (None, "!"):
            kind = tag
        if kind != "str" and (kind not in CORE or not CORE[kind].fullmatch(text)):
            self.findings.add(position, path, f"the tag {_short(tag)} does not fit here; remove it")
        elif kind == "int" and len(text) > MAX_DIGITS:
            self.findings.add(position, path, f"a number of {len(text):,} digits is too long")
        elif kind != "str":
            value = convert(kind, text)
        return Scalar(value, text, position, path)

    def listing(self, event: Any, path: Path, depth: int) -> Listing:
        self.demand_tag(event, path, "seq")
        items: list[Node] = []
        for inner in self.events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            items.append(self.node(inner, (*path, str(len(items))), None, depth + 1))
        return Listing(tuple(items), self.position(event), path)

    def fields(self, event: Any, path: Path, owner: Position | None, depth: int) -> Fields:
        self.demand_tag(event, path, "map")
        entries: dict[str, Entry] = {}
        for key_event in self.events:
            if isinstance(key_event, yaml.MappingEndEvent):
                break
            place = self.position(key_event)
            key = self.key(key_event, path)
            value = self.node(next(self.events), (*path, key), place, depth + 1)
            if key in entries:
                first = f", first on line {entries[key].key.line}" if self.marks else ""
                self.findings.add(place, (*path, key), f"the key '{key}' is given twice{first}")
            else:
                entries[key] = Entry(place, value)
        position = self.position(event)
        return Fields(entries, position, owner or position, path)

    def key(self, event: Any, path: Path) -> str:
        """A key is the text that is written: `1` and `on` are names like others."""
        node = self.anchors.get(str(event.anchor)) if isinstance(event, yaml.AliasEvent) else None
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(str(event.value), str(event.value), self.position(event), path)
            if event.anchor is not None:
                self.anchors[event.anchor] = node
            if event.implicit[0] and node.text == "<<":
                self.stop(event, "merge keys (<<) are not part of YAML 1.2; repeat the fields, or use an alias for a whole value")
            if event.implicit[0] and node.text == "":
                self.stop(event, "a key is missing before the ':'")
        if not isinstance(node, Scalar):
            self.stop(event, "a key must be a single word or text, not a list or a mapping")
        return node.text

    def moved(self, node: Node, path: Path, event: Any) -> Node:
        """A copy of an anchored node under another path."""
        self.limit(event, len(path))
        if isinstance(node, Listing):
            items = tuple(self.moved(item, (*path, str(index)), event) for index, item in enumerate(node.items))
            return replace(node, items=items, path=path)
        if isinstance(node, Fields):
            entries = {key: Entry(entry.key, self.moved(entry.node, (*path, key), event)) for key, entry in node.entries.items()}
            return replace(node, entries=entries, path=path)
        return replace(node, path=path)

    def limit(self, event: Any, depth: int) -> None:
        """Refuse what would grow without end: aliases of aliases, and brackets in brackets."""
        self.count += 1
        if self.count > MAX_NODES:
            self.stop(event, f"the file has more than {MAX_NODES:,} values, aliases (*name) counted; no pipeline needs so many")
        if depth > MAX_DEPTH:
            self.stop(event, TOO_DEEP)

    def demand_tag(self, event: Any, path: Path, kind: str) -> None:
        if event.tag not in (None, "!", TAG + kind):
            self.findings.add(self.position(event), path, f"the tag {_short(event.tag)} does not fit here; remove it")

    def position(self, event: Any) -> Position:
        return self.at(event.start_mark)

    def at(self, mark: Any) -> Position:
        return Position(self.source, mark.line + 1, mark.column + 1) if self.marks else Position(self.source)

    def stop(self, event: Any, message: str) -> NoReturn:
        raise YamlError(self.position(event), message)

    def syntax(self, error: Any) -> YamlError:
        """PyYAML's complaint in plain words."""
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return YamlError(Position(self.source), f"not YAML: {error.problem}")
        lines = re.split(r"\r\n|[\r\n\x85\u2028\u2029]", self.text)
        line = lines[mark.line] if mark.line < len(lines) else ""
        character = line[mark.column : mark.column + 1]
        problem, context = str(error.problem), str(error.context)
        if "mapping values are not allowed" in problem:
            message = "this ':' cannot stand here: quote text that holds ': ', and indent the keys of one mapping alike"
        elif "tab character" in problem or ("cannot start any token" in problem and character == "\t"):
            message = "a tab stands here; YAML is indented with spaces"
        elif "cannot start any token" in problem:
            message = f"text that begins with {character} needs quotation marks"
        elif "unexpected end of stream" in problem and "scalar" in context and error.context_mark is not None:
            return YamlError(self.at(error.context_mark), "this quotation mark is never closed")
        elif "nesting" in problem:  # newer releases of libyaml read ahead and give up by themselves at 1,000
            message = TOO_DEEP
        elif "flow node" in context:
            message = "a value, or the bracket that closes the list or mapping, is missing here"
        elif "flow" in context:
            return YamlError(self.at(error.context_mark or mark), "this bracket is never closed, or a comma is missing inside it")
        elif "block" in context:
            message = "the indentation fits nothing above; keys of one mapping, and items of one list, begin in the same column"
        else:
            message = f"not YAML: {problem}"
        return YamlError(self.at(mark), message)


def _short(tag: str) -> str:
    return f"!!{tag.removeprefix(TAG)}" if tag.startswith(TAG) else tag


def _place(source: str, before: str) -> Position:
    """The place of the character that follows `before`."""
    line = before.count("\n") + 1
    return Position(source, line, len(before) - before.rfind("\n"))
