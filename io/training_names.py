"""Names that training scripts give to what this project calls a role: recognised, or suggested. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# role -> ways to name it; a way of two names is a list that two discriminators share, the first one's part first.
# jik876/hifi-gan@4769534 and jaywalnut310/vits@2e561ba, train.py and models.py; BigVGAN and Vocos have more of them.
SURE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "real_logits": (
        ("y_d_rs",), ("y_d_hat_r",), ("y_d_r",), ("disc_real_outputs",), ("y_df_hat_r", "y_ds_hat_r"),
        ("real_score_mp", "real_score_mrd"),
    ),
    "fake_logits": (
        ("y_d_gs",), ("y_d_hat_g",), ("y_d_g",), ("disc_generated_outputs",), ("y_df_hat_g", "y_ds_hat_g"),
        ("gen_score_mp", "gen_score_mrd"),
    ),
    "real_features": (("fmap_rs",), ("fmap_r",), ("fmap_f_r", "fmap_s_r"), ("fmap_rs_mp", "fmap_rs_mrd")),
    "fake_features": (("fmap_gs",), ("fmap_g",), ("fmap_f_g", "fmap_s_g"), ("fmap_gs_mp", "fmap_gs_mrd")),
}  # fmt: skip
# role -> names that mean it often, and other things as often: a hint spells the --map that says so.
LIKELY: Mapping[str, str] = {
    "real": "y gt hr target_image ground_truth real_images real_imgs real_image reals y_true wav",
    "fake": "y_hat y_g_hat pred output gen sr generated fake_images fake_imgs fake_image fakes y_pred wav_hat",
    "input": "lr lq noisy cond",
    "latents": "z noise latent w",
    "label": "labels class_labels",
    "real_logits": "d_real real_pred real_scores real_output logits_real pred_real disc_real",
    "fake_logits": "d_fake fake_pred fake_scores fake_output logits_fake pred_fake disc_fake",
    "real_features": "feat_real real_feats real_feat features_real",
    "fake_features": "feat_fake fake_feats fake_feat features_fake",
    "mu": "mean z_mean",
    "logvar": "log_var z_log_var",
    "z_mask": "y_mask",
}


def recognised(names: Iterable[str]) -> dict[str, str]:
    """Which names of training scripts stand for a role, where nothing else in the file does.

    Args:
        names: of the arrays, lists numbered with dots, whatever was mapped already under our name.

    Returns:
        their name -> ours, "real_logits", or "real_logits.1" for the second part of a list in two parts.
    """
    stems = {name.partition(".")[0] for name in names}
    found: dict[str, str] = {}
    for role, ways in SURE.items():
        there = [way for way in ways if stems & set(way)]
        if role not in stems and len(there) == 1:
            (way,) = there
            parts = [name for name in way if name in stems]
            found |= {name: role if len(parts) == 1 else f"{role}.{k}" for k, name in enumerate(parts)}
    return found


def likely(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """The `--map THEIRS=OURS` that would probably be right, one for each name that often means a role.

    Args:
        names: that are no role, lists numbered with dots.
        taken: roles that the file has already.
    """
    there = set(taken)
    free = [role for role in _SPELLINGS if role not in there]
    pairs: dict[str, str] = {}
    for stem in dict.fromkeys(name.partition(".")[0] for name in names):
        role = next((role for role in free if stem.lower() in _SPELLINGS[role]), None)
        if role is not None:
            free.remove(role)
            pairs[stem] = role
    return [f"--map {theirs}={ours}" for theirs, ours in pairs.items()]


# role -> every name above that means it
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    role: (*(name for way in SURE.get(role, ()) for name in way), *words.split()) for role, words in LIKELY.items()
}
