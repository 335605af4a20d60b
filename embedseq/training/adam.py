"""Adam by torch's kernels.

Not by the classes of `torch.optim`: the first of them that is made loads torch's compiler, which nothing here uses, and which
takes a second or two and 70 MiB in every process (`benchmarks/loading.py`). The functions beside those classes do not.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adamw import adamw

_EPSILON = 1e-8


class Adam:
    """Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019) over some tensors."""

    def __init__(
        self, parameters: Iterable[Tensor], *, betas: tuple[float, float] = (0.9, 0.999), decay: float = 0.0, fused: bool = True
    ) -> None:
        self.parameters = list(parameters)
        self.state: dict[Tensor, dict[str, Tensor]] = {}
        """Of each tensor that was updated: how often, `step` (), and the means `exp_avg` and `exp_avg_sq`, of its own shape."""
        self._betas, self._decay, self._fused = betas, decay, fused

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Changes the tensors that have gradients, at this learning rate."""
        moved = [(parameter, parameter.grad) for parameter in self.parameters if parameter.grad is not None]
        states = [self._state_of(parameter) for parameter, _ in moved]
        first, second = self._betas
        adamw(
            [parameter for parameter, _ in moved],
            [gradient for _, gradient in moved],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            foreach=False,
            fused=self._fused,
            amsgrad=False,
            beta1=first,
            beta2=second,
            lr=rate,
            weight_decay=self._decay,
            eps=_EPSILON,
            maximize=False,
        )

    def _state_of(self, parameter: Tensor) -> dict[str, Tensor]:
        if parameter not in self.state:
            means = {name: torch.zeros_like(parameter, memory_format=torch.preserve_format) for name in ("exp_avg", "exp_avg_sq")}
            self.state[parameter] = {"step": torch.zeros((), device=parameter.device, dtype=torch.float32), **means}
        return self.state[parameter]
