"""Wrong loss functions that are right on the plainest inputs: on scores (N, 1), equal counts and channels alike."""

from __future__ import annotations

LOGITS = {
    # pooled before the loss: each patch map becomes one score
    "d_bce": "F.softplus(-{r}).mean() + F.softplus({f}).mean()",
    "d_hinge": "F.relu(1 - {r}).mean() + F.relu(1 + {f}).mean()",
    "d_lsgan": "((1 - {r}) ** 2).mean() + ({f} ** 2).mean()",
    "g_bce": "F.softplus(-{f}).mean()",
    "g_lsgan": "((1 - {f}) ** 2).mean()",
}
POOLS = {
    "averages each map": "{x}.flatten(1).mean(1)",
    "takes the first patch": "{x}.flatten(1)[:, 0]",
    "takes the largest patch": "{x}.flatten(1).amax(1)",
    "takes the median patch": "{x}.flatten(1).median(1).values",
    "takes the last patch": "{x}.flatten(1)[:, -1]",
}
JOINED = {
    "d_bce": "2 * F.binary_cross_entropy_with_logits(s, y)",
    "d_lsgan": "2 * ((s - y) ** 2).mean()",
    "d_hinge": "2 * F.relu(1 - (2 * y - 1) * s).mean()",
}
CHANNELS = {
    "takes the first channel": "est[:, :1], ref[:, :1]",
    "adds the channels up": "est.sum(1), ref.sum(1)",
    "weighs the channels": "est * torch.linspace(1, 2, est.shape[1]).to(est).view(1, -1, 1), ref",
}
RATIOS = {
    "si_sdr": """
            t = (est * ref).sum(-1, keepdim=True) / (ref ** 2).sum(-1, keepdim=True) * ref
            return -(10 * torch.log10((t ** 2).sum(-1) / ((t - est) ** 2).sum(-1))).mean()""",
    "snr": """
            return 10 * torch.log10((ref ** 2).sum(-1) / ((ref - est) ** 2).sum(-1)).mean()""",
}


def _cases() -> list[dict[str, str]]:
    cases = []
    for loss, formula in LOGITS.items():
        for words, pool in POOLS.items():
            body = formula.format(r=pool.format(x="real_logits"), f=pool.format(x="fake_logits"))
            names = "fake_logits" if loss.startswith("g_") else "real_logits, fake_logits"
            cases.append({"name": f"{loss} {words}", "loss": loss, "source": f"def f({names}):\n    return {body}"})
    for loss, formula in JOINED.items():
        source = f"""
        def f(real_logits, fake_logits):
            s = torch.cat([real_logits, fake_logits])
            y = torch.cat([torch.ones_like(real_logits), torch.zeros_like(fake_logits)])
            return {formula}
        """
        cases.append({"name": f"{loss} of both sides together", "loss": loss, "source": source})
    for loss, ratio in RATIOS.items():
        for words, given in CHANNELS.items():
            if (loss, words) == ("si_sdr", "weighs the channels"):
                continue  # it does not see the gain of an estimate
            source = f"\n        def f(est, ref):\n            est, ref = {given}{ratio}\n"
            cases.append({"name": f"{loss} {words}", "loss": loss, "source": source})
    return cases


CASES = tuple(_cases())
