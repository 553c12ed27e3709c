"""Feature matching without pairs: what the discriminator sees in reals and in fakes on average."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.shapes import check_lengths, check_one_shape, check_shapes
from ganloss_cli.evaluators.statistics import Floats, State, about_figure, array_of, travels
from ganloss_cli.evaluators.streams import each_sub_discriminator

REFERENCE = "Salimans et al. 2016, Improved Techniques for Training GANs, arXiv:1606.03498"
IMPROVED_GAN = "openai/improved-gan@4f5d1ec mnist_svhn_cifar10"
STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"

WIDTH = 256  # numbers of a map that are kept of every sample
Distance = Literal["mean_square", "mean_absolute", "squared_norm"]
Layers = Literal["all", "hidden", "last_hidden"]
ABSOLUTE = Convention(
    "improved_gan_cifar", f"{IMPROVED_GAN}/train_cifar_feature_matching.py",
    settings={"distance": "mean_absolute", "layers": "last_hidden"},
    relation="mean absolute difference, of the last hidden map of each sub-discriminator",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MapSums:
    """Sums over samples of one map, of several batches in float64, and how many samples went in.

    Args:
        real: the sum of the reals' maps.
        fake: of the fakes'.
        n_real: how many reals.
        n_fake: how many fakes.
        real_sketches: of every real, of each batch; see `sketches`.
        fake_sketches: of every fake.
    """

    real: Tensor
    fake: Tensor
    n_real: int
    n_fake: int
    real_sketches: tuple[Tensor, ...]
    fake_sketches: tuple[Tensor, ...]

    def merge(self, other: MapSums) -> MapSums:
        """The sums of both sets of samples together.

        Raises:
            InputError: their maps have different shapes, as those of recordings of different lengths.
        """
        self.check_beside(other)
        return MapSums(
            real=self.real.double() + other.real,
            fake=self.fake.double() + other.fake,
            n_real=self.n_real + other.n_real,
            n_fake=self.n_fake + other.n_fake,
            real_sketches=self.real_sketches + other.real_sketches,
            fake_sketches=self.fake_sketches + other.fake_sketches,
        )

    def check_beside(self, other: MapSums) -> None:
        """Refuse maps of other shapes.

        Raises:
            InputError: the shapes differ.
        """
        check_one_shape("feature maps", self.real[None], other.real[None])  # those of fakes have the same

    def detach(self) -> MapSums:
        """The same sums without the graph that made them."""
        return replace(self, real=self.real.detach(), fake=self.fake.detach())

    def state(self) -> State:
        """All of it."""
        kept = {"real": self.real, "fake": self.fake}
        kept |= {f"{side}_sketches": torch.cat(own) for side, own in self._sketches.items()}
        return {**{name: array_of(tensor) for name, tensor in kept.items()}, "counts": [self.n_real, self.n_fake]}

    @classmethod
    def of_state(cls, state: State) -> MapSums:
        """The same sums again."""
        real, fake = (torch.from_numpy(state[side]) for side in ("real", "fake"))
        told = {f"{side}_sketches": (torch.from_numpy(state[f"{side}_sketches"]),) for side in ("real", "fake")}
        return cls(real=real, fake=fake, n_real=state["counts"][0], n_fake=state["counts"][1], **told)

    def difference(self) -> Tensor:
        """Mean map of the reals minus that of the fakes."""
        return self.real.double() / self.n_real - self.fake.double() / self.n_fake

    @property
    def _sketches(self) -> dict[str, tuple[Tensor, ...]]:
        return {"real": self.real_sketches, "fake": self.fake_sketches}

    def followed(self, distance: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
        """By side, the slope of a distance of the means times each sample's map, as their sketches tell it."""
        with torch.enable_grad():
            difference = self.difference().detach().requires_grad_()
            (slope,) = torch.autograd.grad(distance(difference), difference)
        told = sketches(slope[None])[0]
        real, fake = (torch.cat(own).double() @ told for own in self._sketches.values())
        return {"real": real, "fake": -fake}


def sketches(maps: Tensor) -> Tensor:
    """A few numbers a sample, whose inner products are those of the maps, but for noise; (N, WIDTH) or less.

    Values are multiplied by a random sign each, the same ones for all samples, and every WIDTH-th added up: the error
    of <x, y> has a mean of 0, and a variance of about |x|^2 |y|^2 / WIDTH. It widens an interval, and never narrows it.

    Args:
        maps: (N, ...).

    Convention: Charikar et al. 2002, Finding Frequent Items in Data Streams; places in turn for hashed ones.
    """
    rows = maps.detach().flatten(1)
    if (size := rows.shape[1]) <= WIDTH:
        return rows.cpu()
    signed = functional.pad(rows * _signs(size).to(rows), (0, -size % WIDTH))
    return signed.view(len(rows), -(-size // WIDTH), WIDTH).sum(1).cpu()


@lru_cache(maxsize=64)  # as many sizes as a discriminator has maps
def _signs(size: int) -> Tensor:
    drawn = torch.randint(0, 2, (size,), generator=torch.Generator().manual_seed(0), dtype=torch.int8)
    return 2 * drawn - 1


def sums_of_maps(k: int, real_maps: Sequence[Tensor], fake_maps: Sequence[Tensor]) -> tuple[MapSums, ...]:
    """Sums over samples of each map of one sub-discriminator.

    Args:
        k: which sub-discriminator, for errors.
        real_maps: each (N, C, ...).
        fake_maps: each (M, C, ...).

    Raises:
        InputError: the lists have different lengths, or two maps different shapes.
    """
    check_lengths(**{f"real_features.{k}": real_maps, f"fake_features.{k}": fake_maps})
    row = []
    for position, (real, fake) in enumerate(zip(real_maps, fake_maps, strict=True)):
        name = f"features.{k}.{position}"
        # of no samples, where one side has run out before the other
        shapes = [maps.new_empty((0, *maps.shape[1:])) for maps in (real, fake)]
        check_shapes(**{f"real_{name}": shapes[0], f"fake_{name}": shapes[1]})
        # on the processor, for MPS has no float64
        sums = [maps.sum(0).cpu() for maps in (real, fake)]
        told = {"real_sketches": (sketches(real),), "fake_sketches": (sketches(fake),)}
        row.append(MapSums(real=sums[0], fake=sums[1], n_real=len(real), n_fake=len(fake), **told))
    return tuple(row)


@loss(
    family="features",
    symmetric=True,
    reference=f"Kim et al. 2017, Learning to Discover Cross-Domain Relations, arXiv:1703.05192; {REFERENCE}",
    row=sums_of_maps,
    equilibrium=0.0,
    batch_dependent="it compares means over samples, whose noise shrinks with their number",
    interpretation="0: reals and fakes look the same on average; noise alone gives about (1 / N + 1 / M) times the "
    "variance",
    conventions=(
        Convention("discogan", "SKTBrain/DiscoGAN@f044178 discogan/image_translation.py"),
        Convention(
            "hidden", "SKTBrain/DiscoGAN@f044178 discogan/model.py: no map of its last layer",
            settings={"layers": "hidden"}, relation="without the logit maps",
        ),
        Convention(
            "improved_gan_mnist", f"{IMPROVED_GAN}/train_mnist_feature_matching.py", settings={"layers": "last_hidden"},
            relation="of the last hidden map of each sub-discriminator",
        ),
        ABSOLUTE,
        ABSOLUTE.alias("studiogan", STUDIOGAN),
        Convention(
            "salimans2016", f"{REFERENCE}, section 3.1", settings={"distance": "squared_norm", "layers": "last_hidden"},
            relation="squared norm, not its mean, of the last hidden map of each sub-discriminator",
        ),
    ),
)  # fmt: skip
def fm_moment(
    real_features: Features,
    fake_features: Features,
    *,
    distance: Distance = "mean_square",
    layers: Layers = "all",
    features_have_logits: bool = True,
    scale: float = 1.0,
) -> FeatureMoments:
    """Distance between the mean feature maps of reals and of fakes.

        sum over k, l of mean (mean over i of real_features[k][l][i] - mean over j of fake_features[k][l][j])^2

    Args:
        real_features: maps of the reals, [sub-discriminator][map]; each (N, C, ...).
        fake_features: maps of the fakes, of the same shapes but for their number M.
        distance: mean of the squares, mean of the absolute differences, or sum of the squares.
        layers: "all" maps, the "hidden" ones without logit maps, or the "last_hidden" of each sub-discriminator.
        features_have_logits: whether each sub-discriminator's last map is its own output.
        scale: what the loss is multiplied by.

    Returns:
        a statistic of the whole set; not negative.

    Convention: means over samples first, so nothing is paired; over exactly the maps given, as DiscoGAN, whose own
    leave out the first and the last layer.

    Reference: arXiv:1703.05192, get_fm_loss of its code; arXiv:1606.03498.
    """
    last = -1 if features_have_logits and layers != "all" else None
    chosen = slice((last or 0) - 1, last) if layers == "last_hidden" else slice(None, last)
    sums = feature_sums(real_features, fake_features)
    return FeatureMoments(sums=sums, chosen=chosen, distance=distance, scale=scale)


SumsOfMaps = tuple[tuple[MapSums, ...], ...]  # [sub-discriminator][map]


@travels
@dataclass(frozen=True, kw_only=True)
class FeatureMoments:
    """Sums of the maps of a set of reals and of fakes, and how their means are compared."""

    sums: SumsOfMaps
    chosen: slice
    distance: Distance
    scale: float

    @property
    def count(self) -> int:
        """How many samples went in, of the larger side."""
        return max(self.sums[0][0].n_real, self.sums[0][0].n_fake)

    def merge(self, other: FeatureMoments) -> FeatureMoments:
        """The moments of both sets together."""
        pairs = zip(self.sums, other.sums, strict=True)
        sums = tuple(tuple(mine.merge(its) for mine, its in zip(row, others, strict=True)) for row, others in pairs)
        return replace(self, sums=sums)

    def check_beside(self, other: FeatureMoments) -> None:
        """Refuse moments of maps of other shapes.

        Raises:
            InputError: the shapes differ.
        """
        for row, others in zip(self.sums, other.sums, strict=True):
            for mine, its in zip(row, others, strict=True):
                mine.check_beside(its)

    def detach(self) -> FeatureMoments:
        """The same moments without the graph that made them."""
        return replace(self, sums=tuple(tuple(one.detach() for one in row) for row in self.sums))

    def value(self) -> Tensor:
        """The loss as a float64 tensor that can be differentiated."""
        distances = [_DISTANCES[self.distance](one.difference()) for one in self._chosen]
        return self.scale * torch.stack(distances).sum()

    @property
    def _chosen(self) -> list[MapSums]:
        return [one for row in self.sums for one in row[self.chosen]]

    def shares(self) -> dict[str, Floats]:
        """Of both sides: to first order the distance follows every sample by its slope there."""
        figure = self.compute()
        if not math.isfinite(figure):
            return {}
        found = [one.followed(_DISTANCES[self.distance]) for one in self._chosen]
        sides = {side: array_of(torch.stack([each[side] for each in found]).sum(0)) for side in ("real", "fake")}
        return about_figure(figure, **{side: self.scale * values for side, values in sides.items()})

    def compute(self) -> float:
        """The loss of the set."""
        return float(self.value().detach())

    def state(self) -> State:
        """All of it, the sums of every map in an array."""
        rows = [[one.state() for one in row] for row in self.sums]
        chosen = [self.chosen.start, self.chosen.stop]
        return {"sums": rows, "chosen": chosen, "distance": self.distance, "scale": self.scale}

    @classmethod
    def of_state(cls, state: State) -> FeatureMoments:
        """The same moments again."""
        sums = tuple(tuple(MapSums.of_state(one) for one in row) for row in state["sums"])
        return cls(sums=sums, chosen=slice(*state["chosen"]), distance=state["distance"], scale=state["scale"])


def feature_sums(real_features: Features, fake_features: Features) -> SumsOfMaps:
    """Sums over samples; one pass, one sub-discriminator's maps in hand at a time.

    Args:
        real_features: [sub-discriminator][map], each (N, C, ...); the outer sequence may be lazy.
        fake_features: the same, each (M, C, ...).

    Raises:
        InputError: the lists have different lengths, or two maps different shapes.
    """
    return each_sub_discriminator(sums_of_maps, real_features, fake_features)


_DISTANCES: Mapping[Distance, Callable[[Tensor], Tensor]] = {
    "mean_square": lambda difference: difference.square().mean(),
    "mean_absolute": lambda difference: difference.abs().mean(),
    "squared_norm": lambda difference: difference.square().sum(),
}
