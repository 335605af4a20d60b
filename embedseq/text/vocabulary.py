"""The numbering of tokens, the same for embeddings and models. What a token is, `tokenisers.py` decides."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from embedseq.errors import InputError

PAD, UNK, START, END = 0, 1, 2, 3
SPECIALS = ("<pad>", "<unk>", "<s>", "</s>")


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and how often each stood in the training text; row i of an embedding is token i of a model.

    `tokens` begins with the four special ones, whose count is 0; only `<unk>` has the count of all that it replaced.
    """

    tokens: tuple[str, ...]
    counts: tuple[int, ...]
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.tokens[: len(SPECIALS)] != SPECIALS:
            raise ValueError(f"a vocabulary begins with {', '.join(SPECIALS)}; this one with {', '.join(self.tokens[:4])}")
        if len(self.tokens) != len(self.counts):
            raise ValueError(f"{len(self.tokens):,} tokens, but {len(self.counts):,} counts")
        object.__setattr__(self, "_ids", {token: row for row, token in enumerate(self.tokens)})
        if len(self._ids) != len(self.tokens):
            raise ValueError("a token stands twice in the vocabulary")

    @classmethod
    def from_counts(cls, counts: Mapping[str, int], size: int | None = None, min_count: int = 1) -> Self:
        """Number the tokens: the most frequent first, equally frequent ones in code point order.

        `size` is the most entries, special ones included; tokens beyond it, or rarer than `min_count`, become `<unk>`.
        """
        room = None if size is None else max(0, size - len(SPECIALS))
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        kept = [(token, count) for token, count in ordered if count >= min_count][:room]
        unknown = sum(counts.values()) - sum(count for _, count in kept)
        return cls(
            tokens=SPECIALS + tuple(token for token, _ in kept),
            counts=(0, unknown, 0, 0, *(count for _, count in kept)),
        )

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    @property
    def words(self) -> tuple[str, ...]:
        """All tokens but the special ones, in order: row 4 and on."""
        return self.tokens[len(SPECIALS) :]

    def id(self, token: str) -> int:
        """The row of `token`; that of `<unk>` when it is not here."""
        return self._ids.get(token, UNK)

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """The rows of `tokens`, in their order."""
        return [self._ids.get(token, UNK) for token in tokens]

    def token(self, row: int) -> str:
        """The token of a row."""
        return self.tokens[row]

    def tokens_of(self, rows: Sequence[int]) -> list[str]:
        """The tokens of `rows`, in their order."""
        return [self.tokens[row] for row in rows]

    def with_counts(self, counts: Mapping[int, int]) -> Self:
        """The same tokens with other counts, given by row; 0 for rows that are not there."""
        return replace(self, counts=tuple(counts.get(row, 0) for row in range(len(self.tokens))))

    def save(self, path: Path) -> None:
        """Write JSON; the same vocabulary always gives the same bytes."""
        record = {"tokens": self.tokens, "counts": self.counts}
        path.write_text(json.dumps(record, ensure_ascii=True, sort_keys=True, separators=(",", ":")) + "\n", encoding="ascii")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises InputError when the file is something else."""
        try:
            record: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
            return cls(tokens=tuple(record["tokens"]), counts=tuple(record["counts"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: expected a vocabulary that embedseq saved, found something else ({error})") from error
