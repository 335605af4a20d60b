"""The splits of a corpus that is generated."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedseq.text.generated_tasks import TaskSettings, generate_task
from embedseq.text.settings import GeneratedSettings
from embedseq.text.shares import Split
from embedseq.text.splits import Pair

NOT_FOR: dict[str, tuple[str, ...]] = {
    "language": ("longest", "test_factor", "reorder"),
    "copy": ("dependency_length", "distractors", "reorder"),
    "reverse": ("dependency_length", "distractors", "reorder"),
    "dictionary": ("dependency_length", "distractors"),
    "key-value": ("dependency_length", "distractors", "reorder"),
}
"""Kind -> the fields that it has no use for."""


@dataclass(frozen=True)
class GeneratedSplit:
    """Pairs that are made up while they are read, the same ones each time."""

    settings: GeneratedSettings
    split: Split

    @property
    def files(self) -> tuple[Path, ...]:
        """None."""
        return ()

    def pairs(self) -> Iterator[Pair]:
        """As many as the settings want, with trees where it is a language, and with their alignment."""
        settings, count = self.settings, self.settings.count(self.split)
        if settings.kind != "language":
            task = TaskSettings(
                settings.kind, settings.seed, settings.vocabulary, settings.longest, settings.test_factor, settings.reorder
            )
            for symbols in generate_task(task, self.split, count):
                yield Pair(" ".join(symbols.source), " ".join(symbols.target), alignment=symbols.alignment)
            return
        from embedseq.text.grammar import GrammarSettings, generate  # NumPy, which trees need

        grammar = GrammarSettings(settings.seed, settings.vocabulary, settings.dependency_length, settings.distractors)
        for pair in generate(grammar, self.split, count):
            source, target = pair.source, pair.target
            yield Pair(source.words.text, target.words.text, source_tree=source, target_tree=target, alignment=pair.alignment)

    def problems(self) -> list[str]:
        """None: there is nothing to read."""
        return []
