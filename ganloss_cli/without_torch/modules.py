"""Networks without numbers: what `torch.nn` is where only the names and shapes of a network's tensors are wanted.

Layers have the parameters and buffers of torch's, of the same shapes and under the same names; nothing can be called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ganloss_cli.without_torch.arrays import Array


def shaped(*shape: int) -> Array:
    """A tensor of a shape, which takes no memory."""
    return Array(np.broadcast_to(np.float32(0), shape))


class Parameter(Array):
    """A tensor that is trained."""

    def __init__(self, data: Array, requires_grad: bool = True) -> None:
        super().__init__(data.numpy())


class Module:
    """A network or a layer of it."""

    training = True

    def __init__(self) -> None:
        self._tensors: dict[str, Array] = {}
        self._modules: dict[str, Module] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Module):
            self._modules[name] = value
        elif isinstance(value, Parameter):
            self._tensors[name] = value
        object.__setattr__(self, name, value)

    def register_buffer(self, name: str, tensor: Array | None, persistent: bool = True) -> None:
        """Keep a tensor that is not trained."""
        object.__setattr__(self, name, tensor)
        if tensor is not None and persistent:
            self._tensors[name] = tensor

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Keep a tensor that is trained."""
        setattr(self, name, parameter)

    def add_module(self, name: str, module: Module | None) -> None:
        """Keep a part."""
        if module is not None:
            setattr(self, name, module)

    def modules(self) -> Iterator[Module]:
        """Itself and all its parts."""
        yield self
        for module in self._modules.values():
            yield from module.modules()

    def get_submodule(self, path: str) -> Module:
        """A part by its dotted name."""
        first, _, rest = path.partition(".")
        return self._modules[first].get_submodule(rest) if first else self

    def get_parameter(self, name: str) -> Array:
        """A tensor of its own."""
        return self._tensors[name]

    def register_load_state_dict_pre_hook(self, _: object) -> None:
        """Nothing is loaded."""

    def state_dict(self, prefix: str = "") -> dict[str, Array]:
        """Every tensor by its name."""
        own = {f"{prefix}{name}": tensor for name, tensor in self._tensors.items()}
        for name, module in self._modules.items():
            own |= module.state_dict(f"{prefix}{name}.")
        return own


class Sequential(Module):
    """Parts in order."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        first = modules[0] if len(modules) == 1 else None
        named = first.items() if isinstance(first, Mapping) else ((str(k), each) for k, each in enumerate(modules))
        for name, module in named:
            self.add_module(name, module)

    def append(self, module: Module) -> Sequential:
        """One more part."""
        self.add_module(str(len(self._modules)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Sequential:
        """More parts."""
        for module in modules:
            self.append(module)
        return self

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __len__(self) -> int:
        return len(self._modules)

    def __getitem__(self, place: int | str) -> Module:
        return self._modules[place] if isinstance(place, str) else [*self._modules.values()][place]

    def __setitem__(self, place: int | str, module: Module) -> None:
        self.add_module(place if isinstance(place, str) else [*self._modules][place], module)


class ModuleList(Sequential):
    """Parts in order."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__(*modules)


class ModuleDict(Sequential):
    """Parts by name."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__(modules or {})


class ParameterDict(Module):
    """Tensors by name."""

    def __init__(self, tensors: Mapping[str, Parameter] | None = None) -> None:
        super().__init__()
        for name, tensor in (tensors or {}).items():
            self[name] = tensor

    def __setitem__(self, name: str, tensor: Parameter) -> None:
        self._tensors[name] = tensor

    def __getitem__(self, name: str) -> Array:
        return self._tensors[name]


class _Plain(Module):
    """A layer without tensors."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()


# what is computed between layers has no tensors
ReLU = LeakyReLU = ELU = SELU = Tanh = Hardtanh = Sigmoid = Softmax = Identity = Flatten = Dropout = Dropout2d = _Plain
ReflectionPad1d = ReflectionPad2d = ReplicationPad2d = PixelShuffle = MaxPool2d = AvgPool1d = AdaptiveAvgPool2d = _Plain


def _sides(kernel: int | tuple[int, ...], n: int) -> tuple[int, ...]:
    return (kernel,) * n if isinstance(kernel, int) else tuple(kernel)


class _Convolution(Module):
    n_axes = 2
    transposed = False

    def __init__(
        self, before: int, after: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, *more: Any, **named: Any
    ) -> None:
        super().__init__()
        groups, bias = (named.get(name, default) for name, default in (("groups", 1), ("bias", True)))
        if more:  # in another order where it is transposed
            raise TypeError("named arguments alone")
        ends = (before, after // groups) if self.transposed else (after, before // groups)
        self.weight = Parameter(shaped(*ends, *_sides(kernel_size, self.n_axes)))
        self.bias = Parameter(shaped(after)) if bias else None


class Conv2d(_Convolution):
    """As of torch."""


class Conv1d(_Convolution):
    """As of torch."""

    n_axes = 1


class ConvTranspose2d(_Convolution):
    """As of torch."""

    transposed = True


class ConvTranspose1d(_Convolution):
    """As of torch."""

    n_axes, transposed = 1, True


class Linear(Module):
    """As of torch."""

    def __init__(self, before: int, after: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = Parameter(shaped(after, before))
        self.bias = Parameter(shaped(after)) if bias else None


class Embedding(Module):
    """As of torch."""

    def __init__(self, count: int, size: int) -> None:
        super().__init__()
        self.weight = Parameter(shaped(count, size))


class PReLU(Module):
    """As of torch."""

    def __init__(self, num_parameters: int = 1) -> None:
        super().__init__()
        self.weight = Parameter(shaped(num_parameters))


class _Norm(Module):
    kept = True

    def __init__(
        self, width: int, eps: float = 0, momentum: float | None = 0, affine: bool | None = None,
        track_running_stats: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if self.kept if affine is None else affine:
            self.weight, self.bias = Parameter(shaped(width)), Parameter(shaped(width))
        if self.kept if track_running_stats is None else track_running_stats:
            self.register_buffer("running_mean", shaped(width))
            self.register_buffer("running_var", shaped(width))
            self.register_buffer("num_batches_tracked", shaped())


class BatchNorm2d(_Norm):
    """As of torch."""


class BatchNorm1d(_Norm):
    """As of torch."""


class InstanceNorm2d(_Norm):
    """As of torch."""

    kept = False


def spectral_norm(module: Module, name: str = "weight", eps: float = 0) -> Module:
    """A layer whose weight is divided by its largest singular value, kept as torch's parametrisations keep it."""
    original = module._tensors.pop(name)
    rows = original.shape[isinstance(module, ConvTranspose1d | ConvTranspose2d)]
    vectors, parametrised = Module(), Sequential()
    vectors.register_buffer("_u", shaped(rows))
    vectors.register_buffer("_v", shaped(original.numel() // rows))
    parametrised._tensors["original"] = original
    parametrised.append(vectors)
    module.add_module("parametrizations", ModuleDict({name: parametrised}))
    return module
