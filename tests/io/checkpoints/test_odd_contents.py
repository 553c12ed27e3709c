"""Every kind of tensor and of setting that torch.save writes: read right, or refused in words."""

import collections
import datetime
import decimal
import enum
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.inspect_all import survey

pytestmark = pytest.mark.filterwarnings(
    "ignore:torch.quantize", "ignore:Sparse", "ignore:TypedStorage", "ignore:.*nested"
)

WRITTEN = {"zip": {}, "zip of protocol 4": {"pickle_protocol": 4}, "legacy": {"_use_new_zipfile_serialization": False}}
BASE = torch.arange(24.0)
COMPLEX = torch.complex(BASE, BASE + 1)


class Colour(enum.Enum):
    RED = 1


TENSORS: dict[str, Callable[[], torch.Tensor]] = {
    "bfloat16": lambda: BASE.bfloat16(),
    "half": lambda: BASE.half(),
    "float8_e4m3fn": lambda: BASE.to(torch.float8_e4m3fn),
    "float8_e8m0fnu": lambda: BASE.to(torch.float8_e8m0fnu),
    "uint16": lambda: BASE.to(torch.uint16),
    "complex": lambda: COMPLEX,
    "conjugated": lambda: COMPLEX.conj(),
    "negated": lambda: COMPLEX.conj().imag,
    "strided": lambda: BASE.view(4, 6).T[1:, ::2],
    "expanded": lambda: torch.ones(1).expand(40),
    "empty": lambda: torch.zeros(0, 3),
    "scalar": lambda: torch.tensor(3.0),
    "channels last": lambda: torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    "parameter": lambda: torch.nn.Parameter(BASE.clone()),
    "buffer": lambda: torch.nn.Buffer(BASE.clone()),
}
OTHER_TENSORS: dict[str, tuple[Callable[[], torch.Tensor], str]] = {
    "meta": (lambda: torch.empty(3, 4, device="meta"), "a tensor of the meta device, which has a shape and no numbers"),
    "nested": (lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), "a nested tensor"),
    "sparse": (lambda: torch.eye(3).to_sparse(), "a sparse tensor among settings"),
    "sparse rows": (lambda: torch.eye(3).to_sparse_csr(), "a sparse tensor among settings"),
    "quantised": (lambda: torch.quantize_per_tensor(BASE, 0.1, 0, torch.qint8), "a quantised tensor among settings"),
}
HARMLESS: dict[str, Any] = {
    "numpy scalar": np.float64(0.5),
    "numpy array": np.array(["a"]),
    "numpy generator": np.random.default_rng(0),
    "numpy random state": np.random.get_state(),
    "torch generator": torch.Generator(),
    "path": Path("a/b"),
    "size": torch.Size([1, 2]),
    "dtype": torch.float16,
    "device": torch.device("cuda:1"),
    "default dictionary": collections.defaultdict(list, {"a": [1]}),
    "deque": collections.deque([1]),
    "time with zone": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    "decimal": decimal.Decimal("0.1"),
    "frozen set": frozenset({1}),
    "ellipsis": ...,
}


@pytest.fixture(params=WRITTEN)
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[object], Path]:
    def written(content: object) -> Path:
        path = tmp_path / "generator.pt"
        torch.save(content, path, **WRITTEN[request.param])
        return path

    return written


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_of_any_kind_comes_out_as_it_went_in(write: Callable[[object], Path], name: str) -> None:
    tensor = TENSORS[name]().detach()
    path = write({"a.weight": torch.ones(2), "b.weight": tensor})

    found = open_checkpoint(path).networks[0].state_dict["b.weight"]

    assert (found.dtype, found.shape) == (tensor.dtype, tensor.shape)
    if tensor.element_size() == 1:  # torch compares no float8
        found, tensor = found.view(torch.uint8), tensor.view(torch.uint8)
    assert torch.equal(found, tensor)
    assert survey([path]).files[0].networks[0].tensor_count == 2


@pytest.mark.parametrize("name", OTHER_TENSORS)
def test_a_tensor_without_plain_numbers_among_settings_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    make, what = OTHER_TENSORS[name]
    path = tmp_path / "generator.pt"
    torch.save({"a.weight": torch.ones(2), "b.weight": make(), "when": datetime.date(2020, 1, 1)}, path)

    with pytest.raises(InputError, match=rf"generator\.pt: {what}.* cannot be read") as refused:
        open_checkpoint(path)

    assert refused.value.hint
    assert survey([path]).files[0].networks


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_record_beside_the_weights_is_no_obstacle(write: Callable[[object], Path], name: str) -> None:
    path = write({"a.weight": torch.ones(2), "b.bias": torch.ones(1), "extra": HARMLESS[name]})

    [network] = open_checkpoint(path).networks

    assert {"a.weight", "b.bias"} <= network.state_dict.keys()


@pytest.mark.parametrize(
    ("value", "named"),
    [(statistics.NormalDist(), r"statistics\.NormalDist"), (Colour.RED, "Colour"), (np.mean, r"numpy\.mean")],
)
def test_what_would_call_something_is_refused_with_what_to_do(
    write: Callable[[object], Path], value: object, named: str
) -> None:
    path = write({"a.weight": torch.ones(2), "b.bias": torch.ones(1), "extra": value})

    with pytest.raises(UnsafeCheckpointError, match=named) as refused:
        open_checkpoint(path)

    assert "--rescue" in str(refused.value.hint)
    [network] = open_checkpoint(path, rescue=True).networks
    assert list(network.state_dict) == ["a.weight", "b.bias"]


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_sparse_weight_whose_indices_lie_outside_of_it_is_refused(tmp_path: Path, as_zip: bool) -> None:
    path = tmp_path / "generator.pt"
    sparse = torch.eye(4).to_sparse()
    sparse._indices()[1, 0] = 4  # its place in memory is still the tensor's own
    torch.save({"a.weight": torch.ones(2), "b.weight": sparse}, path, _use_new_zipfile_serialization=as_zip)

    with pytest.raises(InputError, match=r"generator\.pt: torch cannot read it"):
        open_checkpoint(path)
