"""How far a singing-voice model predicts the pitch from what it is, as so-vits-svc adds it to its generator's total."""

from __future__ import annotations

from torch import Tensor

from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.evaluators.statistics import Weighted


@loss(
    family="latent",
    span=(0.0, None),
    reference="svc-develop-team/so-vits-svc@730930d models.py, F0Decoder, after Zhang et al. 2022, VISinger 2, "
    "arXiv:2211.02903",
    interpretation="mel divided by 500, squared: 0.01 is an error of 50 mel",
    conventions=(Convention("so_vits_svc", "svc-develop-team/so-vits-svc@730930d train.py"),),
)  # fmt: skip
def lf0(log_f0: Tensor, pred_log_f0: Tensor, x_mask: Tensor) -> Weighted:
    """Mean squared error of the logarithm of the pitch.

        L = sum(x_mask (log_f0 - pred_log_f0)^2) / sum(x_mask),  log_f0 = 2595 log10(1 + f0 / 700) / 500

    Args:
        log_f0: of the recording; (N, 1, F).
        pred_log_f0: what was predicted of it; (N, 1, F).
        x_mask: 1 on frames that count; (N, 1, F).

    Returns:
        squared errors and numbers of frames, each (N,): the ratio of their totals.

    Convention: so-vits-svc counts the frames that pad the shorter recordings of a batch, where both are 0: with
    x_mask of ones there it is torch's mse_loss of the padded batch.

    Raises:
        InputError: the shapes differ.

    Reference: arXiv:2211.02903, section 2.3.
    """
    check_shapes(log_f0=log_f0, pred_log_f0=pred_log_f0)
    check_shapes(log_f0=log_f0, x_mask=x_mask)
    mask = x_mask.to(log_f0.dtype)
    return Weighted(values=((log_f0 - pred_log_f0).square() * mask).flatten(1).sum(1), weights=mask.flatten(1).sum(1))
