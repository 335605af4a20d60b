"""Things that have names, loaded when they are asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from embedseq.errors import RequestError
from embedseq.pipeline.file.selectors import SelectorError

Item = TypeVar("Item")


class UnknownNameError(RequestError, KeyError):
    """Nothing in the run has this name; a KeyError, too, as mappings raise it."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would put it in quotes


class Named(Mapping[str, Item], Generic[Item]):
    """What a run has under each name, loaded when it is asked for. A selector that names one thing is a name, too."""

    def __init__(self, labels: Sequence[str], load: Callable[[str], Item]) -> None:
        self.labels, self.load = labels, load

    def __getitem__(self, name: str) -> Item:
        try:
            return self.load(name)
        except SelectorError as error:
            raise UnknownNameError(str(error)) from None

    def __contains__(self, name: object) -> bool:
        return name in self.labels

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)
