from pathlib import Path

import pytest

from ganloss_cli.errors import UsageError
from ganloss_cli.io.checkpoints.contents.naming import Naming, read_name, role_of, step_in_folder, step_in_name


def role(text: str, naming: Naming | None = None, *, literal: bool = False) -> str | None:
    name = read_name(text)
    return name and role_of(name, naming=naming, literal=literal, where="file.pth", called=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("generator", "generator"),
        ("G--300", "generator"),
        ("g_02500000", "generator"),
        ("netG_epoch_24", "generator"),
        ("net_g_400000", "generator"),
        ("netG_state_dict", "generator"),
        ("latest_net_G", "generator"),
        ("model=G-best-weights-step=100000", "generator"),
        ("discriminator", "discriminator"),
        ("D--50", "discriminator"),
        ("do_02500000", "discriminator"),
        ("critic", "discriminator"),
        ("netD", "discriminator"),
        ("200_net_D", "discriminator"),
        ("mpd", "discriminator"),
        ("best_discriminator_model", "discriminator"),
        ("G_AB", "generator_AB"),
        ("netG_A2B", "generator_AB"),
        ("generatorB2A", "generator_BA"),
        ("generator_AtoB_40", "generator_AB"),
    ],
)
def test_a_name_tells_its_role(text: str, expected: str) -> None:
    assert role(text) == expected


@pytest.mark.parametrize(
    "text",
    ["vae_epoch_25", "PCARN-M", "model", "state_dict", "params_ema", "do-not-use", "generators", "G_and_D", "3d"],
)
def test_a_name_without_one_role_tells_none(text: str) -> None:
    assert read_name(text) is None


@pytest.mark.parametrize("text", ["generator", "G", "netG", "g_ema", "generator_ema", "disc", "mpd", "G_AB"])
def test_a_whole_name_may_only_add_a_mark_of_averaging(text: str) -> None:
    assert read_name(text, whole=True) is not None


@pytest.mark.parametrize("text", ["generator_head", "first_g_layer", "pretrained_D"])
def test_a_whole_name_with_other_words_is_no_role(text: str) -> None:
    assert read_name(text, whole=True) is None


@pytest.mark.parametrize("text", ["g_ema", "G_ema_best", "generator_EMA", "generator_test", "g_running"])
def test_names_of_averaged_weights_are_known(text: str) -> None:
    name = read_name(text)

    assert name is not None
    assert name.averaged


def test_a_schema_of_a_name_is_not_averaged() -> None:
    name = read_name("schema_generator")

    assert name is not None
    assert not name.averaged


@pytest.mark.parametrize(
    ("text", "cyclegan", "discogan"),
    [
        ("G_A", "generator_AB", "generator_BA"),
        ("G_B", "generator_BA", "generator_AB"),
        ("D_A", "discriminator_B", "discriminator_A"),
        ("D_B", "discriminator_A", "discriminator_B"),
    ],
)
def test_the_naming_decides_what_a_and_b_mean(text: str, cyclegan: str, discogan: str) -> None:
    assert (role(text, "cyclegan"), role(text, "discogan")) == (cyclegan, discogan)


@pytest.mark.parametrize("text", ["G_A", "D_B", "netG_A", "netD_A"])
def test_a_and_b_of_unknown_origin_ask_for_the_naming(text: str) -> None:
    with pytest.raises(UsageError, match=f"file.pth: '{text}' may be CycleGAN's .* or DiscoGAN's") as caught:
        role(text)

    assert caught.value.hint is not None
    assert "--naming cyclegan" in caught.value.hint


def test_junyanz_file_names_are_of_cyclegan() -> None:
    assert (role("latest_net_G_A"), role("200_net_D_A")) == ("generator_AB", "discriminator_B")


def test_keys_written_out_are_of_discogan() -> None:
    assert (role("generator_A"), role("discriminator_A")) == ("generator_BA", "discriminator_A")


def test_the_users_word_beats_the_style() -> None:
    assert role("generator_A", "cyclegan") == "generator_AB"


def test_beside_spelt_out_directions_a_domain_is_itself() -> None:
    assert role("D_A", literal=True) == "discriminator_A"


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("G--300.pth", 300),
        ("netG_epoch_4_100.pth", 100),
        ("g_02500000", 2_500_000),
        ("200_net_D_A.pth", 200),
        ("010000.pt", 10_000),
        ("model_12.pt", 12),
        ("epoch=12-step=3000.ckpt", 3000),
        ("lenet_epoch=12_test_acc=0.991.pth", 12),
        ("checkpoint-400000steps.pkl", 400_000),
        ("model=G-best-weights-step=100000.pth", 100_000),
        ("latest_net_G.pth", None),
        ("RealESRGAN_x4plus.pth", None),
        ("stylegan2-ffhq-256.pt", None),
        ("generator_v1.pt", None),
        ("checkpoint-epoch10.pth", 10),  # victoresque/pytorch-template
        ("ep1-ba1000-rank0.pt", 1000),  # mosaicml/composer
        ("voice_e8_s200.pth", 200),  # GPT-SoVITS
        ("G_ep10.pth", 10),
        ("G_s2.pth", None),
        ("model010000.pt", 10000),  # openai/guided-diffusion
        ("model2.pt", None),
        ("ema_0.9999_010000.pt", 10000),
        ("100000_nets.ckpt", 100000),  # clovaai/stargan-v2
        ("G_20250131-120000.pth", None),
        ("D_2025-01-31_12-00-00.pth", None),
        ("G_20250131_epoch_7.pth", 7),
    ],
)
def test_the_step_is_read_off_the_file_name(name: str, step: int | None) -> None:
    assert step_in_name(Path(name).stem) == step


@pytest.mark.parametrize(
    ("name", "step"),
    [("checkpoint-1000", 1000), ("epoch 3", 3), ("010000", 10000), ("run_3", None), ("20250131", None)],
)
def test_the_step_is_read_off_the_name_of_a_folder(name: str, step: int | None) -> None:
    assert step_in_folder(name) == step
