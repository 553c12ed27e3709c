"""The folders that trainings leave, each written by hand in the form of the code that its docstring names.

`g` is the raw generator, `ema` its average, `d` the discriminator. Each returns the path that one would point at.
"""

import argparse
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint
from safetensors.torch import save_file
from torch import Tensor, nn

from ganloss_cli.io.networks.patchgan import PatchGAN
from ganloss_cli.io.networks.resnet_generator import ResnetGenerator

State = Mapping[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Weights:
    """The networks of one training."""

    g: State
    ema: State
    d: State


def weights() -> Weights:
    torch.manual_seed(0)
    g, ema, d = ResnetGenerator(ngf=4, n_blocks=1), ResnetGenerator(ngf=4, n_blocks=1), PatchGAN(ndf=4)
    return Weights(g=g.state_dict(), ema=ema.state_dict(), d=d.state_dict())


def prefixed(prefix: str, state: State) -> dict[str, Tensor]:
    return {prefix + key: value for key, value in state.items()}


def adam(state: State) -> dict[str, Any]:
    """The state of an optimizer that has stepped once."""
    parameters = [nn.Parameter(value.clone()) for value in state.values() if value.is_floating_point()]
    optimizer = torch.optim.AdamW(parameters)
    torch.stack([parameter.sum() for parameter in parameters]).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


def safe(state: State, path: Path, **metadata: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in state.items()}, path, metadata=metadata or None)


def saved(content: object, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One of them.

    Args:
        make: writes it below a folder.
        step: that belongs to it.
        averaged: whether there is an average in it.
        raw: whether the raw generator is.
        judged: whether the discriminator is.
        free: names of files and folders that carry no meaning -> others that would do as well.
    """

    make: Callable[[Path, Weights], None]
    step: int | None = None
    averaged: bool = False
    raw: bool = True
    judged: bool = True
    free: tuple[tuple[str, str], ...] = ()


LAYOUTS: dict[str, Layout] = {}


def layout(**about: Any) -> Callable[[Callable[[Path, Weights], None]], Callable[[Path, Weights], None]]:
    def register(make: Callable[[Path, Weights], None]) -> Callable[[Path, Weights], None]:
        LAYOUTS[make.__name__] = Layout(make=make, **about)
        return make

    return register


def _accelerate(folder: Path, suffix: str, w: Weights) -> None:
    here = folder / "checkpoint-1000"
    stem = "model" if suffix == ".safetensors" else "pytorch_model"
    for index, state in (("", w.g), ("_1", w.d)):
        (safe if suffix == ".safetensors" else saved)(state, here / f"{stem}{index}{suffix}")
        saved(adam(state), here / f"optimizer{index}.bin")
        saved({"last_epoch": 3, "_last_lr": [0.1]}, here / f"scheduler{index}.bin")
    saved({"step": 3, "torch_manual_seed": torch.get_rng_state()}, here / "random_states_0.pkl")


@layout(
    step=1000,
    free=(
        ("model.safetensors", "net.safetensors"),
        ("model_1.safetensors", "net_1.safetensors"),
        ("optimizer.bin", "a.bin"),
    ),
)
def accelerate_safetensors(folder: Path, w: Weights) -> None:
    """huggingface/accelerate, checkpointing.py: save_accelerator_state of two models."""
    _accelerate(folder, ".safetensors", w)


@layout(
    step=1000,
    free=(("pytorch_model.bin", "net.bin"), ("pytorch_model_1.bin", "net_1.bin"), ("random_states_0.pkl", "b.pkl")),
)
def accelerate_bin(folder: Path, w: Weights) -> None:
    """huggingface/accelerate with safe_serialization=False; tianweiy/DMD2 keeps the two models alone."""
    _accelerate(folder, ".bin", w)


@layout(step=1000, averaged=True, free=(("vqmodel", "tokenizer"),))
def diffusers_folders(folder: Path, w: Weights) -> None:
    """huggingface/diffusers, examples/vqgan: a folder a network, and one for its average."""
    for name, state in (("vqmodel", w.g), ("vqmodel_ema", w.ema), ("discriminator", w.d)):
        safe(state, folder / "checkpoint-1000" / name / "diffusion_pytorch_model.safetensors")
        (folder / "checkpoint-1000" / name / "config.json").write_text("{}")


@layout(free=(("model.safetensors", "weights.safetensors"),))
def hub_folders(folder: Path, w: Weights) -> None:
    """Two folders of huggingface_hub's PyTorchModelHubMixin."""
    for name, state in (("generator", w.g), ("discriminator", w.d)):
        safe(state, folder / name / "model.safetensors", format="pt")
        (folder / name / "config.json").write_text("{}")


@layout(free=(("model.safetensors", "net.safetensors"),))
def hub_flat(folder: Path, w: Weights) -> None:
    """A nameless file beside a named one."""
    safe(w.g, folder / "model.safetensors")
    safe(w.d, folder / "discriminator.safetensors")


def _index(state: State, folder: Path, stem: str, suffix: str, write: Callable[[State, Path], None]) -> None:
    names = list(state)
    half = len(names) // 2
    parts = {f"{stem}-00001-of-00002{suffix}": names[:half], f"{stem}-00002-of-00002{suffix}": names[half:]}
    for file, held in parts.items():
        write({key: state[key].clone() for key in held}, folder / file)
    index = {"metadata": {}, "weight_map": {key: file for file, held in parts.items() for key in held}}
    (folder / f"{stem}{suffix}.index.json").write_text(json.dumps(index))


@layout()
def sharded_safetensors(folder: Path, w: Weights) -> None:
    """huggingface/transformers, save_pretrained with max_shard_size."""
    _index(w.g, folder / "generator", "model", ".safetensors", safe)
    safe(w.d, folder / "discriminator" / "model.safetensors")


@layout()
def sharded_bin(folder: Path, w: Weights) -> None:
    """huggingface/transformers before 4.35."""
    _index(w.g, folder / "generator", "pytorch_model", ".bin", saved)
    saved(w.d, folder / "discriminator" / "pytorch_model.bin")


@layout(step=1000, free=(("step-1000", "blue"),))
def distributed(folder: Path, w: Weights) -> None:
    """torch.distributed.checkpoint.save itself."""
    state = {"generator": dict(w.g), "discriminator": dict(w.d), "step": 1000}
    with warnings.catch_warnings(action="ignore"):
        torch.distributed.checkpoint.save(state, checkpoint_id=folder / "step-1000", no_dist=True)


@layout(step=1000, free=(("pytorch_model_fsdp", "part"), ("optimizer", "other")))
def fsdp_pair(folder: Path, w: Weights) -> None:
    """huggingface/accelerate, utils/fsdp_utils.py: a distributed checkpoint a model and one an optimizer."""
    with warnings.catch_warnings(action="ignore"):
        for k, state in enumerate((w.g, w.d)):
            for name, held in (
                (f"pytorch_model_fsdp_{k}", {"model": dict(state)}),
                (f"optimizer_{k}", {"optimizer": adam(state)}),
            ):
                where = folder / "checkpoint-1000" / name
                torch.distributed.checkpoint.save(held, checkpoint_id=where, no_dist=True)


@layout(step=200, free=(("mp_rank_00_model_states.pt", "a.pt"), ("zero_pp_rank_0_mp_rank_00_optim_states.pt", "b.pt")))
def deepspeed(folder: Path, w: Weights) -> None:
    """deepspeedai/DeepSpeed, runtime/engine.py: `latest` names the folder; optimizer states are files of their own."""
    (folder / "latest").write_text("global_step200")
    here = folder / "global_step200"
    modules = prefixed("generator.", w.g) | prefixed("discriminator.", w.d)
    content = {"module": modules, "optimizer": None, "global_steps": 200, "ds_config": {}, "ds_version": "0.16"}
    saved(content, here / "mp_rank_00_model_states.pt")
    states = {"optimizer_state_dict": {"base_optimizer_state": adam(w.g), "fp32_flat_groups": [torch.zeros(3)]}}
    saved(states, here / "zero_pp_rank_0_mp_rank_00_optim_states.pt")


@layout(step=1000, averaged=True, free=(("models", "one"), ("resume_models", "two"), ("training_states", "three")))
def models_and_resume_models(folder: Path, w: Weights) -> None:
    """the-database/traiNNer-redux: the average in models/, the raw pair in resume_models/."""
    safe(w.ema, folder / "models" / "net_g_ema_1000.safetensors")
    safe(w.g, folder / "resume_models" / "net_g_1000.safetensors")
    safe(w.d, folder / "resume_models" / "net_d_1000.safetensors")
    saved(
        {"epoch": 1, "iter": 1000, "optimizers": [adam(w.g)], "schedulers": []}, folder / "training_states/1000.state"
    )


@layout(free=(("dac", "codec"), ("weights.pth", "network.pth")))
def audiotools(folder: Path, w: Weights) -> None:
    """descriptinc/audiotools, ml/layers/base.py: a folder a network, with its optimizer and tracker."""
    for name, state in (("dac", w.g), ("discriminator", w.d)):
        here = folder / "latest" / name
        saved({"state_dict": dict(state), "metadata": {"kwargs": {}}}, here / "weights.pth")
        saved(adam(state), here / "optimizer.pth")
        saved({}, here / "tracker.pth")


@layout(step=1000, averaged=True, free=(("0001000.pt", "a.pt"),))
def llamagen(folder: Path, w: Weights) -> None:
    """FoundationVision/LlamaGen, tokenizer/tokenizer_image/vq_train.py."""
    content = {"model": w.g, "ema": w.ema, "discriminator": w.d, "optimizer": adam(w.g), "optimizer_disc": adam(w.d)}
    saved({**content, "steps": 1000, "args": argparse.Namespace(disc_type="patchgan")}, folder / "0001000.pt")


@layout(step=1000)
def vits(folder: Path, w: Weights) -> None:
    """jaywalnut310/vits, utils.py: save_checkpoint, whose `iteration` is given the epoch."""
    for letter, state in (("G", w.g), ("D", w.d)):
        content = {"model": dict(state), "iteration": 12, "optimizer": adam(state), "learning_rate": 1e-4}
        saved(content, folder / f"{letter}_1000.pth")


@layout()
def rvc_latest(folder: Path, w: Weights) -> None:
    """RVC-Project: one pair that is overwritten, numbered 2333333."""
    for letter, state in (("G", w.g), ("D", w.d)):
        content = {"model": dict(state), "iteration": 12, "optimizer": adam(state), "learning_rate": 1e-4}
        saved(content, folder / f"{letter}_2333333.pth")


def _ema_pytorch(w: Weights) -> dict[str, Tensor]:
    counters = {"initted": torch.tensor(True), "step": torch.tensor(40)}
    return counters | prefixed("online_model.", w.g) | prefixed("ema_model.", w.ema)


@layout(averaged=True, free=(("ema.pt", "averages.pt"),))
def ema_pytorch_alone(folder: Path, w: Weights) -> None:
    """lucidrains/ema-pytorch: its own state dict, with the raw network and two counters in it."""
    saved(_ema_pytorch(w), folder / "ema.pt")
    saved(w.d, folder / "discriminator.pt")


@layout(step=70, averaged=True, free=(("model-7.ckpt", "a.ckpt"),))
def gigagan(folder: Path, w: Weights) -> None:
    """lucidrains/gigagan-pytorch: G, D and an ema-pytorch of G."""
    content = {"G": w.g, "D": w.d, "G_ema": _ema_pytorch(w), "G_opt": adam(w.g), "D_opt": adam(w.d), "steps": 70}
    saved(content, folder / "model-7.ckpt")


@layout(step=9, averaged=True, free=(("last.ckpt", "best.ckpt"),))
def stable_audio(folder: Path, w: Weights) -> None:
    """Stability-AI/stable-audio-tools, training/autoencoders.py: Lightning with an ema-pytorch and filters beside."""
    state = prefixed("autoencoder.", w.g) | prefixed("discriminator.", w.d)
    state |= prefixed("autoencoder_ema.ema_model.", w.ema)
    state |= {"autoencoder_ema.initted": torch.tensor(True), "autoencoder_ema.step": torch.tensor(3)}
    state |= {"sdstft.stft_losses.0.window": torch.ones(8)}
    saved({"state_dict": state, "global_step": 9, "pytorch-lightning_version": "2.1"}, folder / "last.ckpt")


@layout(step=1000, averaged=True, free=(("last.pt", "a.pt"),))
def averaged_model(folder: Path, w: Weights) -> None:
    """torch.optim.swa_utils.AveragedModel beside the network it averages."""
    averaged = {"n_averaged": torch.tensor(5)} | prefixed("module.", w.ema)
    saved({"netG": w.g, "netG_avg": averaged, "netD": w.d, "step": 1000}, folder / "last.pt")


@layout(step=1000, averaged=True, free=(("last.ckpt", "a.ckpt"),))
def lit_ema(folder: Path, w: Weights) -> None:
    """CompVis/latent-diffusion, ldm/modules/ema.py: names without dots, buffers left out, two counters."""
    names = {key for key, _ in ResnetGenerator(ngf=4, n_blocks=1).named_parameters()}
    average = {"model_ema." + key.replace(".", ""): value for key, value in w.ema.items() if key in names}
    counters = {"model_ema.decay": torch.tensor(0.99), "model_ema.num_updates": torch.tensor(5)}
    state = {**w.g, **prefixed("loss.discriminator.", w.d), **average, **counters}
    saved({"state_dict": state, "global_step": 1000, "pytorch-lightning_version": "1.9"}, folder / "last.ckpt")


@layout(step=40, averaged=True, free=(("state.pt", "a.pt"),))
def shadow_params(folder: Path, w: Weights) -> None:
    """fadel/pytorch_ema, and huggingface/diffusers' EMAModel: parameters in their order, without names."""
    names = [key for key, _ in ResnetGenerator(ngf=4, n_blocks=1).named_parameters()]
    ema = {"decay": 0.99, "num_updates": 5, "shadow_params": [w.ema[key] for key in names]}
    saved({"generator": w.g, "discriminator": w.d, "ema": ema, "step": 40}, folder / "state.pt")


@layout(step=1000, averaged=True, free=(("custom_checkpoint_0.pkl", "a.pkl"),))
def registered_average(folder: Path, w: Weights) -> None:
    """huggingface/accelerate with a registered EMAModel of diffusers: custom_checkpoint_0.pkl beside the models."""
    _accelerate(folder, ".bin", w)
    names = [key for key, _ in ResnetGenerator(ngf=4, n_blocks=1).named_parameters()]
    ema = {"decay": 0.99, "optimization_step": 5, "shadow_params": [w.ema[key] for key in names]}
    saved(ema, folder / "checkpoint-1000" / "custom_checkpoint_0.pkl")


@layout(step=1000, averaged=True)
def average_in_a_folder(folder: Path, w: Weights) -> None:
    """Averages under the names of the raw networks, in a folder of their own."""
    saved(w.g, folder / "checkpoint-1000" / "generator.pt")
    saved(w.d, folder / "checkpoint-1000" / "discriminator.pt")
    saved(w.ema, folder / "checkpoint-1000" / "ema" / "generator.pt")


@layout(step=7, free=(("last.ckpt", "a.ckpt"),))
def vocos(folder: Path, w: Weights) -> None:
    """gemelo-ai/vocos, experiment.py: backbone and head are the generator."""
    state = {f"{'backbone' if k < 9 else 'head'}.{key}": w.g[key] for k, key in enumerate(w.g)}
    state |= prefixed("multiperioddisc.", w.d) | {"melspec_loss.mel_spec.spectrogram.window": torch.ones(8)}
    saved({"state_dict": state, "global_step": 7, "pytorch-lightning_version": "1.8"}, folder / "last.ckpt")


def _loops(batches: int) -> dict[str, Any]:
    return {"fit_loop": {"state_dict": {}, "epoch_loop.state_dict": {"_batches_that_stepped": batches}}}


@layout(
    step=3,
    free=(("lightning_logs", "logs"), ("version_0", "one"), ("checkpoints", "two"), ("epoch=0-step=6.ckpt", "a.ckpt")),
)
def lightning(folder: Path, w: Weights) -> None:
    """Lightning-AI/pytorch-lightning 2.6, whose global_step counts the steps of every optimizer."""
    state = prefixed("generator.", w.g) | prefixed("discriminator.", w.d)
    content = {"state_dict": state, "global_step": 6, "epoch": 1, "pytorch-lightning_version": "2.6.6"}
    where = folder / "lightning_logs" / "version_0" / "checkpoints" / "epoch=0-step=6.ckpt"
    saved({**content, "loops": _loops(3), "optimizer_states": [adam(w.g), adam(w.d)]}, where)


@layout(step=3, averaged=True, free=(("last.ckpt", "a.ckpt"),))
def lightning_averaging(folder: Path, w: Weights) -> None:
    """The same with its callback EMAWeightAveraging: the averaged weights take the place of the raw ones."""
    raw = prefixed("generator.", w.g) | prefixed("discriminator.", w.d)
    averaged = prefixed("generator.", w.ema) | prefixed("discriminator.", w.d)
    content = {"state_dict": averaged, "current_model_state": raw, "averaging_state": {"n_averaged": torch.tensor(3)}}
    saved({**content, "global_step": 6, "loops": _loops(3), "pytorch-lightning_version": "2.6.6"}, folder / "last.ckpt")


@layout(step=5, free=(("last.ckpt", "a.ckpt"),))
def lightning_model_and_disc(folder: Path, w: Weights) -> None:
    """A network that is not called generator beside one that is called disc."""
    state = prefixed("model.", w.g) | prefixed("disc.", w.d)
    saved({"state_dict": state, "global_step": 5, "pytorch-lightning_version": "2.6.6"}, folder / "last.ckpt")


@layout(step=5, free=(("last.ckpt", "a.ckpt"),))
def lightning_encoder_decoder(folder: Path, w: Weights) -> None:
    """Two parts of one network beside a discriminator."""
    names = list(w.g)
    state = {f"{'encoder' if k < 9 else 'decoder'}.{key}": w.g[key] for k, key in enumerate(names)}
    content = {"state_dict": state | prefixed("discriminator.", w.d), "global_step": 5}
    saved({**content, "pytorch-lightning_version": "2.6.6"}, folder / "last.ckpt")


@layout(step=9, averaged=True, free=(("encoder.pt", "front.pt"), ("decoder.pt", "rear.pt")))
def a_file_a_part(folder: Path, w: Weights) -> None:
    """Encoder and decoder saved one by one, raw and averaged; each file counts its storages from nought."""
    names = list(w.g)
    saved({"model": w.d, "step": 9}, folder / "discriminator.pt")
    for part, held in (("encoder", names[:5]), ("decoder", names[5:])):
        saved({name: w.g[name] for name in held}, folder / f"{part}.pt")
        saved({name: w.ema[name] for name in held}, folder / f"{part}_ema.pt")


@layout(judged=False, free=(("voice.pth", "a.pth"),))
def versioned_head(folder: Path, w: Weights) -> None:
    """RVC-Boss/GPT-SoVITS, process_ckpt.py: my_save2 overwrites the first two bytes with a version."""
    saved({"weight": dict(w.g), "config": {"train": {}}, "info": "8epoch"}, folder / "voice.pth")
    data = (folder / "voice.pth").read_bytes()
    (folder / "voice.pth").write_bytes(b"05" + data[2:])


@layout(step=3000, free=(("checkpoints", "snapshots"),))
def many_steps(folder: Path, w: Weights) -> None:
    """Whole training states by step, in the folder that most trainings call checkpoints/."""
    for step in (1000, 2000, 3000):
        content = {"generator": w.g, "discriminator": w.d, "step": step}
        saved(content, folder / "checkpoints" / f"step_{step:06d}.pt")


@layout(step=1000, free=(("epoch_2nd_00003.pth", "a.pth"),))
def styletts_counters(folder: Path, w: Weights) -> None:
    """yl4579/StyleTTS2: networks under `net`, steps called iters."""
    content = {"net": {"generator": w.g, "mpd": w.d}, "optimizer": {"d": adam(w.d)}, "iters": 1000, "epoch": 3}
    saved(content, folder / "epoch_2nd_00003.pth")


@layout(step=1000, free=(("last.ckpt", "a.ckpt"),))
def perceptual_criterion(folder: Path, w: Weights) -> None:
    """A pix2pix port in Lightning with its VGG beside the networks."""
    sizes = [(64, 3), (64, 64), (128, 64), (128, 128), (256, 128), (256, 256), (256, 256), (256, 256)]
    vgg = {f"slice{k}.{k}.weight": torch.zeros(n, m, 3, 3) for k, (n, m) in enumerate(sizes)}
    state = prefixed("net.", w.g) | prefixed("netD.", w.d) | prefixed("criterion_vgg.", vgg)
    saved({"state_dict": state, "global_step": 1000, "pytorch-lightning_version": "2.6.6"}, folder / "last.ckpt")


@layout(free=(("models--me--gan", "cache"), ("0123abcd", "newest")))
def hub_cache(folder: Path, w: Weights) -> None:
    """huggingface/huggingface_hub, file_download.py: files by their digest, and links to them under their names."""
    home = folder / "models--me--gan"
    for name, digest, state in (("generator", "aa11", w.g), ("discriminator", "bb22", w.d)):
        link = home / "snapshots" / "0123abcd" / name / "model.safetensors"
        safe(state, home / "blobs" / digest)
        link.parent.mkdir(parents=True)
        link.symlink_to(Path("../../../blobs") / digest)


@layout(step=3, free=(("latest.pth", "link.pth"), ("train.loss.ave_5best.pth", "ave_best.pth")))
def links_to_a_step(folder: Path, w: Weights) -> None:
    """espnet/espnet2, train/trainer.py: every epoch, links to the latest and the best, and an average of the best."""
    state = {"model": prefixed("tts.generator.", w.g) | prefixed("tts.discriminator.", w.d)}
    for epoch in (1, 2, 3):
        saved(state, folder / f"{epoch}epoch.pth")
    for link in ("latest.pth", "train.loss.best.pth"):
        (folder / link).hardlink_to(folder / "3epoch.pth")
    saved(state, folder / "train.loss.ave_5best.pth")


@layout(step=900, free=(("config.json", "other.json"),))
def best_beside_steps(folder: Path, w: Weights) -> None:
    """coqui-ai/Trainer, io.py: the best under its step and without, beside the steps."""
    for name in ("best_model.pth", "best_model_700.pth", "checkpoint_800.pth", "checkpoint_900.pth"):
        saved({"model": prefixed("generator.", w.g) | prefixed("disc.", w.d)}, folder / name)
    (folder / "config.json").write_text("{}")


@layout(step=7)
def best_beside_last(folder: Path, w: Weights) -> None:
    """facebookresearch/fairseq, checkpoint_utils.py."""
    for name, step in (("best", 5), ("last", 7)):
        model = prefixed("generator.", w.g) | prefixed("discriminator.", w.d)
        content = {"model": model, "last_optimizer_state": adam(w.g), "extra_state": {"val_loss": 1.0}, "step": step}
        saved(content, folder / f"checkpoint_{name}.pt")


@layout(step=10000, averaged=True, free=(("opt010000.pt", "o.pt"),))
def numbers_without_a_gap(folder: Path, w: Weights) -> None:
    """openai/guided-diffusion, train_util.py, with the discriminator that sony/ctm saves beside."""
    for step in (9000, 10000):
        for name, state in (("model", w.g), ("ema_0.9999_", w.ema), ("d_", w.d)):
            saved(state, folder / f"{name}{step:06d}.pt")
    saved(adam(w.g), folder / "opt010000.pt")


@layout(step=100000, averaged=True, free=(("100000_optims.ckpt", "100000_o.ckpt"),))
def networks_and_their_averages(folder: Path, w: Weights) -> None:
    """clovaai/stargan-v2, core/solver.py: all networks in one file, and the averages of some in another."""
    saved({"generator": w.g, "discriminator": w.d}, folder / "100000_nets.ckpt")
    saved({"generator": w.ema}, folder / "100000_nets_ema.ckpt")
    saved({"generator": adam(w.g), "discriminator": adam(w.d)}, folder / "100000_optims.ckpt")


@layout(step=40, averaged=True, free=(("state.pt", "a.pt"),))
def networks_in_a_list(folder: Path, w: Weights) -> None:
    """What comes of [m.state_dict() for m in models]."""
    content = {"models": [w.g, w.d], "optimizers": [adam(w.g), adam(w.d)], "ema": w.ema, "iteration": 40}
    saved(content, folder / "state.pt")


@layout(step=3, free=(("checkpoints", "one"), ("epoch=0-step=6.ckpt", "a"), ("meta.pt", "other.pt")))
def distributed_in_a_folder_called_as_a_file(folder: Path, w: Weights) -> None:
    """Lightning-AI/pytorch-lightning, strategies/model_parallel.py: a file's name, and loops in meta.pt."""
    here = folder / "checkpoints" / "epoch=0-step=6.ckpt"
    state = prefixed("generator.", w.g) | prefixed("discriminator.", w.d)
    with warnings.catch_warnings(action="ignore"):
        torch.distributed.checkpoint.save({"state_dict": state}, checkpoint_id=here, no_dist=True)
    saved({"epoch": 0, "global_step": 6, "loops": _loops(3), "pytorch-lightning_version": "2.6.6"}, here / "meta.pt")
