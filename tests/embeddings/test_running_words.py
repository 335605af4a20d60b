"""Running words as arrays: counted and written as a loop over the sentences counts and writes them."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedseq.embeddings import running_words
from embedseq.embeddings.running_words import RunningWords
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import SPECIALS

SIZE = 12
LONGEST = 3
SENTENCES = st.lists(st.lists(st.integers(0, SIZE - 1), max_size=10), max_size=12)


def pieces_of(sentences: list[list[int]]) -> list[list[int]]:
    """The pieces, one after the other, as the words of this file are explained."""
    kept = [[token for token in sentence if token >= len(SPECIALS)] for sentence in sentences]
    return [words[start : start + LONGEST] for words in kept for start in range(0, max(1, len(words)), LONGEST)]


@settings(deadline=None)
@given(SENTENCES, st.integers(1, 30))
def test_all_is_counted_and_written_however_the_text_is_parted(sentences: list[list[int]], chunk: int) -> None:
    pieces = pieces_of(sentences)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as name:
        patch.setattr(running_words, "_CHUNK", chunk)
        words = RunningWords(Encoded.write(Path(name) / "text", sentences), SIZE, LONGEST)
        counts = words.count()
        words.write(Path(name) / "lines")
        written = (Path(name) / "lines").read_text(encoding="ascii")
    expected = Counter(word for piece in pieces for word in piece)
    assert list(counts.frequencies.items()) == list(expected.items()), "in the order in which they come first, too"
    assert (counts.words, counts.pieces) == (expected.total(), len(pieces))
    assert counts.split == sum(sum(token >= len(SPECIALS) for token in sentence) > LONGEST for sentence in sentences)
    assert written == "".join(" ".join(f"w{word}" for word in piece) + "\n" for piece in pieces)


def test_an_id_beyond_the_vocabulary_is_an_error(tmp_path: Path) -> None:
    words = RunningWords(Encoded.write(tmp_path / "text", [[4, SIZE]]), SIZE, LONGEST)
    for read in (words.count, lambda: words.write(tmp_path / "lines")):
        with pytest.raises(IndexError, match="id 12, the vocabulary 12 tokens"):
            read()
