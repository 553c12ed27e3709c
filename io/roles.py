"""The words that data may be called, for whatever reads names out of files. Torch-free.

The same vocabulary stands as fields of `Batch` in the evaluators, which `io` never imports; a test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.errors import UsageError

DATA_ROLES = (
    "real", "fake", "input", "latents", "label", "pitch",
    "mixture", "target", "estimate", "residual", "mask",
    "real_A", "real_B", "fake_A", "fake_B", "rec_A", "rec_B", "idt_A", "idt_B",
)  # fmt: skip
SEPARATION_ROLES = ("mixture", "target", "estimate", "residual", "mask")
IMAGE_ROLES = frozenset(DATA_ROLES) - {"latents", "label", "pitch", *SEPARATION_ROLES}
LOGIT_ROLES = ("real_logits", "fake_logits")
FEATURE_ROLES = ("real_features", "fake_features")
LATENT_ROLES = (
    "z_p", "z_q", "m_p", "m_q", "logs_p", "logs_q", "z_mask", "l_length", "x_mask", "log_f0", "pred_log_f0",
    "mu", "sigma", "log_sigma", "logvar", "code_logits",
)  # fmt: skip
# what trainings of voices read beside the recordings: features of a speech model, pitch in 255 steps, where there is a
# voice, loudness, a vector of whose it is, magnitudes
SPEECH_ROLES = ("phones", "coarse_pitch", "voiced", "volume", "voice", "spectrogram")
FILE_ROLES = DATA_ROLES + LOGIT_ROLES + FEATURE_ROLES + LATENT_ROLES + SPEECH_ROLES
TEXT = "text"  # of a recording, in a training's list; no file holds it
ALL_ROLES = (*FILE_ROLES, TEXT)


def check_role(role: str, where: str) -> str:
    """Refuse a word that is not of the vocabulary.

    Args:
        role: the word.
        where: what was typed, for the message.

    Returns:
        the role.

    Raises:
        UsageError: it is none of `FILE_ROLES`.
    """
    if role not in FILE_ROLES:
        raise UsageError(f"{where}: '{role}' is no role; expected one of {', '.join(FILE_ROLES)}")
    return role


def renamed(name: str, mapping: Mapping[str, str]) -> str:
    """Our name for one of theirs; "fmap_r.0.2" follows a mapping of "fmap_r", the longest mapping wins.

    Args:
        name: as the file has it, lists numbered with dots.
        mapping: their name -> our role.

    Returns:
        the name with its mapped beginning replaced, or as it was.
    """
    for theirs in sorted(mapping, key=len, reverse=True):
        if name == theirs or name.startswith(f"{theirs}."):
            return mapping[theirs] + name[len(theirs) :]
    return name
