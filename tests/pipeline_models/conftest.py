"""Models of all kinds in folders such as the stages write, with the weights that they begin with."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import save_file

from embedseq.decoding.settings import SearchSettings
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.settings import Kind, ModelShape
from embedseq.pipeline.stages.records import write_record
from embedseq.pipeline.trained import Origin
from embedseq.text.frames import Frames
from embedseq.text.settings import DataSettings
from embedseq.text.tokenisers import train_tokeniser
from embedseq.text.vocabulary import Vocabulary

TEXT = (
    "The state of the union is strong, and it's growing.",
    "My fellow citizens, the state of our union is good.",
    "We have well-known citizens in the union.",
    "The union is good for my fellow citizens.",
)
LABELS = ("NOUN", "VERB", "PUNCT", "X")
FEATURES = 5
KINDS: Mapping[str, Kind] = {
    "lm": "language-model",
    "masked": "masked-language-model",
    "tagger": "tagger",
    "genre": "classifier",
    "translator": "encoder-decoder",
}
TASKS: Mapping[Kind, str] = {
    "language-model": "text",
    "masked-language-model": "text",
    "tagger": "tagging",
    "classifier": "classification",
    "encoder-decoder": "pairs",
}
SHAPE = {"architecture": "transformer", "dim": 16, "heads": 2, "layers": 1}


@pytest.fixture
def origin(tmp_path: Path) -> Callable[..., Origin]:
    """`origin("tagger", {"kind": "bpe"}, {"lowercase": True}, {"layers": 2})`: a small model of a kind, how its tokens are cut,
    what is said of its corpus and of its shape."""

    def make(kind: Kind, tokens: Mapping[str, Any] | None = None, data: Mapping[str, Any] | None = None, **shape: Any) -> Origin:
        settings = DataSettings.model_validate({"task": TASKS[kind], "tokens": tokens or {}, **(data or {})})
        write_text(tmp_path / "text", settings)
        sizes = write_tokens(tmp_path / "tokens", settings, kind)
        write_model(tmp_path / "model", ModelShape.model_validate({"kind": kind, **SHAPE, **shape}), sizes)
        return Origin(
            name=f"{kind}, seed 1",
            model=tmp_path / "model",
            tokens=tmp_path / "tokens",
            text=lambda: tmp_path / "text",
            data=settings,
            search=SearchSettings(beam=2, max_length=9),
            kinds=KINDS,
        )

    return make


def write_text(folder: Path, settings: DataSettings) -> None:
    """The test split of each source: the text above, in capitals from the second source on."""
    folder.mkdir()
    for side in settings.source_sides:
        text = "\n".join(TEXT) + "\n"
        (folder / f"test.{side}.txt").write_text(text if side == "source" else text.upper(), encoding="utf-8")


def write_tokens(folder: Path, settings: DataSettings, kind: Kind) -> Sizes:
    """The tokenisers and vocabularies of all sides, each of the text above."""
    folder.mkdir()
    text = [line.lower() if settings.lowercase else line for line in TEXT]
    text += [line.upper() for line in text] if len(settings.source_sides) > 1 else []
    tokeniser, vocabulary = train_tokeniser(settings.tokens, lambda: iter(text))
    words = () if settings.reads_images else settings.source_sides
    for side in (*words, "target") if kind == "encoder-decoder" else words:
        tokeniser.save(folder / f"{side}.tokeniser.json")
        vocabulary.save(folder / f"{side}.vocabulary.json")
    if settings.reads_images:
        numbers = np.random.default_rng(1).normal(size=(2, 16, FEATURES))
        Frames.write(folder / "test.source", [numbers[0], numbers[1, :8]])
        return Sizes(0, len(vocabulary), features=FEATURES)
    size = len(vocabulary)
    if kind in ("tagger", "classifier"):
        target = Vocabulary.from_counts(dict.fromkeys(LABELS, 3))
        target.save(folder / "target.vocabulary.json")
        return Sizes(size, len(target))
    return Sizes(size, size if kind == "encoder-decoder" else 0, (size,) * (len(words) - 1))


def write_model(folder: Path, shape: ModelShape, sizes: Sizes) -> None:
    """A model as it begins, as the stage of its training writes it."""
    folder.mkdir()
    model = build_model(shape, sizes, HandedOver(), seed=1)
    write_record(folder / "shape.json", shape.record())
    write_record(folder / "sizes.json", sizes.record())
    save_file({name: weight.contiguous() for name, weight in sorted(model.state_dict().items())}, folder / "weights.safetensors")
