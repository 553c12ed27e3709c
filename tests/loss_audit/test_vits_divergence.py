"""The usual mistakes in VITS's divergence are named, not only refused."""

from collections.abc import Callable

import pytest

from ganloss_cli.records.loss import LossAudit

RATIO = "logs_p - logs_q - 0.5"
SQUARE = "0.5 * (z_p - m_p) ** 2 * torch.exp(-2.0 * logs_p)"
MASKED = "torch.sum(kl * z_mask) / torch.sum(z_mask)"
UNMASKED = "z_p, logs_q, m_p, logs_p"


def written(kl: str, value: str = MASKED, parameters: str = f"{UNMASKED}, z_mask") -> str:
    return f"def kl_loss({parameters}):\n    kl = {kl}\n    return {value}\n"


@pytest.mark.parametrize(
    ("source", "mistake"),
    [
        (written(f"{RATIO} + {SQUARE}", "kl.sum(1).mean()", UNMASKED), "no_mask"),
        (written(f"{RATIO} + {SQUARE}", "torch.sum(kl) / torch.sum(z_mask)"), "mask_below_only"),
        (written(f"{RATIO} + {SQUARE}", "torch.mean(kl * z_mask)"), "element_mean"),
        (written(f"{RATIO} + {SQUARE}", "torch.sum(kl * z_mask)"), "undivided"),
        (written(f"{RATIO} + {SQUARE}", "((kl * z_mask).sum((1, 2)) / z_mask.sum((1, 2))).mean()"), "sample_mean"),
        (written("logs_q - logs_p - 0.5 + 0.5 * (z_p - m_p) ** 2 * torch.exp(-2.0 * logs_q)"), "exchanged"),
        (written(f"logs_q - logs_p - 0.5 + {SQUARE}"), "ratio_exchanged"),
        (written(f"{RATIO} + (z_p - m_p) ** 2 * torch.exp(-2.0 * logs_p)"), "whole_square"),
        (written(f"{RATIO} + 0.5 * (z_p - m_p) ** 2 * torch.exp(-logs_p)"), "sigma_as_variance"),
        (written(f"{RATIO} + {SQUARE} + 0.5 * torch.exp(2.0 * (logs_q - logs_p))"), "variance_twice"),
    ],
)
def test_a_usual_mistake_is_named(source: str, mistake: str, audited: Callable[..., LossAudit]) -> None:
    audit = audited(source, loss="kl_vits")

    assert (audit.verdict, audit.convention, audit.factor) == ("a known mistake", f"kl_vits:{mistake}", 1.0)
    (found,) = (finding for finding in audit.findings if finding.check == "known_mistake")
    assert found.severity == "error"
    assert audit.mistake is not None
    assert audit.mistake in found.message


def test_a_mean_over_elements_without_a_mask_is_one_without_a_mask_divided_by_the_channels(
    audited: Callable[..., LossAudit],
) -> None:
    audit = audited(written(f"{RATIO} + {SQUARE}", "kl.mean()", UNMASKED), loss="kl_vits")

    assert (audit.verdict, audit.convention) == ("a known mistake", "kl_vits:no_mask")
    assert audit.meaning == "divided by the number of channels"


def test_the_divergence_as_vits_has_it_is_no_mistake(audited: Callable[..., LossAudit]) -> None:
    audit = audited(written(f"{RATIO} + {SQUARE}"), loss="kl_vits")

    assert (audit.verdict, audit.convention) == ("exact", "kl_vits:vits")
