"""Numbers of public code bases, each computed by its own code on the inputs below; some of it works in float32.

`python tests/evaluators/upstream --upstream DIR` computes them again from clones.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional


def waves(start: float, *shape: int) -> Tensor:
    """Filled by a formula, so that any framework can make the same."""
    position = torch.arange(math.prod(shape), dtype=torch.float64)
    return (1.3 * torch.sin(start + 0.7 * position) + 0.4 * torch.cos(1.9 * position)).view(shape)


N = 4
# Three sub-discriminators, patches of different sizes; one with patches; one with a score a sample.
REAL_PARTS = (waves(1, N, 1, 5), waves(2, N, 1, 3, 2), waves(3, N, 1))
FAKE_PARTS = (waves(4, N, 1, 5), waves(5, N, 1, 3, 2), waves(6, N, 1))
PARTS = {"real_logits": REAL_PARTS, "fake_logits": FAKE_PARTS}
PATCHES = {"real_logits": REAL_PARTS[1], "fake_logits": FAKE_PARTS[1]}
SCORES = {"real_logits": REAL_PARTS[2], "fake_logits": FAKE_PARTS[2]}
PROBABILITIES = {role: torch.sigmoid(scores) for role, scores in SCORES.items()}
# Their maps, the logit map last: 4, 3 and 5 of them.
REAL_MAPS = tuple(
    (*(waves(10 * k + i, N, 2 + i, 4, 3) for i in range(hidden)), REAL_PARTS[k]) for k, hidden in enumerate((3, 2, 4))
)
FAKE_MAPS = tuple(
    (*(waves(10 * k + i + 0.5, N, 2 + i, 4, 3) for i in range(hidden)), FAKE_PARTS[k])
    for k, hidden in enumerate((3, 2, 4))
)
MAPS = {"real_features": REAL_MAPS, "fake_features": FAKE_MAPS}
EQUAL_MAPS = {
    "real_features": (REAL_MAPS[0], tuple(2 * one for one in REAL_MAPS[0])),
    "fake_features": (FAKE_MAPS[0], tuple(one - 0.1 for one in FAKE_MAPS[0])),
}
# Pictures on about [-1, 1], and what mixes and disturbs them.
REAL, FAKE = waves(0.3, N, 3, 6, 5) / 2, waves(0.9, N, 3, 6, 5) / 2
ALPHA, ALPHAS, NOISE = (waves(7, N) + 2) / 4, (waves(8, N, 3, 6, 5) + 2) / 4, (waves(9, N, 3, 6, 5) + 2) / 4
STYLES, PATH_NOISE = waves(0.1, N, 3, 4), waves(0.2, N, 3, 2, 2)
# Latents, log sigma small; frames valid up to 5, 3, 6 and 4.
Z_P, M_P, LOGS_P, LOGS_Q = waves(1.1, N, 3, 6), waves(1.2, N, 3, 6), waves(1.3, N, 3, 6) / 3, waves(1.4, N, 3, 6) / 3
MASK = (torch.arange(6) < torch.tensor([5, 3, 6, 4])[:, None]).double()[:, None]
VITS = {"z_p": Z_P, "m_p": M_P, "logs_p": LOGS_P, "logs_q": LOGS_Q, "z_mask": MASK}
CODES, ENTRIES, PRIOR = waves(2.1, N, 5), waves(2.2, N, 5), waves(2.3, N, 5)


def discriminator(pictures: Tensor) -> Tensor:
    """One smooth discriminator with patches, (N, 1, 5, 4)."""
    seen = torch.tanh(functional.conv2d(pictures, waves(0.6, 4, 3, 2, 2) / 3))
    return functional.conv2d(seen, waves(0.7, 1, 4, 1, 1))


def synthesis(styles: Tensor) -> Tensor:
    """Pictures (N, 3, 2, 2) of styles (N, 3, 4)."""
    return torch.tanh(styles.flatten(1) @ waves(0.8, 12, 12) / 4).view(-1, 3, 2, 2)


def random(name: str, shape: tuple[int, ...], kind: str) -> Tensor:
    drawn = {
        "gp.alpha": ALPHA, "dragan.noise": NOISE, "path_length.noise": PATH_NOISE, "mmd.prior": PRIOR,
        "dragan.alpha": ALPHAS if shape else ALPHA,
    }  # fmt: skip
    return drawn[name]


INPUTS = {
    "PARTS": PARTS,
    "PATCHES": PATCHES,
    "SCORES": SCORES,
    "PROBABILITIES": PROBABILITIES,
    "R1": {"real": REAL, "discriminator": discriminator},
    "R2": {"fake": FAKE, "discriminator": discriminator},
    "GP": {"real": REAL, "fake": FAKE, "discriminator": discriminator, "random": random},
    "DRAGAN": {"real": REAL, "discriminator": discriminator, "random": random},
    "PATHS": {"latents": STYLES, "generator": synthesis, "random": random},
    "MAPS": MAPS,
    "EQUAL_MAPS": EQUAL_MAPS,
    "ONE_LIST_OF_MAPS": {"real_features": REAL_MAPS[:1], "fake_features": FAKE_MAPS[:1]},
    "LAST_HIDDEN_MAP": {"real_features": (REAL_MAPS[0][-2:-1],), "fake_features": (FAKE_MAPS[0][-2:-1],)},
    "VITS": VITS,
    "FAR_VITS": VITS | {"z_p": 10 * Z_P},
    "GAUSSIAN": {"mu": Z_P, "log_sigma": LOGS_Q},
    "TWO_GAUSSIANS": {"mu": Z_P, "log_sigma": LOGS_Q, "m_p": M_P, "logs_p": LOGS_P},
    "DURATIONS": {"l_length": Z_P.sum((1, 2)), "x_mask": MASK},
    "PITCHES": {"log_f0": Z_P[:, :1], "pred_log_f0": M_P[:, :1], "x_mask": torch.ones_like(MASK)},
    "MMD": {"z_q": CODES, "random": random},
    "SCORED": {"code_logits": Z_P},
    "QUANTISED": {"latents": CODES, "z_q": ENTRIES},
}
# What the sources hold fixed on these inputs.
SETTINGS = {
    ("d_bce", "PROBABILITIES"): {"scores": "probabilities"},
    ("g_bce", "PROBABILITIES"): {"scores": "probabilities"},
    ("lecam", "PATCHES"): {"average_real": 0.9, "average_fake": -0.9},
    ("lecam", "SCORES"): {"average_real": 0.4, "average_fake": -0.3},
    ("fm_moment", "LAST_HIDDEN_MAP"): {"features_have_logits": False},
}
# By source: loss, convention, inputs, and the number that the source gives.
FIGURES = {
    "jaywalnut310/vits@2e561ba losses.py": (
        ("d_lsgan", "vits", "PARTS", 9.977228164672852),
        ("g_lsgan", "vits", "PARTS", 4.415673732757568),
        ("fm", "vits", "MAPS", 17.510452270507812),
        ("kl_vits", "vits", "VITS", -1.4861350059509277),
        ("kl_vits", "channel_mask", "VITS", -0.4953783452510834),
    ),
    "svc-develop-team/so-vits-svc@730930d train.py": (("lf0", "so_vits_svc", "PITCHES", 0.006681607515753825),),
    "jaywalnut310/vits@2e561ba models.py, train.py": (("duration", "vits", "DURATIONS", 0.012008849531412125),),
    "jik876/hifi-gan@4769534 models.py": (
        ("d_lsgan", "hifigan", "PARTS", 9.977227638116556),
        ("g_lsgan", "hifigan", "PARTS", 4.415673776536987),
        ("fm", "hifigan", "MAPS", 17.510451016317667),
    ),
    "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/losses.py": (
        ("d_lsgan", "rvc", "PARTS", 9.977228164672852),
        ("g_lsgan", "rvc", "PARTS", 4.415673732757568),
        ("fm", "rvc", "MAPS", 17.510452270507812),
        ("kl_vits", "rvc", "VITS", -1.4861350059509277),
    ),
    "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py": (
        ("d_lsgan", "dac", "PARTS", 9.977227638116556),
        ("g_lsgan", "dac", "PARTS", 4.415673776536987),
        ("fm", "dac", "MAPS", 3.6801617520059677),
    ),
    "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py": (
        ("d_lsgan", "cyclegan", "PATCHES", 1.515817572466311),
        ("g_lsgan", "cyclegan", "PATCHES", 1.780953400727106),
        ("d_bce", "pix2pix", "PATCHES", 0.8403395414352417),
        ("g_bce", "pix2pix", "PATCHES", 0.7639655470848083),
        ("d_wgan", "cyclegan", "PATCHES", 0.07089274885447472),
        ("g_wgan", "cyclegan", "PATCHES", -0.07745058128928815),
        ("gp", "cyclegan", "GP", 697.4580873845648),
    ),
    "eriklindernoren/PyTorch-GAN@36d3c77 implementations/lsgan/lsgan.py": (
        ("d_lsgan", "pytorch_gan", "PATCHES", 1.515817572466311),
        ("g_lsgan", "pytorch_gan", "PATCHES", 1.780953400727106),
    ),
    "eriklindernoren/PyTorch-GAN@36d3c77 implementations/dcgan/dcgan.py": (
        ("d_bce", "pytorch_gan", "PROBABILITIES", 1.150211663024744),
        ("g_bce", "pytorch_gan", "PROBABILITIES", 0.43230832262447005),
    ),
    "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py": (
        ("gp", "studiogan_max", "GP", 91.70922556279312),
        ("d_lsgan", "studiogan", "SCORES", 2.1153549037342403),
        ("d_bce", "studiogan", "SCORES", 2.300423326049488),
        ("d_hinge", "studiogan", "SCORES", 3.384553695895584),
        ("d_wgan", "studiogan", "SCORES", 1.3845536958955846),
        ("g_lsgan", "studiogan", "SCORES", 0.20838691994232478),
        ("g_bce", "studiogan", "SCORES", 0.43230832262447005),
        ("g_hinge", "studiogan", "SCORES", -0.7201060575552992),
        ("g_wgan", "studiogan", "SCORES", -0.7201060575552992),
        ("r1", "studiogan", "R1", 44.92172543471193),
        ("gp", "studiogan", "GP", 69.74580873845647),
        ("dragan", "studiogan", "DRAGAN", 69.13949476945332),
        ("lecam", "studiogan", "SCORES", 0.22811174825489253),
        ("fm_moment", "studiogan", "LAST_HIDDEN_MAP", 0.11127086964689036),
    ),
    "NVIDIA/pix2pixHD@14b3b3c models/networks.py": (
        ("d_lsgan", "pix2pixhd", "PARTS", 4.988613819058278),
        ("g_lsgan", "pix2pixhd", "PARTS", 4.415673776536987),
    ),
    "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/adversarial_loss.py": (
        ("d_lsgan", "parallel_wavegan", "PARTS", 3.3257425460388514),
        ("g_lsgan", "parallel_wavegan", "PARTS", 1.4718912588456623),
    ),
    "facebookresearch/audiocraft@896ec7c audiocraft/adversarial/losses.py": (
        ("d_lsgan", "audiocraft", "PARTS", 3.325742546038852),
        ("g_lsgan", "audiocraft", "PARTS", 1.4718912588456623),
        ("d_hinge", "audiocraft", "PARTS", 2.5223854704380693),
        ("g_hinge", "audiocraft", "PARTS", -0.22764964634896057),
        ("g_hinge", "audiocraft_hinge2", "PARTS", 0.8591524631569767),
        ("fm", "audiocraft", "MAPS", 0.7443713545799255),
    ),
    "pytorch/examples@77f55b9 dcgan/main.py": (
        ("d_bce", "dcgan", "PROBABILITIES", 2.300423326049488),
        ("g_bce", "dcgan", "PROBABILITIES", 0.43230832262447005),
        ("real_score", "sigmoid", "SCORES", 0.3544841408729553),
        ("fake_score", "sigmoid", "SCORES", 0.6598519086837769),
    ),
    "rosinality/stylegan2-pytorch@bef283a train.py": (
        ("d_bce", "stylegan2", "SCORES", 2.300423326049488),
        ("g_bce", "stylegan2", "SCORES", 0.43230832262447005),
        ("r1", "stylegan2", "R1", 89.84345086942386),
        ("path_length", "first_step", "PATHS", 3.136718699410252),
        ("r1", "gamma10", "R1", 449.2172543471193),
        ("r1", "lazy", "R1", 7187.476069553909),
        ("path_length", "lazy", "PATHS", 0.09912058753448841),
    ),
    "ppeetteerrs/stylegan2-torch@eb2d6a6 stylegan2_torch/loss.py": (
        ("d_bce", "stylegan2_torch", "SCORES", 2.300423326049488),
        ("g_bce", "stylegan2_torch", "SCORES", 0.43230832262447005),
        ("r1", "stylegan2_torch", "R1", 89.84345086942386),
        ("path_length", "first_step", "PATHS", 3.136718699410252),
    ),
    "NVlabs/stylegan3@c233a91 training/loss.py": (
        ("d_bce", "stylegan3", "SCORES", 2.300423326049488),
        ("g_bce", "stylegan3", "SCORES", 0.43230832262447005),
        ("real_score", "sign", "SCORES", -0.5),
        ("r1", "stylegan3", "R1", 89.84345086942386),
        ("real_score", "stylegan3", "SCORES", -0.6644476383402853),
        ("fake_score", "stylegan3", "SCORES", 0.7201060575552992),
        ("fake_score", "sign", "SCORES", 1.0),
        ("d_accuracy", "signs", "SCORES", 0.125),
        ("path_length", "stylegan3", "PATHS", 0.024780146883622102),
    ),
    "XPixelGroup/BasicSR@8d56e3a basicsr/losses/gan_loss.py": (
        ("d_bce", "basicsr", "PATCHES", 1.6806789480941653),
        ("g_bce", "basicsr", "PATCHES", 0.7639655260215344),
        ("d_bce", "basicsr_multiscale", "PARTS", 1.8261723285484668),
        ("g_bce", "basicsr_multiscale", "PARTS", 0.6879144990977281),
        ("r1", "basicsr", "R1", 89.84345086942386),
        ("gp", "basicsr", "GP", 0.8029170373926978),
        ("path_length", "first_step", "PATHS", 3.136718699410252),
        ("path_length", "basicsr", "PATHS", 0.012390073441811051),
    ),
    "SKTBrain/DiscoGAN@f044178 discogan/image_translation.py": (
        ("d_bce", "discogan", "PROBABILITIES", 1.1502115726470947),
        ("g_bce", "discogan", "PROBABILITIES", 0.4323083460330963),
        ("fm_moment", "discogan", "ONE_LIST_OF_MAPS", 0.3175547910087773),
        ("fm_moment", "hidden", "ONE_LIST_OF_MAPS", 0.23255372442254113),
    ),
    "CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py": (
        ("d_bce", "taming", "PATCHES", 0.8403394740470826),
        ("d_hinge", "taming", "PATCHES", 1.1275328848968513),
        ("g_hinge", "taming", "PATCHES", -0.07745058128928815),
    ),
    "ajbrock/BigGAN-PyTorch@9845943 losses.py": (
        ("d_hinge", "biggan", "SCORES", 3.384553695895584),
        ("g_hinge", "biggan", "SCORES", -0.7201060575552992),
    ),
    "descriptinc/melgan-neurips@6488045 scripts/train.py": (
        ("d_hinge", "melgan", "PARTS", 7.567156411314209),
        ("g_hinge", "melgan", "PARTS", -0.6829489390468817),
        ("fm", "melgan", "MAPS", 0.9813764672015913),
    ),
    "NVlabs/SPADE@fecacc9 models/networks/loss.py": (
        ("d_hinge", "spade", "PARTS", 2.5223854704380697),
        ("g_hinge", "spade", "PARTS", -0.22764964634896057),
        ("d_wgan", "spade", "PARTS", 0.429068631094087),
        ("g_wgan", "spade", "PARTS", -0.22764964634896057),
        ("kl", "spade", "GAUSSIAN", 41.156044285512976),
    ),
    "gemelo-ai/vocos@c859e3b vocos/loss.py": (
        ("d_hinge", "vocos", "PARTS", 2.5223854704380693),
        ("g_hinge", "vocos", "PARTS", 0.8591524631569767),
        ("fm", "vocos", "MAPS", 2.918408502719611),
    ),
    "lucidrains/stylegan2-pytorch@ce7f830 stylegan2_pytorch/stylegan2_pytorch.py": (
        ("d_hinge", "lucidrains", "SCORES", 0.9024992163185188),
        ("g_hinge", "lucidrains", "SCORES", 0.7201060575552992),
        ("r1", "lucidrains", "R1", 898.4345086942387),
        ("r2", "lucidrains", "R2", 814.1281784098419),
        ("gp", "lucidrains", "GP", 1712.5626871040806),
    ),
    "lucidrains/lightweight-gan@efbec45 lightweight_gan/lightweight_gan.py": (
        ("g_hinge", "lightweight_gan", "SCORES", 0.7201060575552992),
    ),
    "caogang/wgan-gp@ae47a18 gan_cifar10.py": (
        ("d_wgan", "caogang", "SCORES", -1.3845536958955846),
        ("g_wgan", "caogang", "SCORES", -0.7201060575552992),
        ("gp", "caogang", "GP", 697.4580873845648),
    ),
    "LMescheder/GAN_stability@c1f64c9 gan_training/train.py": (
        ("d_wgan", "gan_stability", "SCORES", -1.3845536958955846),
        ("g_wgan", "gan_stability", "SCORES", 0.7201060575552992),
        ("r1", "gan_stability", "R1", 898.4345086942386),
        ("r2", "gan_stability", "R2", 814.1281784098418),
        ("gp", "gan_stability", "GP", 69.74580873845647),
        ("gp", "zero_centred", "GP", 87.4428198399756),
    ),
    "leftthomas/SRGAN@7ddfdf2 train.py": (
        ("d_wgan", "leftthomas", "PROBABILITIES", 1.3053677823241145),
        ("g_wgan", "leftthomas", "PROBABILITIES", 0.34014806521676866),
    ),
    "AlexiaJM/RelativisticGAN@2646c0b code/GAN_losses_iter.py": (
        ("d_rsgan", "relativistic_gan", "SCORES", 1.7423611258683447),
        ("d_ragan", "relativistic_gan", "SCORES", 1.6474266342591641),
        ("d_ralsgan", "relativistic_gan", "SCORES", 6.156981894891337),
        ("d_rahinge", "relativistic_gan", "SCORES", 2.3845536958955846),
        ("g_rsgan", "relativistic_gan", "SCORES", 0.3578074299727601),
        ("g_ragan", "relativistic_gan", "SCORES", 0.2628729383635798),
        ("g_ralsgan", "relativistic_gan", "SCORES", 0.6187671113089992),
        ("g_rahinge", "relativistic_gan", "SCORES", 0.14526780778010584),
    ),
    "XPixelGroup/BasicSR@8d56e3a basicsr/models/esrgan_model.py": (
        ("d_ragan", "esrgan", "PATCHES", 0.8774174054309933),
        ("g_ragan", "esrgan", "PATCHES", 0.7356319077220439),
        ("real_score", "esrgan", "PATCHES", -0.06433491641966128),
        ("fake_score", "esrgan", "PATCHES", 0.07745058128928815),
    ),
    "eriklindernoren/PyTorch-GAN@36d3c77 implementations/esrgan/esrgan.py": (
        ("d_ragan", "pytorch_gan", "PATCHES", 0.893041225025246),
        ("g_ragan", "pytorch_gan", "PATCHES", 0.7493831859752355),
    ),
    "eriklindernoren/PyTorch-GAN@36d3c77 implementations/relativistic_gan/relativistic_gan.py": (
        ("g_rsgan", "pytorch_gan", "SCORES", 0.43230832262447005),
        ("d_rsgan", "pytorch_gan", "SCORES", 1.7423611258683447),
    ),
    "clovaai/stargan-v2@875b70a core/solver.py": (("r1", "stargan2", "R1", 44.92172543471193),),
    "caogang/wgan-gp@ae47a18 gan_language.py": (("gp", "gan_language", "GP", 8.029170373926979),),
    "eriklindernoren/PyTorch-GAN@36d3c77 implementations/dragan/dragan.py": (
        ("dragan", "pytorch_gan", "DRAGAN", 7.873982528121756),
    ),
    "google/lecam-gan@f9af948 biggan_cifar/losses.py": (("lecam", "lecam_gan", "SCORES", 0.22811174825489253),),
    "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/feat_match_loss.py": (
        ("fm", "parallel_wavegan", "MAPS", 0.40879299459442925),
        ("fm", "parallel_wavegan_hifigan", "MAPS", 3.6801617520059673),
    ),
    "NVIDIA/pix2pixHD@14b3b3c models/pix2pixHD_model.py": (("fm", "pix2pixhd", "EQUAL_MAPS", 28.716545068822054),),
    "NVlabs/SPADE@fecacc9 models/pix2pix_model.py": (("fm", "spade", "MAPS", 12.267205840019894),),
    "jaywalnut310/vits@2e561ba commons.py": (("kl", "two_gaussians", "TWO_GAUSSIANS", 0.10103221593941086),),
    "pytorch/examples@77f55b9 vae/main.py": (("kl", "vae_example", "GAUSSIAN", 41.156044285512976),),
    "kianzohoury/auralflow@503e249 auralflow/losses/losses.py": (("kl", "auralflow", "GAUSSIAN", 0.5716117261876802),),
    "Stability-AI/stable-audio-tools@50049e3 stable_audio_tools/models/bottleneck.py": (
        ("kl", "stable_audio", "GAUSSIAN", 3.4296703571260814),
    ),
    "AntixK/PyTorch-VAE@a6896b9 models/info_vae.py": (("mmd", "pytorch_vae", "MMD", 0.0007284716653599421),),
    "descriptinc/descript-audio-codec@c7cfc5d dac/nn/quantize.py": (
        ("vq_commit", "dac", "QUANTISED", 0.008647920364974747),
    ),
    "descriptinc/descript-audio-codec@c7cfc5d dac/nn/quantize.py, ResidualVectorQuantize": (
        ("vq_commit", "dac_residual", "QUANTISED", 0.04323960182487373),
    ),
    "facebookresearch/encodec@0e2d0ae encodec/quantization/core_vq.py": (
        ("vq_commit", "encodec", "QUANTISED", 0.008647920364974745),
    ),
    "bytedance/1d-tokenizer@942a96f modeling/modules/losses.py": (("lecam", "titok", "PATCHES", 1.3749236781366645),),
    "TencentARC/SEED-Voken@b9a17ea src/Open_MAGVIT2/modules/losses/vqperceptual.py": (
        ("lecam", "open_magvit2", "SCORES", 0.22811174825489253),
    ),
    "FoundationVision/LlamaGen@ce98ec4 tokenizer/tokenizer_image/vq_loss.py": (
        ("d_bce", "llamagen", "PATCHES", 1.0353718922489148),
        ("g_bce", "llamagen", "PATCHES", 1.2358111062289348),
    ),
    "CompVis/taming-transformers@3ba01b2 taming/modules/vqvae/quantize.py": (
        ("vq_commit", "taming", "QUANTISED", 0.010809900456218432),
        ("code_kl", "taming", "SCORED", 0.3167982707439964),
    ),
    "IAHispano/Applio@b9c0ccb1 rvc/train/losses.py": (
        ("d_lsgan", "applio", "PARTS", 9.977228164672852),
        ("g_lsgan", "applio", "PARTS", 4.415673732757568),
        ("fm", "applio", "MAPS", 17.510451016317667),
        ("kl_vits", "applio", "VITS", -1.486135225510492),
        ("kl_vits", "channel_mask", "VITS", -0.4953784085034973),
    ),
    "carpedm20/DiscoGAN-pytorch@ab3b7dc6 trainer.py": (
        ("d_lsgan", "carpedm20", "SCORES", 2.11535490373424),
        ("g_lsgan", "carpedm20", "SCORES", 0.20838691994232478),
    ),
    "eriklindernoren/PyTorch-GAN@36d3c77 implementations/wgan/wgan.py": (
        ("d_wgan", "pytorch_gan", "SCORES", 1.3845536958955846),
        ("g_wgan", "pytorch_gan", "SCORES", -0.7201060575552992),
    ),
    "tensorflow/gan@bc369b7 tensorflow_gan/python/losses/losses_impl.py": (
        ("d_bce", "tfgan", "SCORES", 2.2173672914505005),
        ("g_minimax", "tfgan", "SCORES", -1.4656760096549988),
    ),
    "igul222/improved_wgan_training@fa66c57 gan_language.py": (("gp", "gulrajani2017", "GP", 69.74580873845647),),
    "tkarras/progressive_growing_of_gans@2504c3f loss.py": (
        ("d_wgan", "progressive_gan", "SCORES", 1.385598524471377),
        ("gp", "progressive_gan", "GP", 697.4580873845648),
    ),
    "kodalinaveen3/DRAGAN@5cf95ab DRAGAN.ipynb": (
        ("dragan", "kodali2017", "DRAGAN", 69.14557273637269),
        ("dragan", "weighted", "DRAGAN", 691.4557273637269),
    ),
    "ShengjiaZhao/MMD-Variational-Autoencoder@e33606e mmd_vae.py": (("mmd", "infovae", "MMD", 0.0021997293147990593),),
    "tolstikhin/wae@6351565 wae.py": (("mmd", "wae", "MMD", -1.5578570365905762),),
    "google-deepmind/sonnet@26b0518 sonnet/src/nets/vqvae.py": (
        ("vq_commit", "sonnet", "QUANTISED", 0.010809900456218434),
        ("vq_commit", "sonnet_ema", "QUANTISED", 0.0021619800912436866),
    ),
    "openai/improved-gan@4f5d1ec mnist_svhn_cifar10/train_mnist_feature_matching.py": (
        ("fm_moment", "improved_gan_mnist", "LAST_HIDDEN_MAP", 0.014928762449347125),
    ),
    "openai/improved-gan@4f5d1ec mnist_svhn_cifar10/train_cifar_feature_matching.py": (
        ("fm_moment", "improved_gan_cifar", "LAST_HIDDEN_MAP", 0.11127086964689036),
    ),
    "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/train.py": (
        ("kl_vits", "rvc_logged", "FAR_VITS", 9.0),
    ),
}

GOLDEN = tuple(
    {
        "loss": loss, "convention": convention, "inputs": inputs, "batch": INPUTS[inputs], "expected": expected,
        "source": source, "settings": SETTINGS.get((loss, inputs), {}), "tolerance": 1e-6,
    }
    for source, figures in FIGURES.items()
    for loss, convention, inputs, expected in figures
)  # fmt: skip
