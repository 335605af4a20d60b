"""The known datasets: what they are, who made them, on which terms, and which files hold which split.

All but the Wikipedia sample and the digits, which come with gensim and scikit-learn, lie in a folder of their name in the folder
that the environment variable EMBEDSEQ_DATA names. How their splits are read, `dataset_splits` knows.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from embedseq.errors import InputError, RequestError
from embedseq.text.json_lines import Field
from embedseq.text.wikipedia import sample_path

VARIABLE = "EMBEDSEQ_DATA"


@dataclass(frozen=True)
class Dataset:
    """A corpus that embedseq knows by name."""

    name: str
    description: str
    licence: str
    citation: str
    languages: tuple[str, ...]
    """What `source` and `target` may be; more than one means that the sentences pair."""
    patterns: Mapping[str, str]
    """Split -> file in the dataset's folder, with `{language}` where each language has its own."""
    form: Literal["lines", "conllu", "json-lines", "wikipedia", "digits"] = "lines"
    fields: tuple[Field, ...] = ()
    """For JSON lines: the field of each language."""

    def modality(self, language: str) -> Literal["text", "frames"]:
        """What a language is read as: frames are columns of images."""
        return "frames" if self.form == "digits" and language == "images" else "text"

    def has_sections(self, language: str) -> bool:
        """Whether the texts of a language are lists of sentences, whose bounds can be kept."""
        if self.form != "json-lines":
            return False
        return self.fields[self.languages.index(language)].joined

    def path(self, split: str, language: str) -> Path:
        """The file of a split. Raises RequestError when EMBEDSEQ_DATA is not set, InputError when the file is not there."""
        if self.form == "wikipedia":
            return sample_path()
        if self.form == "digits":
            from embedseq.text.digits import digits_path  # NumPy, which no other dataset needs yet

            return digits_path()
        folder = os.environ.get(VARIABLE)
        if not folder:
            raise RequestError(
                f"dataset {self.name!r} is read from the folder that the environment variable {VARIABLE} names. It is not set: "
                f"let it name the folder that holds {self.name}/"
            )
        path = Path(folder) / self.name / self.patterns[split].format(language=language)
        if not path.is_file():
            raise InputError(f"{path}: there is no such file; dataset {self.name!r} expects it there ({VARIABLE} is {folder})")
        return path


DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "multi30k",
            "Image captions, each in English, German and French; 29,000 to train on.",
            "research use; cite the papers",
            "Elliott, Frank, Sima'an, Specia 2016: Multi30K: Multilingual English-German Image Descriptions; Elliott et al. 2017",
            ("en", "de", "fr"),
            {"train": "train.{language}.gz", "valid": "val.{language}.gz", "test": "test_2016_flickr.{language}.gz"},
        ),
        Dataset(
            "tatoeba-cmn-eng",
            "Short everyday sentences in English and Mandarin Chinese, written without spaces; 26,037 to train on.",
            "CC BY 2.0 FR",
            "Tatoeba (tatoeba.org), by way of manythings.org/anki",
            ("en", "zh"),
            {"train": "train.{language}.gz", "valid": "val.{language}.gz", "test": "test.{language}.gz"},
        ),
        Dataset(
            "ud-english-ewt",
            "Web English with gold words, parts of speech, trees and genres; 12,544 sentences to train on.",
            "CC BY-SA 4.0",
            "Silveira et al. 2014: A Gold Standard Dependency Corpus for English; Universal Dependencies r2.16",
            ("en",),
            {
                "train": "en_ewt-ud-train.conllu.gz",
                "valid": "en_ewt-ud-dev.conllu.gz",
                "test": "en_ewt-ud-test.conllu.gz",
            },
            form="conllu",
        ),
        Dataset(
            "scitldr",
            "Abstracts of papers, sentence by sentence, and summaries of one line; 1,992 to train on. Of several summaries the "
            "first is learned, and all of them are references.",
            "Apache 2.0",
            "Cachola, Lo, Cohan, Weld 2020: TLDR: Extreme Summarization of Scientific Documents",
            ("abstract", "summary"),
            {"train": "train.jsonl.gz", "valid": "dev.jsonl.gz", "test": "test.jsonl.gz"},
            form="json-lines",
            fields=(Field("source"), Field("target", joined=False)),
        ),
        Dataset(
            "us-speeches",
            "Inaugural and State of the Union addresses of U.S. presidents, one paragraph a line; 434,736 words to train on.",
            "public domain",
            "The corpora inaugural and state_union of NLTK (Bird, Klein, Loper 2009)",
            ("en",),
            {"train": "train.txt.gz", "valid": "val.txt.gz", "test": "test.txt.gz"},
        ),
        Dataset(
            "wikipedia-sample",
            "Some 100 articles of the English Wikipedia of April 2016, about 440,000 words; installs with gensim. "
            "Beside running text it has headings, items and captions, in validation and test for `task: text` alone.",
            "CC BY-SA 3.0",
            "Wikipedia contributors, English Wikipedia, dump of April 2016; by way of gensim (Řehůřek and Sojka 2010)",
            ("en",),
            {"train": "", "valid": "", "test": ""},
            form="wikipedia",
        ),
        Dataset(
            "digits",
            "Rows of one to four handwritten digits, and the number that they show in English words; 8,000 to train on. The "
            "1,797 images install with scikit-learn; each split has its own.",
            "CC BY 4.0",
            "Alpaydin and Kaynak 1998: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository; by way of "
            "scikit-learn (Pedregosa et al. 2011)",
            ("images", "words"),
            {"train": "", "valid": "", "test": ""},
            form="digits",
        ),
    )
}


def find_dataset(name: str) -> Dataset:
    """The dataset called `name`. Raises RequestError with the nearest match and the choices."""
    if name in DATASETS:
        return DATASETS[name]
    near = get_close_matches(name, DATASETS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise RequestError(f"{name!r} is not a known dataset.{hint} ({', '.join(DATASETS)})")
