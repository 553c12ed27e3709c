from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.pipeline.compare import discogan_alignment
from ganloss_cli.pipeline.compare.discogan_alignment import (
    Check,
    fresh_networks,
    gaussian_inputs,
    losses,
    stored_networks,
)
from ganloss_cli.pipeline.compare.files import compare
from ganloss_cli.pipeline.compare.recipe_mistakes import recipe_mistakes, recipe_values
from ganloss_cli.pipeline.compare.sensitivity import with_sensitivity
from ganloss_cli.records.comparison import PROFILES, Comparison
from ganloss_cli.records.request import Request


@pytest.fixture(autouse=True)
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """An eighth of DiscoGAN's channels, for the time that its own take."""
    monkeypatch.setattr(discogan_alignment, "_CHANNELS", (3, 8, 16, 32, 64))


@pytest.fixture
def networks() -> dict[str, nn.Module]:
    return fresh_networks(0)


@pytest.fixture
def logged(tmp_path: Path) -> Comparison:
    """Two logs of the check that agree."""
    path = tmp_path / "loss.npy"
    np.save(path, {"gen_loss": np.float32([0.187]), "dis_loss": np.float32([1.386])}, allow_pickle=True)
    return compare(path, path, PROFILES["loss"], rename={})


def as_the_seed_writes_it(networks: dict[str, nn.Module], a: torch.Tensor, b: torch.Tensor) -> tuple[float, float]:
    """The formulas of the published page, with torch's own criteria."""
    bce, feat, recon = nn.BCELoss(), nn.HingeEmbeddingLoss(), nn.MSELoss()
    generator_a, generator_b, judge = (networks[key] for key in ("generator_A", "generator_B", "discriminator_B"))
    with torch.no_grad():
        ab, ba = generator_b(b), generator_a(a)
        recon_a, recon_b = recon(generator_a(ab), a), recon(generator_b(ba), b)
        gen, dis, fm = [], [], []
        for real, fake in ((a, ba), (b, ab)):
            (of_real,), (real_maps,) = judge(real)
            (of_fake,), (fake_maps,) = judge(fake)
            of_real, of_fake = of_real.view(-1, 1), of_fake.view(-1, 1)
            ones, zeros = torch.ones(4, 1), torch.zeros(4, 1)
            dis.append(bce(of_real, ones) * 0.5 + bce(of_fake, zeros) * 0.5)
            gen.append(bce(of_fake, ones))
            squares = [(r.mean(0) - f.mean(0)) ** 2 for r, f in zip(real_maps, fake_maps, strict=True)]
            fm.append(sum(feat(square, torch.ones_like(square)) for square in squares))
    total = sum((g * 0.1 + f * 0.9) * 0.99 for g, f in zip(gen, fm, strict=True)) + (recon_a + recon_b) * 0.01
    return float(total), float(sum(dis))


def test_the_check_is_that_of_the_published_page(networks: dict[str, nn.Module]) -> None:
    inputs = gaussian_inputs({"A": 42, "B": 100})

    found = losses(Check(networks=networks))

    assert (found["gen_loss"], found["dis_loss"]) == pytest.approx(
        as_the_seed_writes_it(networks, inputs["A"], inputs["B"]), rel=1e-6
    )


def test_the_inputs_are_those_of_its_gen_fake_data() -> None:
    np.random.seed(42)
    expected = np.random.randn(4, 3, 64, 64).astype(np.float32)

    assert np.array_equal(gaussian_inputs({"A": 42})["A"].numpy(), expected)


def test_fresh_networks_leave_the_global_random_state_alone_and_depend_on_the_seed_only() -> None:
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)

    first, again, other = (fresh_networks(seed)["generator_A"].state_dict()["main.0.weight"] for seed in (3, 3, 4))

    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_check_cannot_tell_the_wrong_generators_from_the_right_ones(seed: int, logged: Comparison) -> None:
    found = with_sensitivity(logged, Request(recipe="discogan", seed=seed)).sensitivity

    assert found is not None
    noticed = {entry.name: entry.noticed for entry in found.perturbations}
    assert not any(
        noticed[name]
        for name in (
            "generator_A is fed B, as the torch script of this check does",
            "both generators are fed the other domain, as DiscoGAN does",
            "generator_A and generator_B exchanged",
            "generators of another initialisation",
            "weights of the generators off by 1 %",
            "samples of B in reverse order",
            "inputs A and B exchanged",
        )
    )
    assert noticed["discriminator_A with its own weights"]
    assert noticed["weights of the discriminators off by 1 %"]


def test_a_check_without_power_is_a_warning_that_names_what_it_misses(logged: Comparison) -> None:
    tight = replace(PROFILES["loss"], rtol=0.0, atol=1e-15)

    weak = with_sensitivity(logged, Request(recipe="discogan"))
    strong = with_sensitivity(replace(logged, tolerance=tight), Request(recipe="discogan"))

    (finding,) = [one for one in weak.findings if one.check == "check_without_power"]
    missed = [entry.name for entry in weak.sensitivity.perturbations if not entry.noticed]  # type: ignore[union-attr]
    assert finding.evidence["missed"] == missed
    assert [one.check for one in strong.findings if one.check == "check_without_power"] == []


def test_weights_come_from_a_checkpoint_by_the_names_in_it(networks: dict[str, nn.Module], tmp_path: Path) -> None:
    path = tmp_path / "discoGAN.pth"
    torch.save({name: network.state_dict() for name, network in networks.items()}, path)

    stored = stored_networks(path)

    assert losses(Check(networks=stored)) == losses(Check(networks=networks))


def test_a_checkpoint_without_one_of_the_networks_is_an_error(networks: dict[str, nn.Module], tmp_path: Path) -> None:
    path = tmp_path / "half.pth"
    torch.save({name: networks[name].state_dict() for name in ("generator_A", "generator_B")}, path)

    with pytest.raises(InputError, match="no 'discriminator_A' in it; found generator_A, generator_B"):
        stored_networks(path)


def test_files_of_other_keys_have_no_sensitivity(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", loss=np.float32(1.0))
    comparison = compare(tmp_path / "other.npz", tmp_path / "other.npz", PROFILES["loss"], rename={})

    with pytest.raises(UsageError, match="discogan computes gen_loss, dis_loss; the files hold loss"):
        with_sensitivity(comparison, Request(recipe="discogan"))


SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"


def of_arrays(tmp_path: Path, **values: float) -> Comparison:
    np.savez(tmp_path / "logged.npz", **{key: np.float64(value) for key, value in values.items()})
    return compare(tmp_path / "logged.npz", tmp_path / "logged.npz", PROFILES["loss"], rename={})


@pytest.fixture
def pix2pix() -> Request:
    return Request(recipe="pix2pix", ckpt=(SAMPLE / "g.pt",), data=SAMPLE / "imgs", limit=4)


def test_a_recipe_on_data_tells_which_of_its_terms_notice_which_mistake(pix2pix: Request, tmp_path: Path) -> None:
    comparison = of_arrays(tmp_path, D_real=0.3, G_L1=8.0)

    found = with_sensitivity(comparison, pix2pix).sensitivity

    assert found is not None
    failing = {entry.name: entry.failing for entry in found.perturbations}
    assert failing == {
        "weights of every generator off by 1 %": ("G_L1",),
        "weights of every generator shuffled within each tensor": ("G_L1",),
        "weights of every discriminator off by 1 %": ("D_real",),
        "weights of every discriminator shuffled within each tensor": ("D_real",),
        "images fed on [0, 1] instead of [-1, 1]": ("D_real", "G_L1"),
        "samples of input in reverse order, those of real not": ("G_L1",),
        "networks in train mode": ("G_L1",),  # batch norm in the generator, none that counts in the discriminator
    }


def test_a_tolerance_that_forgives_everything_notices_nothing(pix2pix: Request, tmp_path: Path) -> None:
    wide = replace(of_arrays(tmp_path, D_real=0.3), tolerance=replace(PROFILES["loss"], atol=1e6))

    found = with_sensitivity(wide, pix2pix)

    assert found.sensitivity is not None
    assert not any(entry.noticed for entry in found.sensitivity.perturbations)
    assert [one.check for one in found.findings] == ["check_without_power"]


def test_two_domains_are_exchanged_and_merged(networks: dict[str, nn.Module], tmp_path: Path) -> None:
    torch.save({name: network.state_dict() for name, network in networks.items()}, tmp_path / "four.pth")
    rng = np.random.default_rng(0)
    for domain in ("A", "B"):
        (tmp_path / "data" / domain).mkdir(parents=True)
        for k in range(3):
            pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / domain / f"{domain}{k}.png")
    request = Request(
        recipe="discogan", ckpt=(tmp_path / "four.pth",), data=tmp_path / "data", naming="discogan", unpaired=True
    )

    values = recipe_values(request)
    names = [mistake.name for mistake in recipe_mistakes(request)]
    changed = {mistake.name: recipe_values(request, mistake) for mistake in recipe_mistakes(request)}

    assert "generator_AB and generator_BA exchanged" in names
    assert "discriminator_B with the weights of discriminator_A" in names
    assert "A and B exchanged" in names
    assert all(of != values for name, of in changed.items() if name != "networks in train mode")
