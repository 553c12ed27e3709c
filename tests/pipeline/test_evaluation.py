"""Networks of every kind, run the way the contract says; expected numbers are written out by hand."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, NothingEvaluatedError, UsageError
from ganloss_cli.io.networks.stylegan2_discriminator import StyleGAN2Discriminator

NETS = '''
import torch
from torch import nn


class Scale(nn.Module):
    """Multiplies by one learnt number."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(()))
        self.first = nn.Conv2d(1, 1, 1)

    def forward(self, x):
        return x * self.factor


class Brightness(nn.Module):
    """Scores an image by the mean of its values."""

    def __init__(self):
        super().__init__()
        self.layer1 = nn.Identity()
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.layer1(x).mean((1, 2, 3)) + self.bias


class Conditional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 1, bias=False)

    def forward(self, x):
        return self.conv(x)


class Mixing(Brightness):
    def forward(self, x):
        return super().forward(x) + x.std(0).mean()


class Hungry(Brightness):
    """Runs out of memory with more than two samples."""

    largest = 0

    def forward(self, x):
        if len(x) > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().forward(x)


class Insatiable(Brightness):
    def forward(self, x):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")


class Labelled(Brightness):
    def forward(self, x, label):
        return super().forward(x) + label


class Pair(Brightness):
    """HiFi-GAN's calling convention."""

    def forward(self, y, y_hat):
        r, f = super().forward(y), super().forward(y_hat)
        return [r, 2 * r], [f, 2 * f], [[y, r], [y, 2 * r]], [[y_hat, f], [y_hat, 2 * f]]


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(1)

    def forward(self, x):
        return self.norm(x).mean((1, 2, 3))
'''


@pytest.fixture
def place(tmp_path):
    """Two folders of flat grey images with known values, and the networks above."""
    (tmp_path / "nets.py").write_text(NETS)
    for folder, values in (("input", (51, 102, 153)), ("real", (51, 102, 204))):
        (tmp_path / folder).mkdir()
        for k, value in enumerate(values):
            Image.fromarray(np.full((12, 12), value, np.uint8)).save(tmp_path / folder / f"{k}.png")
    return tmp_path


def save(path, **tensors):
    torch.save({name.replace("__", "."): torch.as_tensor(value) for name, value in tensors.items()}, path)
    return path


def judged(place, name, losses="real_score", **choices):
    save(place / "d.pt", bias=0.5)
    report = evaluate(
        disc=place / "d.pt", networks=f"discriminator={place}/nets.py:{name}", losses=losses,
        network_range="0,1", **{"data": place / "real", **choices},
    )  # fmt: skip
    return report, {result.typed: result.value for result in report.results}


# The reals' values on [0, 1] are .2, .4, .8; their mean is 1.4 / 3.
REAL_MEAN = 1.4 / 3


def test_a_discriminator_sees_the_images_in_its_own_range(place):
    save(place / "d.pt", bias=0.5)
    report = evaluate(
        disc=place / "d.pt",
        networks=f"discriminator={place}/nets.py:Brightness",
        data=place / "real",
        losses="real_score",
    )

    assert report.results[0].value == pytest.approx(2 * REAL_MEAN - 1 + 0.5, rel=1e-6)
    assert [finding.check for finding in report.findings] == ["network_range_assumed"]


def test_the_pair_call_gives_sub_discriminators_and_features(place):
    report, found = judged(place, "Pair", "real_score,fm", data=place, fake=place / "input")

    assert found["real_score"] == pytest.approx(1.5 * (REAL_MEAN + 0.5), rel=1e-6)
    # only the third image differs, by .2: maps y and r, y and 2 r, each over three samples, doubled
    assert found["fm"] == pytest.approx(2 * (0.2 + 0.2 + 0.2 + 0.4) / 3, rel=1e-5)
    assert report.results[1].settings["features_have_logits"] is True


def test_hooks_take_features_where_the_discriminator_returns_none(place):
    _, found = judged(place, "Brightness", "fm", data=place, fake=place / "input", features="layer*")

    assert found["fm"] == pytest.approx(2 * 0.2 / 3, rel=1e-5)


def test_a_conditional_discriminator_is_fed_the_input_first(place):
    save(place / "g.pt", factor=1.0, first__weight=torch.zeros(1, 1, 1, 1), first__bias=torch.zeros(1))
    save(place / "d.pt", conv__weight=torch.tensor([10.0, 1.0]).view(1, 2, 1, 1))

    report = evaluate(
        ckpt=place / "g.pt", disc=place / "d.pt", data=place, losses="real_score,fake_score", network_range="0,1",
        networks=[f"generator={place}/nets.py:Scale", f"discriminator={place}/nets.py:Conditional"],
    )  # fmt: skip

    # inputs .2 .4 .6, reals .2 .4 .8
    assert report.results[0].value == pytest.approx(10 * 0.4 + REAL_MEAN, rel=1e-6)
    assert report.results[1].value == pytest.approx(11 * 0.4, rel=1e-6)
    assert "conditional_discriminator" in [finding.check for finding in report.findings]


def test_labels_reach_a_discriminator_that_takes_them(place):
    np.save(place / "labels.npy", np.array([0.0, 3.0, 6.0]))

    _, found = judged(place, "Labelled", label=place / "labels.npy")

    assert found["real_score"] == pytest.approx(REAL_MEAN + 0.5 + 3, rel=1e-6)


def test_a_network_that_mixes_samples_is_marked(place):
    report, _ = judged(place, "Mixing")

    assert report.results[0].batch_dependent
    assert "mixes" in report.results[0].batch_dependent_because


def test_a_network_that_keeps_samples_apart_is_not_marked(place):
    report, _ = judged(place, "Brightness")

    assert not report.results[0].batch_dependent


def test_running_out_of_memory_halves_the_batch_and_goes_on(place):
    _, found = judged(place, "Hungry", batch_size=3)

    assert found["real_score"] == pytest.approx(REAL_MEAN + 0.5, rel=1e-6)


def test_out_of_memory_with_one_sample_names_tile(place):
    with pytest.raises(InputError, match="out of memory") as refused:
        judged(place, "Insatiable", batch_size=3)

    assert "--tile" in refused.value.hint


def test_train_mode_uses_the_batch_and_leaves_the_file_s_buffers(place):
    save(
        place / "d.pt", norm__weight=torch.ones(1), norm__bias=torch.zeros(1), norm__running_mean=torch.zeros(1),
        norm__running_var=torch.ones(1), norm__num_batches_tracked=torch.tensor(5),
    )  # fmt: skip
    choices = {
        "disc": place / "d.pt", "networks": f"discriminator={place}/nets.py:Noisy", "data": place / "real",
        "losses": "real_score", "network_range": "0,1",
    }  # fmt: skip

    eval_mode = evaluate(**choices).results[0]
    train_mode = evaluate(**choices, mode="train", batch_size=3).results[0]
    one_by_one = evaluate(**choices, mode="train", batch_size=1).results[0]

    assert eval_mode.value == pytest.approx(REAL_MEAN, rel=1e-4)
    assert train_mode.value == pytest.approx(0, abs=1e-5)  # normalised over the batch
    assert one_by_one.value == pytest.approx(0, abs=1e-5)
    assert (eval_mode.mode, eval_mode.batch_dependent) == ("eval", False)
    assert (train_mode.mode, train_mode.batch_dependent) == ("train", True)


def test_quality_uses_averaged_weights_and_adversarial_losses_the_raw_ones(place):
    conv = {"first.weight": torch.zeros(1, 1, 1, 1), "first.bias": torch.zeros(1)}
    torch.save(
        {
            "g": {"factor": torch.tensor(0.0), **conv},
            "g_ema": {"factor": torch.tensor(1.0), **conv},
            "d": {"bias": torch.tensor(0.0)},
        },
        place / "all.pt",
    )
    choices = {
        "ckpt": place / "all.pt", "data": place, "losses": "l1,fake_score", "network_range": "0,1",
        "networks": [f"generator={place}/nets.py:Scale", f"discriminator={place}/nets.py:Brightness"],
    }  # fmt: skip

    quality, score = evaluate(**choices).results
    both = evaluate(**choices, weights="both").results

    assert (quality.weights, quality.value) == ("ema", pytest.approx(0.2 / 3, rel=1e-5))
    assert (score.weights, score.value) == ("raw", pytest.approx(0, abs=1e-7))
    assert [(result.loss, result.weights) for result in both] == [
        ("l1", "raw"), ("l1", "ema"), ("fake_score", "raw"), ("fake_score", "ema"),
    ]  # fmt: skip
    assert both[0].value == pytest.approx(REAL_MEAN, rel=1e-5)


@pytest.fixture
def domains(place):
    (place / "data").mkdir()
    (place / "input").rename(place / "data" / "A")
    (place / "real").rename(place / "data" / "B")
    for k in range(3):
        (place / "data" / "B" / f"{k}.png").rename(place / "data" / "B" / f"b{k}.png")
    conv = {"first.weight": torch.zeros(1, 1, 1, 1), "first.bias": torch.zeros(1)}
    for name, factor in (("G_A", 0.5), ("G_B", 1.0)):
        torch.save({"factor": torch.tensor(factor), **conv}, place / f"latest_net_{name}.pth")
    for name, bias in (("D_A", 1.0), ("D_B", 2.0)):
        torch.save({"bias": torch.tensor(bias)}, place / f"latest_net_{name}.pth")
    return place


def two_domains(place, losses, **choices):
    classes = {
        "generator_AB": "Scale",
        "generator_BA": "Scale",
        "discriminator_A": "Brightness",
        "discriminator_B": "Brightness",
    }
    return evaluate(
        ckpt=[place / f"latest_net_{name}.pth" for name in ("G_A", "G_B", "D_A", "D_B")], data=place / "data",
        networks=[f"{role}={place}/nets.py:{name}" for role, name in classes.items()], losses=losses,
        network_range="0,1", **choices,
    )  # fmt: skip


def test_each_domain_is_judged_by_its_own_discriminator(domains):
    report = two_domains(domains, "fake_score", naming="cyclegan")

    # CycleGAN's D_A (bias 1) judges B, its G_A (0.5) makes B: A .2 .4 .6 halved, mean .2; G_B leaves B: mean 1.4 / 3
    found = {result.domain: (result.value, result.network) for result in report.results}
    assert found["B"] == (pytest.approx(0.2 + 1, rel=1e-5), "discriminator_B")
    assert found["A"] == (pytest.approx(REAL_MEAN + 2, rel=1e-5), "discriminator_A")


def test_cycle_and_identity_add_their_directions(domains):
    cycle, identity = two_domains(domains, "cycle,identity", naming="cyclegan").results

    # both ways everything is halved once: mean |x/2 - x| is .2 of A and .7 / 3 of B
    assert {name: term.value for name, term in cycle.terms.items()} == {
        "A": pytest.approx(0.2, rel=1e-5), "B": pytest.approx(0.7 / 3, rel=1e-5),
    }  # fmt: skip
    assert cycle.value == pytest.approx(0.2 + 0.7 / 3, rel=1e-5)
    # the generator of A leaves A; the generator of B halves B
    assert identity.value == pytest.approx(0.7 / 3, rel=1e-5)


def test_a_generator_of_latents_makes_as_many_fakes_as_there_are_reals(place):
    (place / "g.py").write_text(
        "from torch import nn\n"
        "class G(nn.Sequential):\n"
        "    def __init__(self): super().__init__(nn.Linear(5, 144), nn.Tanh())\n"
    )
    torch.save({"0.weight": torch.zeros(144, 5), "0.bias": torch.full((144,), 10.0)}, place / "g.pt")
    save(place / "d.pt", bias=0.0)

    report = evaluate(
        ckpt=place / "g.pt", disc=place / "d.pt", data=place / "real", losses="d_wgan",
        networks=[f"generator={place}/g.py:G", f"discriminator={place}/nets.py:Brightness"],
    )  # fmt: skip

    wgan = report.results[0]
    assert wgan.terms["fake.0"].count == 3
    assert wgan.value == pytest.approx(1 - (2 * REAL_MEAN - 1), rel=1e-5)
    assert wgan.median is None


def test_unpaired_counts_may_differ(place):
    save_file(
        {"real_logits": torch.tensor([1.0, 3.0, 5.0]), "fake_logits": torch.tensor([7.0])}, place / "t.safetensors"
    )

    report = evaluate(data=place / "t.safetensors", losses="d_wgan", batch_size=1)

    assert report.results[0].value == pytest.approx(4)
    assert {name: term.count for name, term in report.results[0].terms.items()} == {"real.0": 3, "fake.0": 1}


def test_a_relativistic_loss_refuses_unequal_counts(place):
    save_file({"real_logits": torch.randn(3), "fake_logits": torch.randn(2)}, place / "t.safetensors")

    with pytest.raises(UsageError, match="d_rsgan"):
        evaluate(data=place / "t.safetensors", losses="d_rsgan")


def test_quantising_rounds_the_fakes_to_8_bits(place):
    save(place / "g.pt", factor=1.001, first__weight=torch.zeros(1, 1, 1, 1), first__bias=torch.zeros(1))
    choices = {
        "ckpt": place / "g.pt", "networks": f"generator={place}/nets.py:Scale", "network_range": "0,1",
        "data": place / "real", "losses": "l1",
    }  # fmt: skip

    assert evaluate(**choices).results[0].value == pytest.approx(0.001 * REAL_MEAN, rel=1e-2)
    assert evaluate(**choices, quantize=True).results[0].value == 0


def test_a_loss_on_data_of_the_wrong_kind_is_refused_with_the_reason(place):
    with pytest.raises(UsageError, match="si_sdr is defined on waveforms"):
        evaluate(data=place, fake=place / "input", losses="si_sdr")


def test_nothing_that_applies_is_nothing_evaluated(place):
    with pytest.raises(NothingEvaluatedError, match="no loss applies"):
        evaluate(data=place / "real")


def test_a_dry_run_evaluates_nothing_and_shows_the_plan(place):
    report = evaluate(data=place, fake=place / "input", losses="l1,psnr", dry_run=True)

    assert report.results == ()
    assert [entry["loss"] for entry in report.plan["losses"]] == ["l1", "psnr"]
    assert report.plan["data"][0]["samples"] == 3


def test_the_fingerprint_follows_the_content_and_not_the_names(place):
    before = evaluate(data=place, fake=place / "input", losses="l1").fingerprint
    for folder in ("input", "real"):
        (place / folder / "0.png").rename(place / folder / "z.png")
    renamed = evaluate(data=place, fake=place / "input", losses="l1").fingerprint
    Image.fromarray(np.full((12, 12), 7, np.uint8)).save(place / "real" / "z.png")
    changed = evaluate(data=place, fake=place / "input", losses="l1").fingerprint

    assert before == renamed
    assert changed != before


def test_over_batches_is_marked_and_averages_batch_values(place):
    result = evaluate(data=place, fake=place / "input", losses="l1", over="batch", batch_size=2).results[0]

    # batches (0, 0) and (.2): the mean of their means is .1, not .2 / 3
    assert result.value == pytest.approx(0.1, rel=1e-5)
    assert result.over == "batch"
    assert result.batch_dependent


GROUPED = """
import torch
from torch import nn


class Deviation(nn.Module):
    mixes_samples = 2

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x.flatten(1).mean(1).view(-1, 2).std(1, correction=0).repeat_interleave(2) + self.bias
"""


def grouped(place, count, **choices):
    (place / "grouped.py").write_text(GROUPED)
    values = torch.arange(count, dtype=torch.float32) ** 2 / 100
    save_file({"real": values.view(-1, 1, 1, 1).expand(count, 1, 4, 4).contiguous()}, place / "t.safetensors")
    save(place / "d.pt", bias=0.0)
    return evaluate(
        disc=place / "d.pt", networks=f"discriminator={place}/grouped.py:Deviation", data=place / "t.safetensors",
        losses="real_score", network_range="0,1", **choices,
    ).results[0]  # fmt: skip


@pytest.mark.parametrize("batch_size", [1, 2, 3, 6])
def test_layers_that_compare_samples_see_the_same_groups_at_any_batch_size(place, batch_size):
    result = grouped(place, 6, batch_size=batch_size)

    assert result.value == pytest.approx((0.005 + 0.025 + 0.045) / 3, rel=1e-5)
    assert "groups of 2" in result.batch_dependent_because


def test_fewer_samples_than_a_group_are_refused(place):
    with pytest.raises(UsageError, match="in groups of 2, and the data begin with 1 of a size"):
        grouped(place, 1)


@pytest.mark.parametrize("batch_size", [1, 4, 8])
def test_stylegan2_compares_groups_of_four_at_any_batch_size(place, batch_size):
    torch.manual_seed(0)
    network = StyleGAN2Discriminator(channels=[4, 4, 4], image_channels=3)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    torch.save(network.state_dict(), place / "d.pt")
    images = torch.rand(8, 3, 16, 16)
    save_file({"real": images}, place / "t.safetensors")

    report = evaluate(
        disc=place / "d.pt", data=place / "t.safetensors", losses="real_score", range=(0, 1), batch_size=batch_size
    )

    with torch.no_grad():
        wanted = network(images * 2 - 1)[0][0].mean()
    assert report.results[0].value == pytest.approx(float(wanted), rel=1e-5)


def test_a_remainder_of_a_group_names_limit(place):
    with pytest.raises(UsageError, match="groups of 2") as refused:
        grouped(place, 5)

    assert "--limit 4" in refused.value.hint


def test_a_gradient_penalty_differentiates_through_train_mode(place):
    save(
        place / "d.pt", norm__weight=torch.ones(1), norm__bias=torch.zeros(1), norm__running_mean=torch.zeros(1),
        norm__running_var=torch.ones(1), norm__num_batches_tracked=torch.tensor(5),
    )  # fmt: skip

    result = evaluate(
        disc=place / "d.pt", networks=f"discriminator={place}/nets.py:Noisy", data=place / "real", losses="r1",
        network_range="0,1", mode="train", batch_size=3,
    ).results[0]  # fmt: skip

    # the sum of the scores of a normalised batch is zero whatever the images are
    assert result.value == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("shape", ["(len(z), 1, 12, 12)", "(len(z), 144)"])
def test_the_range_of_what_is_made_from_latents_is_assumed_in_words(place, shape):
    (place / "maker.py").write_text(f"""
import torch
class Maker(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(()))
    def forward(self, z):
        return torch.full({shape}, 0.5, dtype=z.dtype) + self.bias
""")
    save(place / "g.pt", bias=0.0)
    save(place / "d.pt", bias=0.5)
    run = {
        "ckpt": place / "g.pt", "disc": place / "d.pt", "data": place / "real", "latent_shape": (3,),
        "losses": "fake_score", "networks": (
            f"generator={place}/maker.py:Maker", f"discriminator={place}/nets.py:Brightness",
        ),
    }  # fmt: skip

    assumed = evaluate(**run, network_range="discriminator=0,1")
    told = evaluate(**run, network_range="0,1")

    assert assumed.results[0].value == pytest.approx(0.75 + 0.5)  # 0.5 on [-1, 1] is 0.75 on [0, 1]
    assert told.results[0].value == pytest.approx(0.5 + 0.5)
    assert [finding.evidence["networks"] for finding in assumed.findings] == [["generator"]]
    assert not told.findings


MAPS = '''
from torch import nn


class Patches(nn.Module):
    """A score and a map for every 2 x 2 pixels."""

    def __init__(self):
        super().__init__()
        self.layer1 = nn.Conv2d(1, 2, 2, stride=2)
        self.last = nn.Conv2d(2, 1, 1)

    def forward(self, x):
        maps = self.layer1(x)
        return self.last(maps), [maps]
'''


@pytest.mark.parametrize("paired", [True, False])
def test_a_loss_that_the_shapes_of_a_set_forbid_is_not_applicable_and_all_others_are_computed(place, paired):
    (place / "maps.py").write_text(MAPS)
    torch.manual_seed(0)
    save(place / "d.pt", layer1__weight=torch.randn(2, 1, 2, 2), layer1__bias=torch.zeros(2),
         last__weight=torch.randn(1, 2, 1, 1), last__bias=torch.zeros(1))  # fmt: skip
    for side in ("real", "fake"):
        for k, size in enumerate(((4, 4), (6, 4), (4, 4))):
            name = f"{k}.png" if paired else f"{side}{k}.png"
            folder = place / "mixed" / side
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full(size, 40 * k + 20, dtype=np.uint8)).save(folder / name)
    choices = {"disc": place / "d.pt", "networks": f"discriminator={place}/maps.py:Patches",
               "data": place / "mixed", "scores": "logits", "network_range": "0,1"}  # fmt: skip

    report = evaluate(**choices, batch_size=2)

    forbidden = {"fm_moment", "lecam", "d_ragan", "g_ragan", "d_ralsgan", "g_ralsgan", "d_rahinge", "g_rahinge"}
    told = {name: why for name, why in report.not_applicable.items() if "samples have the shapes" in why}
    by_order = {name for name, why in report.not_applicable.items() if "several sizes" in why}
    values = {result.loss: result.value for result in report.results}
    assert told.keys() | by_order >= forbidden
    assert not forbidden & values.keys()
    assert values["d_lsgan"] is not None
    assert ("fm" in values) == paired
    with pytest.raises(InputError, match=r"fm_moment: sample .*samples have the shapes"):
        evaluate(**choices, losses="fm_moment")
