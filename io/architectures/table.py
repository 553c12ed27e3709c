"""The ordered table of architectures, and what is done with it: recognise, rebuild."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganloss_cli.io.architectures import (
    auralflow,
    autoencoder,
    biggan,
    biggan_discriminators,
    bigvgan,
    dac,
    dcgan,
    discogan,
    encodec,
    encodec_discriminators,
    gan_stability,
    gpt_sovits,
    hifigan,
    llamagen_discriminator,
    melgan,
    multiscale,
    oobleck,
    parallel_wavegan,
    patchgan,
    pcarn,
    resnet_generator,
    rrdbnet,
    sequential,
    so_vits_svc,
    spectrogram_discriminators,
    stylegan2,
    stylegan2_nvlabs,
    superresolution,
    superresolution_discriminators,
    unet,
    vae,
    vits,
    vocos,
    waveform_discriminators,
)
from ganloss_cli.io.architectures.task import Family, Match, Shapes

if TYPE_CHECKING:
    from torch import Tensor, nn

# the first family that matches wins: the more particular before the more general
FAMILIES: tuple[Family, ...] = (
    gpt_sovits.FAMILY,
    so_vits_svc.FAMILY,
    *vits.FAMILIES,  # whole models, before their decoders
    *hifigan.FAMILIES,
    *bigvgan.FAMILIES,
    *vocos.FAMILIES,
    *parallel_wavegan.FAMILIES,
    *waveform_discriminators.FAMILIES,
    *spectrogram_discriminators.FAMILIES,
    *melgan.FAMILIES,
    *dac.FAMILIES,
    *oobleck.FAMILIES,
    *encodec.FAMILIES,
    *encodec_discriminators.FAMILIES,
    *auralflow.FAMILIES,
    resnet_generator.FAMILY,
    unet.FAMILY,
    patchgan.FAMILY,
    *multiscale.FAMILIES,
    *discogan.FAMILIES,
    rrdbnet.FAMILY,
    pcarn.FAMILY,
    *superresolution.FAMILIES,
    *superresolution_discriminators.FAMILIES,
    *stylegan2.FAMILIES,
    *stylegan2_nvlabs.FAMILIES,
    biggan.FAMILY,
    biggan_discriminators.FAMILY,
    *gan_stability.FAMILIES,
    autoencoder.FAMILY,
    llamagen_discriminator.FAMILY,
    *vae.FAMILIES,
    # stacks of any convolutions, then of any linear layers
    dcgan.FAMILY,
    sequential.FAMILY,
)


def recognise(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    """The architecture that a state dict belongs to, from its names and shapes alone.

    Args:
        shapes: name of a tensor -> its shape.
        config: settings found in the file or beside it.
    """
    return _detected(shapes, config) if config else _by_shapes_alone(tuple(shapes.items()))


@functools.lru_cache(maxsize=4)  # a file's networks are told apart, and then named
def _by_shapes_alone(shapes: tuple[tuple[str, tuple[int, ...]], ...]) -> Match | None:
    return _detected(dict(shapes), {})


def _detected(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    return next((match for family in FAMILIES if (match := family.detect(shapes, config))), None)


def rebuild(match: Match, state_dict: Mapping[str, Tensor], *, where: str = "checkpoint") -> nn.Module:
    """The network, with its weights, in eval mode.

    Args:
        match: what `recognise` returned for this state dict.
        state_dict: every key must be used and every parameter given, but for batch-norm counters.
        where: the file and the network's name in it, for errors.

    Raises:
        InputError: missing or unexpected keys, or shapes that differ.
    """
    from ganloss_cli.io.networks.loading import load_strictly

    family = next(family for family in FAMILIES if family.name == match.architecture)
    network = family.build(match)
    load_strictly(network, {key: value for key, value in state_dict.items() if not family.ignores(match, key)}, where)
    return network.eval()
