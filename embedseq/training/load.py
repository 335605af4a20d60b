"""How busy the attention experts of a trained model are."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from embedseq.models.attention.router import Routed, Router
from embedseq.models.interfaces import Model
from embedseq.text.batches import Batches


def expert_load(model: Model, batches: Batches) -> dict[str, list[float]]:
    """Which share of the real query tokens went to each expert, for every mixture of experts by its place in the model.

    A token goes to k experts, so that the shares of a mixture sum to k, and k / E would be even. Counted under teacher forcing in
    evaluation mode; the model's mode is kept. Empty where there are no experts.
    """
    routers = {name.rpartition(".")[0]: module for name, module in model.named_modules() if isinstance(module, Router)}
    if not routers:
        return {}
    device, was_training = next(model.parameters()).device, model.training
    counts = {name: torch.zeros(router.experts, dtype=torch.int64, device=device) for name, router in routers.items()}
    model.eval()
    with torch.inference_mode(), ExitStack() as hooks:
        for name, router in routers.items():
            hooks.enter_context(_counting(router, counts[name]))
        for batch in batches.epoch(None):
            on_device = batch.to(device)
            model.predict(on_device)
    model.train(was_training)
    return {name: _shares(sent.tolist(), routers[name].chosen) for name, sent in counts.items()}


def _shares(sent: list[int], chosen: int) -> list[float]:
    tokens = sum(sent) // chosen
    return [count / max(tokens, 1) for count in sent]


@contextmanager
def _counting(router: Router, sent: Tensor) -> Iterator[None]:
    """While it lasts, `sent` (E,) counts what goes to each expert."""

    def count(_: nn.Module, __: Any, routed: Routed) -> None:
        sent.add_(routed.sent())

    handle = router.register_forward_hook(count)
    try:
        yield
    finally:
        handle.remove()
