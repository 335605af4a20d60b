"""Adam over the parameters that may change, with its state kept by their names. Which rate it uses when is `schedule`'s."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from embedseq.training.adam import Adam
from embedseq.training.settings import TrainSettings

BETAS = (0.9, 0.98)
"""Decay of the moments (Vaswani et al. 2017, section 5.3), for all architectures."""


class Optimiser:
    """AdamW (Loshchilov and Hutter 2019) with gradient clipping; vectors of biases and gains are not decayed."""

    def __init__(self, model: nn.Module, settings: TrainSettings) -> None:
        self._clip = settings.clip
        self._decay = settings.weight_decay
        self._names: dict[str, nn.Parameter] = {}
        self._groups: list[Adam] = []
        self.enrol(model)

    def enrol(self, model: nn.Module) -> None:
        """Takes in the parameters that have become trainable since the last call; those that are frozen stay outside."""
        new = {name: p for name, p in model.named_parameters() if p.requires_grad and name not in self._names}
        self._names.update(new)
        matrices, vectors = ([p for p in new.values() if (p.dim() > 1) is wide] for wide in (True, False))
        for parameters, decay in ((matrices, self._decay), (vectors, 0.0)):
            if parameters:
                self._groups.append(Adam(parameters, betas=BETAS, decay=decay))

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for group in self._groups:
            group.zero_grad()

    def clip(self) -> Tensor:
        """Scales the gradients down to the norm `clip` where theirs is larger; returns their norm before, a scalar."""
        parameters = list(self._names.values())
        if self._clip is not None:
            return nn.utils.clip_grad_norm_(parameters, self._clip)
        return nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])

    def step(self, rate: float) -> None:
        """Changes the weights by their gradients at this learning rate."""
        for group in self._groups:
            group.step(rate)

    def tensors(self) -> dict[str, Tensor]:
        """The state, `NAME/exp_avg` for instance, of every parameter that has been updated."""
        state = {parameter: each for group in self._groups for parameter, each in group.state.items()}
        return {f"{name}/{key}": value for name, p in self._names.items() if p in state for key, value in state[p].items()}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`, for an optimiser that has enrolled the same parameters."""
        group_of = {parameter: group for group in self._groups for parameter in group.parameters}
        for joined, value in tensors.items():
            name, _, key = joined.rpartition("/")
            parameter = self._names[name]
            group_of[parameter].state.setdefault(parameter, {})[key] = value.to(parameter.device, copy=True)


def copy_of(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU that training does not change."""
    return {name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format) for name, tensor in tensors.items()}


def mean_of(several: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of the weights of one model at several times (Vaswani et al. 2017, section 6.1), of what is no weight the last.

    Weights that never changed stay as they are, to the bit.
    """
    first, *others = several
    found = {}
    for name, tensor in first.items():
        still = all(torch.equal(other[name], tensor) for other in others)  # and so -0.0, which a sum would make 0.0, stays
        if still or not tensor.is_floating_point():
            found[name] = several[-1][name]
            continue
        apart = sum((other[name].double() - tensor.double() for other in others), torch.zeros((), dtype=torch.float64))
        found[name] = (tensor.double() + apart / len(several)).to(tensor.dtype)
    return found
