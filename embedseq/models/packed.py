"""Large matrices laid out once for products with few rows.

A step of a search multiplies the same matrices with a few dozen rows, at its end with one or two. torch's own product on a CPU
rearranges the whole matrix each time, which then takes longer than the multiplication. oneDNN's takes one that was rearranged
before. torch has it for the frozen weights of what it compiles; here it is called directly, where this torch has it.
"""

import copy
import platform
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LARGE = 2**19
"""Matrices of fewer numbers stay as they are: the call costs more than it saves."""
_ROWS = 64
"""How many rows a matrix is laid out for. Products with other numbers of rows were as fast as with a layout of their own."""

ModuleT = TypeVar("ModuleT", bound=nn.Module)


@runtime_checkable
class Packable(Protocol):
    """A module that knows by itself how its matrices are packed."""

    def packed(self) -> nn.Module:
        """What takes its place in steps; itself, where nothing is large enough."""


class Product:
    """x W^T + b, (…, D) to (…, N), with a packed W. No gradient goes through it."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """weight (N, D) and bias (N,), which `pays`."""
        self.laid_out: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), _ROWS)
        self.bias = None if bias is None else bias.detach()

    def __call__(self, states: Tensor) -> Tensor:
        product: Tensor = torch.ops.mkldnn._linear_pointwise(states.detach(), self.laid_out, self.bias, "none", [], "")
        return product


class PackedLinear(nn.Module):
    """The map of a `Linear`, packed. The weight itself stays: there are modules that read it of their parts."""

    def __init__(self, mapping: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = mapping.weight, mapping.bias
        self.product = Product(mapping.weight, mapping.bias)

    def forward(self, states: Tensor) -> Tensor:
        return self.product(states)


def pays(weight: Tensor) -> bool:
    """Whether this torch can pack such a matrix, and it is large enough to gain by it."""
    return weight.numel() >= LARGE and weight.dtype == torch.float32 and weight.device.type == "cpu" and _is_there()


def linear(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    """x W^T + b for steps, with weight (N, D) and bias (N,) as they are now; packed where that pays."""
    return Product(weight, bias) if pays(weight) else partial(F.linear, weight=weight, bias=bias)


def packed(module: ModuleT) -> ModuleT:
    """A module like this one for steps, in which products with large matrices are packed ones; itself, where none pays.

    What is not packed is shared. It is of no use any more once the weights change, and gradients do not go through it.
    """
    replaced = {id(part): new for part in module.modules() if (new := _replacement(part)) is not part}
    if not replaced:
        return module
    shared = {id(each): each for each in (*module.parameters(), *module.buffers())}
    whole = {id(part): part for part in module.modules() if replaced.keys().isdisjoint(map(id, part.modules()))}
    return copy.deepcopy(module, shared | whole | replaced)


def _replacement(part: nn.Module) -> nn.Module:
    """What takes the place of one part, which may be itself."""
    if isinstance(part, Packable):
        return part.packed()
    return PackedLinear(part) if type(part) is nn.Linear and pays(part.weight) else part


def _is_there() -> bool:
    """Whether torch was built with oneDNN, and it is not switched off, on the kind of processor that it was measured on."""
    operators = torch.ops.mkldnn
    known = hasattr(operators, "_reorder_linear_weight") and hasattr(operators, "_linear_pointwise")
    on = torch.backends.mkldnn.is_available() and bool(torch.backends.mkldnn.enabled)  # type: ignore[no-untyped-call]
    return known and on and platform.machine().lower() in ("x86_64", "amd64")
