"""Where a trained model looks: the weights of its attention, by layer and head, over one sentence and what was written for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.models.settings import ModelShape
from embedseq.pipeline.source_text import SourceText
from embedseq.report.figures.attention import AttentionPicture, HeatMap, attention_png, attention_svg
from embedseq.text.vocabulary import END, SPECIALS, START, UNK, Vocabulary

if TYPE_CHECKING:
    from embedseq.models.interfaces import Decoded
    from embedseq.models.seq2seq import Seq2Seq
    from embedseq.text.batches import Row

Floats = NDArray[np.float32]
Mean = Literal["mean"]
FORMATS = (".svg", ".png")
JOINED = {"￭": "￭ joins a token to its neighbour on that side, with no space between."}
PIECES = {
    "##": "## begins a piece that continues the word before it.",
    **JOINED,
    "▁": "▁ is an empty first piece of a word.",
    "␛": "Between two ␛ stands the code point of a rare character.",
}
MARKS = {"word": JOINED, "char": {"▁": "▁ is a space."}, "bpe": PIECES, "unigram": PIECES, "image": {}}
"""Kind of tokens -> what to say of a mark that stands in one of them."""
ROWS = "A row shows where the model looked when it wrote that output token; columns are source tokens."
IMAGE_ROWS = (
    "A row shows where the model looked when it wrote that output token; columns are those of the image, from left to right."
)
SUM_TOLERANCE = 1e-3
DECIMALS = 6


@dataclass(frozen=True)
class Reading:
    """One pass of a model over a source and what it wrote for it.

    source: S tokens as the encoder read them, the end symbol last; several sources one after the other. output: T tokens, the end
        symbol last.
    weights: (L, H, T, S); row t is where each head looked when token t was predicted, that is, after token t - 1 was read.
    lengths: how much of S belongs to each source that has heads of its own; empty where all heads look at all that is there.
    """

    source: tuple[str, ...]
    output: tuple[str, ...]
    weights: Floats
    lengths: tuple[int, ...] = ()


@dataclass(frozen=True)
class Attended:
    """Where a model looked. A sentence that it reads in several stretches has a reading for each; all others have one.

    name: the model's. text: what it wrote, or was given to write. kinds: of the tokens of the sources and of the output.
    unit: what the weights are of; of an expert that was not chosen for a token they are zero (Zhang et al. 2022).
    """

    name: str
    text: str
    readings: tuple[Reading, ...]
    kinds: tuple[str, ...]
    unit: Literal["head", "expert"] = "head"

    @property
    def layers(self) -> int:
        """Layers of attention: one in a recurrent decoder, one for each layer in a Transformer."""
        return int(self.readings[0].weights.shape[0])

    @property
    def heads(self) -> int:
        """Heads, or experts, of each layer."""
        return int(self.readings[0].weights.shape[1])

    @property
    def notes(self) -> tuple[str, ...]:
        """How to read the rows, the columns and the tokens."""
        labels = [label for reading in self.readings for label in (*reading.source, *reading.output)]
        sums = np.concatenate([reading.weights.sum(axis=-1).ravel() for reading in self.readings])
        exactly = bool((abs(sums - 1) < SUM_TOLERANCE).all())
        notes = [
            IMAGE_ROWS if "image" in self.kinds else ROWS,
            f"The weights of a row sum to one{'' if exactly else ' or less'}. {SPECIALS[END]} ends the sentence.",
        ]
        if any(reading.source.count(SPECIALS[END]) > 1 for reading in self.readings):
            notes.append(f"The sentences that were read stand one after the other, each up to its {SPECIALS[END]}.")
        if self.unit == "expert":
            notes.append("Each token has its own choice of experts; the rows of the others are empty.")
        for kind in self.kinds:
            notes += [note for mark, note in MARKS[kind].items() if any(mark in label for label in labels)]
        if any(label.endswith(SPECIALS[UNK]) for label in labels):
            notes.append(f"{SPECIALS[UNK]} is what the model has for a token that is not in its vocabulary.")
        return tuple(dict.fromkeys(notes))

    def picture(self, layer: int | None = None, head: int | Mean | None = None) -> AttentionPicture:
        """One layer or all, one head or all, or the mean of each layer's heads. Raises RequestError for one that is not there."""
        lines = tuple(tuple(each.drawn for each in line) for line in self._lines(layer, head))
        return AttentionPicture(f"Attention of {self.name}", lines, self.notes)

    def record(self, layer: int | None = None, head: int | Mean | None = None) -> dict[str, Any]:
        """The same as plain JSON values: every map with its own tokens, layer and head."""
        maps = [
            {
                "title": each.drawn.title,
                "layer": each.layer,
                self.unit: each.head,
                "source": list(each.drawn.source),
                "output": list(each.drawn.output),
                "weights": [[round(weight, DECIMALS) for weight in row] for row in each.drawn.weights],
            }
            for line in self._lines(layer, head)
            for each in line
        ]
        return {"model": self.name, "text": self.text, "notes": list(self.notes), "maps": maps}

    def save(self, path: Path | str, layer: int | None = None, head: int | Mean | None = None) -> Path:
        """Draw the picture into `path`, which ends in .svg or .png. Raises RequestError for another ending."""
        path = drawable_file(path)
        picture = self.picture(layer, head)
        png = path.suffix.lower() == ".png"
        path.write_bytes(attention_png(picture) if png else attention_svg(picture).encode("utf-8"))
        return path

    def _lines(self, layer: int | None, head: int | Mean | None) -> "Iterator[list[_Placed]]":
        """A line of maps for each layer of each reading."""
        layers = _chosen("layers of attention", self.layers, layer)
        heads: Sequence[int | Mean] = ("mean",) if head == "mean" else _chosen(f"{self.unit}s", self.heads, head)
        first = 1
        for reading in self.readings:
            last = first + len(reading.source) - 2  # without the end symbol
            part = f"words {first} to {last}, " if len(self.readings) > 1 else ""
            first = last + 1
            for number in layers:
                yield [self._placed(reading, f"{part}layer {number}", number, each) for each in heads]

    def _placed(self, reading: Reading, where: str, layer: int, head: int | Mean) -> "_Placed":
        if head == "mean":
            title, weights = (
                f"{where}, mean of {self.heads} {self.unit}{'s' if self.heads > 1 else ''}",
                _mean(reading.weights[layer - 1], reading.lengths),
            )
        else:
            title, weights = f"{where}, {self.unit} {head}", reading.weights[layer - 1, head - 1]
        rows = tuple(tuple(float(weight) for weight in row) for row in weights)
        return _Placed(layer, head, HeatMap(title, reading.source, reading.output, rows))


@dataclass(frozen=True)
class _Placed:
    """A map, and which one it is, counted from 1."""

    layer: int
    head: int | Mean
    drawn: HeatMap


def drawable_file(path: Path | str) -> Path:
    """The path of a picture. Raises RequestError where it ends in no known format or its folder is not there."""
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise RequestError(f"{path}: expected a file that ends in {' or '.join(FORMATS)}, which says how the picture is drawn")
    if not path.parent.is_dir():
        raise RequestError(f"{path}: there is no folder {path.parent}: make it first, or name another file")
    return path


def decoded_of(model: "Seq2Seq", sources: "Sequence[Row]", target: Sequence[int]) -> "Decoded":
    """What a model in evaluation mode that reads `sources` makes of writing `target`, with attention (1, T, H, S) if it has any.

    S and T count the end symbol after each source and after the target; several sources stand one after the other. The decoder
    reads the target with the start symbol before it, so that the weights at its position t are those with which it predicts
    token t of the target.
    """
    import torch

    from embedseq.text.batches import Batch, pad, source_batches

    first, *further = sources
    (read,) = source_batches([first], 1, [[source] for source in further])
    target_in, valid = pad([[START, *target]])
    target_out, _ = pad([[*target, END]])
    batch = Batch(read.rows, read.source, read.source_valid, target_in, target_out, valid, read.further)
    with torch.inference_mode():
        return model.predict(batch.to(next(model.parameters()).device), weights=True)


def reading_of(
    model: "Seq2Seq", layers: int, vocabularies: Mapping[str, Vocabulary], pair: tuple[SourceText, Sequence[str]]
) -> Reading | None:
    """A reading of a source and target tokens by a model with so many layers of attention; None where it has no attention."""
    source, target = pair
    decoded = decoded_of(model, source.rows(vocabularies), vocabularies["target"].ids(target))
    if decoded.attention is None:
        return None
    attention = decoded.attention[0].float().cpu()
    weights = attention.view(len(attention), layers, -1, attention.shape[-1]).permute(1, 2, 0, 3)  # (T, L H, S) -> (L, H, T, S)
    read = [label for side, tokens in source.tokens.items() for label in _labels(vocabularies.get(side), tokens)]
    return Reading(tuple(read), _labels(vocabularies["target"], target), weights.numpy(), decoded.lengths)


def attention_layers(shape: ModelShape) -> int:
    """How many layers of attention a decoder has: a Transformer one in each of its layers, a recurrent one just one."""
    from embedseq.models.resolved_sides import decoder_side

    side = decoder_side(shape)
    return side.layers if side.architecture == "transformer" else 1


def attention_unit(shape: ModelShape) -> Literal["head", "expert"]:
    """What the weights of a model's attention are of."""
    from embedseq.models.resolved import attention_of

    attention = attention_of(shape)
    return "head" if attention is None or attention.experts is None else "expert"


def _labels(vocabulary: Vocabulary | None, tokens: Sequence[str]) -> tuple[str, ...]:
    """The tokens and the end symbol; those that the vocabulary lacks say so. What are no words have no vocabulary."""
    known = (token if vocabulary is None or token in vocabulary else f"{token} {SPECIALS[UNK]}" for token in tokens)
    return (*known, SPECIALS[END])


def _chosen(what: str, count: int, number: int | None) -> Sequence[int]:
    if number is None:
        return range(1, count + 1)
    if not 1 <= number <= count:
        raise RequestError(f"expected one of the model's {what}, which are numbered from 1 to {count}; found {number}")
    return (number,)


def _mean(weights: Floats, lengths: Sequence[int]) -> Floats:
    """(H, T, S) -> (T, S): the mean over the heads that look at anything, for each source by itself where it has its own."""
    import torch

    from embedseq.models.attention.looked import mean_over_heads

    mean: Floats = mean_over_heads(torch.from_numpy(weights).transpose(0, 1), lengths).numpy()
    return mean
