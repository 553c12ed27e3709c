"""The words that data may be called, for whatever reads names out of files. Torch-free.

The same vocabulary stands as fields of `Batch` in the evaluators, which `io` never imports; a test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
LATENT_ROLES = ("z_p", "z_q", "m_p", "m_q", "logs_p", "logs_q", "z_mask", "mu", "sigma", "log_sigma", "logvar")
FILE_ROLES = DATA_ROLES + LOGIT_ROLES + FEATURE_ROLES + LATENT_ROLES


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


def parse_renames(renames: Iterable[str]) -> dict[str, str]:
    """Read the THEIRS=OURS of `--map`.

    Args:
        renames: each "THEIRS=OURS", OURS a role.

    Returns:
        their name -> our role.

    Raises:
        UsageError: no "=", an unknown role, or one name mapped twice.
    """
    mapping: dict[str, str] = {}
    for rename in renames:
        theirs, equals, ours = rename.partition("=")
        if not (theirs and equals and ours):
            raise UsageError(
                f"--map '{rename}': expected THEIRS=OURS", hint="write for example --map fmap_r=real_features"
            )
        if theirs in mapping:
            raise UsageError(f"--map: '{theirs}' is mapped twice, to '{mapping[theirs]}' and to '{ours}'")
        mapping[theirs] = check_role(ours, f"--map {rename}")
    return mapping


def renamed(name: str, mapping: Mapping[str, str]) -> str:
    """Our name for one of theirs; "fmap_r.0.2" follows a mapping of "fmap_r", the longest mapping wins.

    Args:
        name: as the file has it, lists numbered with dots.
        mapping: of `parse_renames`.

    Returns:
        the name with its mapped beginning replaced, or as it was.
    """
    for theirs in sorted(mapping, key=len, reverse=True):
        if name == theirs or name.startswith(f"{theirs}."):
            return mapping[theirs] + name[len(theirs) :]
    return name
