"""Feature maps are large: one sub-discriminator's are in hand at a time, for all losses that read them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from torch import Tensor

from ganloss_cli.errors import GanlossError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.shapes import check_lengths
from ganloss_cli.evaluators.sharing import remember, shared

R = TypeVar("R")
# what a loss makes of one sub-discriminator's maps of reals and of fakes: row(k, real_maps, fake_maps)
Row = Callable[[int, Sequence[Tensor], Sequence[Tensor]], R]


@shared
def each_sub_discriminator(row: Row[R], real_features: Features, fake_features: Features) -> tuple[R, ...]:
    """What `row` makes of the maps of every sub-discriminator, one after the other.

    Args:
        row: a function of one sub-discriminator's number and maps; it keeps none of them.
        real_features: [sub-discriminator][map], each (N, C, ...); the outer sequence may be lazy.
        fake_features: the same number of lists.

    Raises:
        InputError: the lists have different lengths.
    """
    check_lengths(real_features=real_features, fake_features=fake_features)
    # by index: a loop over the sequences would hold one sub-discriminator's maps while the next are computed
    return tuple(row(k, real_features[k], fake_features[k]) for k in range(len(real_features)))


def sweep(
    real_features: Features, readers: Sequence[tuple[Features, Sequence[Row[Any]]]], release: Callable[[Features], None]
) -> None:
    """Answer `each_sub_discriminator` beforehand for several rows and several fakes, in one pass over each.

    Maps of reals are kept while those of the fakes are made, so two sub-discriminators' maps are in hand at a time. It
    answers within `shared_computations()` only; where a row refuses its maps, its loss is left to say so.

    Args:
        real_features: [sub-discriminator][map]; the outer sequence is lazy.
        readers: fakes, each with the rows that are wanted of it and the reals.
        release: lets go of the maps that a lazy sequence has in hand.
    """
    made: dict[tuple[int, Row[Any]], list[Any]] = {
        (place, row): [] for place, (_, rows) in enumerate(readers) for row in rows
    }
    try:
        for k in itertools.takewhile(lambda k: _has(real_features, k), itertools.count()):
            for place, (fakes, rows) in enumerate(readers):
                for row in rows:
                    made[place, row].append(row(k, real_features[k], fakes[k]))
                release(fakes)
            release(real_features)
    except (GanlossError, IndexError):
        return
    finally:
        for sequence in (real_features, *(fakes for fakes, _ in readers)):
            release(sequence)
    for (place, row), results in made.items():
        remember(each_sub_discriminator, tuple(results), row, real_features, readers[place][0])


def _has(features: Features, k: int) -> bool:
    try:
        features[k]
    except IndexError:
        return False
    return True
