"""Feature maps of discriminators with several parts are made, read and let go one sub-discriminator at a time."""

import weakref
from collections import Counter

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.losses import d_lsgan, fm
from ganloss_cli.io.networks import waveform_discriminators as networks
from ganloss_cli.pipeline.networks.streaming import StreamedOutput

PERIODS, N_SUBS = (2, 3, 5, 7, 11), 8


@pytest.fixture
def discriminators():
    torch.manual_seed(0)
    mpd = networks.MultiPeriodDiscriminator(periods=PERIODS, channels=(2, 2, 4, 4, 4))
    msd = networks.MultiScaleDiscriminator(channels=(16,) * 7, groups=(1, 4, 16, 16, 16, 16, 1))
    return mpd.eval(), msd.eval()


@pytest.fixture
def place(tmp_path, discriminators):
    """Five pairs of waveforms, and a HiFi-GAN discriminator of narrow layers."""
    torch.save({"mpd": discriminators[0].state_dict(), "msd": discriminators[1].state_dict()}, tmp_path / "do_00000100")
    generator = np.random.default_rng(0)
    for folder in ("real", "fake"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        for k in range(5):
            soundfile.write(tmp_path / "data" / folder / f"{k}.wav", generator.normal(0, 0.2, 800), 8000, "FLOAT")
    return tmp_path


def waveforms(place, role):
    files = sorted((place / "data" / role).iterdir())
    return torch.stack([torch.from_numpy(soundfile.read(file, dtype="float32")[0])[None] for file in files])


@pytest.fixture
def watched(monkeypatch):
    """Which sub-discriminators ran, and how many of them had hidden maps alive whenever another one had run."""
    alive, most, runs, seen = {}, [0], Counter(), []
    forward = networks.SubDiscriminator.forward

    def watch(discriminator, hidden):
        logits, maps = forward(discriminator, hidden)
        seen.append(discriminator)  # alive, so that its address is its own
        runs[id(discriminator)] += 1
        alive[len(alive)] = [weakref.ref(each) for each in maps[:-1]]  # the logit map is kept with the logits
        most[0] = max(most[0], sum(any(ref() is not None for ref in refs) for refs in alive.values()))
        return logits, maps

    monkeypatch.setattr(networks.SubDiscriminator, "forward", watch)
    return most, runs


def values(place, losses, **choices):
    report = evaluate(
        disc=place / "do_00000100", data=place / "data", losses=losses, **{"batch_size": 2, "workers": 0, **choices}
    )
    return report, {result.typed: result.value for result in report.results}


MANY = "d_lsgan,fm,g_lsgan,fm:melgan,fm_moment,fm_moment:hidden,real_score"


@pytest.mark.parametrize("losses", ["fm", "fm:all", MANY])
def test_two_sub_discriminators_have_maps_at_most(place, watched, losses):
    most, _ = watched

    values(place, losses)

    assert most[0] == 2


@pytest.mark.parametrize("losses", ["d_lsgan", "fm", MANY])
def test_every_sub_discriminator_runs_once_a_batch_and_side(place, watched, losses):
    _, runs = watched
    values(place, losses, dry_run=True)
    before = dict(runs)

    report, _ = values(place, losses)

    assert len(runs) == 2 * N_SUBS
    # three batches of reals and of fakes, beside what is learnt of the network before
    assert {runs[key] for key in runs if key not in before} == {6 + max(before.values())}
    assert report.timing["forward_passes"] == {"discriminator": 12}  # of two parts


def test_the_numbers_are_those_of_all_maps_at_once(place, discriminators):
    _, found = values(place, "fm,d_lsgan")

    with torch.no_grad():
        judged = [[part(waveforms(place, role)) for part in discriminators] for role in ("real", "fake")]
    logits = [[each for part in side for each in part[0]] for side in judged]
    features = [[each for part in side for each in part[1]] for side in judged]
    assert found["fm"] == pytest.approx(float(fm(*features).mean()), rel=1e-5)
    assert found["d_lsgan"] == pytest.approx(float(sum(t.mean() for t in d_lsgan(*logits).values())), rel=1e-5)


def test_unequal_counts_leave_one_side_without_samples(place):
    for name in ("3.wav", "4.wav"):
        (place / "data" / "fake" / name).unlink()

    whole = values(place, "fm_moment,d_lsgan", unpaired=True, batch_size=5)[1]
    cut = values(place, "fm_moment,d_lsgan", unpaired=True, batch_size=1)[1]

    assert cut == pytest.approx(whole, rel=1e-5)


def test_what_a_sub_discriminator_cannot_take_names_the_file(place):
    for role in ("real", "fake"):
        for k in range(5):
            soundfile.write(place / "data" / role / f"{k}.wav", np.zeros(2), 8000)

    with pytest.raises(InputError, match=r"do_00000100 .*cannot take an input of shape \(2, 1, 2\)"):
        values(place, "fm")


def pass_of(n, started):
    def start():
        started.append(n)
        return ((torch.full((1, 1), float(k)), [torch.full((1, 2), float(k))]) for k in range(n))

    return start


def test_maps_may_be_read_in_any_order():
    started = []
    judged = StreamedOutput(pass_of(3, started))

    read = [float(judged.features[k][0][0, 0]) for k in (0, 1, 1, 0, 2)]

    assert read == [0, 1, 1, 0, 2]
    assert [float(logits) for logits in judged.logits] == [0, 1, 2]
    assert len(started) == 2  # going back began again


def test_a_place_behind_the_last_is_an_index_error():
    judged = StreamedOutput(pass_of(3, []))

    with pytest.raises(IndexError, match="3"):
        judged.features[3]
    assert len(judged) == 3


def test_logits_alone_keep_no_maps():
    judged = StreamedOutput(pass_of(3, []))
    first = weakref.ref(judged.features[0][0])

    assert len(judged.logits) == 3
    assert first() is None
