"""A realistic report: a quickstart with two embeddings, six arms of which one failed, three word sets, drift and a probe."""

import math
from dataclasses import replace

import pytest

from embedseq.report.content import (
    Amount,
    ArmFacts,
    ClaimFacts,
    CorpusFacts,
    CostRow,
    CurvePoint,
    DriftBand,
    DriftFacts,
    EmbeddingFacts,
    Expectation,
    Failure,
    HandOffFacts,
    Lead,
    NeighbourColumn,
    NeighbourTable,
    ProbeFacts,
    Reference,
    Report,
    RunFacts,
    ScoreRow,
    ScoreTable,
    SeedFacts,
    SideFacts,
    SplitFacts,
)
from embedseq.report.examples import (
    Example,
    ExampleOutput,
    Examples,
    ExampleText,
    LabelledWord,
    Picture,
    TokenExample,
    TokenLine,
)
from embedseq.report.times import OperatorTime, StageTimes, TraceFacts

PIPELINE = """name: quickstart
seeds: [1]

data:
  wikipedia:
    dataset: wikipedia-sample
    task: restoration          # lower-cased words in, their case and marks out
    limits: {train: 8000, valid: 800, test: 1200}

embeddings:
  skipgram: {text: wikipedia.source, algorithm: skip-gram, dim: 100, epochs: 20}
  cbow:     {text: wikipedia.source, algorithm: cbow, dim: 100, epochs: 20, alpha: 0.05}

models:
  restorer:
    data: wikipedia
    matrix:
      architecture: [lstm, transformer]
      embedding: [random, {from: skipgram, as: frozen}, {from: skipgram, as: tuned}]
"""
FAILED = "restorer[transformer,skipgram,tuned]"
NAN = "In epoch 3, update 412, the loss was no number. The batch held lines 1,204 to 1,236 of train. A lower lr or clip may help."
ARMS = [(a, e) for a in ("lstm", "transformer") for e in ("random", "skipgram,frozen", "skipgram,tuned")]
ACCURACY = {"random": 0.9127, "skipgram,frozen": 0.9203, "skipgram,tuned": 0.9241}


def _curve(epochs: int, floor: float, diverges: bool) -> tuple[CurvePoint, ...]:
    points = [
        CurvePoint(e, floor + 0.55 * math.exp(-e / 2.5) - 0.006 * e, floor + 0.45 * math.exp(-e / 2.2) + 0.0012 * e)
        for e in range(1, epochs + 1)
    ]
    return (*points[:2], CurvePoint(3, 41.0, float("nan"))) if diverges else tuple(points)


def _arm(index: int, architecture: str, embedding: str, seeds: tuple[int, ...]) -> ArmFacts:
    label = f"restorer[{architecture},{embedding}]"
    failed = label == FAILED
    name, _, hand_off = embedding.partition(",")
    trainings = tuple(
        SeedFacts(
            seed=seed,
            epochs=3 if failed else 10 + index,
            best_epoch=2 if failed else 7 + (index + seed) % 3,
            seconds=22.4 if failed else 51.3 + 4 * index + seed,
            tokens_per_second=9310.0 + 800 * index,
            peak_memory=(512 + 3 * index) * 2**20,
            curve=_curve(3 if failed else 10 + index, 0.29 - 0.012 * (index % 3) + 0.004 * seed, failed),
        )
        for seed in seeds
    )
    return ArmFacts(
        label=label,
        architecture=architecture,
        embedding=name,
        hand_off=hand_off or "random",
        attention="additive" if architecture == "lstm" else "scaled-dot",
        parameters=1_204_118 + 11_000 * index,
        trainable=1_204_118 + 11_000 * index - (892_000 if hand_off == "frozen" else 0),
        seeds=trainings,
        handoffs=(HandOffFacts("source", name, 0.981),) if hand_off else (),
        frozen_rows=8920 if hand_off == "frozen" else None,
        failure=NAN if failed else None,
        corpus="wikipedia",
    )


def _accuracy(seeds: tuple[int, ...]) -> ScoreTable:
    rows = tuple(
        ScoreRow(
            subject=f"restorer[{a},{e}]",
            value=(value := ACCURACY[e] - (0.011 if a == "transformer" else 0.0)),
            low=value - 0.0038,
            high=value + 0.0036,
            n=21_483,
            seeds=len(seeds),
            coverage=1.0,
            baselines=(
                Reference("majority label", 0.8421, 0.8370, 0.8473),
                Reference("majority label of each word", 0.8873, 0.8829, 0.8918),
            ),
            per_seed=tuple(value + 0.001 * (seed - 2) for seed in seeds),
        )
        for a, e in ARMS
        if f"restorer[{a},{e}]" != FAILED
    )
    everyone = tuple(f"restorer[{a},{e}]" for a, e in ARMS)
    return ScoreTable("accuracy", rows, title="Accuracy of the labels", items="words", expected=everyone)


def _f1(seeds: tuple[int, ...]) -> ScoreTable:
    rows = tuple(
        replace(
            row,
            value=row.value - 0.31,
            low=(row.low or 0) - 0.325,
            high=(row.high or 0) - 0.297,
            per_seed=(),
            baselines=(Reference("majority label of each word", 0.401),),
        )
        for row in _accuracy(seeds).rows
    )
    return ScoreTable(
        "macro F1",
        rows,
        title="Macro F1 of the labels",
        items="words",
        note="Mean of the F1 of eight labels, rare ones counting as much as common ones.",
    )


def _similarity(name: str, pairs: int, of: int, values: tuple[float, ...]) -> ScoreTable:
    subjects = ("skipgram", "cbow", "restorer[lstm,skipgram,tuned]")
    rows = tuple(
        ScoreRow(
            subject,
            value,
            value - 0.107,
            value + 0.094,
            pairs,
            1,
            pairs / of,
            controls=(Reference("shuffled words", 0.004, -0.12, 0.13),),
        )
        for subject, value in zip(subjects, values, strict=True)
    )
    return ScoreTable("Spearman’s ρ", rows, title=name, items="word pairs", subjects="vectors", probe="similarity")


SIMILARITY = ProbeFacts(
    name="similarity",
    kind="word-similarity",
    level="word",
    question="do the cosines of word pairs rank as people's judgements do",
    equation="Spearman's ρ of cos(v(a), v(b)) and the judgement of a and b",
    paper="Finkelstein et al. 2002",
    control="the same vectors permuted across words",
    statistic="Spearman's ρ over word pairs, bootstrapped",
    tables=(
        _similarity("WordSim-353", 233, 353, (0.46, 0.38, 0.44)),
        _similarity("SimLex-999", 484, 999, (0.19, 0.15, 0.18)),
        _similarity("Rare words", 88, 2034, (0.21, 0.12, 0.2)),
    ),
)


def _previous_word() -> ScoreTable:
    rows = tuple(
        ScoreRow(
            subject=f"restorer[{a},{e}]",
            value=(value := 0.62 + 0.03 * i),
            low=value - 0.024,
            high=value + 0.023,
            n=3406,
            baselines=(Reference("commonest word", 0.071), Reference("current word’s vector", 0.231 + 0.01 * i)),
            controls=(Reference("random labels by word", 0.402 + 0.01 * i, 0.38, 0.43),),
            part="2",
        )
        for i, (a, e) in enumerate(ARMS[:5])
    )
    title = "Accuracy of the probe previous-word"
    return ScoreTable("accuracy", rows, title, items="positions", probe="previous-word", part_name="layer", ordered=True)


PREVIOUS_WORD = ProbeFacts(
    name="previous-word",
    kind="previous-word",
    level="memory",
    question="can a classifier read the previous word off a hidden state",
    equation="accuracy of argmax_w P(w | h_t), w the word at t - 1",
    paper="Hewitt and Liang 2019",
    control="a label drawn at random for every word type",
    statistic="right answers over words, bootstrapped",
    settings="words 200",
    tables=(_previous_word(),),
)


def _tags() -> ScoreTable:
    """Accuracy by layer of two models, one with a layer more."""
    layers = ("embedding", "encoder 1", "encoder 2", "encoder 3")
    rows = tuple(
        ScoreRow(
            subject=subject,
            value=(value := 50.0 + 6 * place - 2 * place * place + shift),
            low=value - 3.1,
            high=value + 2.9,
            n=1720,
            seeds=2,
            coverage=1.0,
            baselines=(
                Reference("majority class", 23.0, 21.0, 25.0, Lead(value - 23, value - 27, value - 19)),
                Reference("untrained model", 51.0 + place + shift, 48.0, 54.0, Lead(value - 51, value - 54, value - 48)),
            ),
            controls=(
                Reference("random label by word type", 45.0 - place, 42.0, 48.0, Lead(value - 45, value - 48, value - 42)),
            ),
            part=layer,
        )
        for subject, depth, shift in (("restorer[lstm,random]", 3, 0.0), ("restorer[transformer,random]", 4, 2.5))
        for place, layer in enumerate(layers[:depth])
    )
    title = "Accuracy of the probe tags"
    return ScoreTable("accuracy", rows, title, unit="%", items="words", probe="tags", part_name="layer", ordered=True)


TAGS = ProbeFacts(
    name="tags",
    kind="tag",
    level="token",
    question="can a classifier read the part of speech off a state",
    equation="accuracy = 1/N Σ_i [argmax_k p(k | h_i) = y_i]",
    paper="Hewitt and Liang 2019",
    control="a random label by word type",
    statistic="ratio of sums over test words, bootstrapped",
    settings="data trees",
    tables=(_tags(),),
)

CLAIMS = (
    ClaimFacts(
        name="pretraining-helps",
        says="Pre-trained vectors help the LSTM.",
        compared="accuracy: restorer[lstm,skipgram,tuned] against restorer[lstm,random].",
        reason="The effect goes as claimed. This is about training: 6 seeds were trained.",
        verdict="supported",
        family_size=2,
        effect=1.14,
        low=0.31,
        high=2.02,
        p=0.031,
        n=21_483,
        seeds=6,
        smallest=0.5,
        score="accuracy",
        unit="% points",
        about_training=True,
    ),
    ClaimFacts(
        name="transformer-wins",
        says="The Transformer beats the LSTM.",
        compared="accuracy: restorer[transformer,random] against restorer[lstm,random].",
        reason="The corrected p is 0.4, above 0.05.",
        verdict="undecided",
        family_size=2,
        effect=-0.2,
        low=-1.1,
        high=0.9,
        p=0.4,
        n=21_483,
        seeds=2,
        score="accuracy",
        unit="% points",
        late=True,
        notes=("The arms had not the same budget: from a to b, epochs 20 -> 40.",),
    ),
    ClaimFacts(
        name="long-sentences",
        says="Attention helps on long sentences.",
        compared="chrF: a against b, on sentences of more than 20 source tokens.",
        reason="There are 31 items in the slice, and 100 are needed.",
        verdict="refused",
        family="length",
        score="chrF",
    ),
    ClaimFacts("lost", "Nobody measured this.", "chrF: a against c.", "its stages did not run", score="chrF"),
)


def _neighbours(word: str, *columns: tuple[str, tuple[str, ...]]) -> NeighbourTable:
    return NeighbourTable(
        word,
        tuple(NeighbourColumn(name, tuple((near, 0.82 - 0.037 * i) for i, near in enumerate(words))) for name, words in columns),
    )


def _drift(arm: str, scale: float, seeds: int) -> DriftFacts:
    labels = (
        "1: the, of, and, in",
        "2: ranks 12 to 96",
        "3: ranks 97 to 512",
        "4: ranks 513 to 2,310",
        "5: ranks 2,311 to 8,920",
    )
    sizes = (11, 85, 416, 1798, 6610)
    bands = tuple(
        DriftBand(label, value, value * 0.86, value * 1.13, n)
        for label, n, value in zip(
            labels, sizes, (0.31 * scale, 0.24 * scale, 0.17 * scale, 0.09 * scale, 0.031 * scale), strict=True
        )
    )
    moved = tuple(
        (word, 0.71 * scale - 0.02 * i) for i, word in enumerate(("however", "mr", "english", "i", "september", "also", "bbc"))
    )
    return DriftFacts(arm, bands, moved, seeds)


def _restored() -> Example:
    return Example(
        (ExampleText("source", "however aristotle disagreed with his teacher in athens"),),
        ExampleText("reference", "However, Aristotle disagreed with his teacher in Athens."),
        (
            ExampleOutput("restorer[lstm,random]", "However, aristotle disagreed with his teacher in Athens."),
            ExampleOutput("restorer[lstm,skipgram,tuned]", "However, Aristotle disagreed with his teacher in Athens."),
            ExampleOutput("restorer[transformer,random]", ""),
        ),
    )


def _tagged() -> Example:
    words = ("They", "do", "n't", "agree")
    tags = ("PRON", "AUX", "PART", "VERB")
    gold = tuple(map(LabelledWord, words, tags))
    wrong = (*gold[:3], LabelledWord("agree", "NOUN", right=False))
    outputs = (ExampleOutput("tagger[lstm]", "", gold), ExampleOutput("tagger[gru]", "", wrong))
    return Example((ExampleText("source", "They don't agree"),), ExampleText("labels", "", gold), outputs)


def _read_off() -> Example:
    picture = Picture(((0.0, 1.0, 0.5), (0.0, 0.0, 1.0)))
    source = ExampleText("source", "row 1 of the test split", picture=picture)
    return Example((source,), ExampleText("reference", "forty-two"), (ExampleOutput("reader", "forty"),))


def build(seeds: tuple[int, ...] = (1,)) -> Report:
    run = RunFacts(
        name="quickstart-20250101-101500",
        pipeline_file="quickstart.yaml",
        started="2025-01-01 10:15",
        seconds=262.4,
        machine="2 cores, x86-64, Linux",
        versions={"embedseq": "0.1.0", "torch": "2.8.0", "gensim": "4.4.0", "python": "3.11.7"},
        seeds=seeds,
        command="embedseq run pipelines/quickstart.yaml",
    )
    corpus = CorpusFacts(
        name="wikipedia",
        text="English Wikipedia, the sample of 106 articles that installs with gensim (CC BY-SA 3.0). The task: "
        "lower-cased words without punctuation in, for each word its case and the mark that follows it out.",
        sides=(
            SideFacts("source", vocabulary=9412),
            SideFacts("target", vocabulary=9, pieces="labels", commonest=("lower", 0.8421)),
        ),
        splits=(
            SplitFacts("train", 8000, (Amount(168_204, 0.0), Amount(168_204, 0.0)), left_out=12),
            SplitFacts("valid", 800, (Amount(16_911, 0.0312), Amount(16_911, 0.0))),
            SplitFacts("test", 1200, (Amount(21_483, 0.0298), Amount(21_483, 0.0))),
        ),
        tokens="words",
        examples=(
            TokenExample(
                (
                    TokenLine("source", ("the", "federation", "was", "founded", "in", "<unk>")),
                    TokenLine("target", ("lower", "Title", "lower", "lower", "lower", "Title")),
                )
            ),
            TokenExample(
                (
                    TokenLine("source", ("however", "aristotle", "disagreed"), more=1204),
                    TokenLine("target", ("Title_comma", "Title", "lower_period")),
                )
            ),
        ),
    )
    embeddings = tuple(
        EmbeddingFacts(
            name,
            algorithm,
            f"dim 100, window 5, 5 noise words, 20 epochs, alpha {alpha}",
            (8920,) * len(seeds),
            0.981,
            0.948,
            tuple(cosine + 0.01 * place for place in range(len(seeds))),
            (speed,) * len(seeds),
            note,
        )
        for name, algorithm, alpha, cosine, speed, note in (
            ("skipgram", "skip-gram", 0.025, 0.214, 48_312.0, "1 worker: repeatable bit for bit"),
            ("cbow", "CBOW", 0.05, 0.187, 120_944.0, "4 workers: not repeatable bit for bit"),
        )
    )
    return Report(
        title="Quickstart: word vectors in small restorers",
        introduction="Skip-gram and CBOW are trained on a sample of English Wikipedia. An LSTM and a Transformer then learn "
        "to restore case and punctuation, each starting from random, frozen and tuned vectors.\n\n"
        "Do trained vectors help, and what does tuning do to them?",
        run=run,
        failures=(
            Failure(
                "probe previous-word", "It did not read restorer[transformer,skipgram,tuned], because that model has no weights."
            ),
        ),
        warnings=("3 sentences above 10,000 tokens were split before Word2Vec read them.",),
        expectations=(
            Expectation("restorer[lstm,skipgram,tuned] has an accuracy above 0.9", True, "0.924"),
            Expectation("skipgram has a ρ on WordSim-353 above 0.45", True, "0.46"),
            Expectation("restorer[transformer,skipgram,tuned] has an accuracy above 0.9", False, "no score: the training failed"),
        ),
        corpora=(corpus,),
        embeddings=embeddings,
        neighbours=(
            _neighbours(
                "city",
                ("skipgram", ("town", "capital", "metropolitan", "located", "population")),
                ("cbow", ("town", "area", "village", "capital", "region")),
                ("restorer[lstm,skipgram,tuned]", ("town", "capital", "metropolitan", "river", "located")),
            ),
            _neighbours(
                "beijing",
                ("skipgram", ("shanghai", "china", "chinese")),
                ("cbow", ()),
                ("restorer[lstm,skipgram,tuned]", ("china",)),
            ),
        ),
        arms=tuple(_arm(i, a, e, seeds) for i, (a, e) in enumerate(ARMS)),
        scores=(_accuracy(seeds), _f1(seeds)),
        examples=(
            Examples("wikipedia", (_restored(),)),
            Examples("tags", (_tagged(),)),
            Examples("digits", (_read_off(),)),
        ),
        drift=(_drift("restorer[lstm,skipgram,tuned]", 1.0, len(seeds)), _drift("restorer[lstm,cbow,tuned]", 1.3, len(seeds))),
        probes=(SIMILARITY, TAGS, PREVIOUS_WORD),
        claims=CLAIMS,
        times=(StageTimes("embedding skipgram", 61.8, 0.1, 0.9, 0.2, None, 60.1, 0.4, 61.0),),
        traces=(
            TraceFacts(
                stage="model restorer[gru,random]",
                file="traces/7-model.json.gz",
                first=21,
                last=30,
                seconds=2.0,
                busy_seconds=1.6,
                validations=0,
                operators=(OperatorTime("aten::mm", 1200, 0.8), OperatorTime("aten::add_", 90, 0.2)),
            ),
        ),
        costs=(
            CostRow("text wikipedia", "cached"),
            CostRow("embedding skipgram", "done", 61.8),
            CostRow("embedding cbow", "done", 24.4),
            *(
                CostRow(f"model restorer[{a},{e}]", "failed" if f"restorer[{a},{e}]" == FAILED else "done", 51.0 + 5 * i)
                for i, (a, e) in enumerate(ARMS)
            ),
            CostRow("probe previous-word", "done", 6.1),
            CostRow("translate restorer[transformer,skipgram,tuned]", "skipped"),
        ),
        pipeline_text=PIPELINE,
        citation="@software{embedseq,\n  title = {embedseq},\n  version = {0.1.0}\n}",
    )


@pytest.fixture(scope="session")
def one_seed() -> Report:
    return build((1,))


@pytest.fixture(scope="session")
def three_seeds() -> Report:
    return build((1, 2, 3))
