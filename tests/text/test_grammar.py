"""The generated language: exact gold, and dials that do what they say."""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.text.grammar import GrammarSettings, SentencePair, generate
from embedseq.text.lexicon import SHARES, Language, Lexicon
from embedseq.text.shares import Split
from embedseq.text.trees import Tree
from embedseq.text.words import WordTokeniser

SPLITS: tuple[Split, ...] = ("train", "valid", "test")


def pairs(split: Split = "train", count: int = 300, **fields: Any) -> list[SentencePair]:
    return list(generate(GrammarSettings(**fields), split, count))


def sides(pair: SentencePair) -> tuple[Tree, Tree]:
    return pair.source, pair.target


@pytest.fixture(scope="module")
def many() -> list[SentencePair]:
    return pairs(count=1500, dependency_length=8, vocabulary=60)


def test_the_same_settings_give_the_same_pairs_and_more_of_them_begin_with_these() -> None:
    assert pairs(count=40) == pairs(count=40) == pairs(count=60)[:40]
    assert list(islice(generate(GrammarSettings(), "train", 10**9), 40)) == pairs(count=40)


def test_every_field_changes_the_sentences() -> None:
    usual = pairs(count=20)
    for change in ({"seed": 2}, {"vocabulary": 201}, {"dependency_length": 5}, {"distractors": 0.6}):
        assert pairs(count=20, **change) != usual


def test_these_very_sentences_are_generated() -> None:
    """If this fails, the language is another one: raise the version of the stage `text`, then renew the digest."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for pair in pairs(split, 100):
            digest.update(f"{pair.source.line}{pair.target.line}{sorted(pair.alignment)}\n".encode())
    assert digest.hexdigest()[:16] == "9b2ad673bdbc4d38"


@pytest.mark.parametrize("fields", [{}, {"vocabulary": 20, "dependency_length": 0}], ids=["usual", "as few as can be"])
def test_no_split_has_a_source_of_another(fields: dict[str, Any]) -> None:
    seen = {split: {pair.source.words.text for pair in pairs(split, 600, **fields)} for split in SPLITS}
    for seed in (2, 3):
        seen["train"] |= {pair.source.words.text for pair in pairs("train", 300, seed=seed, **fields)}
    assert seen["train"].isdisjoint(seen["valid"])
    assert seen["train"].isdisjoint(seen["test"])
    assert seen["valid"].isdisjoint(seen["test"])


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1000),
    vocabulary=st.integers(20, 400),
    dependency_length=st.integers(0, 15),
    distractors=st.floats(0, 1),
)
def test_links_join_all_words_of_one_lexeme(seed: int, vocabulary: int, dependency_length: int, distractors: float) -> None:
    settings = GrammarSettings(seed, vocabulary, dependency_length, distractors)
    lexicon = Lexicon(seed, vocabulary)
    first, second = lexicon.by_form(0), lexicon.by_form(1)
    for pair in generate(settings, "train", 15):
        source = [first[word] for word in pair.source.words.words]
        target = [second[word] for word in pair.target.words.words]
        assert all(source[place] is target[other] for other, place in pair.alignment)
        assert len({other for other, _ in pair.alignment}) == len({place for _, place in pair.alignment}) == len(pair.alignment)
        alone = set(range(len(source))) - {place for _, place in pair.alignment}
        assert {source[place].cls for place in alone} <= {"article"}
        alone = set(range(len(target))) - {other for other, _ in pair.alignment}
        assert {target[place].cls for place in alone} <= {"particle"}


def test_links_join_words_whose_heads_are_linked(many: Sequence[SentencePair]) -> None:
    for pair in many:
        there = {source: target for target, source in pair.alignment}
        for source, target in there.items():
            head, other = pair.source.heads[source] - 1, pair.target.heads[target] - 1
            assert (head, other) == (-1, -1) or there[head] == other


def test_words_are_of_one_language_and_of_one_lexeme() -> None:
    lexicon = Lexicon(3, 1000)
    forms = [form for language in (0, 1) for lexeme in lexicon.lexemes for form in lexeme.forms(language)]
    assert len(forms) == len(set(forms))
    assert sum(lexeme.cls in SHARES for lexeme in lexicon.lexemes) == 1000


@pytest.mark.parametrize("side", [0, 1])
def test_finite_verbs_agree_with_their_subjects_whatever_stands_between(many: Sequence[SentencePair], side: int) -> None:
    seen: Counter[str] = Counter()
    for tree in (sides(pair)[side] for pair in many):
        for verb, feats in enumerate(tree.feats):
            if feats.get("VerbForm") != "Fin":
                continue
            subjects = tree.dependents(verb, "nsubj")
            (noun,) = [word for word in subjects if tree.upos[word] == "NOUN"] or [tree.heads[verb] - 1]
            assert tree.feats[noun]["Number"] == feats["Number"]
            seen["own" if subjects and noun in subjects else "of the head"] += 1
    assert min(seen["own"], seen["of the head"]) > 300


def test_adjectives_of_the_second_language_agree_with_their_nouns(many: Sequence[SentencePair]) -> None:
    found = [
        (tree.feats[word], tree.feats[tree.heads[word] - 1])
        for tree in (pair.target for pair in many)
        for word in range(len(tree))
        if tree.upos[word] == "ADJ"
    ]
    assert len(found) > 500
    assert all(own == noun and set(own) == {"Gender", "Number"} for own, noun in found)


@pytest.mark.parametrize("language", [0, 1])
def test_the_features_are_those_that_the_form_shows(many: Sequence[SentencePair], language: Language) -> None:
    lexicon = Lexicon(1, 60).by_form(language)
    for tree in (sides(pair)[language] for pair in many[:200]):
        for word, upos, feats in zip(tree.words.words, tree.upos, tree.feats, strict=True):
            if upos in ("NOUN", "VERB"):
                assert lexicon[word].form(language, tuple(feats.values())) == word


def between(tree: Tree) -> tuple[int, int]:
    """The subject and the verb of the main clause."""
    (subject,) = tree.dependents(tree.root, "nsubj")
    return subject, tree.root


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_nouns_between_subject_and_verb_differ_in_number_as_often_as_asked(rate: float) -> None:
    differ = [
        tree.feats[word]["Number"] != tree.feats[subject]["Number"]
        for tree in (pair.source for pair in pairs(count=1200, dependency_length=8, distractors=rate))
        for subject, verb in (between(tree),)
        for word in range(subject + 1, verb)
        if tree.upos[word] == "NOUN"
    ]
    assert len(differ) > 1000
    assert abs(sum(differ) / len(differ) - rate) <= 3 * math.sqrt(rate * (1 - rate) / len(differ))


@pytest.mark.parametrize("longest", [0, 1, 2, 5, 20])
def test_every_distance_up_to_the_dial_is_equally_frequent(longest: int) -> None:
    counts = Counter(
        verb - subject - 1 for subject, verb in (between(pair.source) for pair in pairs(count=1500, dependency_length=longest))
    )
    assert sorted(counts) == list(range(longest + 1))
    expected = 1500 / (longest + 1)
    assert all(abs(count - expected) <= 4 * math.sqrt(expected) for count in counts.values())


@pytest.mark.parametrize("side", [0, 1])
def test_the_dial_moves_the_mean_distance_up(side: int) -> None:
    means = []
    for longest in (0, 2, 4, 8, 16):
        spans = [
            verb - subject - 1
            for subject, verb in (between(sides(pair)[side]) for pair in pairs(count=500, dependency_length=longest))
        ]
        means.append(sum(spans) / len(spans))
    assert means == sorted(means)
    assert means[-1] > means[0] + 5


def crossing(tree: Tree) -> bool:
    """Whether two arcs cross."""
    arcs = [(min(word, head - 1), max(word, head - 1)) for word, head in enumerate(tree.heads) if head]
    return any(a < c < b < d for a, b in arcs for c, d in arcs)


def test_trees_are_projective_and_survive_being_written(many: Sequence[SentencePair]) -> None:
    for pair in many[:300]:
        for tree in sides(pair):
            assert not crossing(tree)
            assert Tree.from_line(tree.line) == tree


def test_the_languages_have_the_orders_that_they_should(many: Sequence[SentencePair]) -> None:
    for pair in many:
        first, second = sides(pair)
        for tree, sign in ((first, 1), (second, -1)):
            for word, (deprel, head) in enumerate(zip(tree.deprels, tree.heads, strict=True)):
                before = word < head - 1
                if deprel == "obj" and tree.upos[word] == "NOUN":
                    assert before == (sign < 0)
                if deprel == "amod" or (deprel == "case" and tree is first):
                    assert before == (sign > 0)
        assert second.root == len(second) - 1
        assert "det" not in second.deprels


def test_number_and_tense_are_fairly_drawn(many: Sequence[SentencePair]) -> None:
    for name, value in (("Number", "Plur"), ("Tense", "Past")):
        share = sum(pair.source.feats[pair.source.root][name] == value for pair in many) / len(many)
        assert abs(share - 0.5) < 0.05
    objects = [
        tree.feats[word]["Number"] for tree in (pair.source for pair in many) for word in tree.dependents(tree.root, "obj")
    ]
    assert abs(objects.count("Plur") / len(objects) - 0.5) < 0.06
    assert {"nsubj", "obj", "amod", "det", "advcl", "acl:relcl", "nmod", "xcomp", "advmod", "case", "mark", "root"} == {
        deprel for pair in many for deprel in pair.source.deprels
    }


def test_frequencies_follow_zipf() -> None:
    lexicon = Lexicon(1, 400).by_form(0)
    counts: Counter[str] = Counter()
    for pair in pairs(count=6000, vocabulary=400):
        counts.update(
            lexicon[word].name for word, upos in zip(pair.source.words.words, pair.source.upos, strict=True) if upos == "NOUN"
        )
    ranks = (1, 2, 4, 8, 16)
    for rank in ranks:
        assert counts[f"noun {rank}"] * rank == pytest.approx(counts["noun 1"], rel=0.25)


def test_more_vocabulary_means_more_different_words() -> None:
    sizes = [
        len({word for pair in pairs(count=400, vocabulary=size) for word in pair.source.words.words}) for size in (20, 80, 320)
    ]
    assert sizes == sorted(set(sizes))


def test_the_word_tokeniser_leaves_the_words_whole(many: Sequence[SentencePair]) -> None:
    for pair in many[:100]:
        for tree in sides(pair):
            assert WordTokeniser().tokenise(tree.words.text) == list(tree.words.words)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"vocabulary": 19}, "vocabulary: a language needs at least 20 words; found 19"),
        ({"dependency_length": -1}, "dependency_length: expected 0 or more words; found -1"),
        ({"distractors": 1.5}, "distractors: expected a probability from 0 to 1; found 1.5"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as error:
        GrammarSettings(**fields)
    assert str(error.value) == message
