"""Devices by name, and models that compute wherever they are put: on `meta`, where a tensor of the processor's is an error."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from combinations import Values, fields_of, name_of, shape_of, sources_of
from test_combinations import COVERING, DECODERS, TRANSFORMERS, WORDS, batch_of
from test_kinds_of_models import ARCHITECTURES, KINDS, LABELS
from test_kinds_of_models import batch_of as batch_of_kind

from embedseq.errors import RequestError
from embedseq.models.build import HandedOver, Sizes, build_model, build_seq2seq
from embedseq.models.device import device_named, multiplies_bfloat16
from embedseq.models.settings import ModelShape

Pretend = Callable[[int], None]


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """As if there were so many."""

    def pretend(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return pretend


@pytest.mark.parametrize(
    ("count", "name", "device"),
    [(0, "cpu", "cpu"), (0, "auto", "cpu"), (2, "auto", "cuda:0"), (2, "cuda", "cuda:0"), (2, "cuda:1", "cuda:1")],
)
def test_a_device_is_chosen_by_name(gpus: Pretend, count: int, name: str, device: str) -> None:
    gpus(count)
    assert str(device_named(name)) == device


@pytest.mark.parametrize(
    ("count", "name", "said"),
    [
        (1, "cuda:1", "there is no device 'cuda:1' here, only cpu, cuda:0"),
        (0, "cuda", "there is no device 'cuda' here, only cpu"),
        (0, "mps", "only cpu; Apple's GPUs have no float64 numbers"),
        (0, "gpu", "'gpu' is no device's name; here there are cpu, and `auto`"),
    ],
)
def test_one_that_is_not_there_is_an_error_that_names_those_that_are(gpus: Pretend, count: int, name: str, said: str) -> None:
    gpus(count)
    with pytest.raises(RequestError) as error:
        device_named(name)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("cpuinfo", "fast"),
    [
        ("processor : 0\nflags\t\t: fpu avx2 avx512f\n", False),
        ("processor : 0\nflags\t\t: fpu avx2 avx512_bf16\n", True),
        ("processor : 0\nFeatures\t: fp asimd bf16\n", True),
        ("processor : 0\n", True),
    ],
    ids=["without", "amd-or-intel", "arm", "unknown"],
)
def test_a_processor_says_whether_it_multiplies_bfloat16(tmp_path: Path, cpuinfo: str, fast: bool) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert multiplies_bfloat16(tmp_path / "cpuinfo") == fast
    assert multiplies_bfloat16(tmp_path / "nothing")


@pytest.mark.parametrize("values", [v for v in (*COVERING, *TRANSFORMERS, *DECODERS) if not v.get("sections")][::4], ids=name_of)
def test_a_model_computes_where_it_is_put(values: Values) -> None:
    """Not those with sections: how long a batch then is depends on what is in it, which `meta` does not know."""
    sizes = Sizes(WORDS, WORDS, (WORDS,) * (sources_of(values) - 1))
    model = build_seq2seq(shape_of(fields_of(values)), sizes, HandedOver(), seed=1).to("meta").train()
    batch = batch_of(values, [[4, 5, 6], [7]] * 8, torch.full((16, 3), 5))
    logits = model.predict(batch.to("meta")).logits
    assert logits.is_meta
    logits.sum().backward()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", KINDS)
def test_so_does_a_model_of_any_kind(kind: str, architecture: str, shape: Callable[..., ModelShape]) -> None:
    made = build_model(shape(kind=kind, architecture=architecture), Sizes(WORDS, LABELS), HandedOver(), seed=1)
    model = made.to("meta").train()
    logits = model.predict(batch_of_kind(kind, [[4, 5, 6], [7]]).to("meta")).logits
    assert logits.is_meta
    logits.sum().backward()  # type: ignore[no-untyped-call]
