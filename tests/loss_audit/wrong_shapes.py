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
# of every sub-discriminator: a term for the reals, and one for the fakes
TERMS = {
    "d_bce": ("F.softplus(-r).mean()", "F.softplus(f).mean()"),
    "d_hinge": ("F.relu(1 - r).mean()", "F.relu(1 + f).mean()"),
    "d_lsgan": ("((1 - r) ** 2).mean()", "(f ** 2).mean()"),
}
SUMS = {
    "doubles the last sub-discriminator": "2 * terms[-1]",
    "takes the last sub-discriminator": "terms[-1]",
    "takes the first sub-discriminator for all": "len(terms) * terms[0]",
    "takes the largest sub-discriminator": "torch.stack(terms).max()",
    "halves every next sub-discriminator": "sum(t * 0.5 ** k for k, t in enumerate(terms))",
    "counts the fakes of the last sub-discriminator alone": "sum(of_reals) + of_fakes[-1]",
}
BATCHES = {
    "takes a batch for one recording": ("snr", "10 * torch.log10((ref ** 2).sum() / ((ref - est) ** 2).sum())"),
    "averages ratios before the logarithm": (
        "snr", "10 * torch.log10(((ref ** 2).sum(-1) / ((ref - est) ** 2).sum(-1)).mean())",
    ),
    "takes the first recording": (
        "snr", "10 * torch.log10((ref[0] ** 2).sum() / ((ref[0] - est[0]) ** 2).sum())",
    ),
    "weighs recordings by their loudness": (
        "snr", "(10 * torch.log10((ref**2).sum(-1) / ((ref - est)**2).sum(-1)) * (ref**2).sum(-1)).mean()",
    ),
}  # fmt: skip
COUNTS = {
    "d_bce": "n = min(len(r), len(f))\n    return F.softplus(-r[:n]).mean() + F.softplus(f[:n]).mean()",
    "d_hinge": "return (F.relu(1 - r).sum() + F.relu(1 + f).sum()) / r.numel()",
    "d_wgan": "return (f.sum() - r.sum()) / f.numel()",
    "d_lsgan": "return (((1 - r) ** 2).sum() + (f ** 2).sum()) / max(r.numel(), f.numel())",
}
SIZES = {
    "l1": "p, t = (x[..., : x.shape[-1] // 2 * 2] for x in (p, t))\n    return (p - t).abs().mean()",
    "mse": "p, t = (F.avg_pool2d(x, (1, 1), (2, 2)) if x.shape[-1] % 2 else x for x in (p, t))\n"
    "    return ((p - t) ** 2).mean()",
    "psnr": "p, t = (x[..., x.shape[-2] % 2 :, :] for x in (p, t))\n"
    "    return (-10 * torch.log10(((p - t) ** 2).flatten(1).mean(1))).mean()",
}
# of the feature maps of every sub-discriminator, whose mean differences are `terms`
FEATURES = {
    "takes the last sub-discriminator for all": "sum(terms[-1]) * len(terms)",
    "takes the first layer for all": "sum(layers[0] * len(layers) for layers in terms)",
    "leaves out the first layer": "sum(sum(layers[1:]) for layers in terms)",
    "takes the largest layer": "sum(max(layers) for layers in terms)",
    "weighs layers by their depth": "sum((k + 1) * t for layers in terms for k, t in enumerate(layers))",
    "weighs layers by their size": "sum(torch.cat([m.flatten() for m in maps]).mean() * len(maps) for maps in gaps)",
    "averages maps over positions": "sum(m.flatten(2).mean(2).abs().mean() for maps in signed for m in maps)",
    "averages maps over channels": "sum(m.mean(1).abs().mean() for maps in signed for m in maps)",
    "takes the first sample": "sum(m[0].mean() for maps in gaps for m in maps)",
    "takes the first channel": "sum(m[:, 0].mean() for maps in gaps for m in maps)",
    "sums over channels": "sum(m.flatten(2).sum(1).mean() for maps in gaps for m in maps)",
    "takes the median": "sum(m.median() for maps in gaps for m in maps)",
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
    for loss, (of_reals, of_fakes) in TERMS.items():
        for words, total in SUMS.items():
            source = f"""
        def f(real_logits, fake_logits):
            of_reals = [{of_reals} for r in real_logits]
            of_fakes = [{of_fakes} for f in fake_logits]
            terms = [a + b for a, b in zip(of_reals, of_fakes, strict=True)]
            return {total}
        """
            cases.append({"name": f"{loss} {words}", "loss": loss, "source": source})
        source = f"""
        def f(real_logits, fake_logits):
            r, f = (torch.cat([scores.flatten() for scores in side]) for side in (real_logits, fake_logits))
            return {of_reals} + {of_fakes}
        """
        cases.append({"name": f"{loss} of all sub-discriminators as one", "loss": loss, "source": source})
    for words, total in FEATURES.items():
        source = f"""
        def f(fmap_r, fmap_g):
            pairs = [zip(dr, dg, strict=True) for dr, dg in zip(fmap_r, fmap_g, strict=True)]
            signed = [[r.detach() - g for r, g in row] for row in pairs]
            gaps = [[m.abs() for m in maps] for maps in signed]
            terms = [[m.mean() for m in maps] for maps in gaps]
            return {total}
        """
        cases.append({"name": f"fm {words}", "loss": "fm", "source": source})
    for words, (loss, value) in BATCHES.items():
        source = f"\ndef f(est, ref):\n    return {value}\n"
        cases.append({"name": f"{loss} {words}", "loss": loss, "source": source})
    for loss, body in COUNTS.items():
        source = f"\ndef f(real_logits, fake_logits):\n    r, f = real_logits, fake_logits\n    {body}\n"
        cases.append({"name": f"{loss} of other counts", "loss": loss, "source": source})
    for loss, body in SIZES.items():
        cases.append({"name": f"{loss} of even sizes", "loss": loss, "source": f"\ndef f(p, t):\n    {body}\n"})
    for loss, ratio in RATIOS.items():
        for words, given in CHANNELS.items():
            if (loss, words) == ("si_sdr", "weighs the channels"):
                continue  # it does not see the gain of an estimate
            source = f"\n        def f(est, ref):\n            est, ref = {given}{ratio}\n"
            cases.append({"name": f"{loss} {words}", "loss": loss, "source": source})
    return cases


CASES = tuple(_cases())
