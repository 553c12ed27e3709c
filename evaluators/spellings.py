"""What people call the parameters of loss functions: a table, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.test_inputs.kinds import Kind, kind_of
from ganloss_cli.records.loss import MatchedParameter

_REAL = "real r rs gt hr hq target targets true truth ground ref reference original orig clean y img2 im2 image2"
_FAKE = (
    "fake fakes gen generated generate generator g gs sr hat pred preds prediction predicted output outputs out "
    "estimate est estimated rec recon reconstruction reconstructed restored denoised synthesized x input inputs "
    "img1 im1 image1"
)
_SCORES = "pred preds prediction output outputs out logits logit scores score x input inputs validity"
_RECORDINGS = {
    "fake": _FAKE, "real": f"{_REAL} label labels signal", "sample_rate": "sample_rate sampling_rate sr fs",
}  # fmt: skip
# input -> words, the ones that tell most first; a name is compared whole, then word by word. Only what a loss needs
# takes part, so that x is the fake of an SSIM and the scores of a hinge.
SPELLINGS: Mapping[Kind, Mapping[str, str]] = {
    "logits": {
        "real_logits": "dr real r rs gt disc_real_outputs y_d_r p_real",
        "fake_logits": f"dg fake fakes gen generated generator g gs f disc_generated_outputs disc_outputs {_SCORES}",
        "labels": "target_is_real is_real labels label target targets target_labels y t real_labels",
    },
    "features": {
        "real_features": "fmap_r fmap_rs real r rs gt target targets",
        "fake_features": "fmap_g fmap_gs fake gen generated g gs f pred preds output x",
    },
    "images": {
        "fake": _FAKE, "real": f"{_REAL} label labels b",
        "backbone": "vgg backbone extractor feature_extractor features net model network",
        "data_range": "data_range max_val max_value val_range peak drange", "channels": "channel channels n_channels",
    },
    "audio": _RECORDINGS,
    "speech": _RECORDINGS,
    "separation": {
        "mask": "mask m masks", "target": "target targets clean speech s source target_data",
        "residual": "residual noise n residual_data interference", "mixture": "mixture mix noisy x input",
        "estimate": "estimate est estimated output",
    },
    "latent": {
        "mu": "mu mean mus m", "logvar": "logvar log_var lv logvars log_variance",
        "sigma": "sigma std stddev sd scale", "log_sigma": "log_sigma logsigma log_std logstd logs",
        "z_p": "z_p zp", "m_p": "m_p mp prior_mean", "logs_p": "logs_p", "logs_q": "logs_q",
        "z_mask": "z_mask mask masks", "l_length": "l_length length_loss", "x_mask": "x_mask mask",
        "log_f0": "log_f0 lf0 target", "pred_log_f0": "pred_log_f0 pred_lf0 lf0_pred predicted",
        "code_logits": "code_logits logits scores", "latents": "latents z_e ze z latent inputs x",
        "z_q": "z_q zq quantized quantised codes z latent latents encoded",
    },
    "classes": {
        "target": "target targets p true real y label labels soft_targets y_true",
        "estimate": "input inputs q pred preds prediction generate generated fake output outputs x y_pred logits",
    },
    "domains": {
        **{
            f"{role}_{domain}": " ".join(f"{stem}_{x} {stem}{x}" for stem in stems.split() for x in letters)
            for role, stems in (
                ("real", "real"), ("fake", "fake"), ("rec", "rec reconstructed recovered cycle cycled cyc recov"),
                ("idt", "idt identity same id"),
            ) for domain, letters in (("A", "ax"), ("B", "by"))
        },
        "generator_AB": "gen_ab g_ab generator_ab gen_xy net_g_a netg_a g",
        "generator_BA": "gen_ba g_ba generator_ba gen_yx f",
        "criterion": "criterion cycle_criterion identity_criterion recon_criterion loss_fn",
    },
    "critic": {
        "real_logits": "real_pred real_logits real_output real_out real_scores real_score d_real real_d d_out scores",
        "fake_logits": "fake_pred fake_logits fake_output fake_out fake_scores fake_score d_fake fake_d",
        "mixed_logits": "mixed_scores d_interpolates mixed_pred",
        "mixed": "mixed interpolates interpolated interpolate x_hat mixed_images mixed_image",
        "gradients": "gradients gradient grads grad grad_real",
        "share": "epsilon eps alpha share",
        "discriminator": "discriminator critic crit disc d net_d netd dis model net f",
        "real": "real real_img real_image real_images real_data real_samples real_imgs images x x_in data y gt",
        "fake": "fake fake_img fake_image fake_images fake_data fake_samples generated gen fake_imgs",
        "backbone": "perceptual_loss lpips vgg backbone", "last_layer": "last_layer",
    },
    "path": {
        "fake": "fake fake_img fake_image images img gen_img generated", "latents": "latents latent w ws styles style",
        "generator": "generator g gen net_g netg synthesis",
        "mean_path_length": "mean_path_length pl_mean mean_path mean",
    },
}  # fmt: skip
# Words that may be either side: they give way to one that says more, as x does beside x_hat.
WEAK = frozenset({"x", "y", "input", "inputs", "m", "z", "f", "g", "a", "b", "t", "scores", "latent", "latents"})


def match_parameters(
    loss: Loss, required: Sequence[str], optional: Sequence[str], told: Mapping[str, str]
) -> tuple[list[MatchedParameter], list[str]]:
    """Which input each parameter takes.

    Args:
        loss: of the catalogue.
        required: names of parameters without a default, in order.
        optional: names of the others; they are only filled with what the loss cannot do without.
        told: parameter -> input, by the user.

    Returns:
        the matches in the order of the parameters, and the required parameters that nothing fits.
    """
    table = _table(loss)
    found = {
        name: MatchedParameter(theirs=name, ours=told[name], how="as told")
        for name in (*required, *optional)
        if name in told
    }
    needed = {*loss.needs, *loss.one_of}
    pairs = [
        (score, position, name, key)
        for position, name in enumerate((*required, *optional)) if name not in found
        for key, words in table.items() if name in required or key in needed
        if (score := _score(name, words.split()))
    ]  # fmt: skip
    for _, _, name, key in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if name not in found and key not in {match.ours for match in found.values()}:
            found[name] = MatchedParameter(theirs=name, ours=key, how="by name")
    free = [key for key in _by_position(loss) if key not in {match.ours for match in found.values()}]
    for name in required:
        if name not in found and free:
            found[name] = MatchedParameter(theirs=name, ours=free.pop(0), how="by position")
    left = [name for name in required if name not in found]
    return [found[name] for name in (*required, *optional) if name in found], left


def _by_position(loss: Loss) -> Iterable[str]:
    """What parameters of unknown names are, in order: the fake comes before what it is compared with."""
    if kind_of(loss) in ("images", "audio"):
        return [name for name in ("fake", "real") if name in loss.needs]
    return loss.needs or loss.optional[:2]


def _table(loss: Loss) -> Mapping[str, str]:
    """The rows of the table that mean something to this loss."""
    kind = kind_of(loss)
    table = SPELLINGS[kind]
    helpers = {"data_range", "channels", "sample_rate", "labels", "criterion", "generator_AB", "generator_BA", "share",
               "gradients", "mixed", "mixed_logits", "mean_path_length", "fake_A", "fake_B"}  # fmt: skip
    wanted = {*loss.needs, *loss.optional, *helpers}
    if kind == "critic":
        wanted |= {"real_logits"} if "real" in loss.needs else {"fake_logits"}
    if kind == "path":
        wanted |= {"fake"}
    return {key: words for key, words in table.items() if key in wanted}


def _score(name: str, words: Sequence[str]) -> int:
    """How well a name fits: whole, or by its most telling word; 0 where not at all."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")
    if plain not in words and plain.endswith("s") and plain[:-1] in words:
        plain = plain[:-1]  # references as reference
    if plain in words:
        return (100 if plain in WEAK else 1000) - words.index(plain)
    for word in words:
        if "_" in word and f"_{word}_" in f"_{plain}_":
            return 700 - words.index(word)
    parts = [part for part in plain.split("_") if part not in WEAK]
    return max((500 - words.index(part) for part in parts if part in words), default=0)
