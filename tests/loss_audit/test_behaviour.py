from collections.abc import Callable
from typing import Any

import pytest

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.checks.loss_source import rules
from ganloss_cli.pipeline.loss.check_summaries import CHECKS
from ganloss_cli.records.loss import LossAudit
from ganloss_cli.reporters.loss.document import LossDocument
from ganloss_cli.reporters.loss.wording import headline
from ganloss_cli.reporters.registry import render

Audited = Callable[..., LossAudit]


def checks(audit: LossAudit) -> set[str]:
    return {finding.check for finding in audit.findings}


@pytest.mark.parametrize(
    ("check", "loss", "source"),
    [
        ("wrong_gradient", "mse", """
            def f(fake, real):
                d = (fake - real).abs()
                return (d * d.detach()).mean()
         """),
        ("sums_over_the_batch", "l1", """
            def f(fake, real):
                return (fake - real).abs().flatten(1).mean(1).sum()
         """),
        ("depends_on_batch", "l1", """
            def f(fake, real):
                return ((fake - fake.mean(0)) - (real - real.mean(0))).abs().mean() + 0.01 * len(fake)
         """),
        ("pools_a_batch", "si_sdr", """
            def f(est, ref):
                target = (est * ref).sum() / (ref**2).sum() * ref
                return -10 * torch.log10((target**2).sum() / ((target - est) ** 2).sum())
         """),
        ("depends_on_order", "l1", """
            def f(fake, real):
                return ((fake - real).abs().flatten(1).mean(1) * torch.arange(len(fake))).mean()
         """),
        ("not_symmetric", "mse", """
            def f(fake, real):
                return ((fake - real) ** 2 * real).mean()
         """),
        ("not_zero_at_identity", "l1", """
            def f(fake, real):
                return (fake - 0.9 * real).abs().mean()
         """),
        ("not_finite", "charbonnier", """
            def f(fake, real):
                d = fake - real
                return ((d**2 + 1e-6) / (d.abs() + 1e-12 * (d != 0))).mean()
         """),
        ("departs_at_the_edge", "d_bce", """
            def f(real_pred, fake_pred):
                p, q = torch.sigmoid(real_pred), torch.sigmoid(fake_pred)
                return -(torch.log(p.clamp_min(1e-9)) + torch.log((1 - q).clamp_min(1e-9))).mean()
         """),
        ("not_finite_in_float16", "g_lsgan", """
            def f(fake_pred):
                return (((fake_pred - 1) * 1000) ** 2).mean() / 1e6
         """),
        ("one_mixing_coefficient", "gp", """
            def f(critic, real, fake):
                a = torch.rand(1).to(real)
                x = (a * real + (1 - a) * fake).detach().requires_grad_()
                (g,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
                return ((g.flatten(1).norm(dim=1) - 1) ** 2).mean()
         """),
        ("returns_nothing", "l1", """
            def f(fake, real):
                (fake - real).abs().mean()
         """),
        ("raises", "l1", """
            def f(fake, real):
                return (fake - real).abs().mean(dim=9)
         """),
    ],
)  # fmt: skip
def test_a_fault_is_found(check: str, loss: str, source: str, audited: Audited) -> None:
    audit = audited(source, loss=loss)

    assert check in checks(audit)


def test_a_function_of_one_waveform_that_refuses_a_batch_is_right(audited: Audited) -> None:
    source = """
        def f(est, ref):
            target = torch.dot(est, ref) / torch.dot(ref, ref) * ref
            return -10 * torch.log10((target**2).sum() / ((target - est) ** 2).sum())
    """

    audit = audited(source, loss="si_sdr")

    assert audit.passed
    assert "pools_a_batch" not in checks(audit)


@pytest.mark.parametrize("loss", ["l1", "mse"])
def test_a_function_that_computes_in_float32_has_the_gradient_of_its_value(loss: str, audited: Audited) -> None:
    body = {"l1": "(fake.float() - real.float()).abs().mean()", "mse": "F.mse_loss(fake.float(), real.float())"}[loss]

    audit = audited(f"def f(fake, real):\n    return {body}", loss=loss)

    assert audit.verdict == "exact"
    assert checks(audit) == {"broadcasts"}


def test_every_finding_is_documented() -> None:
    assert set(CHECKS) & set(rules()) == set()
    assert all(text.endswith(".") for text in CHECKS.values())


def test_another_loss_is_named(audited: Audited) -> None:
    audit = audited(
        "def d(real_out, fake_out):\n    return F.relu(1 - real_out).mean() + F.relu(1 + fake_out).mean()", loss="d_bce"
    )

    assert not audit.passed
    assert (audit.verdict, audit.elsewhere) == ("departs", "d_hinge:biggan")


def test_a_factor_of_sub_discriminators_is_named(audited: Audited) -> None:
    audit = audited("def g(outs):\n    return sum(((1 - o) ** 2).mean() for o in outs) / len(outs)", loss="g_lsgan")

    assert audit.passed
    assert audit.convention == "g_lsgan:parallel_wavegan"


def si_sdr_with(logarithm: str) -> str:
    return f"""
        def f(est, ref):
            target = (est * ref).sum(-1, keepdim=True) / (ref**2).sum(-1, keepdim=True) * ref
            return -({logarithm}((target**2).sum(-1) / ((target - est) ** 2).sum(-1))).mean()
    """


def test_decibels_that_are_doubled_fail(audited: Audited) -> None:
    audit = audited(si_sdr_with("20 * torch.log10"), loss="si_sdr")

    assert not audit.passed
    assert (audit.convention, audit.meaning) == ("si_sdr:leroux2019", "minus twice")
    assert "scales_decibels" in checks(audit)
    assert "off_by_a_factor" not in checks(audit)


def test_a_natural_logarithm_in_the_place_of_log10_is_named(audited: Audited) -> None:
    audit = audited(si_sdr_with("10 * torch.log"), loss="si_sdr")

    (finding,) = (finding for finding in audit.findings if finding.check == "unknown_factor")
    assert "ln 10: it takes the natural logarithm" in str(finding.hint)
    text = render(LossDocument(audit), "table")
    assert "computes si_sdr:leroux2019 times -2.30259, a factor that no convention of it has" in text
    assert "si_sdr:leroux2019, times -2.30259" in text  # above values that were multiplied by it


def test_a_similarity_that_became_a_loss_is_named(audited: Audited) -> None:
    audit = audited("def f(x, y):\n    return F.cosine_similarity(x.flatten(1), y.flatten(1)).mean()", loss="cosine")

    assert audit.passed
    assert (audit.convention, audit.factor, audit.offset, audit.meaning) == ("cosine:per_sample", -1.0, 1.0, "1 minus")


def test_images_of_another_range_are_tried(audited: Audited) -> None:
    source = "def psnr(x, y):\n    return (20 * torch.log10(255 / ((x - y) ** 2).flatten(1).mean(1).sqrt())).mean()"

    unasked = audited(source, loss="psnr")
    asked = audited(source, loss="psnr", span=(0.0, 255.0))

    assert unasked.convention == "psnr:range_255"
    assert "expects_another_range" in checks(unasked)
    assert (asked.verdict, asked.convention) == ("exact", "psnr:per_image")
    assert asked.passed


def test_arrays_of_numpy_are_tried(audited: Audited) -> None:
    source = """
        import numpy as np


        def calculate_psnr(img1, img2):
            mse = np.mean((img1 - img2) ** 2)
            return float("inf") if mse == 0 else 20 * np.log10(255.0 / np.sqrt(mse))
    """

    audit = audited(source, loss="psnr", function="calculate_psnr")

    assert audit.convention == "psnr:per_image"
    assert audit.form.startswith("numpy arrays (H, W, C), on [0, 255]")


@pytest.mark.parametrize(
    "returned",
    ["(r.mean(), f.mean())", "{'loss': r.mean() + f.mean()}", "(r.mean() + f.mean(), 'note', None)",
     "float(r.mean() + f.mean())"],
)  # fmt: skip
def test_tuples_lists_and_mappings_are_read(returned: str, audited: Audited) -> None:
    source = f"""
        def d_loss(real_out, fake_out):
            r, f = F.softplus(-real_out), F.softplus(fake_out)
            return {returned}
    """

    audit = audited(source, loss="d_bce")

    assert (audit.verdict, audit.convention) == ("exact", "d_bce:dcgan")


def test_a_mapping_with_a_total_beside_its_terms_is_read_by_its_last_number(audited: Audited) -> None:
    source = """
        def d_loss(real_out, fake_out):
            real, fake = F.relu(1 - real_out).mean(), F.relu(1 + fake_out).mean()
            return {"d_real": real, "d_fake": fake, "loss_D": real + fake}
    """

    audit = audited(source, loss="d_hinge")

    assert (audit.verdict, audit.convention) == ("exact", "d_hinge:biggan")
    assert audit.passed  # the gradient is that of the same number


def test_a_weighted_loss_is_audited_in_the_form_that_is_usual(audited: Audited) -> None:
    audit = audited("def f(fake, real):\n    return 10 * (fake - real).abs().mean()", loss="l1")

    assert (audit.convention, audit.factor, audit.meaning) == ("l1:mean", 10.0, "lambda = 10")
    assert audit.form == "(N, C, H, W), on [0, 1], float64"


def test_a_criterion_with_a_call_of_its_own_is_called_once_for_each_side(audited: Audited) -> None:
    source = """
        class GANLoss(nn.Module):
            def __init__(self, gan_mode="lsgan"):
                super().__init__()
                self.register_buffer("real_label", torch.tensor(1.0))
                self.register_buffer("fake_label", torch.tensor(0.0))
                self.loss = nn.MSELoss() if gan_mode == "lsgan" else nn.BCEWithLogitsLoss()

            def __call__(self, prediction, target_is_real):
                target = self.real_label if target_is_real else self.fake_label
                return self.loss(prediction, target.expand_as(prediction))
    """

    assert audited(source, loss="d_lsgan").convention == "d_lsgan:vits"
    assert audited(source, loss="d_bce", function="GANLoss(gan_mode='vanilla')").convention == "d_bce:dcgan"


def test_a_partial_of_a_function_is_called(audited: Audited) -> None:
    source = """
        import functools


        def charbonnier(pred, gt, eps):
            return torch.sqrt((pred - gt) ** 2 + eps**2).mean()


        loss = functools.partial(charbonnier, eps=1e-3)
    """

    assert audited(source, loss="charbonnier", function="loss").convention == "charbonnier:lapsrn"


def test_a_number_that_left_torch_trains_nothing(audited: Audited) -> None:
    audit = audited("def g_loss(fake_out):\n    return F.softplus(-fake_out).mean().item()", loss="g_bce")

    assert not audit.passed
    assert "no_gradient" in checks(audit)


def test_a_backbone_of_the_file_is_replaced_where_told(audited: Audited) -> None:
    source = """
        vgg = None


        def perceptual(generated, target):
            mean = torch.tensor([0.485, 0.456, 0.406]).double().view(1, 3, 1, 1)
            std = torch.tensor([0.229, 0.224, 0.225]).double().view(1, 3, 1, 1)
            a, b = vgg((generated - mean) / std), vgg((target - mean) / std)
            return sum(F.mse_loss(x, y) for x, y in zip(a, b))
    """

    audit = audited(source, loss="perceptual", function="perceptual", mapping={"vgg": "backbone"})

    assert audit.convention == "perceptual:johnson2016"
    assert audit.passed


def test_a_mistake_that_is_asked_for_by_name_passes(audited: Audited) -> None:
    source = "def psnr(x, y):\n    return (-5 * torch.log10(((x - y) ** 2).flatten(1).mean(1))).mean()"

    unnamed, named = audited(source, loss="psnr"), audited(source, loss="psnr:half")

    assert unnamed.convention == named.convention == "psnr:half"
    assert (unnamed.passed, named.passed) == (False, True)


def test_the_name_of_another_source_is_the_same_convention(audited: Audited) -> None:
    source = "def g(fake_pred):\n    return F.softplus(-fake_pred).mean()"

    assert audited(source, loss="g_bce:stylegan2").passed


def test_a_file_that_fails_to_import_is_audited_as_far_as_its_definitions_go(audited: Audited) -> None:
    source = """
        weight = nowhere + 1


        def l1(fake, real):
            return (fake - real).abs().mean()


        for batch in loader:
            train(batch)
    """

    audit = audited(source, loss="l1")

    assert audit.convention == "l1:mean"
    failing = [finding for finding in audit.findings if finding.check == "import_fails"]
    assert [(finding.severity, finding.evidence["line"]) for finding in failing] == [("error", 7)]


@pytest.mark.parametrize(
    ("request_", "error", "told"),
    [
        ({"mapping": {"fake": "mask"}}, UsageError, "l1 has no input 'mask', only real, fake"),
        ({"mapping": {"other": "real"}}, UsageError, "has no parameter 'other'"),
        ({"keywords": {"weight": 1}}, UsageError, "l1 has no such parameter"),
        ({"function": "nothing"}, InputError, "no 'nothing' in it"),
        ({"function": "number"}, InputError, "'number' is a int, which cannot be called"),
        ({"function": "Broken"}, InputError, "Broken cannot be made: ValueError: no"),
    ],
)
def test_what_cannot_be_called_is_the_users_mistake(
    request_: dict[str, Any], error: type[Exception], told: str, audited: Audited
) -> None:
    source = """
        number = 3


        class Broken:
            def __init__(self):
                raise ValueError("no")


        def l1(fake, real):
            return (fake - real).abs().mean()
    """

    with pytest.raises(error, match=told):
        audited(source, **{"loss": "l1", "function": "l1", **request_})


def test_ssim_with_biased_covariances_is_not_exactly_that_of_scikit_image(audited: Audited) -> None:
    # scikit-image takes N - 1 = 48 for the 49 pixels of a window; on pictures of little contrast that shows
    audit = audited(
        """
        def ssim(img1, img2):
            def mean(images):
                return F.avg_pool2d(images, 7, 1)

            mu1, mu2 = mean(img1), mean(img2)
            var1, var2 = mean(img1**2) - mu1**2, mean(img2**2) - mu2**2
            both = mean(img1 * img2) - mu1 * mu2
            c1, c2 = 0.01**2, 0.03**2
            return (((2 * mu1 * mu2 + c1) * (2 * both + c2)) / ((mu1**2 + mu2**2 + c1) * (var1 + var2 + c2))).mean()
        """,
        loss="ssim",
    )

    told = {finding.check: finding for finding in audit.findings}
    assert told["departs_at_the_edge"].severity == "warning"
    assert told["departs_at_the_edge"].evidence["probe"] == "large"
    assert headline(audit).endswith("computes ssim:scikit_image, but not on large")


def test_exchanged_signs_are_a_convention_and_a_warning(audited: Audited) -> None:
    audit = audited(
        "def d(real_out, fake_out):\n    return F.relu(1 + real_out).mean() + F.relu(1 - fake_out).mean()",
        loss="d_hinge",
    )

    assert (audit.convention, audit.verdict) == ("d_hinge:lucidrains", "exact")
    assert {finding.check: finding.severity for finding in audit.findings}["inverted_scores"] == "warning"


def test_the_component_loss_of_auralflow_with_norms_of_the_whole_tensor_is_that_of_its_page(audited: Audited) -> None:
    # its own code raises on four axes; leaving dim out is what makes it run
    audit = audited("""
        def component_loss(mask, target, residual, alpha=0.2, beta=0.8):
            filtered = mask * residual
            turned = filtered / torch.linalg.norm(filtered) - residual / torch.linalg.norm(residual)
            parts = (
                (1 - alpha - beta) * torch.sum((mask * target - target) ** 2),
                alpha * torch.sum(filtered**2),
                beta * torch.sum(turned**2),
            )
            return sum(parts) / mask.numel()
        """, loss="component")  # fmt: skip

    assert (audit.verdict, audit.convention) == ("exact", "component:auralflow_page")


def test_no_tick_stands_beside_a_value_that_the_verdict_counts_as_another(audited: Audited) -> None:
    audit = audited(
        """
        def f(fake, real):
            return (fake - real).abs().mean() + 1e-3 * ((fake - real) ** 2).mean()
        """,
        loss="l1",
    )

    assert audit.verdict == "departs"
    # the square is nothing beside the difference where that is small
    assert [probe.probe for probe in audit.probes if probe.agrees] == ["near", "identical", "black", "tiny"]
