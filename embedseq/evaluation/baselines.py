"""What the scores of a model are held against, by the names that measurements give it. Light to import.

What these baselines are is in `text_baselines`, `label_baselines`, `bag_of_words` and `ngrams`.
"""

from collections.abc import Mapping

COPY = "copy of the source"
LEAD = "lead sentence"
ANY = "a random sentence"
COMMONEST_TARGET = "commonest training target"
COMMONEST = "commonest label"
BY_WORD = "majority label of each word"
BAG_OF_WORDS = "bag of words"
COMMONEST_TOKEN = "commonest token"
UNIGRAMS = "unigram model"
TRIGRAMS = "Kneser-Ney trigram model"

_LABELS: Mapping[str, tuple[str, ...]] = {
    "restoration": (COMMONEST, BY_WORD),
    "language-model": (UNIGRAMS, TRIGRAMS),
    "masked-language-model": (UNIGRAMS,),
    "tagger": (COMMONEST, BY_WORD),
    "classifier": (COMMONEST, BAG_OF_WORDS),
}
_OF_SCORE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("masked-language-model", "accuracy"): (COMMONEST_TOKEN,),
    ("tagger", "unknown-accuracy"): (COMMONEST,),
}


def baselines_of(measured_as: str, score: str, *, images: bool = False) -> tuple[str, ...]:
    """The names of the baselines of a score; of the loss there are none. Sources told sentence by sentence may have more.

    `measured_as`: as in `METRICS`. `images`: the sources are no texts.
    """
    if score == "loss":
        return ()
    if measured_as == "pairs":
        return (COMMONEST_TARGET,) if images else (COPY,)
    return _OF_SCORE.get((measured_as, score), _LABELS.get(measured_as, ()))
