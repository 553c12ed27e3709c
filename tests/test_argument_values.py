"""Arguments of `evaluate` are refused as options of the command line are, never by whatever they end up in."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganloss_cli import evaluate
from ganloss_cli.api import chosen
from ganloss_cli.errors import UsageError
from ganloss_cli.records.request import Request


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"latent_shape": "wide"}, "latent_shape: expected a shape like 128 or 128x1x1, got 'wide'"),
        ({"latent_shape": (3, "x")}, "latent_shape: expected a shape like 128 or 128x1x1, got '3xx'"),
        ({"latent_shape": (-3,)}, "latent_shape: expected a shape like 128 or 128x1x1, got '-3'"),
        ({"batch_size": 0}, "batch_size: expected a whole number of at least 1, got '0'"),
        ({"batch_size": None, "worst": 1.5}, "worst: expected a whole number of at least 1, got '1.5'"),
        ({"seed": True}, "seed: expected a whole number of at least 0, got 'True'"),
        ({"mode": "training"}, "mode: expected one of eval, train; got 'training'"),
        ({"weights": 3}, "weights: expected one of raw, ema, both; got '3'"),
        ({"range": (1, 0)}, "range: expected LOW,HIGH with LOW below HIGH, got '1,0'"),
        ({"per_sample": "yes"}, "per_sample: expected True or False, got 'yes'"),
        ({"recipe": 7}, "recipe: expected text, got 7"),
        ({"losses": [1]}, "losses: expected text or several texts, got [1]"),
        ({"losses": ""}, "losses: expected at least one name, got ''"),
        ({"data": 3}, "data: expected text, got 3"),
        ({"device": None}, "device: expected one of auto, cpu, cuda, cuda:N, mps; got 'None'"),
        ({"sed": 1}, "evaluate: no argument 'sed'"),
    ],
)
def test_what_no_option_would_take_is_a_usage_error(choice: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        evaluate(real="nowhere", **choice)

    assert caught.value.message == told


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        ({"latent_shape": "3"}, {"latent_shape": (3,)}),
        ({"latent_shape": 128}, {"latent_shape": (128,)}),
        ({"latent_shape": [100, 1, 1]}, {"latent_shape": (100, 1, 1)}),
        ({"batch_size": np.int64(4)}, {"batch_size": 4}),
        ({"range": (-1, 0.1)}, {"range": (-1.0, 0.1)}),
        ({"range": "0,255"}, {"range": (0.0, 255.0)}),
        ({"resize": 64}, {"resize": 64}),
        ({"resize": (64, 48)}, {"resize": (64, 48)}),
        ({"resize": "64x48"}, {"resize": (64, 48)}),
        ({"losses": "ssim, psnr:half"}, {"losses": ("ssim", "psnr:half")}),
        ({"arch": "dcgan"}, {"arch": {None: "dcgan"}}),
        ({"ckpt": "g.pt", "data": "imgs"}, {"ckpt": (Path("g.pt"),), "data": Path("imgs")}),
        ({"ckpt": [Path("g.pt"), "d.pt"]}, {"ckpt": (Path("g.pt"), Path("d.pt"))}),
        ({"data": None, "ckpt": None, "limit": None, "real": None}, {}),
    ],
)
def test_values_and_the_texts_of_options_come_to_the_same(choice: dict[str, Any], taken: dict[str, Any]) -> None:
    assert chosen(choice) == Request(**taken)
