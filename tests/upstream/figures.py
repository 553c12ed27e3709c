"""Recorded figures of other people's networks: weights and inputs by formula, what came out as a few numbers.

A script beside this file builds the networks of one family from clones of the repositories that define them and
compares what they compute with the figures in tests/io/networks/figures; `--write` records them anew. The tests of
the rebuilt networks read the same figures, so they need no clone.

    python tests/upstream/pix2pix.py --upstream FOLDER

FOLDER holds the clones under their repositories' names. Only the classes named are executed, nothing else of a clone.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cut import classes as classes
from torch import Tensor, nn

from ganloss_cli.io.architectures import rebuild, recognise

FOLDER = Path(__file__).resolve().parent.parent / "io" / "networks" / "figures"
TOLERANCE = 1e-5
GAIN = 1.6
_N_PROBES = 6


@dataclass(frozen=True, kw_only=True)
class Case:
    """One construction of one network.

    Args:
        repository: owner/name; the clone lies in the folder under its name.
        construction: how the network is made, for the reader.
        build: the network, from the folder of clones.
        input_shape: of what it takes.
        call: what upstream's network computes, arranged as ours returns it.
        config: what lies beside the file, or `--arch-args`, where names and shapes do not tell.
        call_ours: what ours computes, where it takes more than the sample.
        gain: of the weights.
        package: that its code is taken from, where that is no clone.
    """

    repository: str
    construction: str
    build: Callable[[Path], nn.Module]
    input_shape: tuple[int, ...]
    call: Callable[[Any, Tensor], Any] = lambda network, sample: network(sample)
    config: Mapping[str, Any] = field(default_factory=dict)
    call_ours: Callable[[Any, Tensor], Any] = lambda network, sample: network(sample)
    gain: float = GAIN
    package: str | None = None

    def commit(self, clones: Path) -> str:
        """That of the clone, or the package with its version."""
        if self.package is not None:
            return f"{self.package} {importlib.metadata.version(self.package)}"
        command = ["git", "-C", str(clones / self.repository.split("/")[1]), "rev-parse", "HEAD"]
        return subprocess.check_output(command, text=True).strip()


def uniform(name: str, shape: Sequence[int]) -> Tensor:
    """Numbers in [0, 1) that depend on the name and the position only: frac(43758.5453 sin(12.9898 i + phase))."""
    phase = zlib.crc32(name.encode()) % 1000 / 159.0
    index = np.arange(int(np.prod(shape)), dtype=np.float64)
    return torch.from_numpy((np.sin(index * 12.9898 + phase) * 43758.5453) % 1.0).reshape(tuple(shape))


def filled(shapes: Mapping[str, Sequence[int]], *, gain: float = GAIN) -> dict[str, Tensor]:
    """Weights for every key: kernels of variance gain^2 / fan-in, norms near one, spectral vectors by one iteration."""
    weights = {name: _tensor(name, tuple(shape), gain) for name, shape in shapes.items()}
    for name, kernel in list(weights.items()):
        for original, left, right in (("weight_orig", "weight_u", "weight_v"), ("original", "0._u", "0._v")):
            if name.endswith(f".{original}"):
                stem = name.removesuffix(original)
                matrix = kernel.flatten(1)
                column = nn.functional.normalize(matrix.T @ torch.ones(matrix.shape[0], dtype=matrix.dtype), dim=0)
                weights[stem + right] = column
                weights[stem + left] = nn.functional.normalize(matrix @ column, dim=0)
    return {name: value if value.dtype == torch.int64 else value.float() for name, value in weights.items()}


def _tensor(name: str, shape: tuple[int, ...], gain: float) -> Tensor:
    values = uniform(name, shape)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith(".kernel") and len(shape) == 2:  # StyleGAN's blur; four times as strong behind an up-sampling
        row = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=torch.float64) / 8
        return torch.outer(row, row) * (4 if "blur" in name or "upsample" in name else 1)
    if name.endswith("downsample.0.f"):  # LlamaGen's blur
        return torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64)
    if name.endswith(("running_var", "stored_var", "lenghts")):
        return values + 0.5
    if name.endswith(("pass.filter", "upsample.filter")):  # of Snakes, which no training changes
        time = torch.arange(shape[-1], dtype=torch.float64) - (shape[-1] - 1) / 2
        row = torch.kaiser_window(shape[-1], False, 4.663801, dtype=torch.float64) * torch.sinc(time / 2)
        return (row / row.sum()).reshape(shape)
    if name.startswith(("style.", "mapping.")):  # StyleGAN's mapping stores its weights a hundredfold
        return (2 * values - 1) * 100
    if len(shape) >= 2:
        kernel = shape[1:] if shape[0] != 1 or len(shape) < 5 else shape[2:]
        return (2 * values - 1) * gain * (3 / np.prod(kernel)) ** 0.5
    if name.endswith(("weight", "weight_orig")):
        return values * 0.5 + (0.75 if shape != (1,) else 0.0)
    return (values - 0.5) * 0.4


def sample(shape: Sequence[int]) -> Tensor:
    """An input in [-1, 1) by formula."""
    return (2 * uniform("input", shape) - 1).float()


def summary(output: Any) -> Any:
    """Shape, mean, root mean square and a few values of every tensor of a nested output."""
    if isinstance(output, (list, tuple)):
        return [summary(part) for part in output]
    values = output.detach().double().flatten()
    probes = torch.linspace(0, values.numel() - 1, min(_N_PROBES, values.numel())).long()
    return {
        "shape": list(output.shape),
        "mean": values.mean().item(),
        "rms": values.square().mean().sqrt().item(),
        "values": values[probes].tolist(),
    }


def differences(found: Any, wanted: Any, where: str = "output") -> list[str]:
    """What differs by more than 1e-5 of the tensor's root mean square, or of 1 where that is less."""
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return [f"{where}: another number of parts"]
        pairs = zip(found, wanted, strict=True)
        return [line for k, (f, w) in enumerate(pairs) for line in differences(f, w, f"{where}[{k}]")]
    if found["shape"] != wanted["shape"]:
        return [f"{where}: shape {found['shape']}, recorded {wanted['shape']}"]
    scale = max(1.0, wanted["rms"])
    numbers = [[part["mean"], part["rms"], *part["values"]] for part in (found, wanted)]
    worst = max(abs(a - b) for a, b in zip(*numbers, strict=True)) / scale
    return [] if worst <= TOLERANCE else [f"{where}: differs by {worst:.2e} of its scale"]


def shapes_of(network: nn.Module) -> dict[str, list[int]]:
    """Names and shapes of a network's state dict."""
    return {name: list(value.shape) for name, value in network.state_dict().items()}


def judged(
    layers: Iterable[nn.Module], image: Tensor, score: Callable[[Tensor], Tensor] = lambda scores: scores
) -> Any:
    """[logits], [[maps]] of a discriminator that is one chain: its maps after every activation, then its score."""
    maps: list[Tensor] = []
    for layer in layers:
        image = layer(image)
        if isinstance(layer, (nn.LeakyReLU, nn.ReLU)):
            maps.append(image.clone())
    return [score(image)], [[*maps, image]]


def ours(
    shapes: Mapping[str, Sequence[int]],
    input_shape: Sequence[int],
    config: Mapping[str, Any],
    *,
    gain: float = GAIN,
    call: Callable[[Any, Tensor], Any] = lambda network, sample: network(sample),
) -> Any:
    """What the network computes that we recognise and rebuild."""
    match = recognise({name: tuple(shape) for name, shape in shapes.items()}, config)
    if match is None:
        return None
    with torch.no_grad():
        return call(rebuild(match, filled(shapes, gain=gain)), sample(input_shape))


def distance(left: Any, right: Any) -> float:
    """The largest difference of two nested outputs, in units of 1 or of the tensor's root mean square if more."""
    if isinstance(left, (list, tuple)):
        same = isinstance(right, (list, tuple)) and len(left) == len(right)
        return max(distance(a, b) for a, b in zip(left, right, strict=True)) if same else float("inf")
    if left.shape != right.shape:
        return float("inf")
    return float((left - right).abs().max() / max(1.0, left.square().mean().sqrt().item()))


def computed(case: Case, clones: Path) -> dict[str, Any]:
    """What the upstream network computes, and how far ours is from it."""
    network = case.build(clones).eval()
    shapes = shapes_of(network)
    network.load_state_dict(filled(shapes, gain=case.gain))
    with torch.no_grad():
        output = case.call(network, sample(case.input_shape))
    return {
        "repository": case.repository,
        "commit": case.commit(clones),
        "construction": case.construction,
        "input": list(case.input_shape),
        "config": dict(case.config),
        "gain": case.gain,
        "shapes": shapes,
        "output": summary(output),
        "distance": distance(output, ours(shapes, case.input_shape, case.config, gain=case.gain, call=case.call_ours)),
    }


def main(family: str, cases: Mapping[str, Case]) -> None:
    """Compare the figures of one family with what its clones compute, or record them."""
    parser = argparse.ArgumentParser(description=f"figures of {family} from clones of the code that defines it")
    parser.add_argument("--upstream", type=Path, required=True, metavar="FOLDER", help="holds the clones")
    parser.add_argument("--write", action="store_true", help="record the figures anew")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = {name: computed(case, arguments.upstream.resolve()) for name, case in cases.items()}
    path = FOLDER / f"{family}.json"
    far = {name: case.pop("distance") for name, case in found.items()}
    if arguments.write:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, separators=(",", ":")).replace('},"', '},\n"') + "\n")
    recorded = json.loads(path.read_text())
    lines = [f"{name}: not recorded" for name in found.keys() - recorded.keys()]
    for name in sorted(found.keys() & recorded.keys()):
        lines += [f"{name}: ours is {far[name]:.1e} away"] if not far[name] <= TOLERANCE else []
        lines += differences(found[name]["output"], recorded[name]["output"], name)
        lines += [] if found[name]["shapes"] == recorded[name]["shapes"] else [f"{name}: other names or shapes"]
        commit = found[name]["commit"] if cases[name].package else found[name]["commit"][:7]
        source = f"{found[name]['repository']}@{commit} {found[name]['construction']}"
        sys.stdout.write(f"{name}: {source}: ours differs by {far[name]:.1e}\n")
    sys.stdout.write(("\n".join(lines) or f"all {len(found)} agree with {path.name}") + "\n")
    sys.exit(bool(lines))
