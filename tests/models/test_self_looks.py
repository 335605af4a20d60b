"""What self-attentions see, as it is recorded: the weights with which they mix, of their own states alone."""

import pytest
import torch

from embedseq.models.attention.self_looks import recorded_self_looks
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.resolved_sides import looks_back_alone
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, held, read, written

SOURCES = [[5, 6, 7, 8, 9], [4, 5], [9, 8, 7]]
TARGETS = [[6, 5, 4], [7, 8, 9, 4], [5]]


def built(**fields: object) -> Model:
    shape = ModelShape.model_validate({"architecture": "transformer", "dim": 8, "heads": 2, "layers": 2, **fields})
    return build_model(shape, Sizes(12, 12), HandedOver(), 3).eval()


def batch_of(sources: list[list[int]], targets: list[list[int]]) -> Batch:
    import numpy as np

    every = np.arange(len(sources))
    reading = read(held(sources), every)
    return Batch(torch.arange(len(sources)), reading.source, reading.valid, *written(held(targets), every))  # type: ignore[arg-type]


def test_an_encoder_is_seen_in_all_its_heads_and_padding_is_never_looked_at() -> None:
    model, batch = built(), batch_of(SOURCES, TARGETS)
    with recorded_self_looks(model.encoder) as looks:
        model.states(batch)
    assert looks.layers == 2
    assert looks.weights is not None
    assert looks.weights.shape == (3, 6, 4, 6)
    valid = batch.source_valid
    rows = looks.weights.sum(dim=-1).transpose(1, 2)[valid.unsqueeze(1).expand(-1, 4, -1)]
    torch.testing.assert_close(rows, torch.ones_like(rows))
    assert not looks.weights.masked_select(~valid[:, None, None, :]).any()


def test_weights_times_values_are_what_a_look_gives() -> None:
    """The context of a layer is Σ_s α_ts f(x_s); the norms are those of f(x_s)."""
    model, batch = built(layers=1, heads=1), batch_of(SOURCES, TARGETS)
    look = model.encoder.layers[0].attention  # type: ignore[union-attr, index]
    kept: list[tuple[torch.Tensor, torch.Tensor]] = []
    hook = look.register_forward_hook(lambda module, given, seen: kept.append((given[1].values, seen.context)))
    with recorded_self_looks(model.encoder) as looks:
        model.states(batch)
    hook.remove()
    ((values, context),) = kept
    assert looks.weights is not None
    assert looks.norms is not None
    added = values.squeeze(1) @ look.projections.output.weight.T
    torch.testing.assert_close(looks.weights.squeeze(2) @ added + look.projections.output.bias, context)
    torch.testing.assert_close(looks.norms.squeeze(1), added.norm(dim=-1))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "language-model"},
        {"architecture": "gru", "heads": 1, "layers": 1, "self_attention": "scaled-dot", "attention": "additive"},
        {
            "architecture": "gru",
            "heads": 1,
            "layers": 1,
            "self_attention": "scaled-dot",
            "attention": {"scorer": "additive", "when": "before"},
        },
    ],
    ids=["transformer", "language model", "gru", "gru, step by step"],
)
def test_a_decoder_is_seen_looking_back_alone_and_its_looks_at_the_source_are_left_out(fields: dict[str, object]) -> None:
    model = built(**fields)
    writes = fields.get("kind") == "language-model"
    batch = batch_of(SOURCES, TARGETS)
    with recorded_self_looks(model.decoder) as looks:
        model.states(batch, "source" if writes else "target")
    heads = 1 if "architecture" in fields else 4
    assert looks.weights is not None
    assert looks.weights.shape == (3, 5, heads, 5)
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)
    assert not looks.weights.masked_select(later[None, :, None, :]).any()
    real = looks.weights.transpose(1, 2)[batch.target_valid.unsqueeze(1).expand(-1, heads, -1)]
    torch.testing.assert_close(real.sum(dim=-1), torch.ones(real.shape[:-1]))


@pytest.mark.parametrize("bidirectional", [True, False])
def test_an_encoder_that_reads_one_way_looks_back_alone_and_says_so(bidirectional: bool) -> None:
    fields = {"architecture": "gru", "heads": 1, "layers": 1, "self_attention": "scaled-dot", "bidirectional": bidirectional}
    model = built(**fields)
    with recorded_self_looks(model.encoder) as looks:
        model.states(batch_of(SOURCES, TARGETS))
    assert looks.weights is not None
    later = torch.ones(6, 6, dtype=torch.bool).triu(1)[None, :, None, :]
    shape = ModelShape.model_validate({"dim": 8, **fields})
    assert looks_back_alone(shape, "encoder") == (not looks.weights.masked_select(later).any()) == (not bidirectional)
    assert looks_back_alone(shape, "decoder")
    assert not looks_back_alone(ModelShape(architecture="transformer", bidirectional=False), "encoder")


def test_what_does_not_look_at_itself_has_no_weights_and_hooks_are_gone_afterwards() -> None:
    model = built(architecture="gru", heads=1)
    with recorded_self_looks(model.encoder) as looks:
        model.states(batch_of(SOURCES, TARGETS))
    assert looks.weights is None
    assert looks.norms is None
    assert looks.layers == 0
    transformer = built()
    with recorded_self_looks(transformer.encoder):
        pass
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in transformer.modules())
