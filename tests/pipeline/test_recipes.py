"""Published totals: the data of the recipes, and what they add up to on tensors and small networks, by hand."""

import re

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch.nn import functional

from ganloss_cli import evaluate
from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.recipes.published import (
    RECIPES,
    documented_weights,
    find_recipe,
    losses_logged_as,
    recipe_of,
)
from ganloss_cli.evaluators.recipes.terms import Recipe, Term, Total
from ganloss_cli.pipeline.evaluate import recipes as recipes_module
from ganloss_cli.pipeline.evaluate.recipes import in_recipe, with_settings
from ganloss_cli.records.report import Report, Result

FIRST = {
    "hifigan", "vits", "rvc_40k", "stylegan2", "cyclegan", "pix2pix", "dcgan", "wgan_gp", "discogan", "srgan", "esrgan",
    "realesrgan", "melgan", "auralflow",
}  # fmt: skip


def values(report):
    return {result.typed: result.value for result in report.results}


def result(report, name):
    return next(each for each in report.results if each.typed == name)


# the data


def test_the_recipes_that_come_first_are_there():
    assert set(RECIPES) >= FIRST


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_a_recipe_names_losses_conventions_and_settings_that_exist(recipe):
    assert re.match(r"[\w.-]+/[\w.-]+(@[0-9a-f]{7})? \S", recipe.source)
    assert len({term.logged for term in recipe.terms}) == len(recipe.terms)
    for term in recipe.terms:
        assert bool(term.loss) + bool(term.unavailable) + term.constant == 1
        if term.loss:
            loss = find_loss(term.loss)
            assert loss.convention(term.convention or loss.default.name)
            assert set(term.settings) <= set(loss.settings)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_every_total_of_a_recipe_has_a_term(recipe):
    assert {total.logged for total in recipe.totals} == {term.total for term in recipe.terms if term.total}


def test_a_recipe_whose_terms_belong_nowhere_is_refused():
    with pytest.raises(RuntimeError, match=r"no such total: \['G'\]"):
        Recipe(name="odd", source="a/b c.py", terms=(Term(logged="x", loss="l1", total="G"),), totals=())


def test_a_recipe_with_a_setting_that_nothing_reads_is_refused():
    with pytest.raises(RuntimeError, match=r"settings \['rate'\] do not match"):
        Recipe(
            name="odd", source="a/b c.py", settings={"rate": 1.0}, terms=(Term(logged="x", loss="l1", total="G"),),
            totals=(Total(logged="G", side="generator"),),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "better"),
    [
        ((Term(logged="a", loss="l1", total="G"), Term(logged="b", loss="mse", total="G", weight=10.0)), False),
        ((Term(logged="a", loss="l1", total="G"), Term(logged="b", loss="ssim", total="G", weight=-1.0)), False),
        ((Term(logged="a", loss="l1", total="G"), Term(logged="b", loss="ssim", total="G", factor=-1.0)), False),
        ((Term(logged="a", loss="psnr", total="G"), Term(logged="b", loss="ssim", total="G")), True),
        ((Term(logged="a", loss="l1", total="G"), Term(logged="b", loss="ssim", total="G")), None),
        ((Term(logged="a", loss="l1", total="G"), Term(logged="b", loss="tv", total="G", weight=0.0)), False),
        ((Term(logged="a", loss="l1", total="G"), Term(logged="b", loss="g_lsgan", total="G")), None),
    ],
)
def test_a_total_is_better_on_the_side_on_which_all_its_terms_are(terms, better, make_report):
    recipe = Recipe(name="odd", source="a/b c.py", terms=terms, totals=(Total(logged="G", side="generator"),))

    found = in_recipe(make_report(term.key for term in terms), with_settings(recipe, ()))

    assert result(found, "G").higher_is_better is better


@pytest.fixture
def make_report():
    """A report of losses, each 1."""

    def make(names):
        results = tuple(
            Result(
                loss=name,
                convention="x",
                typed=name,
                value=1.0,
                count=1,
                higher_is_better=find_loss(name).higher_is_better,
            )
            for name in names
        )
        return Report(tool={}, environment={}, command=(), seed=0, device="cpu", dtype="float32", results=results)

    return make


def test_weights_of_recipes_are_documented_factors():
    assert {10.0} <= set(documented_weights("gp"))
    assert 45.0 in documented_weights("mel")
    assert 1.0 not in documented_weights("d_bce")


def test_a_name_of_a_log_is_found_whatever_its_case():
    assert losses_logged_as("loss_d") == ("d_bce", "d_wgan")
    assert losses_logged_as("nobody logs this") == ()


def test_the_recipe_of_an_architecture_is_that_of_its_repository():
    assert recipe_of(["jik876/hifi-gan config_v1.json, config_v2.json"]).name == "hifigan"
    assert recipe_of(["SKTBrain/DiscoGAN"]).name == "discogan"
    assert recipe_of(["nobody/knows"]) is None


def test_two_domains_tell_cyclegan_from_pix2pix():
    repository = "junyanz/pytorch-CycleGAN-and-pix2pix"

    assert recipe_of([repository]) is None
    assert recipe_of([repository], two_domains=True).name == "cyclegan"


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("rvc", "did you mean rvc_32k or rvc_40k or rvc_48k? "),
        ("cylcegan", "did you mean cyclegan? "),
        ("pix2pix-hd", "did you mean pix2pixhd? "),
        ("applo", "did you mean applio_24k or applio_32k or applio_40k or applio_48k? "),
        ("rosinality", "did you mean stylegan2? "),
        ("quantum", ""),
    ],
)
def test_an_unknown_recipe_is_met_with_what_is_meant_and_where_all_are_listed(typed, near):
    with pytest.raises(UsageError) as caught:
        find_recipe(typed)

    assert caught.value.message == f"unknown recipe '{typed}'"
    assert caught.value.hint == f"{near}ganloss losses --recipes lists all {len(RECIPES)}"


# on saved tensors


@pytest.fixture
def tensors(tmp_path):
    """Two sub-discriminators with a hidden map each, and the latent of a VITS."""
    generator = torch.Generator().manual_seed(0)
    made = {
        f"{side}_{kind}.{k}{'.0' if kind == 'features' else ''}": torch.randn(3, 2, 5, generator=generator)
        for side in ("real", "fake")
        for kind in ("logits", "features")
        for k in range(2)
    }
    made |= {f"{side}_features.{k}.1": made[f"{side}_logits.{k}"] for side in ("real", "fake") for k in range(2)}
    made |= {name: torch.randn(3, 4, 6, generator=generator) for name in ("z_p", "m_p", "logs_p", "logs_q")}
    made["z_mask"] = torch.ones(3, 1, 6)
    save_file({name: tensor.clone() for name, tensor in made.items()}, tmp_path / "t.safetensors")
    return tmp_path / "t.safetensors", made


def test_melgan_adds_ten_times_its_feature_matching(tensors):
    path, made = tensors
    hinge = sum(
        functional.relu(1 - made[f"real_logits.{k}"]).mean() + functional.relu(1 + made[f"fake_logits.{k}"]).mean()
        for k in range(2)
    )
    scores = -sum(made[f"fake_logits.{k}"].mean() for k in range(2))
    features = sum(
        0.8 / 2 * functional.l1_loss(made[f"fake_features.{k}.0"], made[f"real_features.{k}.0"]) for k in range(2)
    )

    found = values(evaluate(data=path, recipe="melgan", scores="logits"))

    assert found["loss/discriminator"] == pytest.approx(float(hinge), rel=1e-6)
    assert found["loss/feature_matching"] == pytest.approx(float(features), rel=1e-6)
    assert found["loss_G + lambda_feat * loss_feat"] == pytest.approx(float(scores + 10 * features), rel=1e-6)


def test_a_setting_of_the_recipe_changes_its_weights(tensors):
    path, _ = tensors

    plain = values(evaluate(data=path, recipe="melgan", scores="logits"))
    without = values(evaluate(data=path, recipe="melgan", scores="logits", settings="melgan.lambda_feat=0"))

    assert without["loss_G + lambda_feat * loss_feat"] == plain["loss/generator"]


def test_a_setting_of_a_convention_in_the_recipe_changes_its_term(tensors):
    path, _ = tensors

    plain = values(evaluate(data=path, recipe="melgan", scores="logits"))
    twice = values(evaluate(data=path, recipe="melgan", scores="logits", settings="d_hinge:melgan.scale=2"))

    assert twice["loss/discriminator"] == pytest.approx(2 * plain["loss/discriminator"], rel=1e-6)


def test_a_term_that_cannot_be_computed_is_null_with_its_reason_and_so_is_the_total(tensors):
    path, _ = tensors

    report = evaluate(data=path, recipe="vits", scores="logits")

    durations, total = result(report, "loss/g/dur"), result(report, "loss/g/total")
    assert (durations.value, durations.reason) == (None, "unavailable")
    assert "duration predictor" in durations.recipe.unavailable
    assert (total.value, total.recipe.side) == (None, "generator")
    assert total.recipe.unavailable == "without loss/g/mel, loss/g/dur"
    assert result(report, "loss/d/total").value is not None


def test_what_a_log_cuts_off_is_cut_off(tensors):
    path, _ = tensors

    vits, rvc = (values(evaluate(data=path, recipe=name, scores="logits")) for name in ("vits", "rvc_40k"))

    # logs_p of random numbers makes e^(-2 logs_p) large
    assert vits["loss/g/kl"] > 9
    assert rvc["loss/g/kl"] == 9


def test_a_result_says_what_it_is_in_the_recipe(tensors):
    path, _ = tensors

    place = result(evaluate(data=path, recipe="melgan", scores="logits"), "loss/feature_matching").recipe

    assert (place.recipe, place.side, place.factor, place.weight) == ("melgan", "generator", 1.0, 10.0)


def test_gates_know_the_names_of_the_log(tensors):
    path, _ = tensors

    report = evaluate(data=path, recipe="melgan", scores="logits", fail_if="loss/discriminator>0")

    assert [gate.failed for gate in report.gates] == [True]


def test_losses_beside_a_recipe_are_refused(tensors):
    with pytest.raises(UsageError, match="a recipe names its losses"):
        evaluate(data=tensors[0], recipe="melgan", losses="ssim")


@pytest.mark.parametrize("change", ["melgan.rate=1", "ssim.window=7"])
def test_a_setting_of_nothing_in_the_recipe_is_refused(tensors, change):
    with pytest.raises(UsageError, match="neither a setting of recipe melgan nor of one of its losses"):
        evaluate(data=tensors[0], recipe="melgan", settings=change)


# on networks

NETS = """
from torch import nn


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.first(x).tanh()


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 1, 1)

    def forward(self, x):
        return self.first(x)
"""


@pytest.fixture
def two_domains(tmp_path):
    """Two generators, two discriminators and pictures of two domains; our own names for them."""
    (tmp_path / "nets.py").write_text(NETS)
    scope = {}
    exec(NETS, scope)
    torch.manual_seed(0)
    nets = {
        role: scope["Translator" if role.startswith("generator") else "Judge"]()
        for role in ("generator_AB", "generator_BA", "discriminator_A", "discriminator_B")
    }
    torch.save({role: net.state_dict() for role, net in nets.items()}, tmp_path / "nets.pt")
    pictures = {}
    for domain in "AB":
        (tmp_path / "data" / domain).mkdir(parents=True)
        made = np.random.default_rng(ord(domain)).integers(0, 256, (3, 6, 5, 3), dtype=np.uint8)
        for k, picture in enumerate(made):
            Image.fromarray(picture).save(tmp_path / "data" / domain / f"{domain}{k}.png")
        pictures[domain] = torch.from_numpy(made).permute(0, 3, 1, 2).float() / 127.5 - 1
    request = {
        "ckpt": tmp_path / "nets.pt",
        "data": tmp_path / "data",
        "networks": tuple(
            f"{role}={tmp_path}/nets.py:{'Translator' if role.startswith('generator') else 'Judge'}" for role in nets
        ),
        "scores": "logits",
    }
    return request, nets, pictures


@torch.no_grad()
def test_cyclegan_logs_weighted_terms_under_its_own_names_for_the_domains(two_domains):
    request, nets, real = two_domains
    ab, ba = nets["generator_AB"], nets["generator_BA"]
    judge_b = nets["discriminator_B"]
    fake_b = ab(real["A"])

    found = values(evaluate(recipe="cyclegan", **request))

    # its G_A makes B, its D_A judges B, its idt_A feeds B to G_A
    assert found["G_A"] == pytest.approx(float(((judge_b(fake_b) - 1) ** 2).mean()), rel=1e-5)
    real_side, fake_side = ((judge_b(real["B"]) - 1) ** 2).mean(), (judge_b(fake_b) ** 2).mean()
    assert found["D_A"] == pytest.approx(float(0.5 * (real_side + fake_side)), rel=1e-5)
    assert found["cycle_A"] == pytest.approx(float(10 * (ba(fake_b) - real["A"]).abs().mean()), rel=1e-5)
    assert found["idt_A"] == pytest.approx(float(5 * (ab(real["B"]) - real["B"]).abs().mean()), rel=1e-5)
    assert found["loss_G"] == pytest.approx(
        sum(found[f"{term}_{domain}"] for term in ("G", "cycle", "idt") for domain in "AB"), rel=1e-6
    )


def test_discogan_weighs_its_reconstruction_by_its_rate(two_domains):
    request, _, _ = two_domains
    networks = request | {"network_range": "0,1", "features": "first"}

    for rate in (0.5, 0.01):
        found = values(evaluate(recipe="discogan", settings=f"discogan.rate={rate}", **networks))
        made = sum(0.1 * found[f"GEN Loss {d}"] + 0.9 * found[f"Feature Matching Loss {d}"] for d in "AB")
        recon = sum(found[f"RECON Loss {d}"] for d in "AB")

        assert found["gen_loss"] == pytest.approx((1 - rate) * made + rate * recon, rel=1e-6)
        assert found["dis_loss"] == pytest.approx(found["DIS Loss A"] + found["DIS Loss B"], rel=1e-6)


@pytest.mark.parametrize("recipe", ["discogan", "cyclegan"])
def test_over_one_batch_every_term_of_a_recipe_is_what_it_is_over_all(recipe, two_domains):
    request, _, _ = two_domains

    whole = values(evaluate(**request, recipe=recipe, features="first"))
    batch = evaluate(**request, recipe=recipe, features="first", over="batch", batch_size=3)

    assert None not in whole.values()
    assert values(batch) == pytest.approx(whole, rel=1e-6)


def test_what_over_batch_does_as_training_does_is_no_difference_from_it(two_domains):
    request, _, _ = two_domains

    whole, batch = (
        [finding.message for finding in evaluate(**request, recipe="discogan", features="first", over=over).findings]
        for over in ("all", "batch")
    )

    unless = [message for message in whole if message.endswith("unless --over batch")]
    assert len(unless) == 1
    assert set(whole) - set(batch) == set(unless)


def test_over_batches_the_total_is_the_mean_of_the_batches_totals(two_domains):
    request, _, _ = two_domains

    found = values(evaluate(**request, recipe="discogan", features="first", over="batch", batch_size=1))

    assert found["dis_loss"] == pytest.approx(found["DIS Loss A"] + found["DIS Loss B"], rel=1e-6)
    assert found["RECON Loss A"] is not None


def test_without_losses_a_recognised_architecture_is_given_its_recipe(two_domains, monkeypatch):
    request, _, _ = two_domains
    monkeypatch.setattr(recipes_module, "recipe_of", lambda _, **__: RECIPES["cyclegan"])

    report = evaluate(**request)

    assert "cycle_A" in values(report)
    assert all(each.recipe is not None for each in report.results)


def test_without_losses_an_unknown_architecture_is_given_all_that_apply(two_domains):
    request, _, _ = two_domains

    report = evaluate(**request)

    assert {"cycle", "d_lsgan"} <= set(values(report))
    assert all(each.recipe is None for each in report.results)


def test_a_family_that_logs_another_convention_says_so(sample_data):
    report = evaluate(ckpt=sample_data / "g.pt", data=sample_data / "imgs", losses="d_lsgan,d_lsgan:cyclegan", limit=2)

    assert [each.logs for each in report.results] == ["d_lsgan:cyclegan", None]
