"""A tensor that a network, or the header of its file, ties to another is not missing where the file has the other."""

import textwrap
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file, save_model

from ganloss_cli.errors import InputError
from ganloss_cli.io.network_options import read_user_network
from ganloss_cli.io.user_networks import load_user_network
from ganloss_cli.pipeline.checkpoint.files import open_audited
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.records.request import Request

CLASS = """
from torch import nn

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.head, self.free = (nn.Linear(3, 3, bias=False) for _ in range(3))
        self.head.weight = self.stem.weight

    def forward(self, x):
        return self.free(self.head(self.stem(x)))
"""


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    (tmp_path / "net.py").write_text(textwrap.dedent(CLASS))
    spec = read_user_network(f"G={tmp_path / 'net.py'}:Tied")
    save_model(load_user_network(spec), str(tmp_path / "generator.safetensors"))
    return Request(ckpt=(tmp_path / "generator.safetensors",), networks=(spec,))


def without_the_header(request: Request) -> None:
    """As accelerate saves it: the twin is left out, and nothing tells of it."""
    save_file(load_file(request.ckpt[0]), request.ckpt[0])


@pytest.mark.parametrize("prepare", [lambda _: None, without_the_header])
def test_a_twin_that_is_left_out_is_loaded_and_is_no_misfit(prepare, request_: Request) -> None:
    prepare(request_)

    built = load_model(request_, torch.device("cpu"), torch.float32).networks["generator", "raw"].callees[0].module

    given = load_file(request_.ckpt[0])
    [shared] = {"stem.weight", "head.weight"} & given.keys()
    assert torch.equal(built.head.weight, given[shared])
    assert torch.equal(built.stem.weight, given[shared])
    assert open_audited(request_).model.networks[0].misfit is None


def test_what_nothing_ties_is_still_missing(request_: Request) -> None:
    given = load_file(request_.ckpt[0])
    save_file({name: value for name, value in given.items() if name != "free.weight"}, request_.ckpt[0])

    with pytest.raises(InputError, match=r"missing: free\.weight$"):
        load_model(request_, torch.device("cpu"), torch.float32)
    misfit = open_audited(request_).model.networks[0].misfit
    assert misfit is not None
    assert misfit.missing == ("free.weight",)
