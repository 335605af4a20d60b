"""Sentences and shapes that the tests of the models share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape

WORDS = 23


@dataclass(frozen=True)
class Vectors:
    """Trained vectors in the order of a vocabulary."""

    matrix: NDArray[np.float32]
    has_vector: NDArray[np.bool_]


@pytest.fixture
def vectors() -> Callable[[int], Vectors]:
    """Vectors of a given width with a mean norm far from one; the special tokens and tokens 9 and 15 have none."""

    def make(width: int) -> Vectors:
        has_vector = np.arange(WORDS) > 3
        has_vector[[9, 15]] = False
        matrix = np.random.default_rng(5).normal(0.2, 1.7, (WORDS, width)).astype(np.float32)
        return Vectors(matrix * has_vector[:, None], has_vector)

    return make


@pytest.fixture
def shape() -> Callable[..., ModelShape]:
    """A small shape with some fields as given, as in a pipeline file."""

    def make(**fields: object) -> ModelShape:
        return ModelShape.model_validate({"dim": 16, "heads": 2, "dropout": 0.3, "layers": 2, **fields})

    return make


@pytest.fixture
def build(shape: Callable[..., ModelShape]) -> Callable[..., Seq2Seq]:
    """A small model with 23 words on each side."""

    def make(source: Vectors | None = None, target: Vectors | None = None, seed: int = 1, **fields: object) -> Seq2Seq:
        return build_seq2seq(shape(**fields), Sizes(WORDS, WORDS), HandedOver(source, target), seed)

    return make


@pytest.fixture
def sentences() -> list[list[int]]:
    """64 sentences of 1 to 9 tokens."""
    generator = np.random.default_rng(7)
    return [generator.integers(4, WORDS, size=length).tolist() for length in generator.integers(1, 10, size=64)]


@pytest.fixture
def targets() -> Tensor:
    """64 targets of 6 tokens, (64, 6), beginning with the start symbol."""
    tokens = torch.randint(4, WORDS, (64, 6), generator=torch.Generator().manual_seed(8))
    tokens[:, 0] = 2
    return tokens
