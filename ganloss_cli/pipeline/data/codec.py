"""What a codec takes: the real waveform itself, at the rate and with the channels that it was trained on."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.pipeline.data.regroup import doubled
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.records.report import Finding


def is_codec(generator: BuiltNetwork) -> bool:
    """Whether it turns a recording back into the recording."""
    task = generator.task
    return isinstance(task, AudioTask) and task.input == task.output == "waveform"


def codec_input(group: Group, generator: BuiltNetwork) -> tuple[Group, tuple[Finding, ...]]:
    """The same samples with real as input too, and real cut to what comes out of the codec.

    Args:
        group: holds `real`, waveforms.
        generator: a codec.

    Returns:
        the group, and what is worth knowing about it.

    Raises:
        InputError: the sample rate or the number of channels is not the one it was trained with.
    """
    task, callee = generator.task, generator.callees[0]
    if not isinstance(task, AudioTask):
        raise AssertionError("a codec is for audio")
    rate = group.sample_rates.get("real")
    if None not in (rate, task.sample_rate) and rate != task.sample_rate:
        raise InputError(
            f"{group.paths['real']}: {rate} Hz, but {callee.name} was trained at {task.sample_rate} Hz",
            hint=f"resample with --sample-rate {task.sample_rate}",
        )
    both, n_channels = doubled(group), task.n_channels

    def read(index: int) -> Reading:
        reading = both.read(index)
        waveform = reading.values["real"]
        if not isinstance(waveform, Tensor) or waveform.dim() != 2 or waveform.shape[0] != n_channels:
            hint = "average channels with --channels mono" if n_channels == 1 else None
            found = tuple(getattr(waveform, "shape", ()))
            raise InputError(f"{group.names[index]}: a codec of {n_channels} channels, got {found}", hint=hint)
        cut = waveform[:, : callee.module.length_of(waveform.shape[1])]  # type: ignore[operator]  # as every codec has
        return replace(reading, values={**reading.values, "real": cut})

    return replace(both, read=read), (_how(task),)


def _how(task: AudioTask) -> Finding:
    return Finding(
        check="input_is_real",
        severity="note",
        message="the generator's input is real: fake is each recording through the codec and back",
        evidence={"sample_rate": task.sample_rate, "hop": task.hop},
    )
