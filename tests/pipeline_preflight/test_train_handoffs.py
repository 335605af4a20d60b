"""The train stage looks at what of the model's vocabulary the vectors handed over cover."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import WorkError
from embedseq.models.settings import ModelShape
from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.train import run
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import Vocabulary
from embedseq.training.settings import TrainSettings

COUNTS = {"the": 50, "a": 30, "dog": 12, "cat": 8}


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """What the tokens stage would write: the same vocabulary and sentences on both sides."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    for side in ("source", "target"):
        Vocabulary.from_counts(COUNTS).save(folder / f"{side}.vocabulary.json")
        for split in ("train", "valid"):
            Encoded.write(folder / f"{split}.{side}", [[4, 6], [5, 7, 4]])
    return folder


def trained(tokens: Path, side: str, how: str, words: list[str]) -> tuple[Path, list[str]]:
    """Run the stage with vectors for `words` on one side; its output and what it said."""
    folder = tokens.parent
    Vectors(words, np.ones((len(words), 4))).save(folder / "embedding" / "vectors")
    handoff: dict[str, Any] = {"from": side, "as": how, **({"from_epoch": 2} if how == "gradual" else {})}
    shape = ModelShape.model_validate({"architecture": "gru", "dim": 4, "embedding": {side: handoff}})
    (folder / "output").mkdir()
    sent: list[dict[str, Any]] = []
    run(
        StageContext(
            spec={
                "shape": shape.record(),
                "train": TrainSettings(epochs=1).record(),
                "max_length": None,
                "sources": ["source"],
                "images": False,
                "stretch": None,
                "seed": 1,
            },
            output=folder / "output",
            scratch=folder / "scratch",
            inputs={"tokens": tokens, f"{side}_embedding": folder / "embedding"},
            send=sent.append,
        )
    )
    return folder / "output", [each["message"] for each in sent if each["event"] == "log"]


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("how", ["frozen", "tuned", "gradual"])
def test_vectors_for_no_token_are_refused_with_examples_and_what_to_do(tokens: Path, side: str, how: str) -> None:
    with pytest.raises(WorkError) as found:
        trained(tokens, side, how, ["The", "Dog", "<unk>"])
    message = str(found.value)
    assert f"handed over on the {side} side, to be {how}, has a vector for none of the model's 4 {side} tokens" in message
    assert "The commonest tokens are 'the', 'a', 'dog', 'cat'; the embedding's words begin with 'The', 'Dog', '<unk>'." in message
    assert "give the corpus the `tokens` (and `lowercase`) that the vectors were made with" in message
    assert not list((tokens.parent / "output").iterdir())


def test_less_than_half_of_the_running_tokens_is_told_with_the_commonest_missing(tokens: Path) -> None:
    output, said = trained(tokens, "source", "frozen", ["a", "dog"])
    assert said == [
        "only 42% of the running source tokens have a vector in the embedding handed over (2 of 4 different ones); the others "
        "start at random and are trained. The commonest without one: 'the' (50), 'cat' (8)"
    ]
    assert read_record(output / "facts.json")["coverage"]["source"]["tokens_with_vector"] == 42


@pytest.mark.parametrize("words", [["the"], ["the", "a", "dog", "cat"]])
def test_half_of_the_running_tokens_or_more_is_nothing_to_tell(tokens: Path, words: list[str]) -> None:
    assert trained(tokens, "target", "tuned", words)[1] == []
