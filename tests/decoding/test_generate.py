"""Texts from real language models, in batches of any size."""

import pytest
import torch

from embedseq.decoding.generate import generate
from embedseq.decoding.settings import SamplingSettings
from embedseq.errors import RequestError
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.language_model import LanguageModel
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch
from embedseq.text.vocabulary import END, START

SIZE = 40
ARCHITECTURES = ["rnn", "lstm", "gru", "transformer"]
PROMPTS = [[], [7, 8, 9], [5], [12, 30, 4, 4, 6, 22, 9], [7, 8], []]


def untrained(architecture: str, **fields: object) -> LanguageModel:
    shape = {"kind": "language-model", "architecture": architecture, "dim": 16, "heads": 2, "dropout": 0.5}
    model = build_model(ModelShape.model_validate({**shape, **fields}), Sizes(SIZE, 0), HandedOver(), seed=1).double()
    assert isinstance(model, LanguageModel)
    return model


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_texts_are_the_same_in_batches_of_any_size(architecture: str) -> None:
    model, settings = untrained(architecture, layers=2), SamplingSettings(max_length=15, top_p=0.9, seed=3)
    alone = generate(model, PROMPTS, settings, 3, batch_rows=1)
    assert len({text.tokens for texts in alone for text in texts}) > 10
    assert alone[0] == alone[-1]  # the same prompt
    for size in (4, 100):
        found = generate(model, PROMPTS, settings, 3, size)
        assert [[(t.tokens, t.ended) for t in texts] for texts in found] == [
            [(t.tokens, t.ended) for t in texts] for texts in alone
        ]
        for texts, expected in zip(found, alone, strict=True):
            assert [t.log_probability for t in texts] == pytest.approx([t.log_probability for t in expected], abs=1e-10)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_probabilities_are_those_of_the_teacher_forced_pass(architecture: str) -> None:
    model = untrained(architecture)
    ((text,),) = generate(model, [[9, 4, 17]], SamplingSettings(max_length=9, temperature=0.5), 1, 8)
    whole = [9, 4, 17, *text.tokens, *([END] if text.ended else [])]
    model.eval()
    with torch.inference_mode():
        read, said = torch.tensor([[START, *whole[:-1]]]), torch.tensor([whole])
        nothing = torch.empty(1, 0, dtype=torch.long)
        logits = model.predict(Batch(torch.tensor([0]), nothing, nothing.bool(), read, said, said > 0)).logits[0]
    gains = logits.log_softmax(dim=1).gather(1, torch.tensor(whole).unsqueeze(1)).squeeze(1)
    assert text.prompt_log_probability == pytest.approx(float(gains[:3].sum()), abs=1e-10)
    assert text.log_probability == pytest.approx(float(gains[3:].sum()), abs=1e-10)


def test_the_first_texts_are_the_same_however_many_there_are_and_the_mode_is_kept() -> None:
    model, settings = untrained("gru").train(), SamplingSettings(max_length=6)
    ((first, *_),) = generate(model, [[5]], settings, 5, 8)
    ((only,),) = generate(model, [[5]], settings, 1, 8)
    assert first.tokens == only.tokens
    assert model.training
    assert generate(model, [], settings, 2, 8) == []


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_model_reads_no_further_than_its_learned_positions(architecture: str) -> None:
    model = untrained(architecture, positions="learned", max_positions=9)
    assert model.longest == 9
    settings = SamplingSettings(max_length=30, seed=2)
    prompts = [[], [7, 8, 9], [5] * 8]
    texts = generate(model, prompts, settings, 4, batch_rows=5)
    for prompt, found in zip(prompts, texts, strict=True):
        assert all(len(prompt) + len(text.tokens) == 9 or text.ended for text in found)
        assert not all(text.ended for text in found)
    with pytest.raises(RequestError, match=r"the prompt has 9 tokens, .* 9 positions, .* to 8 tokens or fewer"):
        generate(model, [[5] * 9], settings, 1, batch_rows=5)


@pytest.mark.parametrize("positions", ["sinusoidal", "rotary", "none"])
def test_other_positions_have_no_end(positions: str) -> None:
    model = untrained("transformer", positions=positions, max_positions=3)
    assert model.longest is None
    ((text,),) = generate(model, [[5] * 4], SamplingSettings(max_length=5, seed=2), 1, batch_rows=5)
    assert text.ended or len(text.tokens) == 5


@pytest.mark.parametrize("count", [0, -2])
def test_fewer_texts_than_one_cannot_be_asked_for(count: int) -> None:
    with pytest.raises(RequestError, match=f"count: expected 1 or more texts for a prompt, found {count}"):
        generate(untrained("gru"), [[5]], SamplingSettings(), count, batch_rows=5)
