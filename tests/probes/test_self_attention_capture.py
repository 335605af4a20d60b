"""Maps of self-attention: words of pieces, the symbol behind the words, the same alone as among others."""

import numpy as np
import pytest
import torch

from embedseq.errors import RequestError
from embedseq.models.attention.self_looks import recorded_self_looks
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.probes.attention_maps import AttentionMaps
from embedseq.probes.capturing import Cut, Readings
from embedseq.probes.self_attention_capture import capture_self_attention

CUTS = [Cut([5, 6, 7, 8, 9], [0, 2, 3]), Cut([4, 5], [0, 1]), Cut([9, 8, 7, 4], [1, 2])]
"""Words of the pieces 2 1 2, 1 1, and 2 2: what stands before a sentence's first word belongs to it."""


def built(**fields: object) -> Model:
    shape = ModelShape.model_validate({"architecture": "transformer", "dim": 8, "heads": 2, "layers": 2, **fields})
    return build_model(shape, Sizes(12, 12), HandedOver(), 3).double().train()


def test_over_the_pieces_of_a_word_weights_are_summed_and_averaged() -> None:
    model = built()
    maps = capture_self_attention(model, Readings(CUTS))
    assert model.training
    assert maps.source_lengths.tolist() == maps.target_lengths.tolist() == [4, 3, 3]
    assert maps.head_names[:2] == ("layer 1, head 1", "layer 1, head 2")
    (batch,) = Readings(CUTS[:1]).batches(100)
    model.eval()
    with recorded_self_looks(model.encoder) as looks:
        model.states(batch)
    assert looks.weights is not None
    of_tokens = looks.weights[0].detach().numpy()  # 5 pieces and the end symbol
    found = maps.get("weights", 0)
    assert found is not None
    np.testing.assert_allclose(found[1, :, 0], of_tokens[2, :, 0] + of_tokens[2, :, 1], rtol=1e-6)
    np.testing.assert_allclose(found[0, :, 1], (of_tokens[0, :, 2] + of_tokens[1, :, 2]) / 2, rtol=1e-6)
    np.testing.assert_allclose(found[2, :, 3], (of_tokens[3, :, 5] + of_tokens[4, :, 5]) / 2, rtol=1e-6)


@pytest.mark.parametrize("side", ["encoder", "decoder", "language model"])
def test_a_sentence_has_the_same_maps_alone_and_among_others(side: str) -> None:
    model = built(**({"kind": "language-model"} if side == "language model" else {}))
    sources = [[4, 5, 6], [7], [8, 9, 4, 5, 6, 7]] if side == "decoder" else None

    def maps(numbers: list[int], batch_tokens: int = 100) -> AttentionMaps:
        own = None if sources is None else [sources[each] for each in numbers]
        readings = Readings([CUTS[each] for each in numbers], side != "encoder", own)
        return capture_self_attention(model, readings, batch_tokens)

    together, one_by_one = maps([0, 1, 2]), maps([0, 1, 2], 1)
    for kind in ("weights", "norms"):
        for sentence in range(3):
            own, alone = together.get(kind, sentence), maps([sentence]).get(kind, 0)  # type: ignore[arg-type]
            assert own is not None
            assert alone is not None
            np.testing.assert_allclose(own, alone, rtol=1e-6)
            np.testing.assert_array_equal(one_by_one.get(kind, sentence), alone)  # type: ignore[arg-type]
    for sentence in range(3):
        weights = together.get("weights", sentence)
        assert weights is not None
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-6)


def test_a_decoder_sees_the_start_symbol_last_and_no_word_behind_its_own() -> None:
    maps = capture_self_attention(built(kind="language-model"), Readings([Cut([5, 6, 7], [0, 1, 2])], written=True))
    weights = maps.get("weights", 0)
    assert weights is not None
    assert not weights[0, :, 1:3].any()
    assert not weights[1, :, 2].any()
    assert (weights[:3, :, 3] > 0).all()  # each word sees the start symbol,
    np.testing.assert_array_equal(weights[3], [[0, 0, 0, 1]] * 4)  # which sees itself alone


def test_maps_without_gradients_are_saved_and_read(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "maps.safetensors"
    maps = capture_self_attention(built(), Readings(CUTS))
    maps.save(path)
    again = AttentionMaps.load(path)
    assert again.get("gradients", 0) is None
    np.testing.assert_array_equal(again.get("weights", 2), maps.get("weights", 2))


def test_models_and_sentences_without_anything_to_look_at_are_refused() -> None:
    with pytest.raises(RequestError, match="self-attention"):
        capture_self_attention(built(architecture="gru", heads=1), Readings(CUTS))
    with pytest.raises(RequestError, match="a decoder"):
        capture_self_attention(built(kind="tagger"), Readings(CUTS, written=True))
    with pytest.raises(RequestError, match="sentence 1 has no words"):
        capture_self_attention(built(), Readings([Cut([5], [])]))
    assert torch.is_grad_enabled()
