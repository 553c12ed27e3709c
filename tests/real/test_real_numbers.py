"""The logged losses of a real pair, traced; run where GANLOSS_REAL_DATA names the folder of real data."""

from pathlib import Path

import numpy as np
import pytest

from ganloss_cli.commands.option_values import stated_number
from ganloss_cli.io.network_options import read_user_network
from ganloss_cli.pipeline.number.audit import trace_numbers
from ganloss_cli.records.request import Request

NETS = Path(__file__).parent / "nets"
MLP = (
    read_user_network(f"generator={NETS}/mnist_mlp.py:Generator"),
    read_user_network(f"discriminator={NETS}/mnist_mlp.py:Discriminator"),
)


@pytest.mark.parametrize(
    ("name", "file", "loss"),
    [("d_bce", "d_losses", "d_bce"), ("d_loss", "d_losses", "d_bce"), ("g_bce", "g_losses", "g_bce")],
)
def test_the_cross_entropy_of_a_real_log_comes_first_without_being_called_reproduced(real_data, name, file, loss):
    # its author logged means over the last epoch of a moving pair: some per cent off is what is right
    folder = real_data / "checkpoints" / "mnist-mlp-gan"
    logged = np.load(folder / f"{file}.npy")[299]
    request = Request(
        ckpt=(folder / "G--300.pth",),
        disc=(folder / "D--300.pth",),
        networks=MLP,
        roles={"real": f"{real_data}/images/mnist/train-first-20000.npz:images"},
        limit=2000,
    )

    report = trace_numbers([stated_number(f"{name}={logged:.5f}")], request)

    best = report.numbers[0].candidates[0]
    assert report.verdict == "closest, not reproduced"
    assert (best.loss, best.convention, best.factor, best.conditions) == (loss, "dcgan", 1, {})
    assert best.standard_errors is not None


def test_two_numbers_of_a_log_find_the_cross_entropy_where_another_formula_is_nearer_to_one(real_data):
    # at epoch 150 least squares come within 1.1 standard errors of the discriminator's number, cross-entropy within 3
    folder = real_data / "checkpoints" / "mnist-mlp-gan"
    logged = {name: np.load(folder / f"{name}_losses.npy")[149] for name in "dg"}
    request = Request(
        ckpt=(folder / "G--150.pth",),
        disc=(folder / "D--150.pth",),
        networks=MLP,
        roles={"real": f"{real_data}/images/mnist/train-first-20000.npz:images"},
        limit=2000,
    )

    report = trace_numbers([stated_number(f"{name}_loss={value:.4f}") for name, value in logged.items()], request)

    assert report.verdict == "closest, not reproduced"
    assert [number.candidates[0].loss for number in report.numbers] == ["d_bce", "g_bce"]
