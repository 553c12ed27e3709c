"""TorchScript and exported programs are code: refused until --allow-code, then run like any network."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ganloss_cli import evaluate
from ganloss_cli.errors import ExitStatus, UnsafeCheckpointError


class Mean(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.full((), 0.25))

    def forward(self, x):
        return x.mean((1, 2, 3)) + self.bias


@pytest.fixture(params=["torchscript", "exported"])
def program(request, tmp_path):
    path = tmp_path / "d.pt"
    if request.param == "torchscript":
        torch.jit.save(torch.jit.script(Mean()), path)
    else:
        batch = torch.export.Dim("batch", min=1)
        exported = torch.export.export(Mean(), (torch.zeros(2, 1, 4, 4),), dynamic_shapes=({0: batch},))
        torch.export.save(exported, tmp_path / "d.pt2")
        (tmp_path / "d.pt2").rename(path)
    save_file({"real": torch.full((3, 1, 4, 4), 0.5)}, tmp_path / "t.safetensors")
    return path


def test_a_program_is_refused_with_the_option_that_allows_it(program):
    with pytest.raises(UnsafeCheckpointError) as refused:
        evaluate(disc=program, data=program.with_name("t.safetensors"), losses="real_score")

    assert refused.value.status == ExitStatus.UNSAFE
    assert "--allow-code" in refused.value.hint


def test_an_allowed_program_runs(program):
    report = evaluate(
        disc=program, data=program.with_name("t.safetensors"), losses="real_score", network_range="0,1", allow_code=True
    )

    assert report.results[0].value == pytest.approx(0.75, rel=1e-6)
