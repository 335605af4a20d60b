"""The corpus that models are trained on in benchmarks: Multi30k, English to German, in joint byte-pair pieces.

It is prepared once in a folder, below EMBEDSEQ_DATA it needs Multi30k. The folder then holds, for each split and side, ids
(`train.source.ids.npy` and `train.source.offsets.npy`, see `embedseq.text.encoded`) and the same pieces as text, one sentence a
line (`train.source`), the tokeniser, the vocabulary, the latter also as text, one piece a line, without the special ones
(`vocabulary`).
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from embedseq.text.corpora import Corpus, open_corpus, token_settings
from embedseq.text.encoded import Encoded
from embedseq.text.settings import DataSettings
from embedseq.text.tokenisers import train_tokeniser
from embedseq.text.vocabulary import SPECIALS

WORK = Path(__file__).parent / "work"
"""Where benchmarks keep what they prepare."""
SIDES = ("source", "target")
DONE = "prepared"
"""The file that is written when all others are there."""


def prepared(work: Path = WORK, pieces: int = 10_000, lowercase: bool = False) -> Path:
    """The folder of the corpus below `work`, filled if it is not there. Raises RequestError where Multi30k is not found."""
    folder = work / f"multi30k-{pieces}{'-lower' if lowercase else ''}"
    if not (folder / DONE).exists():
        tokens = {"kind": "bpe", "size": pieces}
        asked = {"dataset": "multi30k", "source": "en", "target": "de", "joint": True, "lowercase": lowercase, "tokens": tokens}
        folder.mkdir(parents=True, exist_ok=True)
        _prepare(DataSettings.model_validate(asked), folder)
        (folder / DONE).touch()
    return folder


def _prepare(settings: DataSettings, folder: Path) -> None:
    corpus = open_corpus(settings, Path.cwd())

    def both() -> Iterator[str]:
        return chain.from_iterable(corpus.sentences("train", side)() for side in SIDES)

    tokeniser, vocabulary = train_tokeniser(token_settings(settings)[0], both)
    tokeniser.save(folder / "tokeniser.json")
    vocabulary.save(folder / "vocabulary.json")
    (folder / "vocabulary").write_text("".join(f"{token}\n" for token in vocabulary.tokens[len(SPECIALS) :]), encoding="utf-8")
    for split in corpus.splits:
        for side in SIDES:
            cut = [tokeniser.tokenise(sentence) for sentence in _sentences(corpus, split, side)]
            Encoded.write(folder / f"{split}.{side}", (vocabulary.ids(tokens) for tokens in cut))
            (folder / f"{split}.{side}").write_text("".join(" ".join(tokens) + "\n" for tokens in cut), encoding="utf-8")


def _sentences(corpus: Corpus, split: str, side: str) -> Iterator[str]:
    yield from corpus.sentences(split, side)()


if __name__ == "__main__":
    print(prepared())
