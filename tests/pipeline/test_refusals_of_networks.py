"""Networks that refuse what they are given: the hint names what is missing, and what it names helps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.errors import GanlossError

NETS = '''
import torch
from torch import nn


class Empty(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(()))


class Labelled(Empty):
    def forward(self, x, label):
        return x.flatten(1).mean(1) + label


class Embedding(Empty):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(3, 1)

    def forward(self, x, label):
        return x.flatten(1).mean(1) + self.table(label)[:, 0]


class FromLatents(Empty):
    """Its first layer is a convolution, so it seems to take images."""

    def __init__(self):
        super().__init__()
        self.out = nn.Conv2d(3, 3, 1)
        self.fc = nn.Linear(7, 3 * 64)

    def forward(self, z):
        return self.out(self.fc(z).view(-1, 3, 8, 8))


class Conditioned(Empty):
    def forward(self, z, label):
        return z[:, :1, None, None].expand(-1, 3, 8, 8) + label[:, None, None, None]


class Pairs(Empty):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(6, 1, 1)

    def forward(self, x):
        return self.first(x)


class Grey(Empty):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 1, 1)

    def forward(self, x):
        return self.first(x)


class Fixed(Empty):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 2, 2, stride=2)
        self.last = nn.Linear(2 * 16, 1)

    def forward(self, x):
        return self.last(self.first(x).flatten(1))


class Skips(Empty):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 3, 2, stride=2)
        self.downer = nn.Conv2d(3, 3, 2, stride=2)

    def forward(self, x):
        up = nn.functional.interpolate(self.downer(self.down(x)), scale_factor=4)
        return x + up


class Deep(Empty):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 1, 12)

    def forward(self, x):
        return self.first(x)


class TwoMore(Empty):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 3, 1)

    def forward(self, x, mask, scale):
        return x * mask * scale


class Sounds(Empty):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 1, 3)

    def forward(self, x):
        return self.first(x)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets.py").write_text(NETS)
    scope: dict[str, Any] = {}
    exec(NETS, scope)
    for name, made in scope.items():
        if isinstance(made, type) and name != "Empty":
            torch.manual_seed(0)
            torch.save(made().state_dict(), tmp_path / f"{name}.pt")
    random = np.random.default_rng(0)
    shapes = {"pairs": (8, 8), "odd": (10, 10), "wide": (8, 16)}
    for place, side in ((place, side) for place in shapes for side in ("real", "fake", "input")):
        (tmp_path / place / side).mkdir(parents=True)
        for k in range(2):
            pixels = random.integers(0, 256, (*shapes[place], 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / place / side / f"{k}.png")
    for side in ("real", "fake"):
        (tmp_path / "grey" / side).mkdir(parents=True)
        for k in range(2):
            Image.open(tmp_path / "pairs" / side / f"{k}.png").convert("L").save(tmp_path / "grey" / side / f"{k}.png")
    for count in (2, 3):
        np.save(tmp_path / f"labels{count}.npy", np.arange(count))
    np.save(tmp_path / "large.npy", np.array([1, 5]))
    return tmp_path


def run(folder: Path, network: str, place: str | None, sides: str, options: dict[str, Any]) -> Any:
    """Losses of scores of a discriminator on pairs, or of a generator on reals."""
    judges = "fake" in sides
    data = {side: folder / place / side for side in sides.split()} if place else {}
    words: dict[str, Any] = {"disc" if judges else "ckpt": folder / f"{network}.pt"}
    role = "discriminator" if judges else "generator"
    chosen = {name: folder / value if name in ("label", "input", "real", "fake") else value
              for name, value in options.items()}  # fmt: skip
    words["losses"] = "d_wgan" if judges else "l1" if place else "tv"
    return evaluate(networks=f"{role}={folder}/nets.py:{network}", network_range="0,1", **{**words, **data, **chosen})


@pytest.mark.parametrize(
    ("network", "place", "sides", "options", "hint", "cure"),
    [
        ("Labelled", "pairs", "real fake", {}, "--label", {"label": "labels2.npy"}),
        ("Embedding", "pairs", "real fake", {"label": "large.npy"}, "--label from 0 to 2", {"label": "labels2.npy"}),
        ("FromLatents", "pairs", "real", {}, "--latent-shape 7", {"latent_shape": (7,), "losses": "tv"}),
        ("Conditioned", "pairs", "real", {"latent_shape": (5,), "losses": "tv"}, "--label", {"label": "labels2.npy"}),
        (
            "Conditioned", None, "", {"latent_shape": (5,), "samples": 4, "label": "labels3.npy"}, "--samples 3",
            {"samples": 3},
        ),
        ("Labelled", "pairs", "real fake", {"label": "labels3.npy"}, "--label", {"label": "labels2.npy"}),
        ("Pairs", "pairs", "real fake", {}, "--input", {"input": "pairs/input"}),
        ("Pairs", "wide", "real fake", {}, "--aligned AB", None),
        ("Grey", "pairs", "real fake", {}, "greyscale", {"real": "grey/real", "fake": "grey/fake"}),
        ("Pairs", "grey", "real fake", {}, "--input", None),
        ("Fixed", "odd", "real fake", {}, "--resize 8", {"resize": "8"}),
        ("Skips", "odd", "real", {}, "--modcrop 4", {"modcrop": 4}),
        ("Deep", "pairs", "real fake", {}, "--resize SIZE", {"resize": "16"}),
        ("TwoMore", "pairs", "real", {}, "takes mask, scale as well", None),
        ("Sounds", "pairs", "real fake", {}, "batches of 3 axes", None),
    ],
)  # fmt: skip
def test_the_hint_names_what_is_missing_and_with_it_the_network_runs(
    network: str, place: str | None, sides: str, options: dict[str, Any], hint: str, cure: dict[str, Any] | None,
    folder: Path,
) -> None:  # fmt: skip
    def tried(more: dict[str, Any]) -> Any:
        return run(folder, network, place, sides, {**options, **more})

    with pytest.raises(GanlossError) as refused:
        tried({})

    assert hint in str(refused.value.hint), f"{refused.value.message}\n{refused.value.hint}"
    assert cure is None or tried(cure).results[0].value is not None


def test_labels_alone_say_how_many_latents_are_drawn(folder: Path) -> None:
    report = run(folder, "Conditioned", None, "", {"latent_shape": (5,), "label": "labels3.npy"})

    assert report.results[0].count == 3
