"""A log is one training: its terms are explained together, whichever of them are asked for."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ganloss_cli.api import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus

Audited = Callable[..., dict[str, object]]
SAMPLES = Path(__file__).parents[2] / "sample_data"
NETWORKS = ("--ckpt", SAMPLES / "g.pt", "--data", SAMPLES / "imgs")


@pytest.fixture
def audited(capsys: pytest.CaptureFixture[str]) -> Audited:
    """The numbers of an audit by tag, its exit status among them."""

    def run(*words: object) -> dict[str, object]:
        status = main(["audit", "log", *map(str, words), "--format", "json", "--quiet"])
        captured = capsys.readouterr()
        numbers = json.loads(captured.out)["numbers"] if captured.out else []
        return {**{number["tag"]: number for number in numbers}, "status": status, "err": captured.err}

    return run


def log(path: Path, step: int = 1, **numbers: float | str) -> Path:
    path.write_text(f"step,{','.join(numbers)}\n{step},{','.join(map(str, numbers.values()))}\n")
    return path


@pytest.fixture
def scores(tmp_path: Path) -> tuple[Path, dict[str, float]]:
    """What a discriminator said, and what cross-entropy and hinge make of it by numpy."""
    generator = np.random.default_rng(0)
    real, fake = (generator.normal(mean, 1.0, (200, 1)).astype(np.float32) for mean in (0.5, -0.5))
    np.savez(tmp_path / "t.npz", real_logits=real, fake_logits=fake)
    wide = {"real": real.astype(np.float64), "fake": fake.astype(np.float64)}
    return tmp_path / "t.npz", {
        "D_real": float(np.logaddexp(0, -wide["real"]).mean()),
        "D_fake": float(np.logaddexp(0, wide["fake"]).mean()),
        "G_GAN": float(np.logaddexp(0, -wide["fake"]).mean()),
        "hinge_fake": float(np.maximum(0, 1 + wide["fake"]).mean()),
    }


def test_families_are_not_mixed_in_one_log(
    audited: Audited, scores: tuple[Path, dict[str, float]], tmp_path: Path
) -> None:
    data, truth = scores
    path = log(tmp_path / "log.csv", D_real=truth["D_real"], D_fake=truth["hinge_fake"], G_GAN=truth["G_GAN"])

    found = audited(path, "--data", data)

    told = {tag: (found[tag]["loss"], found[tag]["outcome"]) for tag in ("D_real", "D_fake", "G_GAN")}
    assert told == {"D_real": ("d_bce", "exact"), "D_fake": ("d_bce", "no match"), "G_GAN": ("g_bce", "exact")}


@pytest.mark.parametrize("tag", ["D_real", "D_fake", "G_GAN"])
def test_the_answer_does_not_depend_on_what_is_asked_for(
    tag: str, audited: Audited, scores: tuple[Path, dict[str, float]], tmp_path: Path
) -> None:
    data, truth = scores
    path = log(tmp_path / "log.csv", D_real=truth["D_real"], D_fake=truth["hinge_fake"], G_GAN=truth["G_GAN"])

    assert audited(path, "--data", data, "--only", tag)[tag] == audited(path, "--data", data)[tag]


def test_a_multiple_that_chance_offers_is_none(
    audited: Audited, scores: tuple[Path, dict[str, float]], tmp_path: Path
) -> None:
    data, truth = scores

    one_digit = audited(
        log(tmp_path / "a.csv", mine=f"{2 * truth['G_GAN']:.1f}"), "--data", data, "--map", "mine=g_bce"
    )
    all_digits = audited(log(tmp_path / "b.csv", mine=2 * truth["G_GAN"]), "--data", data, "--map", "mine=g_bce")

    assert one_digit["mine"]["outcome"] == "no match"
    assert (all_digits["mine"]["outcome"], all_digits["mine"]["factor"]) == ("scaled", 2.0)


def test_several_multiples_that_chance_offers_are_none(audited: Audited, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    real = random.uniform(0, 1, (4, 1, 16, 16)).astype(np.float32)
    fake = np.clip(real + 0.05 * random.normal(size=real.shape), 0, 1).astype(np.float32)
    np.savez(tmp_path / "t.npz", real=real, fake=fake)  # by a range of 255, or of 4095, they are the same: 0.9999

    found = audited(log(tmp_path / "a.csv", ssim="0.5"), "--data", tmp_path / "t.npz")

    assert found["ssim"]["outcome"] == "no match"


@pytest.fixture
def two_domains(tmp_path: Path) -> tuple[Path, dict[str, float]]:
    """Samples of A and B after the generators that make A and B, and the mean distance of each by numpy."""
    generator = np.random.default_rng(0)
    arrays = {f"{role}_{side}": generator.uniform(-1, 1, (4, 3, 8, 8)).astype(np.float32)
              for role in ("real", "idt") for side in "AB"}  # fmt: skip
    np.savez(tmp_path / "t.npz", **arrays)
    return tmp_path / "t.npz", {
        side: float(np.abs(arrays[f"idt_{side}"].astype(np.float64) - arrays[f"real_{side}"]).mean()) for side in "AB"
    }


@pytest.mark.parametrize("recipe", [(), ("--recipe", "cyclegan")])
def test_idt_a_of_cyclegan_looks_at_b(
    recipe: tuple[str, ...], audited: Audited, two_domains: tuple[Path, dict[str, float]], tmp_path: Path
) -> None:
    data, distance = two_domains
    path = log(tmp_path / "log.csv", idt_A=5 * distance["B"], idt_B=5 * distance["A"])

    found = audited(path, "--data", data, "--range", "-1,1", *recipe)

    assert [found[tag]["term"] for tag in ("idt_A", "idt_B")] == ["B", "A"]
    if recipe:
        assert [(found[tag]["outcome"], found[tag]["factor"]) for tag in ("idt_A", "idt_B")] == [("scaled", 5.0)] * 2


def test_a_recipe_explains_the_terms_of_its_log(audited: Audited, tmp_path: Path) -> None:
    # what `ganloss eval --recipe pix2pix` gives for the sample data, as README shows it
    path = log(tmp_path / "log.csv", 3000, D_real=0.3319, D_fake=1.001, G_GAN=0.4717, G_L1=7.978, mse=9.0)
    found = audited(path, *NETWORKS, "--recipe", "pix2pix")

    told = {tag: tuple(found[tag][name] for name in ("outcome", "loss", "factor", "recipe")) for tag in
            ("D_real", "D_fake", "G_GAN", "G_L1", "mse")}  # fmt: skip
    assert told == {
        "D_real": ("exact", "d_bce", 1.0, "pix2pix"),
        "D_fake": ("exact", "d_bce", 1.0, "pix2pix"),
        "G_GAN": ("exact", "g_bce", 1.0, "pix2pix"),
        "G_L1": ("scaled", "l1", 100.0, "pix2pix"),
        "mse": ("no match", "mse", 1.0, None),
    }


def test_a_recipe_s_settings_are_those_of_the_log(audited: Audited, tmp_path: Path) -> None:
    path = log(tmp_path / "log.csv", 3000, G_L1=0.7978, mse=9.0)

    found = audited(path, *NETWORKS, "--recipe", "pix2pix", "--set", "pix2pix.lambda_L1=10")

    assert (found["G_L1"]["outcome"], found["G_L1"]["factor"]) == ("scaled", 10.0)
    assert found["mse"]["outcome"] == "no match"


def test_a_tag_beside_the_recipe_that_nothing_gives_is_not_computed(
    audited: Audited, two_domains: tuple[Path, dict[str, float]], tmp_path: Path
) -> None:
    data, distance = two_domains
    path = log(tmp_path / "log.csv", idt_A=5 * distance["B"], psnr=20.5)

    found = audited(path, "--data", data, "--range", "-1,1", "--recipe", "cyclegan")

    assert (found["idt_A"]["outcome"], found["psnr"]["outcome"]) == ("scaled", "not computed")


def test_a_recipe_whose_names_the_log_has_not_is_a_usage_error(audited: Audited, tmp_path: Path) -> None:
    found = audited(log(tmp_path / "log.csv", 3000, psnr=24.88), *NETWORKS, "--recipe", "pix2pix")

    assert found["status"] == ExitStatus.USAGE
    assert "--recipe pix2pix: the log has none of D_real, D_fake, G_GAN, G_L1" in str(found["err"])


@pytest.fixture
def cyclegan(tmp_path: Path) -> tuple[object, ...]:
    """Four networks of a recognised CycleGAN, no two alike, and samples of two domains."""
    held = torch.load(SAMPLES / "g.pt", weights_only=True)
    words: list[object] = ["--naming", "cyclegan", "--data", tmp_path / "data", "--step", 1]
    for scale, (role, side) in enumerate(((role, side) for role in ("generator", "discriminator") for side in "AB"), 1):
        path = tmp_path / f"latest_net_{role[0].upper()}_{side}.pth"
        state = {
            name: tensor * (1 + scale / 20) if tensor.is_floating_point() else tensor
            for name, tensor in held[role].items()
        }
        torch.save(state, path)
        words += ["--ckpt", path]
    for side, folder in (("A", "input"), ("B", "real")):
        (tmp_path / "data" / side).mkdir(parents=True)
        for picture in sorted((SAMPLES / "imgs" / folder).iterdir())[:2]:
            shutil.copy(picture, tmp_path / "data" / side / picture.name)
    return tuple(words)


def test_the_recognised_recipe_comes_first(audited: Audited, cyclegan: tuple[object, ...], tmp_path: Path) -> None:
    files = [word for word in cyclegan if str(word).endswith(".pth")]
    report = evaluate(ckpt=files, data=tmp_path / "data", naming="cyclegan", recipe="cyclegan")
    terms = (result for result in report.results if result.recipe and result.recipe.factor is not None)
    logged = {result.typed: result.value for result in terms if result.value is not None}
    exchanged = {**logged, "idt_A": logged["idt_B"], "idt_B": logged["idt_A"]}

    right = audited(log(tmp_path / "right.csv", **logged), *cyclegan)
    wrong = audited(log(tmp_path / "wrong.csv", **exchanged), *cyclegan)

    assert {right[tag]["recipe"] for tag in logged} == {wrong[tag]["recipe"] for tag in logged} == {"cyclegan"}
    assert {right[tag]["outcome"] for tag in logged} == {"exact", "scaled"}
    assert [tag for tag in logged if wrong[tag]["outcome"] == "no match"] == ["idt_A", "idt_B"]
