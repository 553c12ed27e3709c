import weakref

import numpy as np
import pytest
import torch
from torch.nn import functional

from ganloss_cli.without_torch import functions
from ganloss_cli.without_torch.arrays import DTYPES, Array

VALUES = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)
OTHERS = np.random.default_rng(1).standard_normal((2, 3, 4, 5)).astype(np.float32)

OPERATIONS = {
    "shape": lambda t, _: t.shape,
    "dim": lambda t, _: (t.dim(), t.ndim, t.numel(), len(t), t.element_size()),
    "flatten": lambda t, _: t.flatten(1),
    "flatten a part": lambda t, _: t.flatten(0, 1),
    "flatten all": lambda t, _: t.flatten(),
    "view": lambda t, _: t.contiguous().view(6, -1),
    "reshape": lambda t, _: t.reshape((4, -1)),
    "sizes": lambda t, _: (t.shape[1:].numel(), t.shape[0], [*t.shape[:2]]),
    "rows": lambda t, _: t.T if t.dim() == 2 else t[0, 0].T,
    "places": lambda t, _: t[:, 1:, ::2, None],
    "where": lambda t, _: t[torch.isfinite(t)] if isinstance(t, torch.Tensor) else t[functions.isfinite(t)],
    "parts": lambda t, _: t.unbind(-1)[2],
    "iterated": lambda t, _: [part.sum().item() for part in t],
    "axes": lambda t, _: t.movedim(0, -1).transpose(0, 1).permute(3, 2, 1, 0),
    "unsqueeze": lambda t, _: t.unsqueeze(1),
    "expand_as": lambda t, o: t[:, :1].expand_as(o),
    "new_tensor": lambda t, _: t.new_tensor((1, 2.5)),
    "types": lambda t, _: (t.double(), t.float(), t.to(t.dtype)),
    "abs": lambda t, _: t.abs() + abs(t),
    "square": lambda t, _: t.square().sqrt(),
    "sqrt of negatives": lambda t, _: t.sqrt(),
    "clamp": lambda t, _: t.clamp(0, 1).mul(255).round().div(255),
    "clamp from below": lambda t, _: t.clamp(min=0),
    "in place": lambda t, _: (t + 0).mul_(3).div_(7),
    "setting": lambda t, o: t.__setitem__((0, slice(1, 3)), o[1, :2]) or t,
    "copy_": lambda t, o: [part.copy_(other).div_(255) for part, other in zip(t, o, strict=True)] and t,
    "sum": lambda t, _: t.sum(),
    "sums": lambda t, _: t.sum((1, 2), keepdim=True),
    "mean": lambda t, _: t.mean(),
    "means": lambda t, _: t.mean(1),
    "prod": lambda t, _: t.prod(0),
    "extremes": lambda t, _: (t.min(), t.max(), t.amin(1), t.amax(1)),
    "arithmetic": lambda t, o: 1 - 2 * t / (o - 0.5) ** 2 + t * o - t / 3,
    "powers": lambda t, o: t.abs() ** o,
    "compared": lambda t, o: ((t < o) & (t != 0)) | ~(t >= 0.5) | (t == o),
    "any and all": lambda t, _: ((t > 2).any(), (t < 9).all(), (t > 0).any(1), (t > 0).all(1), (t > 0).sum()),
    "negative": lambda t, _: -t,
    "plain": lambda t, _: (float(t.sum()), int(t.sum() * 100), bool(t.any()), t[0, 0, 0].tolist()),
    "half": lambda t, _: t.to(t.dtype).is_floating_point(),
}  # fmt: skip
FUNCTIONS = {
    "stack": lambda f, t, o: f.stack([t, o], 1),
    "cat": lambda f, t, o: f.cat([t, o], 1),
    "log10": lambda f, t, o: f.log10(t.abs() / 0.0 if o is None else t.abs()),
    "isfinite": lambda f, t, o: f.isfinite(t / (o - o)),
    "aminmax": lambda f, t, o: tuple(f.aminmax(t, dim=1)),
    "aminmax of all": lambda f, t, o: tuple(f.aminmax(t)),
    "equal": lambda f, t, o: (f.equal(t, o), f.equal(t, t)),
    "finfo": lambda f, t, o: (float(f.finfo(f.float32).eps), float(f.finfo(f.float64).eps)),
    "zeros": lambda f, t, o: f.zeros(2, 3, dtype=f.float64),
    "full_like": lambda f, t, o: f.full_like(t, 7),
    "tensor": lambda f, t, o: (f.tensor([0.5, 1.5]), f.tensor([1, 2]), f.tensor([0.1], dtype=f.float64)),
    "from_numpy": lambda f, t, o: f.from_numpy(VALUES[0]),
    "device": lambda f, t, o: (f.device("cpu").type, str(t.device), t.requires_grad),
}


def plain(found: object) -> object:
    if isinstance(found, torch.Tensor | Array):
        return str(found.dtype), found.numpy()
    return [plain(part) for part in found] if isinstance(found, tuple | list) else found


def same(ours: object, theirs: object) -> bool:
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, tuple):
        return ours[0] == theirs[0] and same(ours[1], theirs[1])
    if isinstance(ours, np.ndarray):
        return ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=1e-6, atol=1e-6, equal_nan=True)
    return ours == pytest.approx(theirs, rel=1e-5) if isinstance(ours, float) else ours == theirs


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_array_does_what_a_tensor_does(operation) -> None:
    ours = plain(operation(Array(VALUES.copy()), Array(OTHERS.copy())))
    theirs = plain(operation(torch.from_numpy(VALUES.copy()), torch.from_numpy(OTHERS.copy())))

    assert same(ours, theirs)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_does_what_torch_does(function) -> None:
    ours = plain(function(functions, Array(VALUES), Array(OTHERS)))
    theirs = plain(function(torch, torch.from_numpy(VALUES), torch.from_numpy(OTHERS)))

    assert same(ours, theirs)


@pytest.mark.parametrize("mode", ["constant", "replicate", "reflect"])
def test_padding_is_that_of_torch(mode: str) -> None:
    ours = functions.functional.pad(Array(VALUES), (1, 2, 0, 3), mode=mode)
    theirs = functional.pad(torch.from_numpy(VALUES), (1, 2, 0, 3), mode=mode)

    assert same(plain(ours), plain(theirs))


def test_the_squared_error_is_that_of_torch() -> None:
    ours = functions.functional.mse_loss(Array(VALUES), Array(OTHERS), reduction="none")
    theirs = functional.mse_loss(torch.from_numpy(VALUES), torch.from_numpy(OTHERS), reduction="none")

    assert same(plain(ours), plain(theirs))


@pytest.mark.parametrize("name", DTYPES)
def test_types_are_those_of_torch(name: str) -> None:
    ours, theirs = getattr(functions, name), getattr(torch, name)

    assert str(ours) == str(theirs)
    assert (ours.is_floating_point, ours.is_complex, ours.itemsize) == (
        theirs.is_floating_point, theirs.is_complex, theirs.itemsize,
    )  # fmt: skip


def test_what_a_view_is_of_lives_as_long_as_it_does() -> None:
    lent = np.zeros(12, np.float32)[:6]  # numpy's own views would keep the first array alone
    gone = []
    weakref.finalize(lent, gone.append, True)
    view = Array(lent).view(2, 3)[1]
    del lent

    assert not gone
    del view
    assert gone


def test_a_mean_is_exact_to_its_last_digit() -> None:
    values = np.full(10_000_001, 0.1, np.float32)

    assert float(Array(values).mean()) == float(np.float32(0.1))


def test_half_precision_is_left_to_torch() -> None:
    halves = Array(VALUES).to(DTYPES["float16"])

    with pytest.raises(Exception, match=r"torch.float16"):
        halves.mean()
    with pytest.raises(Exception, match=r"torch.float16"):
        halves * 2


def test_threads_are_counted_for_each_of_them() -> None:
    before = functions.get_num_threads()
    functions.set_num_threads(1)
    try:
        assert functions.get_num_threads() == 1
    finally:
        functions.set_num_threads(before)
    with functions.no_grad(), functions.inference_mode(True):
        assert not functions.is_grad_enabled()
        assert not functions.is_inference_mode_enabled()
    assert functions.__version__ == torch.__version__
