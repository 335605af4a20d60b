"""What is no failure and should be looked at all the same: what was seen, what it probably means, what to do. Light to import."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Caution:
    """A warning that names its cause. Each part is a sentence or two, without a name of what it is about."""

    sign: str
    """Which sign it is: `loss-flat`. There is one of each at most about one thing."""
    seen: str
    """With numbers."""
    means: str
    """What is probably behind it."""
    advice: str
    """What to do."""

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.seen} {self.means} {self.advice}"

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "Caution":
        """The inverse of `record`."""
        return Caution(**record)
