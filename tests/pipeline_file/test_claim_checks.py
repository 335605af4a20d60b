"""What is said about the claims of a file: their form, and whether they are about what there is."""

# ruff: noqa: E501  (a message is easier to check in one piece)

from collections.abc import Callable

import pytest

from embedseq.pipeline.file import Pipeline
from embedseq.pipeline.file.claim_checks import LEAST_SEEDS
from embedseq.statistics.needed import SEEDS_FOR_TRAINING

Complaints = Callable[..., list[str]]
Read = Callable[..., Pipeline]

START = """\
name: x
seeds: [1, 2]
data:
  d: {dataset: multi30k, source: en, target: de}
  french: {dataset: multi30k, source: en, target: fr}
  text: {dataset: wikipedia-sample, task: text}
  cut: {dataset: wikipedia-sample, task: restoration, stretch: 4}
embeddings:
  one: {text: d.source, dim: 8}
  two: {text: d.source, dim: 16}
  three: {text: d.source, dim: 32}
models:
  m: {data: d, matrix: {architecture: [lstm, gru], dim: [8, 16, 32]}}
  other: {data: french}
  writer: {data: text, matrix: {dim: [8, 16]}}
  cutter: {data: cut, matrix: {dim: [8, 16]}}
probes:
  similarity: {kind: word-similarity, sets: [simlex999, mine/pairs.txt]}
  few: {kind: word-similarity, of: one}
  isolated: {kind: word-similarity, sets: [simlex999]}
  bands: {kind: word-similarity, sets: [band-1.txt, band-2.txt, band-3.txt]}
  near: {kind: neighbours, words: [dog]}
  isotropy: {kind: isotropy}
claims:
"""
"""Claims begin on line 25. Probes look at embeddings where nothing is said."""
TWO = "better: 'm[lstm,8]', worse: 'm[gru,8]'"


def claiming(*claims: str) -> str:
    """The file with claims called c, c2 and so on, one a line: what stands in braces begins in column 7."""
    lines = [f"  {f'c{number}' if number > 1 else 'c'}: {{{claim}}}\n" for number, claim in enumerate(claims, start=1)]
    return START + "".join(lines)


SOUND = {
    "models by a metric": f"says: a, metric: chrf, {TWO}",
    "models by the loss": f"says: a, metric: loss, {TWO}",
    "a score against a baseline of the same model": "says: a, metric: bleu, better: 'm[gru,8]', worse: {of: 'm[gru,8]', role: baseline, label: copy of the source}",
    "embeddings by a probe": "says: a, metric: rho, probe: isolated, better: one, worse: two",
    "a part of both sides": "says: a, metric: rho, probe: similarity, part: simlex999, better: one, worse: two",
    "a part that a file gives": "says: a, metric: rho, probe: similarity, part: pairs, better: one, worse: two",
    "two parts of one": "says: a, metric: rho, probe: similarity, better: {of: one, part: pairs}, worse: {of: one, part: simlex999}",
    "one side with a part, one with that of both": "says: a, metric: rho, probe: similarity, part: pairs, better: one, worse: {of: one, part: simlex999}",
    "a score against a control": "says: a, metric: mean-cosine, probe: isotropy, more: {of: one, role: control}, less: one",
    "more and less of a score that describes": "says: a, metric: mean-cosine, probe: isotropy, more: one, less: two",
    "more and less of any other": "says: a, metric: loss, more: 'm[lstm,8]', less: 'm[gru,8]'",
    "a test over items": f"says: a, metric: bleu, test: items, {TWO}",
    "a trend of models": "says: a, metric: chrf, trend: {of: 'm[gru]', over: dim}",
    "a trend of embeddings": "says: a, metric: rho, probe: similarity, part: pairs, trend: {of: embeddings, over: dim, direction: falls}",
    "a trend of several that are joined": "says: a, metric: rho, probe: similarity, part: pairs, trend: {of: one + two + three, over: dim}",
    "a trend over parts": "says: a, metric: rho, probe: bands, trend: {of: one, over: part}",
    "a slice": f"says: a, metric: bleu, slice: {{above: 5, at_most: 20}}, {TWO}",
    "a slice by the target": f"says: a, metric: bleu, slice: {{side: target, above: 5}}, {TWO}",
    "a smallest effect and a family": f"says: a, metric: bleu, smallest: 0.5, family: sizes, {TWO}",
}


@pytest.mark.parametrize("claim", SOUND.values(), ids=SOUND)
def test_a_sound_claim_passes(claim: str, complaints: Complaints) -> None:
    assert complaints(text=claiming(claim)) == []


def test_a_sound_claim_is_read_with_its_defaults(read: Read) -> None:
    claim = read(claiming(SOUND["models by a metric"])).spec.claims["c"]
    assert (claim.family, claim.smallest, claim.slice, claim.part, claim.trend) == ("claims", None, None, None, None)


FORM = {
    "no form": (
        "says: a, metric: bleu",
        ["25:3: claims.c: expected better and worse, or more and less, or trend; found none of them"],
    ),
    "half a form": (
        "says: a, metric: bleu, better: 'm[lstm,8]'",
        ["25:3: claims.c: expected better and worse, or more and less, or trend; found better"],
    ),
    "both forms": (
        f"says: a, metric: bleu, {TWO}, trend: {{of: m, over: dim}}",
        ["25:3: claims.c: expected better and worse, or more and less, or trend; found better and worse and trend"],
    ),
    "half of each of two forms": (
        "says: a, metric: bleu, better: 'm[lstm,8]', less: 'm[gru,8]'",
        ["25:3: claims.c: expected better and worse, or more and less, or trend; found better and less"],
    ),
    "two forms of two arms": (
        f"says: a, metric: bleu, {TWO}, more: other, less: 'm[gru,8]'",
        ["25:3: claims.c: expected better and worse, or more and less, or trend; found better and worse and more and less"],
    ),
    "an unknown test": (
        f"says: a, metric: bleu, test: seed, {TWO}",
        ["25:36: claims.c.test: 'seed' is not a test. Did you mean 'seeds'? (auto, seeds, items)"],
    ),
    "a single side beside a trend": (
        "says: a, metric: bleu, worse: 'm[gru,8]', trend: {of: m, over: dim}",
        ["25:3: claims.c: expected better and worse, or more and less, or trend; found worse and trend"],
    ),
    "no words": (
        f"metric: bleu, {TWO}",
        ["25:3: claims.c: 'says' is missing: the sentence, as the report prints it"],
    ),
    "no metric": (
        f"says: a, {TWO}",
        ["25:3: claims.c: 'metric' is missing: the score: a metric of the models (`chrf`), or a score of the probe (`rho`)"],
    ),
    "a misspelt field": (
        f"says: a, metric: bleu, smalest: 2, {TWO}",
        [
            "25:30: claims.c.smalest: 'smalest' is not a field here. Did you mean 'smallest'? (says, metric, better, worse, more, less, trend, probe, part, slice, smallest, test, family)"
        ],
    ),
    "a misspelt side": (
        "says: a, metric: bleu, beter: m, worse: 'm[gru,8]'",
        [
            "25:30: claims.c.beter: 'beter' is not a field here. Did you mean 'better'? (says, metric, better, worse, more, less, trend, probe, part, slice, smallest, test, family)"
        ],
    ),
    "an unknown field beside no form": (
        "says: a, metric: bleu, colour: 2",
        [
            "25:30: claims.c.colour: 'colour' is not a field here (says, metric, better, worse, more, less, trend, probe, part, slice, smallest, test, family)"
        ],
    ),
    "a misspelt field of a side": (
        "says: a, metric: bleu, better: {of: 'm[lstm,8]', prat: x}, worse: 'm[gru,8]'",
        ["25:56: claims.c.better.prat: 'prat' is not a field here. Did you mean 'part'? (of, part, role, label)"],
    ),
    "a misspelt role": (
        "says: a, metric: bleu, better: 'm[lstm,8]', worse: {of: 'm[gru,8]', role: basline}",
        ["25:81: claims.c.worse.role: 'basline' is not a role. Did you mean 'baseline'? (score, baseline, control)"],
    ),
    "a misspelt direction": (
        "says: a, metric: bleu, trend: {of: m, over: dim, direction: fals}",
        ["25:67: claims.c.trend.direction: 'fals' is not a direction. Did you mean 'falls'? (rises, falls)"],
    ),
    "a slice without bounds": (
        f"says: a, metric: bleu, slice: {{side: source}}, {TWO}",
        ["25:30: claims.c.slice: expected above, at_most, or both; found neither"],
    ),
    "a slice of a negative length": (
        f"says: a, metric: bleu, slice: {{above: -1}}, {TWO}",
        ["25:45: claims.c.slice.above: expected a whole number of at least 0, or null; found -1"],
    ),
    "a smallest effect of nothing": (
        f"says: a, metric: bleu, smallest: 0, {TWO}",
        ["25:40: claims.c.smallest: expected a number above 0, or null; found 0"],
    ),
}


@pytest.mark.parametrize(("claim", "messages"), FORM.values(), ids=FORM)
def test_a_claim_of_another_form_is_told(claim: str, messages: list[str], complaints: Complaints) -> None:
    assert complaints(text=claiming(claim)) == [f"captions.yaml:{message}" for message in messages]


@pytest.mark.parametrize("name", ["baseline", "control", "embeddings", "models", "random"])
def test_a_claim_cannot_be_called_by_a_word_of_the_grammar(name: str, complaints: Complaints) -> None:
    text = f"{START}  {name}: {{says: a, metric: bleu, {TWO}}}\n"
    message = f"captions.yaml:25:3: claims.{name}: '{name}' is a word of the grammar; choose another name"
    assert complaints(text=text) == [message]


def test_a_claim_has_a_name_as_all_else_has(complaints: Complaints) -> None:
    (message,) = complaints(text=f"{START}  Bigger is better: {{says: a, metric: bleu, {TWO}}}\n")
    assert message.startswith("captions.yaml:25:3: claims.Bigger is better: 'Bigger is better' is not a name made of a-z")


def test_a_claim_is_a_mapping(complaints: Complaints) -> None:
    assert complaints(text=f"{START}  c: lstm beats gru\n") == [
        "captions.yaml:25:6: claims.c: expected a mapping {says: …, metric: …, better: …, worse: …}; found 'lstm beats gru'"
    ]


ARMS = {
    "an unknown probe": (
        "says: a, metric: rho, probe: similarty, better: one, worse: two",
        [
            "25:36: claims.c.probe: no probe is called 'similarty'. Did you mean 'similarity'? (similarity, few, isolated, bands, near, isotropy)"
        ],
    ),
    "a probe without scores": (
        "says: a, metric: rho, probe: near, better: one, worse: two",
        ["25:24: claims.c.metric: 'rho' is not a score of 'neighbours', which has no scores"],
    ),
    "a misspelt metric": (
        f"says: a, metric: blue, {TWO}",
        ["25:24: claims.c.metric: m[lstm,dim=8] is not scored by 'blue'. Did you mean 'bleu'? (bleu, bleu-lc, chrf, loss)"],
    ),
    "a metric that the models are not scored by": (
        f"says: a, metric: perplexity, {TWO}",
        ["25:24: claims.c.metric: m[lstm,dim=8] is not scored by 'perplexity' (bleu, bleu-lc, chrf, loss)"],
    ),
    "a metric that one arm alone has": (
        "says: a, metric: bleu, better: other, worse: 'writer[8]'",
        ["25:24: claims.c.metric: writer[dim=8] is not scored by 'bleu' (perplexity, word-perplexity, loss)"],
    ),
    "a misspelt score of a probe": (
        "says: a, metric: roh, probe: similarity, better: one, worse: two",
        ["25:24: claims.c.metric: 'roh' is not a score of 'word-similarity'. Did you mean 'rho'? (rho)"],
    ),
    "better of a score that only describes": (
        "says: a, metric: mean-cosine, probe: isotropy, better: one, worse: two",
        [
            "25:62: claims.c.better: 'mean-cosine' only describes, and neither more nor less of it is better: write 'more' and 'less' in place of 'better' and 'worse'"
        ],
    ),
    "one arm twice, more and less": (
        "says: a, metric: bleu, more: other, less: other",
        ["25:49: claims.c.less: both arms are other: name two, or two parts of it ({of: …, part: …})"],
    ),
    "a test over too few seeds": (
        f"says: a, metric: bleu, test: seeds, {TWO}",
        ["25:36: claims.c.test: a test over seeds needs 6 of them or more, and there are 2"],
    ),
    "several arms": (
        "says: a, metric: bleu, better: m, worse: other",
        [
            "25:38: claims.c.better: expected one arm, found 6: m[lstm,dim=8], m[lstm,dim=16], m[lstm,dim=32] and m[gru,dim=8]; name one of them"
        ],
    ),
    "several arms in a mapping": (
        "says: a, metric: bleu, better: other, worse: {of: 'm[32]'}",
        ["25:57: claims.c.worse.of: expected one arm, found 2: m[lstm,dim=32] and m[gru,dim=32]; name one of them"],
    ),
    "no arm": (
        "says: a, metric: bleu, better: otter, worse: 'm[gru,8]'",
        ["25:38: claims.c.better: no model is called 'otter'. Did you mean 'other'? (m, other, writer, cutter, models)"],
    ),
    "an unknown value of a matrix": (
        "says: a, metric: bleu, better: other, worse: 'm[lstn,8]'",
        ["25:52: claims.c.worse: 'lstn' is not a value of m's matrix. Did you mean 'lstm'? (lstm, 8, 16, 32, gru)"],
    ),
    "an embedding by a metric of models": (
        "says: a, metric: bleu, better: one, worse: other",
        ["25:38: claims.c.better: no model is called 'one' (m, other, writer, cutter, models)"],
    ),
    "what the probe does not look at": (
        "says: a, metric: rho, probe: few, better: one, worse: two",
        ["25:61: claims.c.worse: no embedding is called 'two' (one, embeddings)"],
    ),
    "one arm twice": (
        "says: a, metric: bleu, better: other, worse: other",
        ["25:52: claims.c.worse: both arms are other: name two, or two parts of it ({of: …, part: …})"],
    ),
    "one arm twice with the part of both": (
        "says: a, metric: rho, probe: similarity, part: pairs, better: one, worse: {of: one, part: pairs}",
        ["25:81: claims.c.worse: both arms are one: name two, or two parts of it ({of: …, part: …})"],
    ),
    "two that are joined": (
        "says: a, metric: bleu, better: other, worse: 'm[gru,8] + m[lstm,8]'",
        ["25:52: claims.c.worse: expected one arm, found 2: m[lstm,dim=8] and m[gru,dim=8]; name one of them"],
    ),
    "no selector": (
        "says: a, metric: bleu, better: 'm[gru', worse: other",
        ["25:38: claims.c.better: 'm[gru' is not a selector: expected NAME or NAME[TERM,TERM], as in translator[lstm,tuned]"],
    ),
}
PARTS = {
    "a part of models": (
        f"says: a, metric: bleu, part: long, {TWO}",
        ["25:36: claims.c.part: only the scores of probes have parts: name a probe, or leave it out"],
    ),
    "a part of one model": (
        "says: a, metric: bleu, better: {of: other, part: long}, worse: 'm[gru,8]'",
        ["25:56: claims.c.better.part: only the scores of probes have parts: name a probe, or leave it out"],
    ),
    "a misspelt part": (
        "says: a, metric: rho, probe: similarity, part: simlex99, better: one, worse: two",
        ["25:54: claims.c.part: 'simlex99' is not a part of similarity. Did you mean 'simlex999'? (simlex999, pairs)"],
    ),
    "a misspelt part of one side": (
        "says: a, metric: rho, probe: similarity, better: {of: one, part: pears}, worse: {of: one, part: pairs}",
        ["25:72: claims.c.better.part: 'pears' is not a part of similarity. Did you mean 'pairs'? (simlex999, pairs)"],
    ),
    "a control of a model": (
        "says: a, metric: bleu, better: other, worse: {of: other, role: control}",
        ["25:70: claims.c.worse.role: 'bleu' has no control here: there is baseline"],
    ),
    "a baseline of the loss, which has none": (
        "says: a, metric: loss, better: other, worse: {of: other, role: baseline}",
        ["25:70: claims.c.worse.role: 'loss' has no baseline here: there is nothing of the kind"],
    ),
    "a label of nothing": (
        "says: a, metric: bleu, better: other, worse: {of: other, role: baseline, label: copied source}",
        [
            "25:87: claims.c.worse.label: no baseline of 'bleu' of other is called 'copied source'. Did you mean 'copy of the source'? (copy of the source)"
        ],
    ),
    "a control that probes of vectors have not": (
        "says: a, metric: rho, probe: isolated, better: one, worse: {of: one, role: control, label: chance}",
        ["25:98: claims.c.worse.label: no control of 'rho' of one is called 'chance' (vectors permuted across words)"],
    ),
    "one of two baselines, without saying which": (
        "says: a, metric: perplexity, better: 'writer[8]', worse: {of: 'writer[8]', role: baseline}",
        [
            "25:88: claims.c.worse.role: 'perplexity' of writer[dim=8] has 2 baselines, unigram model and Kneser-Ney trigram model: name one of them in 'label'"
        ],
    ),
    "one of two sets, without saying which": (
        "says: a, metric: rho, probe: similarity, better: one, worse: two",
        ["25:56: claims.c.better: similarity measures one in 2 parts, simlex999 and pairs: name one of them in 'part'"],
    ),
    "a label of a score": (
        "says: a, metric: bleu, better: other, worse: {of: 'm[gru,8]', label: commonest}",
        ["25:76: claims.c.worse.label: a score has no label: set 'role' to baseline or control, or leave it out"],
    ),
}
TRENDS = {
    "a trend over two parts": (
        "says: a, metric: rho, probe: few, trend: {of: one, over: part}",
        [
            "25:64: claims.c.trend.over: a trend over parts needs 3 of them with a number of their own in the name; 'rho' has 2 among wordsim353 and simlex999"
        ],
    ),
    "a trend of two values": (
        "says: a, metric: perplexity, trend: {of: writer, over: dim}",
        ["25:48: claims.c.trend.of: a trend needs 3 different values of dim, found 2"],
    ),
    "a trend of one value in many arms": (
        "says: a, metric: bleu, trend: {of: m, over: heads}",
        ["25:42: claims.c.trend.of: a trend needs 3 different values of heads, found 1"],
    ),
    "a trend over words": (
        "says: a, metric: bleu, trend: {of: m, over: architecture}",
        ["25:51: claims.c.trend.over: a trend needs numbers, but architecture of m[lstm,dim=8] is 'lstm'"],
    ),
    "a trend over a truth value": (
        "says: a, metric: bleu, trend: {of: m, over: bidirectional}",
        ["25:51: claims.c.trend.over: a trend needs numbers, but bidirectional of m[lstm,dim=8] is 'true'"],
    ),
    "a trend of nothing": (
        "says: a, metric: bleu, trend: {of: n, over: dim}",
        ["25:42: claims.c.trend.of: no model is called 'n' (m, other, writer, cutter, models)"],
    ),
    "a trend over parts of models": (
        "says: a, metric: bleu, trend: {of: other, over: part}",
        ["25:55: claims.c.trend.over: only probes have parts: name a probe, or a field of the models"],
    ),
    "a trend over parts of several": (
        "says: a, metric: rho, probe: similarity, trend: {of: embeddings, over: part}",
        ["25:60: claims.c.trend.of: a trend over parts is one of a single arm, found 3"],
    ),
    "a trend over a part": (
        "says: a, metric: rho, probe: few, part: simlex999, trend: {of: one, over: part}",
        ["25:47: claims.c.part: a trend over parts is over all that have a number in their names: leave it out"],
    ),
}
SLICES = {
    "a slice of a probe": (
        "says: a, metric: rho, probe: similarity, part: pairs, slice: {above: 3}, better: one, worse: two",
        ["25:68: claims.c.slice: a slice is one of the test split's sentences, which a probe does not measure: leave it out"],
    ),
    "a slice of stretches": (
        "says: a, metric: accuracy, slice: {above: 3}, better: 'cutter[16]', worse: 'cutter[8]'",
        ["25:41: claims.c.slice: the items of cut are not whole sentences of text: leave it out"],
    ),
    "a slice of two corpora": (
        "says: a, metric: bleu, slice: {above: 3}, better: other, worse: 'm[gru,8]'",
        ["25:37: claims.c.slice: the arms read different corpora, d and french: a slice needs one"],
    ),
    "a slice by a side that is not there": (
        "says: a, metric: perplexity, slice: {side: target, above: 3}, better: 'writer[16]', worse: 'writer[8]'",
        ["25:50: claims.c.slice.side: text has no words on its target side, since its task is text"],
    ),
}


@pytest.mark.parametrize(
    ("claim", "messages"),
    [*ARMS.values(), *PARTS.values(), *TRENDS.values(), *SLICES.values()],
    ids=[*ARMS, *PARTS, *TRENDS, *SLICES],
)
def test_a_claim_about_what_there_is_not_is_told(claim: str, messages: list[str], complaints: Complaints) -> None:
    assert complaints(text=claiming(claim)) == [f"captions.yaml:{message}" for message in messages]


def test_a_test_over_seeds_is_sound_where_there_are_six(complaints: Complaints) -> None:
    claim = claiming(f"says: a, metric: bleu, test: seeds, {TWO}")
    assert complaints(text=claim.replace("seeds: [1, 2]", "seeds: [1, 2, 3, 4, 5, 6]")) == []
    (message,) = complaints(text=claim.replace("seeds: [1, 2]\n", "\n"))
    assert message.endswith("needs 6 of them or more, and there is 1")
    assert LEAST_SEEDS == SEEDS_FOR_TRAINING


def test_a_misspelt_field_of_a_trend_draws_the_nearest_one(complaints: Complaints) -> None:
    (message,) = complaints(text=claiming("says: a, metric: bleu, trend: {of: m, over: dmi}"))
    assert message.startswith("captions.yaml:25:51: claims.c.trend.over: m[lstm,dim=8] has no field 'dmi'. Did you mean 'dim'? (")


def test_a_misspelt_part_as_the_field_of_a_trend_draws_it_too(complaints: Complaints) -> None:
    (message,) = complaints(text=claiming("says: a, metric: rho, probe: few, trend: {of: one, over: parts}"))
    assert message.startswith("captions.yaml:25:64: claims.c.trend.over: one has no field 'parts'. Did you mean 'part'? (")


def test_all_that_is_wrong_is_told_in_one_go_and_each_claim_draws_one_error(complaints: Complaints) -> None:
    text = claiming(
        f"says: a, metric: blue, slice: {{above: 1}}, {TWO}",
        f"says: a, metric: bleu, {TWO}",
        "says: a, metric: rho, probe: similarty, better: one, worse: one",
        "says: a, metric: bleu, better: m, worse: otter",
        "says: a, metric: bleu, smallest: -1, colour: red, trend: {of: m}",
    )
    starts = [
        "25:24: claims.c.metric: m[lstm,dim=8] is not scored by 'blue'.",
        "27:37: claims.c3.probe: no probe is called 'similarty'.",
        "28:39: claims.c4.better: expected one arm, found 6:",
        "29:41: claims.c5.smallest: expected a number above 0, or null; found -1",
        "29:45: claims.c5.colour: 'colour' is not a field here",
        "29:58: claims.c5.trend: 'over' is missing",
    ]
    found = complaints(text=text)
    assert len(found) == len(starts)
    for message, start in zip(found, starts, strict=True):
        assert message.startswith(f"captions.yaml:{start}")


BROKEN = {
    "a model": (
        "  other: {data: french}",
        "  other: {data: french, dmi: 3}",
        "says: a, metric: bleu, better: other, worse: 'm[gru,8]'",
    ),
    "an axis": ("[lstm, gru]", "[ltsm, gru]", "says: a, metric: bleu, better: 'm[lstm,8]', worse: 'm[gru,8]'"),
    "one of several that are joined": (
        "  two: {text: d.source",
        "  two: {txt: d.source",
        "says: a, metric: rho, probe: similarity, part: pairs, trend: {of: one + two + three, over: dim}",
    ),
    "an embedding": (
        "  two: {text: d.source",
        "  two: {txt: d.source",
        "says: a, metric: rho, probe: similarity, part: pairs, better: one, worse: two",
    ),
    "a probe": (
        "  few: {kind: word-similarity",
        "  few: {kind: wrd-similarity",
        "says: a, metric: rho, probe: few, better: one, worse: two",
    ),
    "what a probe looks at": ("of: one}", "of: noe}", "says: a, metric: rho, probe: few, better: one, worse: two"),
    "a metric": (
        "  other: {data: french}",
        "  other: {data: french, evaluate: {metrics: [blue]}}",
        "says: a, metric: bleu, better: other, worse: 'm[gru,8]'",
    ),
}


@pytest.mark.parametrize(("old", "new", "claim"), BROKEN.values(), ids=BROKEN)
def test_a_mistake_elsewhere_draws_no_errors_of_claims_after_it(old: str, new: str, claim: str, complaints: Complaints) -> None:
    assert START.count(old) == 1
    found = complaints(text=claiming(claim).replace(old, new))
    assert len(found) == 1
    assert ": claims." not in found[0]


PROFILES = """\
profiles:
  tiny:
    seeds: [1]
    claims: {c2: null, c.smallest: 2, c3: {says: other words}}
"""
THREE = (
    f"says: a, metric: chrf, smallest: 1, {TWO}",
    "says: b, metric: rho, probe: few, part: simlex999, better: one, worse: {of: one, role: baseline}",
    "says: c, metric: chrf, trend: {of: 'm[gru]', over: dim}",
)


def test_a_profile_changes_a_claim_and_takes_one_out(read: Read) -> None:
    text = claiming(*THREE) + PROFILES
    plain, tiny = read(text).spec.claims, read(text, profile="tiny").spec.claims
    assert list(plain) == ["c", "c2", "c3"]
    assert list(tiny) == ["c", "c3"]
    assert (plain["c"].smallest, tiny["c"].smallest) == (1, 2)
    assert (tiny["c3"].says, tiny["c3"].trend) == ("other words", plain["c3"].trend)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("c2: null", "c4: null", "there is no 'c4' to take out. Did you mean 'c'? (c, c2, c3)"),
        ("c.smallest", "c.smalest", "'smalest' is not a field here. Did you mean 'smallest'?"),
        ("c3: {says: other words}", "c4: {says: other words}", "no claim is called 'c4'. Did you mean 'c'? (c, c3)"),
    ],
)
def test_a_profile_of_another_claim_is_told(old: str, new: str, message: str, complaints: Complaints) -> None:
    (found,) = complaints(text=claiming(*THREE) + PROFILES.replace(old, new))
    assert found.startswith("captions.yaml:31:")
    assert message in found


def test_a_profile_that_takes_an_arm_away_is_held_against_the_claims(complaints: Complaints) -> None:
    text = claiming(THREE[0]) + "profiles:\n  tiny:\n    models: {m.matrix.architecture: [lstm]}\n"
    (message,) = complaints(text=text)
    assert message == (
        "captions.yaml:25:71: claims.c.worse: 'gru' is not a value of m's matrix (lstm, 8, 16, 32) [with --profile tiny]"
    )


def test_an_override_changes_a_claim(read: Read) -> None:
    text = claiming(*THREE)
    changed = read(
        text, overrides=["claims.c.worse=m[gru,32]", "claims.c.smallest=3", "claims.c3.trend.direction=falls"]
    ).spec.claims
    assert (changed["c"].worse, changed["c"].smallest) == ("m[gru,32]", 3)
    assert changed["c3"].trend is not None
    assert changed["c3"].trend.direction == "falls"
    added = f"claims.new={{says: new, metric: bleu, {TWO}}}"
    assert list(read(text, overrides=[added]).spec.claims) == ["c", "c2", "c3", "new"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("claims.c.smalest=3", "claims.c.smalest: 'smalest' is not a field here. Did you mean 'smallest'? ("),
        ("claims.c9.smallest=3", "claims.c9: nothing in claims is called 'c9'. Did you mean 'c'? (c, c2, c3)"),
        (
            "claims.c.metric=blue",
            "claims.c.metric: m[lstm,dim=8] is not scored by 'blue'. Did you mean 'bleu'? (bleu, bleu-lc, chrf, loss)",
        ),
        (
            "claims.c3.trend.over=architecture",
            "claims.c3.trend.over: a trend needs numbers, but architecture of m[gru,dim=8] is 'gru'",
        ),
    ],
)
def test_a_wrong_override_of_a_claim_is_told(override: str, message: str, complaints: Complaints) -> None:
    (found,) = complaints(text=claiming(*THREE), overrides=[override])
    assert found.startswith(f"--set {override}: {message}")
