"""A mask network takes magnitudes of the mixture; losses of masks see magnitudes, losses of waveforms waveforms."""

import json

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.audio_task import Stft
from ganloss_cli.io.networks.auralflow import RecurrentMaskNet, SpectrogramMaskNet, VariationalMaskNet
from ganloss_cli.pipeline.data.sounds import sound_of, spectrum

RATE, POINTS, HOP, LENGTH = 8000, 128, 64, 4000
STFT = Stft(sample_rate=RATE, n_fft=POINTS, hop=HOP, win=POINTS)
CONFIG = {"num_fft": POINTS, "window_size": POINTS, "hop_length": HOP, "sample_rate": RATE}
N_FRAMES = LENGTH // HOP + 2
SIZES = {"n_bins": POINTS // 2 + 1, "channels": 1, "hidden_channels": 2}
SHAPE = (1, SIZES["n_bins"], N_FRAMES)
# 65 >> 5 = 2 bins and 64 >> 5 = 2 frames come down to the same size, so that the axis has to be told
RECURRENT = {**SIZES, "normalized_shape": SHAPE, "n_features": 64, "hidden_size": 3, "n_layers": 1, "input_axis": 1}


def filled(kind, **sizes):
    """A network with weights of a fixed seed."""
    torch.manual_seed(0)
    return kind(**sizes).eval()


@pytest.fixture
def place(tmp_path):
    """Three songs, each a mixture of two stems, and a checkpoint with its model.json."""
    generator = np.random.default_rng(0)
    for k in range(3):
        folder = tmp_path / "songs" / str(k)
        folder.mkdir(parents=True)
        stems = {name: generator.normal(0, 0.1, LENGTH).astype(np.float32) for name in ("vocals", "drums")}
        for name, sound in {**stems, "mixture": sum(stems.values())}.items():
            soundfile.write(folder / f"{name}.wav", sound, RATE, "FLOAT")
    (tmp_path / "model.json").write_text(json.dumps(CONFIG))
    return tmp_path


def saved(place, network, **config):
    torch.save(network.state_dict(), place / "net.pt")
    (place / "model.json").write_text(json.dumps({**CONFIG, **config}))
    return place / "net.pt"


def sounds(place, stem):
    return [soundfile.read(place / "songs" / str(k) / f"{stem}.wav")[0] for k in range(3)]


def spectrum_by_hand(sound):
    """(F, frames): zeros up to the next whole hop, reflection at both ends, one frame a hop."""
    whole = np.concatenate([sound, np.zeros(HOP - len(sound) % HOP)])
    padded = np.pad(whole, POINTS // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(POINTS) / POINTS)
    return np.array([np.fft.rfft(padded[k : k + POINTS] * window) for k in range(0, len(whole) + 1, HOP)]).T


def sound_by_hand(frames):
    """The least-squares inverse: overlapping windowed frames, divided by the sum of squared windows."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(POINTS) / POINTS)
    length = (frames.shape[1] - 1) * HOP + POINTS
    total, weight = np.zeros(length), np.zeros(length)
    for k, frame in enumerate(frames.T):
        part = slice(k * HOP, k * HOP + POINTS)
        total[part] += np.fft.irfft(frame, POINTS) * window
        weight[part] += window**2
    inner = slice(POINTS // 2, POINTS // 2 + LENGTH)
    return total[inner] / weight[inner]


def by_hand(place, network):
    """Of each song: |X|, |Y|, the mask, the estimate's waveform and the target's."""
    for mixture, target in zip(sounds(place, "mixture"), sounds(place, "vocals"), strict=True):
        both = spectrum_by_hand(mixture)
        with torch.no_grad():
            mask = network.double()(torch.from_numpy(np.abs(both))[None, None])[0, 0].numpy()
        yield np.abs(both), np.abs(spectrum_by_hand(target)), mask, sound_by_hand(mask * both), target


def values(place, path, losses, **choices):
    report = evaluate(
        ckpt=path, losses=losses, dtype="float64", **{"data": place / "songs", "stem": "vocals", **choices}
    )
    return report, {result.typed: result.value for result in report.results}


def test_masks_are_held_against_magnitudes_and_estimates_against_waveforms(place):
    network = filled(SpectrogramMaskNet, **SIZES)
    path = saved(place, network)

    report, found = values(place, path, "component:two_term,mask_mse,snr,l1")

    component, masked, snr, l1 = [], [], [], []
    for mixture, target, mask, estimate, wanted in by_hand(place, network):
        residual = mixture - target
        component.append(0.8 * ((mask * target - target) ** 2).mean() + 0.2 * ((mask * residual) ** 2).mean())
        masked.append(((mask * mixture - target) ** 2).mean())
        snr.append(10 * np.log10((wanted**2).sum() / ((wanted - estimate) ** 2).sum()))
        l1.append(np.abs(wanted - estimate).mean())
    assert 0.1 < mask.min() < mask.max() < 0.9
    assert found == pytest.approx(
        {
            "component:two_term": np.mean(component), "mask_mse": np.mean(masked), "snr": np.mean(snr),
            "l1": np.mean(l1),
        },
        rel=1e-6,
    )  # fmt: skip
    assert report.timing["forward_passes"] == {"generator": 1}
    assert not any(result.batch_dependent for result in report.results)


def test_noisy_and_clean_folders_are_mixtures_and_targets(place):
    path = saved(place, filled(SpectrogramMaskNet, **SIZES))
    for folder, stem in (("noisy", "mixture"), ("clean", "vocals")):
        (place / "pairs" / folder).mkdir(parents=True)
        for k in range(3):
            (place / "pairs" / folder / f"{k}.wav").write_bytes((place / f"songs/{k}/{stem}.wav").read_bytes())

    expected = values(place, path, "mask_mse,si_sdr")[1]
    found = values(place, path, "mask_mse,si_sdr", data=place / "pairs", stem=None)[1]

    assert found == pytest.approx(expected, rel=1e-12)


def test_spectrograms_in_a_tensor_file_are_taken_as_they_are(place):
    network = filled(SpectrogramMaskNet, **SIZES)
    path = saved(place, network)
    songs = list(by_hand(place, network))
    np.savez(place / "s.npz", mixture=[s[0][None] for s in songs], target=[s[1][None] for s in songs])

    found = values(place, path, "component,mask_mse", data=place / "s.npz", stem=None)[1]

    assert found == pytest.approx(values(place, path, "component,mask_mse")[1], rel=1e-6)


def test_the_residual_of_saved_magnitudes_is_their_difference(tmp_path):
    generator = np.random.default_rng(0)
    mixture, target, mask = (generator.random((4, 1, 5, 6)) for _ in range(3))
    np.savez(tmp_path / "s.npz", mixture=mixture, target=target, mask=mask)

    (result,) = evaluate(data=tmp_path / "s.npz", losses="component:two_term", dtype="float64").results

    expected = 0.8 * (mask * target - target) ** 2 + 0.2 * (mask * (mixture - target)) ** 2
    assert result.value == pytest.approx(expected.mean(), rel=1e-12)


@pytest.mark.parametrize("kind", [RecurrentMaskNet, VariationalMaskNet])
def test_a_network_that_runs_over_the_batch_is_marked(place, kind):
    path = saved(place, filled(kind, **RECURRENT), input_axis=1)

    report, _ = values(place, path, "mask_mse,si_sdr")

    for result in report.results:
        assert result.batch_dependent
        assert "generator mixes the samples of a batch" in result.batch_dependent_because


def test_the_latent_of_a_variational_network_is_told_as_mu_and_sigma(place):
    network = filled(VariationalMaskNet, **RECURRENT)
    path = saved(place, network, input_axis=1)

    report, found = values(place, path, "kl,kl:auralflow,mask_mse", batch_size=3)

    mixtures = np.stack([np.abs(spectrum_by_hand(sound)) for sound in sounds(place, "mixture")])[:, None]
    with torch.no_grad():
        _, mu, sigma = network.double()(torch.from_numpy(mixtures))
    elements = (mu**2 + sigma**2 - torch.log(sigma**2) - 1) / 2
    assert found["kl"] == pytest.approx(float(elements.flatten(1).sum(1).mean()), rel=1e-6)
    assert found["kl:auralflow"] == pytest.approx(float(elements.mean()), rel=1e-6)
    assert report.timing["forward_passes"] == {"generator": 1}


def test_frames_that_the_network_does_not_normalise_name_the_segment_that_fits(place):
    path = saved(place, filled(SpectrogramMaskNet, **SIZES, normalized_shape=(1, 65, 34)))

    with pytest.raises(InputError, match=r"64 frames, and .* takes 34 only") as refused:
        values(place, path, "mask_mse")

    seconds = float(refused.value.hint.split()[-1])
    assert values(place, path, "mask_mse", segment=seconds)[0].results[0].count == 3


def test_another_number_of_channels_is_refused(place):
    path = saved(place, filled(SpectrogramMaskNet, **SIZES))
    for stem in ("mixture", "vocals"):
        soundfile.write(place / "songs" / "0" / f"{stem}.wav", np.zeros((LENGTH, 2)), RATE)

    with pytest.raises(InputError, match=r"mixture has 2 channels, and .* takes 1") as refused:
        values(place, path, "mask_mse")

    assert "--channels mono" in refused.value.hint


def test_another_sample_rate_names_both_and_the_option(place):
    path = saved(place, filled(SpectrogramMaskNet, **SIZES), sample_rate=16_000)

    with pytest.raises(InputError, match=r"8000 Hz, but .* 16000 Hz") as refused:
        values(place, path, "mask_mse")

    assert "--sample-rate 16000" in refused.value.hint


def test_an_unknown_transform_is_asked_for_and_an_option_tells_it(place):
    path = saved(place, filled(SpectrogramMaskNet, **SIZES))
    expected = values(place, path, "mask_mse")[1]
    (place / "model.json").unlink()

    with pytest.raises(UsageError, match="nothing tells the transform of the spectrograms") as refused:
        values(place, path, "mask_mse")
    found = values(place, path, "mask_mse", arch_args=("generator:hop_length=64,window_size=128,sample_rate=8000",))[1]

    assert "--arch-args generator:hop_length=512" in refused.value.hint
    assert found == expected


def test_spectrum_and_sound_are_inverse():
    waveform = torch.randn(2, 1, 1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    frames = spectrum(waveform, STFT)

    assert frames.shape == (2, 1, 65, 17)
    assert np.allclose(frames[0, 0].numpy(), spectrum_by_hand(waveform[0, 0].numpy()), atol=1e-9)
    assert torch.allclose(sound_of(frames, STFT, 1000), waveform, atol=1e-9)


def test_a_waveform_shorter_than_half_a_frame_is_refused():
    with pytest.raises(InputError, match="64 samples are too few for frames of 128"):
        spectrum(torch.zeros(1, 1, 64), STFT)
