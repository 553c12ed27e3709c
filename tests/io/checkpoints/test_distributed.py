import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
import torch.distributed.checkpoint as distributed
from torch.distributed.checkpoint.metadata import ChunkStorageMetadata, MetadataIndex

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.inspect_all import survey

pytestmark = pytest.mark.filterwarnings(
    "ignore:torch.distributed is disabled", "ignore::FutureWarning", "ignore:.*TypedStorage"
)


@pytest.fixture
def folder(tmp_path: Path, state_dict: Mapping[str, torch.Tensor]) -> Path:
    where = tmp_path / "step-40"
    content = {"generator": dict(state_dict), "betas": torch.arange(6).reshape(2, 3), "epoch": 7}
    distributed.save(content, checkpoint_id=where, no_dist=True)
    return where


def rewrite(folder: Path, change: object) -> None:
    """Change what the metadata says."""
    metadata = pickle.loads((folder / ".metadata").read_bytes())
    change(metadata)  # type: ignore[operator]
    (folder / ".metadata").write_bytes(pickle.dumps(metadata))


def test_tensors_and_counters_are_those_that_were_saved(folder: Path, state_dict: Mapping[str, torch.Tensor]) -> None:
    checkpoint = open_checkpoint(folder)

    [network] = checkpoint.networks
    assert (network.role, network.part, checkpoint.format) == ("generator", "generator", "distributed checkpoint")
    assert network.state_dict.keys() == state_dict.keys()
    assert all(torch.equal(network.state_dict[key], state_dict[key]) for key in state_dict)
    assert checkpoint.step == 40
    assert checkpoint.left_over == ("betas",)


def test_a_tensor_in_several_blocks_is_put_together(folder: Path, state_dict: Mapping[str, torch.Tensor]) -> None:
    """Two ranks of FSDP each write half of the rows."""
    name, whole = "generator.conv.weight", state_dict["conv.weight"]
    second = folder / "__1_0.distcp"
    torch.save(whole[2:].clone(), second)
    halves = [torch.Size([0, 0, 0, 0]), torch.Size([2, 0, 0, 0])]

    def split(metadata: distributed.Metadata) -> None:
        place = metadata.storage_data.pop(MetadataIndex(name, halves[0], 0))
        first = folder / "__2_0.distcp"
        torch.save(whole[:2].clone(), first)
        sizes = torch.Size([2, *whole.shape[1:]])
        metadata.state_dict_metadata[name].chunks = [ChunkStorageMetadata(o, sizes) for o in halves]
        for k, (offset, file) in enumerate(zip(halves, (first, second), strict=True)):
            info = type(place)(relative_path=file.name, offset=0, length=file.stat().st_size)
            metadata.storage_data[MetadataIndex(name, offset, k)] = info

    rewrite(folder, split)

    [network] = open_checkpoint(folder).networks
    assert torch.equal(network.state_dict["conv.weight"], whole)


def test_a_foreign_global_in_the_metadata_is_refused_and_never_called(folder: Path, foreign: object) -> None:
    rewrite(folder, lambda metadata: setattr(metadata, "planner_data", {**metadata.planner_data, "x": foreign}))

    with pytest.raises(UnsafeCheckpointError, match=r"\.metadata: refused: unpickling it would import foreign\.mark"):
        open_checkpoint(folder)
    [file] = survey([folder]).files
    assert "foreign.mark" in file.refused


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "__0_0.distcp").unlink()

    with pytest.raises(InputError, match=r"__0_0\.distcp: missing"):
        open_checkpoint(folder)


def test_a_file_that_is_cut_off_is_named(folder: Path) -> None:
    file = folder / "__0_0.distcp"
    file.write_bytes(file.read_bytes()[:-200])

    with pytest.raises(InputError, match=r"__0_0\.distcp: ends before"):
        open_checkpoint(folder)


def test_a_place_outside_the_folder_is_refused(folder: Path) -> None:
    def lead_out(metadata: distributed.Metadata) -> None:
        for info in metadata.storage_data.values():
            info.relative_path = "../other.distcp"

    rewrite(folder, lead_out)

    with pytest.raises(InputError, match="an impossible place"):
        open_checkpoint(folder)


def test_blocks_that_are_not_the_whole_tensor_are_refused(folder: Path) -> None:
    def take_one(metadata: distributed.Metadata) -> None:
        metadata.state_dict_metadata["generator.conv.weight"].chunks = []

    rewrite(folder, take_one)

    with pytest.raises(InputError, match=r"blocks that are not all of generator\.conv\.weight"):
        open_checkpoint(folder)


def test_a_block_that_is_not_what_the_metadata_says_is_refused(folder: Path) -> None:
    def exchange(metadata: distributed.Metadata) -> None:
        bias = MetadataIndex("generator.conv.bias", torch.Size([0]), 0)
        weight = MetadataIndex("generator.conv.weight", torch.Size([0, 0, 0, 0]), 0)
        metadata.storage_data[bias] = metadata.storage_data[weight]

    rewrite(folder, exchange)

    with pytest.raises(InputError, match=r"a block of generator\.conv\.bias is not what its checkpoint says"):
        open_checkpoint(folder)


def test_looking_at_it_reads_no_tensor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ganloss_cli.io.checkpoints.formats import tensors

    monkeypatch.setattr(tensors.Materialiser, "tensor", None)

    [file] = survey([folder]).files

    assert [(one.role, one.parameters) for one in file.networks] == [("generator", 4 * 3 * 3 * 3 + 4)]
    assert file.step == 40
