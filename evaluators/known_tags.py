"""Which losses the tags of training logs may mean: a table of the names that published code logs under."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ganloss_cli.evaluators.catalogue import adversarial_losses, catalogue

D_ADVERSARIAL = tuple(loss.name for loss in adversarial_losses("discriminator"))
G_ADVERSARIAL = tuple(loss.name for loss in adversarial_losses("generator"))
# what a discriminator's whole loss is made of, beside its adversarial part
PENALTIES = ("gp", "dragan", "r1", "r2")
SCORES = {"real": "real_score", "fake": "fake_score"}
WITHOUT_PENALTY = "d_wgan"  # which logs also hold negated, as a distance

_D = r"(?:d|net_?d|dis|disc|discriminator|critic)"
_G = r"(?:g|net_?g|gen|generator)"
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_WRAPPINGS = re.compile(
    r"^(?:train(?:ing)?|valid(?:ation)?|val|test|metrics|losses|loss|l|avg|mean|adv)_(?=.)"
    r"|_(?:epoch|step|avg|mean|train|val)$"
)


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a tag may be.

    Args:
        losses: names of the catalogue, any one of which it may be.
        convention: where the user named one.
        term: the part of the loss that it is, such as "real"; None for all of it.
        domain: A or B, where the tag names a network between two domains.
    """

    losses: tuple[str, ...]
    convention: str | None = None
    term: str | None = None
    domain: str | None = None


# Tags in lower case, words joined with underscores, without the wrappings above; the first row that fits decides.
_TABLE: Mapping[str, Meaning] = {
    # stylegan3 Loss/scores/real, BasicSR out_d_real, pytorch/examples D(x) and D(G(z))
    rf"real_scores?|scores?_real|d_x|out_d_real|{_D}_real_score": Meaning(losses=("real_score",)),
    rf"fake_scores?|scores?_fake|d_g_z(?:_?1)?|out_d_fake|{_D}_fake_score": Meaning(losses=("fake_score",)),
    rf"{_D}_real_acc(?:uracy)?|real_acc(?:uracy)?": Meaning(losses=("d_accuracy",), term="real"),
    rf"{_D}_fake_acc(?:uracy)?|fake_acc(?:uracy)?": Meaning(losses=("d_accuracy",), term="fake"),
    rf"(?:{_D}_)?acc(?:uracy)?": Meaning(losses=("d_accuracy",)),
    # pix2pix D_real, BasicSR l_d_real
    rf"{_D}(?:_loss)?_real(?:_loss)?|real_loss|{_D}_r": Meaning(losses=D_ADVERSARIAL, term="real"),
    rf"{_D}(?:_loss)?_fake(?:_loss)?|fake_loss|{_D}_g": Meaning(losses=D_ADVERSARIAL, term="fake"),
    # VITS loss/g/fm, pix2pixHD G_GAN_Feat
    rf"(?:{_G}_)?(?:gan_feat|feat(?:ure)?(?:_matching)?|fm)(?:_loss)?": Meaning(losses=("fm", "fm_moment")),
    rf"(?:{_G}_)?mel(?:_loss|_spec_error|_spectrogram)?": Meaning(losses=("mel",)),
    rf"(?:{_G}_)?kld?(?:_loss)?": Meaning(losses=("kl_vits", "kl")),
    rf"(?:{_G}_)?lf0(?:_loss)?": Meaning(losses=("lf0",)),  # so-vits-svc loss/g/lf0
    # pix2pix G_L1, BasicSR l_g_pix
    rf"(?:{_G}_)?(?:l1|pix(?:el)?|recon(?:struction)?|mae)(?:_loss)?": Meaning(losses=("l1", "charbonnier")),
    rf"(?:{_G}_)?(?:l2|mse)(?:_loss)?": Meaning(losses=("mse",)),
    # audiocraft, of each adversary
    r"d_(?:msstftd|mpd|msd)": Meaning(losses=D_ADVERSARIAL),
    r"adv_(?:msstftd|mpd|msd)": Meaning(losses=G_ADVERSARIAL),
    r"feat_(?:msstftd|mpd|msd)": Meaning(losses=("fm",)),
    r"msspec": Meaning(losses=("mel",)),
    r"sisnr": Meaning(losses=("si_sdr",)),
    # audiotools puts train or val behind: DAC's vq/commitment_loss/val, stft/loss/val, waveform/loss/val
    r"vq_(?:commit(?:ment)?|codebook)(?:_loss)?": Meaning(losses=("vq_commit",)),
    r"stft(?:_loss)?": Meaning(losses=("mrstft",)),
    r"waveform(?:_loss)?": Meaning(losses=("l1",)),
    rf"(?:{_G}_)?(?:tv|total_variation)(?:_loss)?": Meaning(losses=("tv",)),
    rf"(?:{_G}_)?(?:vgg|percep(?:tual)?)(?:_loss)?": Meaning(losses=("perceptual",)),
    # CycleGAN cycle_A, idt_A
    r"cyc(?:le)?(?:_loss)?": Meaning(losses=("cycle",)),
    r"cyc(?:le)?_a": Meaning(losses=("cycle",), term="A"),
    r"cyc(?:le)?_b": Meaning(losses=("cycle",), term="B"),
    r"(?:idt|identity)(?:_loss)?": Meaning(losses=("identity",)),
    # CycleGAN's idt_A is that of its G_A, which makes B; PyTorch-GAN's identity_A that of A
    r"idt_a|identity_b": Meaning(losses=("identity",), term="B"),
    r"idt_b|identity_a": Meaning(losses=("identity",), term="A"),
    # stylegan3 Loss/r1_penalty and Loss/D/reg, rosinality r1 and path
    rf"r1(?:_penalty|_loss)?|{_D}_r1|{_D}_reg": Meaning(losses=("r1",)),
    rf"r2(?:_penalty|_loss)?|{_D}_r2": Meaning(losses=("r2",)),
    rf"(?:{_D}_)?(?:gp|gradient_penalty)(?:_loss)?": Meaning(losses=("gp", "dragan")),
    rf"(?:{_G}_)?(?:pl_penalty|path(?:_length)?(?:_loss)?|reg)": Meaning(losses=("path_length",)),
    # caogang/wgan-gp "wasserstein distance": minus the critic's loss without its penalty
    r"wasserstein(?:_d(?:ist(?:ance)?)?)?|w_dist(?:ance)?|em_dist(?:ance)?|emd": Meaning(losses=("d_wgan",)),
    # CycleGAN D_A scores B, and its G_A makes B
    rf"{_D}_a": Meaning(losses=D_ADVERSARIAL, domain="B"),
    rf"{_D}_b": Meaning(losses=D_ADVERSARIAL, domain="A"),
    rf"{_G}_a": Meaning(losses=G_ADVERSARIAL, domain="B"),
    rf"{_G}_b": Meaning(losses=G_ADVERSARIAL, domain="A"),
    # the whole of D's loss: its parts are all adversarial
    rf"{_D}(?:_loss(?:es)?|_total|_adv|_gan|_bce|_total_loss)?|(?:err|loss){_D}": Meaning(losses=D_ADVERSARIAL),
    # G's adversarial part; its total is a sum
    rf"{_G}(?:_loss(?:es)?|_adv|_gan|_bce|_adversarial)?|(?:err|loss){_G}|adv(?:_loss)?|gan(?:_loss)?":
        Meaning(losses=G_ADVERSARIAL),
}  # fmt: skip


def words_of(tag: str) -> str:
    """A tag in lower case, its words joined with underscores: "Loss/D/loss" is "loss_d_loss"."""
    return _SEPARATORS.sub("_", tag.lower()).strip("_")


def says_total(tag: str) -> bool:
    """Whether a tag calls itself a sum."""
    return not {"total", "overall", "combined", "sum"}.isdisjoint(words_of(tag).split("_"))


def may_be_total(tag: str) -> bool:
    """Whether a tag may be the sum of others: one that says so, or the loss of a whole network, as g_loss."""
    words = re.sub(r"^(?:train(?:ing)?|valid(?:ation)?|val|test)_", "", words_of(tag))
    whole = rf"loss(?:es)?|(?:{_D}|{_G})_loss(?:es)?|loss(?:es)?_(?:{_D}|{_G})|(?:err|loss)(?:{_D}|{_G})|{_D}|{_G}"
    return says_total(tag) or re.fullmatch(whole, words) is not None


def losses_of(tag: str) -> tuple[str, ...]:
    """The losses that a tag may be, none for a tag that is no loss."""
    meaning = meaning_of(tag)
    return meaning.losses if meaning else ()


def meaning_of(tag: str) -> Meaning | None:
    """What a tag may be, by the table or because its last words are the name of a loss.

    Args:
        tag: as a log has it, such as "loss/d/total", "D_real", "Set5/psnr".

    Returns:
        None for a tag that is no loss of the catalogue, or a sum.
    """
    words = words_of(tag)
    known = catalogue()
    if words in known and known[words].family == "adversarial":
        return Meaning(losses=(words,))  # d_bce says which, where d_loss does not
    while True:
        for pattern, meaning in _TABLE.items():
            if re.fullmatch(pattern, words):
                return meaning
        bare = _WRAPPINGS.sub("", words, count=1)
        if bare == words:
            break
        words = bare
    parts = words.split("_")
    named = ("_".join(parts[k:]) for k in range(len(parts)))
    return next((Meaning(losses=(name,)) for name in named if name in known), None)


def nearest_known(tag: str) -> Meaning | None:
    """What a tag that is not known may be, by a known one that it is nearly: d_losses_1 by d_losses.

    Args:
        tag: as a log has it.
    """
    words = words_of(tag)
    bare = re.sub(r"(?:_?\d+)+(?=_|$)", "", words).strip("_")
    if bare != words and (found := meaning_of(bare)) is not None:
        return found
    known = [*catalogue(), "d_loss", "g_loss", "d_real", "d_fake", "real_score", "fake_score"]
    near = difflib.get_close_matches(bare, known, n=1, cutoff=0.75)
    return meaning_of(near[0]) if near else None
