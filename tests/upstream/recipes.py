"""Published training code and `--recipe`, side by side on the same checkpoints and data.

    python tests/upstream/recipes.py --upstream DIR [--only NAME]

DIR holds clones: DIR/OWNER/NAME, DIR/NAME or DIR/OWNER+NAME/repo. The networks are built from each repository's own
classes with random weights and saved as its training saves them; the passage of its training code that computes the
losses is run as it stands, with an optimiser that does nothing. `ganloss eval --recipe` then reads the saved files.
Prints both numbers of every term and total, and exits 1 where they differ.
"""

import argparse
import functools
import importlib
import json
import math
import sys
import tempfile
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import soundfile
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import remove_weight_norm, spectral_norm, weight_norm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "evaluators" / "upstream"))
from autoencoder_recipes import AUTOENCODERS
from clones import Upstream
from codec_trainings import audiocraft, dac, stable_audio
from image_recipes import dcgan, esrgan, pix2pix, stylegan2, wgan_gp
from side_by_side import IDLE, Logged, as_floats, pictures, recipe
from vocoders import CASES as VOCODERS
from voices import applio, gpt_sovits, rvc, so_vits_svc, vits, vits_without_sdp

HIFIGAN = "jik876/hifi-gan@4769534 models.py"
HIFIGAN_TRAIN = "jik876/hifi-gan@4769534 train.py"
HIFIGAN_MEL = "jik876/hifi-gan@4769534 meldataset.py"
CUT_NETWORKS = "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py"
CUT_CYCLEGAN = "taesungp/contrastive-unpaired-translation@b3ac297 models/cycle_gan_model.py"
MELGAN = "descriptinc/melgan-neurips@6488045 mel2wav/modules.py"
MELGAN_TRAIN = "descriptinc/melgan-neurips@6488045 scripts/train.py"
DISCOGAN_NETWORKS = "SKTBrain/DiscoGAN@f044178 discogan/model.py"
DISCOGAN = "SKTBrain/DiscoGAN@f044178 discogan/image_translation.py"


def hifigan(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """V3's generator, narrow; MPD and MSD as they are; two recordings of 32 hops."""
    h = types.SimpleNamespace(
        resblock="2", upsample_rates=[8, 8, 4], upsample_kernel_sizes=[16, 16, 8], upsample_initial_channel=32,
        resblock_kernel_sizes=[3, 5, 7], resblock_dilation_sizes=[[1, 2], [2, 6], [3, 12]], n_fft=1024, num_mels=80,
        sampling_rate=22050, hop_size=256, win_size=1024, fmin=0, fmax=8000, fmax_for_loss=None,
    )  # fmt: skip
    known = {
        "Conv1d": nn.Conv1d, "Conv2d": nn.Conv2d, "ConvTranspose1d": nn.ConvTranspose1d, "AvgPool1d": nn.AvgPool1d,
        "weight_norm": weight_norm, "remove_weight_norm": remove_weight_norm, "spectral_norm": spectral_norm,
        "LRELU_SLOPE": 0.1, "get_padding": lambda kernel, dilation=1: (kernel * dilation - dilation) // 2,
        "init_weights": lambda module, mean=0.0, std=0.01: None,
    }  # fmt: skip
    names = ["ResBlock1", "ResBlock2", "Generator", "DiscriminatorP", "MultiPeriodDiscriminator", "DiscriminatorS"]
    names += ["MultiScaleDiscriminator", "feature_loss", "discriminator_loss", "generator_loss"]
    own = up.load(HIFIGAN, *names, **known)
    generator, mpd, msd = own.Generator(h), own.MultiPeriodDiscriminator(), own.MultiScaleDiscriminator()
    y = torch.stack([0.3 * torch.sin(torch.arange(8192) * (0.02 + 0.01 * k)) for k in range(2)])
    y = y + 0.05 * torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for _ in range(20):  # spectral norm finds its vectors in train mode
            msd(y.unsqueeze(1), y.unsqueeze(1))
    torch.save({"generator": generator.state_dict()}, folder / "g_00000000")
    torch.save({"mpd": mpd.state_dict(), "msd": msd.state_dict(), "steps": 0, "epoch": 0}, folder / "do_00000000")
    (folder / "config.json").write_text(json.dumps(vars(h)))
    (folder / "wavs").mkdir()
    for k, wave in enumerate(y):
        soundfile.write(folder / "wavs" / f"{k}.wav", wave.numpy(), 22050, subtype="FLOAT")
    y = y / y.abs().amax(1, keepdim=True) * 0.95  # MelDataset: librosa.util.normalize(audio) * 0.95

    def old_stft(signal: Tensor, *arguments: Any, **options: Any) -> Tensor:
        return torch.view_as_real(TORCH_STFT(signal, *arguments, **options, return_complex=True))

    mel_names = ["mel_spectrogram", "dynamic_range_compression_torch", "spectral_normalize_torch"]
    known = {"librosa_mel_fn": librosa_mel, "mel_basis": {}, "hann_window": {}}
    spectrograms = up.load(HIFIGAN_MEL, *mel_names, **known).mel_spectrogram

    def upstream_mel(signal: Tensor, *settings: Any) -> Tensor:
        with mock.patch("torch.stft", old_stft):
            return spectrograms(signal, *settings)

    arguments = (h.n_fft, h.num_mels, h.sampling_rate, h.hop_size, h.win_size, h.fmin)
    generator.eval(), mpd.eval(), msd.eval()
    first, last = up.passage(HIFIGAN_TRAIN, "y_g_hat = generator(x)", 31)
    scope = up.run(
        HIFIGAN_TRAIN, first, last, generator=generator, mpd=mpd, msd=msd, h=h, mel_spectrogram=upstream_mel,
        optim_d=IDLE, optim_g=IDLE, x=upstream_mel(y, *arguments, h.fmax), y=y.unsqueeze(1),
        y_mel=upstream_mel(y, *arguments, h.fmax_for_loss), discriminator_loss=own.discriminator_loss,
        feature_loss=own.feature_loss, generator_loss=own.generator_loss,
    )  # fmt: skip
    theirs = {
        "loss_disc_all": scope["loss_disc_all"],
        "loss_gen_s + loss_gen_f": scope["loss_gen_s"] + scope["loss_gen_f"],
        "loss_fm_s + loss_fm_f": scope["loss_fm_s"] + scope["loss_fm_f"],
        "training/mel_spec_error": functional.l1_loss(scope["y_mel"], scope["y_g_hat_mel"]),
        "training/gen_loss_total": scope["loss_gen_all"],
    }
    ours = recipe("hifigan", ckpt=folder / "g_00000000", disc=folder / "do_00000000", data=folder / "wavs")
    return as_floats(theirs), ours


def melgan(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """Its networks, narrow, and the passage of its loop; its mel spectrograms are of whole hops."""
    layers = ["weights_init", "WNConv1d", "WNConvTranspose1d", "ResnetBlock", "Generator", "NLayerDiscriminator"]
    own = up.load(MELGAN, *layers, "Discriminator", weight_norm=weight_norm)
    generator, discriminator = own.Generator(80, 8, 3).eval(), own.Discriminator(3, 16, 4, 4).eval()
    torch.save(generator.state_dict(), folder / "netG.pt")
    torch.save(discriminator.state_dict(), folder / "netD.pt")
    (folder / "wavs").mkdir()
    wave = 0.3 * torch.sin(torch.arange(8192) * 0.03) + 0.05 * torch.randn(8192, generator=generator_of(3))
    soundfile.write(folder / "wavs" / "0.wav", wave.numpy(), 22050, subtype="FLOAT")
    spectrogram = up.load(MELGAN, "Audio2Mel", edit=with_complex_numbers, librosa_mel_fn=librosa_mel).Audio2Mel()
    first, _ = up.passage(MELGAN_TRAIN, "x_pred_t = netG(s_t.cuda())")
    last, _ = up.passage(MELGAN_TRAIN, "netG.zero_grad")
    arguments = types.SimpleNamespace(n_layers_D=4, num_D=3, lambda_feat=10)
    known = {"x_t": wave[None, None], "s_t": spectrogram(wave[None, None]), "fft": spectrogram}
    known |= {"netG": generator, "netD": discriminator, "optD": IDLE, "args": arguments}
    with mock.patch.object(Tensor, "cuda", lambda tensor: tensor):
        scope = up.run(MELGAN_TRAIN, first, last, **known)
    theirs = {
        "loss/discriminator": scope["loss_D"], "loss/generator": scope["loss_G"],
        "loss/feature_matching": scope["loss_feat"], "loss/mel_reconstruction": scope["s_error"],
        "loss_G + lambda_feat * loss_feat": scope["loss_G"] + arguments.lambda_feat * scope["loss_feat"],
    }  # fmt: skip
    ours = recipe("melgan", ckpt=folder / "netG.pt", disc=folder / "netD.pt", data=folder / "wavs")
    return as_floats(theirs), ours


def generator_of(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def with_complex_numbers(text: str) -> str:
    """torch.stft no longer gives pairs of numbers unless it is asked by view_as_real."""
    text = text.replace("center=False,\n        )", "center=False,\n            return_complex=True,\n        )")
    return text.replace("fft.unbind", "torch.view_as_real(fft).unbind")


def cyclegan(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """The passages of CUT's CycleGAN on its ResNet generators and PatchGANs, four wide."""
    names = ["ResnetGenerator", "ResnetBlock", "NLayerDiscriminator", "GANLoss"]
    own = up.load(CUT_NETWORKS, *names, functools=functools)
    me = types.SimpleNamespace(opt=types.SimpleNamespace(lambda_A=10.0, lambda_B=10.0, lambda_identity=0.5, amp=False))
    for domain in "AB":
        options = {"norm_layer": nn.InstanceNorm2d, "no_antialias": True, "no_antialias_up": True}
        setattr(me, f"netG_{domain}", own.ResnetGenerator(3, 3, 4, n_blocks=6, **options))
        setattr(me, f"netD_{domain}", own.NLayerDiscriminator(3, 4, norm_layer=nn.InstanceNorm2d, no_antialias=True))
        for kind in "GD":
            network = getattr(me, f"net{kind}_{domain}")
            torch.save(network.state_dict(), folder / f"latest_net_{kind}_{domain}.pth")
        setattr(me, f"real_{domain}", 2 * pictures(folder / "data" / domain, 3, 32) - 1)
        setattr(me, f"fake_{domain}_pool", types.SimpleNamespace(query=lambda images: images))
    me.criterionGAN, me.criterionCycle, me.criterionIdt = own.GANLoss("lsgan"), nn.L1Loss(), nn.L1Loss()
    for name in ("forward", "backward_D_basic", "backward_D_A", "backward_D_B", "backward_G"):
        setattr(me, name, types.MethodType(up.method(CUT_CYCLEGAN, "CycleGANModel", name), me))
    me.forward(), me.backward_G(), me.backward_D_A(), me.backward_D_B()
    names = ["D_A", "G_A", "cycle_A", "idt_A", "D_B", "G_B", "cycle_B", "idt_B"]
    theirs = {name: getattr(me, f"loss_{name}") for name in names} | {"loss_G": me.loss_G}
    files = sorted(folder.glob("latest_net_*.pth"))
    ours = recipe("cyclegan", ckpt=files, data=folder / "data", naming="cyclegan")
    return as_floats(theirs), ours


def discogan(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """Its networks and the passage of its loop; its images are read blue first, on [0, 1]."""
    own = up.load(DISCOGAN_NETWORKS, "Discriminator", "Generator")
    networks: dict[str, nn.Module] = {}
    known: dict[str, Any] = {}
    for domain in "AB":
        networks[f"generator_{domain}"] = own.Generator()
        networks[f"discriminator_{domain}"] = own.Discriminator()
        known[domain] = pictures(folder / "data" / domain, 4, 64).flip(1)
    torch.save({name: network.state_dict() for name, network in networks.items()}, folder / "discogan.pt")
    known |= {name: network.eval() for name, network in networks.items()}
    known |= {
        name: up.old_function(DISCOGAN, name) for name in ("get_fm_loss", "get_gan_loss")
    }  # fmt: skip
    known |= {
        "recon_criterion": nn.MSELoss(), "gan_criterion": nn.BCELoss(), "feat_criterion": nn.HingeEmbeddingLoss(),
        "cuda": False, "iters": 20_000,
        "args": types.SimpleNamespace(
            gan_curriculum=10_000, starting_rate=0.01, default_rate=0.5, model_arch="discogan", update_interval=3
        ),
    }  # fmt: skip
    first = up.passage(DISCOGAN, "AB = generator_B(A)")[0]
    last = up.passage(DISCOGAN, "dis_loss = dis_loss_A + dis_loss_B")[0]
    with mock.patch.object(Tensor, "cuda", lambda tensor: tensor):
        # its criterion compares (N, 1, 1, 1) with (N, 1), which torch of its day let pass
        flat = lambda module: lambda images: flattened(module(images))  # noqa: E731
        known |= {f"discriminator_{domain}": flat(networks[f"discriminator_{domain}"]) for domain in "AB"}
        scope = up.run(DISCOGAN, first, last, **known)
    theirs = {"gen_loss": scope["gen_loss"], "dis_loss": scope["dis_loss"]}
    for domain in "AB":
        theirs[f"DIS Loss {domain}"] = scope[f"dis_loss_{domain}"]
        theirs[f"GEN Loss {domain}"] = scope[f"gen_loss_{domain}"]
        theirs[f"Feature Matching Loss {domain}"] = scope[f"fm_loss_{domain}"]
        theirs[f"RECON Loss {domain}"] = scope[f"recon_loss_{domain}"]
    ours = recipe("discogan", ckpt=folder / "discogan.pt", data=folder / "data", naming="discogan")
    return as_floats(theirs), ours


TORCH_STFT = torch.stft


def librosa_mel(*positional: Any) -> Any:
    """librosa.filters.mel with the positional arguments that it once took."""
    names = ("sr", "n_fft", "n_mels", "fmin", "fmax")
    return importlib.import_module("librosa.filters").mel(**dict(zip(names, positional, strict=True)))


def flattened(judged: tuple[Tensor, list[Tensor]]) -> tuple[Tensor, list[Tensor]]:
    return judged[0].flatten(1), judged[1]


CASES: Mapping[str, Callable[[Upstream, Path], tuple[Logged, Logged]]] = {
    "hifigan": hifigan, "melgan": melgan, "cyclegan": cyclegan, "stylegan2": stylegan2, "discogan": discogan,
    "pix2pix": pix2pix, "dcgan": dcgan, "wgan_gp": wgan_gp, "esrgan": esrgan, "vits": vits,
    "vits_without_sdp": vits_without_sdp, "rvc": rvc, "applio": applio,
    "so_vits_svc": so_vits_svc,
    "so_vits_svc_whole": functools.partial(
        so_vits_svc, vol_embedding=True, use_transformer_flow=True, vocoder_name="nsf-snake-hifigan"
    ),
    "so_vits_svc_tiny": functools.partial(
        so_vits_svc, use_depthwise_conv=True, flow_share_parameter=True, use_automatic_f0_prediction=False
    ),
    "gpt_sovits": gpt_sovits, "gpt_sovits_v1": functools.partial(gpt_sovits, version="v1"),
    "gpt_sovits_v2pro": functools.partial(gpt_sovits, version="v2Pro", config="s2v2Pro.json"),
    "applio_24k": functools.partial(applio, rate=24000),
    **AUTOENCODERS,
    "rvc_v1": functools.partial(rvc, version="v1", rate=40), "rvc_no_f0": functools.partial(rvc, pitch=False),
    "dac": dac, "audiocraft": audiocraft, "stable_audio": stable_audio, **VOCODERS,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--upstream", type=Path, required=True, help="folder of clones")
    parser.add_argument("--only", choices=CASES, help="one recipe")
    given = parser.parse_args()
    differing = 0
    for name, case in CASES.items():
        if given.only not in (None, name):
            continue
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            theirs, ours = case(Upstream(given.upstream), Path(folder))
        for logged, value in theirs.items():
            same = math.isclose(ours.get(logged, math.nan), value, rel_tol=1e-5, abs_tol=1e-7)
            differing += not same
            sys.stdout.write(
                f"{'same' if same else 'DIFFERS':8}{name:18}{logged:32}{value:<22.9g}{ours.get(logged):<.9g}\n"
            )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
