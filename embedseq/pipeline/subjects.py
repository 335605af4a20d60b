"""What a run can be asked about: its embeddings and models under each seed, as its record stores them. Light to import."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from embedseq.pipeline.file.selectors import Subject, select


@dataclass(frozen=True)
class StoredSubject:
    """An embedding or a model's arm under one seed, and where its parts lie."""

    kind: str
    """`embedding` or `model`."""
    name: str
    label: str
    seed: int | None
    """None for vectors from a file, which are the same under every seed."""
    node: str
    """The stage that made it."""
    vectors: Mapping[str, str]
    """Side -> the prefix of its vectors in that stage's artifact; an embedding has one table, whose side is ""."""
    own: tuple[str, ...]
    """The sides that answer unless others are asked for: a frozen side would only repeat the embedding."""
    tokens: str | None
    """The stage that made its tokens."""
    values: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "own": list(self.own), "values": list(self.values)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "StoredSubject":
        """What `record` was made from."""
        return cls(**{**record, "own": tuple(record["own"]), "values": tuple(record["values"])})

    def table_name(self, side: str) -> str:
        """What one of its tables is called; a model's target side is told apart from its source side."""
        return f"{self.label}, target" if side == "target" else self.label


def chosen(selector: str, stored: Sequence[StoredSubject]) -> Iterator[StoredSubject]:
    """The subjects that a selector names, all seeds of each. Raises SelectorError with the nearest match and the choices."""
    labels = {each.label: Subject(each.kind, each.name, each.label, each.values, each.fields) for each in stored}
    wanted = {subject.label for subject in select(selector, labels.values())}
    return (each for each in stored if each.label in wanted)
