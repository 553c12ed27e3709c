"""Saved tensors under the seeds' formulas, written out here in the seeds' own terms, in float64."""

import math

import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli import evaluate
from ganloss_cli.errors import UsageError

N, H, T = 6, 4, 9


@pytest.fixture(scope="module")
def tensors():
    random = torch.Generator().manual_seed(7)

    def normal(*shape):
        return torch.randn(shape, generator=random, dtype=torch.float64)

    return {
        "real_logits.0": normal(N, 1, 5),
        "real_logits.1": normal(N, 1, 3),
        "fake_logits.0": normal(N, 1, 5),
        "fake_logits.1": normal(N, 1, 3),
        "real_features.0.0": normal(N, 8, 5),
        "real_features.0.1": normal(N, 1, 5),
        "real_features.1.0": normal(N, 4, 3),
        "fake_features.0.0": normal(N, 8, 5),
        "fake_features.0.1": normal(N, 1, 5),
        "fake_features.1.0": normal(N, 4, 3),
        "z_p": normal(N, H, T),
        "m_p": normal(N, H, T),
        "logs_p": 0.3 * normal(N, H, T),
        "logs_q": 0.3 * normal(N, H, T),
        "z_mask": (torch.arange(T).expand(N, 1, T) < torch.tensor([9, 3, 5, 9, 1, 7]).view(N, 1, 1)).double(),
        "mu": normal(N, 5),
        "sigma": normal(N, 5).abs() + 0.1,
        "mask": torch.rand((N, 7, 5), generator=random, dtype=torch.float64),
        "target": torch.rand((N, 7, 5), generator=random, dtype=torch.float64),
        "residual": torch.rand((N, 7, 5), generator=random, dtype=torch.float64),
    }


@pytest.fixture(scope="module")
def file(tensors, tmp_path_factory):
    path = tmp_path_factory.mktemp("tensors") / "t.safetensors"
    save_file(tensors, path)
    return path


def value(file, loss, **choices):
    report = evaluate(data=file, losses=loss, dtype="float64", **choices)
    return report.results[0].value


def sub_discriminators(tensors, role):
    return [tensors[f"{role}.{k}"] for k in range(2)]


def test_vits_discriminator_loss(file, tensors):
    real, fake = sub_discriminators(tensors, "real_logits"), sub_discriminators(tensors, "fake_logits")

    expected = sum(float(((1 - r) ** 2).mean() + (f**2).mean()) for r, f in zip(real, fake, strict=True))

    assert value(file, "d_lsgan") == pytest.approx(expected, rel=1e-6)


def test_vits_generator_loss(file, tensors):
    expected = sum(float(((1 - f) ** 2).mean()) for f in sub_discriminators(tensors, "fake_logits"))

    assert value(file, "g_lsgan") == pytest.approx(expected, rel=1e-6)


def test_vits_feature_loss(file, tensors):
    names = [name.removeprefix("real_") for name in tensors if name.startswith("real_features")]

    expected = 2 * sum(float((tensors[f"real_{n}"] - tensors[f"fake_{n}"]).abs().mean()) for n in names)

    assert value(file, "fm") == pytest.approx(expected, rel=1e-6)


def test_vits_kl_loss(file, tensors):
    t = tensors
    kl = t["logs_p"] - t["logs_q"] - 0.5 + 0.5 * (t["z_p"] - t["m_p"]) ** 2 * torch.exp(-2 * t["logs_p"])

    expected = float((kl * t["z_mask"]).sum() / t["z_mask"].sum())

    assert value(file, "kl_vits") == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("loss", "real_term", "fake_term"),
    [
        ("d_bce", lambda r: torch.log1p(torch.exp(-r)), lambda f: torch.log1p(torch.exp(f))),
        ("g_bce", lambda r: 0 * r, lambda f: torch.log1p(torch.exp(-f))),
        ("d_hinge", lambda r: (1 - r).clamp(min=0), lambda f: (1 + f).clamp(min=0)),
        ("g_hinge", lambda r: 0 * r, lambda f: -f),
        ("d_wgan", lambda r: -r, lambda f: f),
        ("g_wgan", lambda r: 0 * r, lambda f: -f),
    ],
)
def test_adversarial_losses_sum_their_sub_discriminators(file, tensors, loss, real_term, fake_term):
    real, fake = sub_discriminators(tensors, "real_logits"), sub_discriminators(tensors, "fake_logits")

    expected = sum(float(real_term(r).mean() + fake_term(f).mean()) for r, f in zip(real, fake, strict=True))

    assert value(file, loss) == pytest.approx(expected, rel=1e-6)


def test_the_closed_form_of_the_gaussian_is_summed_over_a_sample(file, tensors):
    mu, sigma = tensors["mu"], tensors["sigma"]

    expected = float((0.5 * (mu**2 + sigma**2 - torch.log(sigma**2) - 1)).sum(1).mean())

    assert value(file, "kl") == pytest.approx(expected, rel=1e-6)


def component(tensors, alpha, beta):
    mask, target, residual = tensors["mask"], tensors["target"], tensors["residual"]
    n = target[0].numel()
    total = 0.0
    for m, y, r in zip(mask, target, residual, strict=True):
        filtered = m * r
        separation = float(((m * y - y) ** 2).sum()) / n
        attenuation = float((filtered**2).sum()) / n
        quality = float(((filtered / filtered.norm() - r / r.norm()) ** 2).sum()) / n
        total += (1 - alpha - beta) * separation + alpha * attenuation + beta * quality
    return total / len(mask)


def test_the_component_loss_of_three_terms(file, tensors):
    assert value(file, "component") == pytest.approx(component(tensors, 0.2, 0.8), rel=1e-6)


def test_the_component_loss_of_two_terms(file, tensors):
    mask, target, residual = tensors["mask"], tensors["target"], tensors["residual"]
    n = target[0].numel()
    separation = float(((mask * target - target) ** 2).sum()) / n / N
    attenuation = float(((mask * residual) ** 2).sum()) / n / N

    expected = 0.8 * separation + 0.2 * attenuation

    assert value(file, "component:two_term") == pytest.approx(expected, rel=1e-6)


def test_the_zero_weight_of_the_component_loss_is_a_finding(file):
    report = evaluate(data=file, losses="component")

    assert any("separation" in finding.message for finding in report.findings)


def test_a_mask_with_channels_is_a_warning(tensors, tmp_path):
    wide = {**tensors, "z_mask": tensors["z_mask"].expand(N, H, T).contiguous()}
    save_file(wide, tmp_path / "t.safetensors")

    report = evaluate(data=tmp_path / "t.safetensors", losses="kl_vits")

    assert [finding.severity for finding in report.findings if "mask" in finding.message] == ["warning"]


def test_names_of_other_code_are_renamed(tensors, tmp_path):
    theirs = {name.replace("real_logits", "disc_real_outputs"): t for name, t in tensors.items()}
    save_file(theirs, tmp_path / "t.safetensors")

    report = evaluate(
        data=tmp_path / "t.safetensors", losses="d_wgan", rename="disc_real_outputs=real_logits", dtype="float64"
    )

    assert report.results[0].value is not None


def test_probabilities_are_refused_as_logits_until_named(tmp_path):
    save_file(
        {"real_logits": torch.full((4, 1), 0.75), "fake_logits": torch.full((4, 1), 0.25)}, tmp_path / "p.safetensors"
    )

    named = value(tmp_path / "p.safetensors", "d_bce", scores="probabilities")

    assert named == pytest.approx(-2 * math.log(0.75), rel=1e-6)
    with pytest.raises(Exception, match="logits or probabilities") as refused:
        evaluate(data=tmp_path / "p.safetensors", losses="d_bce")
    assert "--scores" in refused.value.hint


@pytest.mark.parametrize(
    ("count", "told"), [(1, "1 of 1 sample is not finite: 0"), (2, "1 of 2 samples are not finite: 0")]
)
def test_what_is_not_finite_is_counted_in_words(tmp_path, count, told):
    scores = torch.zeros(count, 4)
    scores[0, 1] = math.nan
    save_file({"fake_logits": scores}, tmp_path / "batch.safetensors")

    report = evaluate(data=tmp_path / "batch.safetensors", losses="g_hinge")

    assert [finding.message for finding in report.findings] == [f"g_hinge: {told}"]


def test_that_the_terms_of_an_accuracy_are_halves_is_said_with_the_number(tmp_path):
    file = tmp_path / "t.pt"
    torch.save({"real_logits": torch.tensor([[1.0], [2.0], [-1.0], [3.0]]), "fake_logits": -torch.ones(4, 1)}, file)

    report = evaluate(data=file, losses="d_accuracy", scores="logits")

    (result,) = report.results
    assert {name: term.value for name, term in result.terms.items()} == {"real": 0.75 / 2, "fake": 0.5}
    (note,) = (finding for finding in report.findings if finding.check == "halved_shares")
    assert "twice a term is that side's accuracy" in note.message


def test_what_scores_are_is_asked_only_where_the_two_answers_differ(tmp_path):
    save_file(
        {"real_logits": torch.tensor([0.9, 0.8]), "fake_logits": torch.tensor([0.2, 0.6])}, tmp_path / "t.safetensors"
    )

    report = evaluate(data=tmp_path / "t.safetensors", losses="d_accuracy:least_squares")

    assert report.results[0].value == pytest.approx(0.75)  # three of four are nearer to their target
    with pytest.raises(UsageError, match="logits or probabilities"):
        evaluate(data=tmp_path / "t.safetensors", losses="d_accuracy")


@pytest.mark.parametrize("convention", ["vits", "rvc_logged", "mask_below_only", "channel_mask"])
def test_a_wholly_masked_sample_counts_for_nothing(tensors, tmp_path, convention):
    random = torch.Generator().manual_seed(1)
    z = {name: torch.randn(3, H, T, generator=random) for name in ("z_p", "m_p", "logs_p", "logs_q")}
    mask = torch.ones(3, 1, T)
    mask[1] = 0
    z = {name: value * mask for name, value in z.items()}  # as VITS masks them
    save_file({**z, "z_mask": mask}, tmp_path / "all.safetensors")
    save_file(
        {name: value[[0, 2]].contiguous() for name, value in {**z, "z_mask": mask}.items()},
        tmp_path / "two.safetensors",
    )

    found = evaluate(data=tmp_path / "all.safetensors", losses=f"kl_vits:{convention}", per_sample=True)
    wanted = evaluate(data=tmp_path / "two.safetensors", losses=f"kl_vits:{convention}")

    if convention == "mask_below_only":  # that mistake counts what is masked
        assert found.results[0].value is not None or found.results[0].reason == "infinite"
        return
    assert found.results[0].value == pytest.approx(wanted.results[0].value, rel=1e-9)
    assert "wholly_masked_samples" in [finding.check for finding in found.findings]
    if convention != "rvc_logged":  # clipped over the set, no sample has a value
        assert found.results[0].count == 2
        assert [row.values[f"kl_vits:{convention}"] is None for row in found.samples] == [False, True, False]
