"""State dicts of FSDP2, whose tensors are DTensors: pickled as torch 2.13 does, by a mesh of one rank."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch
import torch.distributed
from torch.distributed.tensor import DTensor, Shard, init_device_mesh
from torch.distributed.tensor._dtensor_spec import DTensorSpec, TensorMeta

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints import open_checkpoint

pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="torch without torch.distributed")


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[object]:
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    torch.distributed.destroy_process_group()


def distributed(local: torch.Tensor, shape: tuple[int, ...], mesh: object) -> DTensor:
    meta = TensorMeta(shape=torch.Size(shape), stride=(shape[1], 1), dtype=local.dtype)
    spec = DTensorSpec(mesh, (Shard(0),), tensor_meta=meta)  # type: ignore[arg-type]
    return DTensor(local, spec, requires_grad=False)


def saved(tensors: Mapping[str, torch.Tensor], path: Path) -> Path:
    torch.save({"generator": dict(tensors)}, path)
    return path


def test_a_tensor_that_one_rank_holds_is_read(tmp_path: Path, mesh: object) -> None:
    local = torch.arange(12.0).reshape(3, 4)
    path = saved({"conv.weight": distributed(local, (3, 4), mesh)}, tmp_path / "last.pt")

    [network] = open_checkpoint(path).networks

    assert torch.equal(network.state_dict["conv.weight"], local)


def test_a_part_of_a_tensor_is_refused_with_what_to_save_instead(tmp_path: Path, mesh: object) -> None:
    path = saved({"conv.weight": distributed(torch.ones(3, 4), (6, 4), mesh)}, tmp_path / "last.pt")

    with pytest.raises(InputError, match="one rank's part of a tensor") as refused:
        open_checkpoint(path)

    assert "full_tensor" in str(refused.value.hint)
