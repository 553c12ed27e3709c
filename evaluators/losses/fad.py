"""Frechet audio distance, on features of recordings that the user gives."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.catalogue import Convention
from ganloss_cli.evaluators.frechet import Covariance
from ganloss_cli.evaluators.losses.feature_sets import between_sets
from ganloss_cli.evaluators.losses.fid import FRAMES, FrechetSet, frechet_distance, frechet_extrapolated
from ganloss_cli.evaluators.seen_pictures import last_maps
from ganloss_cli.evaluators.shapes import check_lengths

of_recordings = partial(Convention, backbone="features")


@between_sets(
    reference="Kilgour et al. 2019, Frechet Audio Distance, arXiv:1812.08466",
    higher_is_better=False,
    equilibrium=0.0,
    symmetric=True,
    batch_dependent="it is biased upward, the more the fewer frames there are: only sets of equal sizes compare",
    interpretation="0: features of equal mean and covariance; only values of one network can be compared, such as "
    "VGGish, whose frames are rows of their own, or of CLAP, one row a recording",
    conventions=(
        of_recordings("kilgour2019", "torch-fidelity 0.4.0 called on rows of features, arXiv:1812.08466"),
        of_recordings(
            "population", "by hand: covariances divided by N", settings={"covariance": "population"},
            relation="with covariances divided by N, not N - 1: smaller, but for the distance of the means",
        ),
        of_recordings(
            "infinity", "Gui et al. 2024, Adapting Frechet Audio Distance, arXiv:2311.01616",
            settings={"extrapolated": True}, leaves_span=True,
            relation="extrapolated to infinitely many frames: without the bias of their number",
        ),
    ),
)  # fmt: skip
def fad(
    real_features: Features,
    fake_features: Features,
    *,
    covariance: Covariance = "sample",
    extrapolated: bool = False,
) -> FrechetSet:
    """Frechet audio distance.

        FAD = ||m_r - m_f||^2 + tr(S_r + S_f - 2 (S_r S_f)^(1/2))

    of rows of features: one a recording, or one a frame.

    Args:
        real_features: of the recordings, (N, D), or (N, F, D) for F frames each; maps are averaged over positions.
        fake_features: the same of the fakes; their number may differ.
        covariance: divided by N - 1 ("sample") or by N ("population").
        extrapolated: the distances of 15 sets of fakes, from a tenth to all, over 1 / N as a line, at 0.

    Returns:
        a statistic of the whole set; what rounding leaves below 0 is 0.

    Convention: as torch-fidelity's Frechet distance, in float64; the network is the user's, by
    `--backbone features=FILE` or as features in a file.

    Raises:
        InputError: the features have other numbers of channels, or a side is a single row.

    Reference: arXiv:1812.08466.
    """
    check_lengths(real_features=real_features, fake_features=fake_features)
    sets = _rows("real", real_features) | _rows("fake", fake_features)
    real, fake = sets["real"], sets["fake"]
    if real.shape[1:] != fake.shape[1:]:
        raise InputError(f"real_features has shape {tuple(real.shape)} but fake_features has {tuple(fake.shape)}")
    finish = partial(frechet_extrapolated if extrapolated else frechet_distance, covariance=covariance)
    return FrechetSet.of(finish, sets)


def _rows(side: str, features: Features) -> dict[str, Tensor]:
    """A row a frame of one tensor (N, F, D), and how many frames each recording has; else a row a recording."""
    if len(features) > 1 or len(features[0]) > 1 or features[0][0].dim() != 3:
        return {side: last_maps(features)}
    frames = features[0][0]
    lengths = frames.new_full((len(frames),), frames.shape[1])
    return {side: frames.flatten(0, 1), FRAMES.format(side): lengths}
