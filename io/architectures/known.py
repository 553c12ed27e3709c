"""Networks that are known by the names of their tensors and not rebuilt, so that reports can say what they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class KnownNetwork:
    """One of them.

    Args:
        name: as reports print it.
        source: whose it is, as owner/name.
        marks: beginnings of names; some tensor begins with each.
    """

    name: str
    source: str
    marks: tuple[str, ...]


_PWG = "kan-bayashi/ParallelWaveGAN"
# the more particular before the more general
KNOWN = (
    KnownNetwork(
        name="Parallel WaveGAN generator", source=_PWG,
        marks=("first_conv.", "conv_layers.0.conv1x1_aux.", "last_conv_layers."),
    ),
    KnownNetwork(name="GTCRN speech enhancer", source="Xiaobin-Rong/gtcrn", marks=("erb.erb_fc.", "encoder.en_convs.")),
    KnownNetwork(
        name="StyleGAN3 generator", source="NVlabs/stylegan3",
        marks=("synthesis.input.freqs", "synthesis.L0_", "mapping.fc0."),
    ),
)  # fmt: skip


def known_network(names: Iterable[str]) -> KnownNetwork | None:
    """What a state dict with these names is of, where that is known.

    Args:
        names: of its tensors.
    """
    lines = "\n".join(("", *names))  # thousands of names in one pass for each mark
    return next((network for network in KNOWN if all(f"\n{mark}" in lines for mark in network.marks)), None)
