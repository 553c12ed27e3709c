import pytest
import torch

from ganloss_cli.evaluators.catalogue import catalogue
from ganloss_cli.evaluators.example import N_SAMPLES, example_batch, example_value


def test_a_loss_gets_what_it_names_and_of_alternatives_the_first() -> None:
    batch = example_batch(catalogue()["kl"])

    present = {name for name, value in vars(batch).items() if value is not None}

    assert present == {"mu", "sigma", "m_p", "logs_p"}


def test_the_example_is_the_same_every_time_and_shared_between_losses() -> None:
    first, second = example_batch(catalogue()["d_bce"]), example_batch(catalogue()["d_hinge"])

    assert first.real_logits is second.real_logits


def test_pictures_lie_on_0_1_and_waveforms_on_minus_1_1() -> None:
    pictures, waveforms = example_batch(catalogue()["ssim"]), example_batch(catalogue()["si_sdr"])

    for picture in (pictures.real, pictures.fake):
        assert picture is not None
        assert 0 <= float(picture.min()) < float(picture.max()) <= 1
        assert min(picture.shape[2:]) >= 384  # five scales of MS-SSIM; piq halves pictures of this size
    held = [value for value in vars(waveforms).values() if value is not None]
    assert len(held) == 2
    assert all(float(waveform.abs().max()) <= 1 for waveform in held)


def test_the_discriminators_scores_have_patches_of_different_sizes() -> None:
    logits = example_batch(catalogue()["d_bce"]).real_logits

    assert logits is not None
    assert len({tuple(scores.shape) for scores in logits}) == 3


def test_sub_discriminators_have_different_numbers_of_maps_the_logit_map_last() -> None:
    features = example_batch(catalogue()["fm"]).real_features

    assert features is not None
    assert [len(row) for row in features] == [4, 3, 5]
    assert {row[-1].shape[1] for row in features} == {1}


def test_slopes_lie_on_both_sides_of_one() -> None:
    gp = catalogue()["gp"]

    assert 0 < example_value(gp, gp.convention("wgan_lp")) < example_value(gp, gp.default)


@pytest.mark.parametrize(("name", "role"), [("r1", "discriminator"), ("path_length", "generator")])
def test_no_sample_sees_another(name: str, role: str) -> None:
    batch = example_batch(catalogue()[name])
    network, seen = getattr(batch, role), batch.real if role == "discriminator" else batch.latents
    assert seen is not None

    whole, alone = network(seen), network(seen[:1])

    for one, other in zip(whole, alone, strict=True) if isinstance(whole, list) else [(whole, alone)]:
        torch.testing.assert_close(one[:1], other)
        assert len(one) == N_SAMPLES
