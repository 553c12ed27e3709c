"""Numbers traced on real inputs: tensors, pairs, networks, and no data at all."""

import math

import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli.commands.option_values import stated_number
from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.io.network_options import read_user_network
from ganloss_cli.pipeline.number.audit import trace_numbers
from ganloss_cli.pipeline.number.conditions import conditions
from ganloss_cli.pipeline.number.names import losses_named
from ganloss_cli.records.report import Input
from ganloss_cli.records.request import Request

NETS = '''
import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 3, 1, bias=False)

    def forward(self, x):
        return self.first(x)


class Judge(nn.Module):
    """Drops half of what it sees in train mode, and looks at the first channel alone."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 1, 1, bias=False)

    def forward(self, x):
        score = self.first(x).mean((1, 2, 3))
        return score * 2 if self.training else score
'''


def trace(tmp_path, *numbers, **changes):
    return trace_numbers([stated_number(text) for text in numbers], Request(**changes))


@pytest.fixture
def logits(tmp_path):
    """Two sub-discriminators; d_lsgan is 2 x 0.25 + 2 x 0.09 by hand, d_bce something else."""
    path = tmp_path / "t.safetensors"
    tensors = {f"real_logits.{k}": torch.full((4, 2), 0.5) for k in range(2)}
    tensors |= {f"fake_logits.{k}": torch.full((4, 2), 0.3) for k in range(2)}
    save_file(tensors, path)
    return path


@pytest.mark.parametrize(
    ("number", "convention", "factor"),
    [("0.680000", "vits", 1), ("0.340000", "cyclegan", 1), ("1.360000", "vits", 2), ("0.170000", "cyclegan", 0.5)],
)
def test_saved_logits_name_the_convention(tmp_path, logits, number, convention, factor):
    report = trace(tmp_path, f"d_lsgan={number}", data=logits, scores="logits")

    assert report.verdict == "reproduced"
    assert (report.numbers[0].candidates[0].convention, report.numbers[0].candidates[0].factor) == (convention, factor)


def test_the_whole_loss_of_a_side_is_held_against_every_adversarial_loss(tmp_path, logits):
    report = trace(tmp_path, "errD=0.68", data=logits, scores="logits")

    assert report.numbers[0].candidates[0].loss == "d_lsgan"
    assert report.numbers[0].tried > 100


def test_two_numbers_of_one_log_both_have_to_be_found(tmp_path, logits):
    report = trace(tmp_path, "d_lsgan=0.68", "g_lsgan=0.111", data=logits, scores="logits")

    assert [number.verdict for number in report.numbers] == ["reproduced", "closest, not reproduced"]
    assert report.verdict == "closest, not reproduced"


def test_what_the_loss_lacks_is_told_as_eval_tells_it(tmp_path, logits):
    with pytest.raises(UsageError, match="ssim needs "):
        trace(tmp_path, "ssim=0.9", data=logits)


def test_an_unknown_name_is_a_usage_error(tmp_path, logits):
    with pytest.raises(UsageError, match="unknown loss 'sism'"):
        trace(tmp_path, "sism=0.9", data=logits)


@pytest.mark.parametrize(
    ("name", "loss"), [("softplus", "d_bce"), ("wasserstein", "d_wgan"), ("d_lsgan", "d_lsgan"), ("MAE", "l1")]
)
def test_other_words_for_a_loss_are_understood(name, loss):
    assert [found.name for found in losses_named(name)] == [loss]


@pytest.fixture
def networks(tmp_path):
    """A generator that is the identity and a discriminator that reads red as 1, green as 10, blue as 100."""
    (tmp_path / "nets.py").write_text(NETS)
    torch.save({"first.weight": torch.eye(3).view(3, 3, 1, 1)}, tmp_path / "g.pt")
    torch.save({"first.weight": torch.tensor([1.0, 10.0, 100.0]).view(1, 3, 1, 1)}, tmp_path / "d.pt")
    real = torch.rand(80, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    save_file({"real": real, "input": real.flip(0).contiguous()}, tmp_path / "t.safetensors")
    files = {
        "ckpt": (tmp_path / "g.pt",),
        "disc": (tmp_path / "d.pt",),
        "networks": tuple(
            read_user_network(f"{name}={tmp_path}/nets.py:{made}")
            for name, made in (("generator", "Scale"), ("discriminator", "Judge"))
        ),
        "data": tmp_path / "t.safetensors",
        "scores": "logits",
    }
    return files, real


def weighed(images, weights=(1, 10, 100)):
    """The discriminator by hand."""
    return (images.mean((0, 2, 3)).double() * torch.tensor(weights)).sum().item()


@pytest.mark.parametrize(
    ("made", "conditions"),
    [
        (lambda real: weighed(2 * real - 1), {}),
        (lambda real: 2 * weighed(2 * real - 1), {"mode": "train"}),
        (lambda real: weighed(real), {"network range": "[0, 1]"}),
        (lambda real: weighed(255 * real), {"network range": "[0, 255]"}),
        (lambda real: weighed((2 * real - 1).flip(1)), {"channel order": "BGR"}),
        (lambda real: weighed(2 * real[:64] - 1), {"samples": "the first batch of 64"}),
    ],
)
def test_a_run_done_differently_is_recognised(tmp_path, networks, made, conditions):
    files, real = networks

    report = trace(tmp_path, f"real_score={made(real):.4f}", **files)

    assert report.verdict == "reproduced"
    best = report.numbers[0].candidates[0]
    # doubling the scores is what train mode does here, and what the catalogued factor 2 does as well
    assert best.conditions == conditions or (conditions == {"mode": "train"} and best.factor == 2)


def test_a_condition_is_shown_only_where_it_changes_the_number(tmp_path, networks):
    files, _ = networks

    report = trace(tmp_path, "real_score=1e6", **files)

    conditions = {tuple(c.conditions) for c in report.numbers[0].candidates}
    assert report.verdict == "closest, not reproduced"
    assert ("weights",) not in conditions


def test_without_data_a_discriminator_at_chance_is_recognised(tmp_path):
    report = trace(tmp_path, "d_bce=1.386")

    (number,) = report.numbers
    assert report.verdict == "closest, not reproduced"
    assert "2 ln 2" in number.remarks[0]
    assert "at chance" in number.remarks[0]
    assert number.candidates[0].value == pytest.approx(2 * math.log(2))


def test_without_data_the_number_of_sub_discriminators_follows_from_an_equilibrium(tmp_path):
    report = trace(tmp_path, "d_lsgan=4.0")

    best = report.numbers[0].candidates[0]
    # one half for each of HiFi-GAN's five periods and three scales
    assert (best.convention, best.conditions["sub-discriminators"]) == ("vits", "8")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("kl=-0.2", "kl is never negative"),
        ("ssim=1.2", "ssim is never above 1"),
        ("psnr=80.0", "80 dB: what piq"),
        ("psnr=100", "100 dB: what ignite"),
        ("psnr=361.202", "361.2 dB: what OpenCV"),
        ("si_sdr=111.3", "111.3 dB: what torchmetrics"),
        # 1 s of noise of 0.1 at 16 kHz, whose energy is 161, in torchmetrics 1.9.0 and auraloss 0.4.0
        ("si_sdr=91.3034", "what torchmetrics 1.9.0 in float32 gives a signal of energy 161 "),
        ("si_sdr=-102.0664", "gives a signal of energy 161 "),
        ("si_sdr=-122.1", "-122.1 dB: what auraloss"),
        ("si_sdr=0", "what torchmetrics and audiocraft give a silent estimate"),
        ("kl_vits=9.000", "no more than 9"),
        ("g_bce=0.6931", "ln 2"),
    ],
)
def test_a_number_alone_tells_what_is_odd_about_it(tmp_path, number, said):
    report = trace(tmp_path, number)

    assert said in " ".join(report.numbers[0].remarks)


def test_grey_pictures_are_not_judged_again_in_another_order_of_colours():
    entries = {"grey": (1, 6, 6), "colour": (3, 6, 6), "unknown": None}
    plan = {
        "networks": [{"range": [-1, 1], "channels": "RGB"}],
        "data": [{"kinds": ["image"], "samples": 4}],
    }

    same = {}
    for name, shape in entries.items():
        inputs = [Input(role="real", path="t", count=4, kind="image", shape=shape)]
        (order,) = (c for c in conditions(Request(), plan, inputs) if "channel order" in c.words)
        same[name] = order.same

    assert same == {"grey": True, "colour": False, "unknown": False}


def test_a_value_of_odd_sides_is_that_of_the_library_that_treats_them_so_and_of_no_other(tmp_path):
    random = torch.Generator().manual_seed(0)
    real, noise = torch.rand((2, 1, 1, 177, 177), generator=random)
    torch.save({"real": real, "fake": (real + 0.3 * noise).clamp(0, 1)}, tmp_path / "pair.pt")
    loss = find_loss("ms_ssim")
    settings = {**loss.settings, **loss.convention("piq").settings}
    value = float(loss(Batch(real=real, fake=(real + 0.3 * noise).clamp(0, 1)), settings))

    (traced,) = trace(tmp_path, f"ms_ssim={value:.6f}", data=tmp_path / "pair.pt").numbers

    assert (traced.verdict, traced.candidates[0].convention) == ("reproduced", "piq")
    assert not {"ms_ssim:wang2003", "ms_ssim:pytorch_msssim_unit"} & {*traced.candidates[0].same}


def test_targets_outside_of_probabilities_are_found_to_have_made_a_negative_cross_entropy(tmp_path):
    real, fake = torch.tensor([3.2, 2.4, 4.1]), torch.tensor([-3.0, -4.5, -2.7])
    torch.save({"real_logits": real, "fake_logits": fake}, tmp_path / "scores.pt")
    entropy = torch.nn.functional.binary_cross_entropy_with_logits
    value = float(entropy(real, torch.ones(3)) + entropy(fake, -torch.ones(3)))

    (traced,) = trace(tmp_path, f"d_bce={value:.6f}", data=tmp_path / "scores.pt", scores="logits").numbers

    assert traced.verdict == "reproduced"
    assert traced.candidates[0].convention == "minus_one_label"
    assert "no lower bound" in traced.candidates[0].mistake


@pytest.mark.parametrize(
    ("number", "remark"),
    [
        ("ms_ssim=-0.5", "ms_ssim is never negative, except as ms_ssim:sewar"),
        ("d_bce=-2.37", "d_bce with targets outside [0, 1], such as -1 for fakes, may be negative: a mistake"),
    ],
)
def test_a_value_that_a_loss_cannot_have_is_remarked_on(tmp_path, number, remark):
    (traced,) = trace(tmp_path, number).numbers

    assert remark in traced.remarks
