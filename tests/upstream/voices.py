"""The training steps of VITS, RVC, Applio, so-vits-svc and GPT-SoVITS beside `ganloss eval` on what they leave.

Their classes, narrowed, are trained for a few steps by the passage of their training code that computes the losses;
that passage is run once more with an optimiser that does nothing, on the numbers that ours draws for the same batch.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import soundfile
import speech
import torch
from side_by_side import IDLE, Logged, as_floats
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli import evaluate
from ganloss_cli.pipeline.data.randomness import draw

VITS_TRAIN = "jaywalnut310/vits@2e561ba train.py"
RVC_TRAIN = f"{speech.RVC}@4338f12 train/train.py"
APPLIO_TRAIN = f"{speech.APPLIO}@b9c0ccb rvc/train/train.py"
LENGTHS = (26, 21)  # frames of the two recordings of a batch
SO_VITS_SVC_TRAIN = f"{speech.SO_VITS_SVC}@730930d train.py"
GPT_SOVITS_TRAIN = f"{speech.GPT_SOVITS}@48b1a01 GPT_SoVITS/s2_train.py"
N_STEPS = 2
SLICE = 12  # frames
TEXTS = ("ɪt ɪz oʊpən.", "ðə sˈaʊnd")


def _namespace(value: Any) -> Any:
    """A config as its training reads it."""
    if isinstance(value, Mapping):
        return types.SimpleNamespace(**{name: _namespace(each) for name, each in value.items()})
    return value


def _waves(folder: Path, rate: int, hop: int) -> list[Tensor]:
    """Two recordings of other lengths, of a tone in noise, in files."""
    folder.mkdir(parents=True)
    waves = []
    for k, n_frames in enumerate(LENGTHS):
        time = torch.arange(n_frames * hop + 7) / rate
        noise = torch.randn(len(time), generator=torch.Generator().manual_seed(k))
        waves.append(0.2 * torch.sin(2 * torch.pi * (150 + 90 * k) * time) + 0.02 * noise)
        soundfile.write(folder / f"{k}.wav", waves[-1].numpy(), rate, subtype="FLOAT")
    return waves


def _padded(values: list[Tensor]) -> Tensor:
    longest = max(value.shape[-1] for value in values)
    return torch.stack([functional.pad(value, (0, longest - value.shape[-1])) for value in values])


class Draws:
    """What ours draws for a batch, in place of torch's random numbers; anything else stays random."""

    def __init__(self, keys: list[str], cuts: list[str], **shapes: list[tuple[int, ...]]) -> None:
        self.drawn = {
            name: _padded([draw(0, key, name, shape, "normal") for key, shape in zip(keys, of_each, strict=True)])
            for name, of_each in shapes.items()
        }
        self.cuts = torch.stack([draw(0, key, "slice", (), "uniform") for key in cuts])
        self.more: dict[tuple[int, ...], Tensor] = {}  # by shape

    def named(self, shape: tuple[int, ...]) -> Tensor:
        """The numbers of that shape."""
        for drawn in self.drawn.values():
            for given in (drawn, drawn[:, 0] if drawn.dim() == 4 else drawn, drawn.transpose(-1, -2)):
                if given.shape == torch.Size(shape):
                    return given
        if tuple(shape) in self.more:
            return self.more[tuple(shape)]
        raise AssertionError(f"nothing of shape {tuple(shape)} is drawn")

    @contextlib.contextmanager
    def given(self) -> Iterator[None]:
        """Within this block torch draws them."""

        def rand(*shape: Any, **_: Any) -> Tensor:
            known = self.more.get(tuple(n for n in shape if isinstance(n, int)))
            if known is not None:
                return known.clone()
            return self.cuts if shape[0] == [len(self.cuts)] or shape == (len(self.cuts),) else torch.zeros(*shape)

        with (
            mock.patch("torch.rand", rand),
            mock.patch("torch.randn", lambda *shape, **_: self.named(shape)),
            mock.patch("torch.randn_like", lambda like: self.named(like.shape)),
            mock.patch.object(Tensor, "uniform_", lambda like, low, high: low + (high - low) * self.more[like.shape]),
        ):
            yield


def _digests(*files: Any) -> list[str]:
    return [
        hashlib.sha256(file.read_bytes() if isinstance(file, Path) else file.encode()).hexdigest() for file in files
    ]


def _step(
    up: Any, source: str, passage: tuple[int, int], networks: tuple[nn.Module, nn.Module], draws: Draws, scope: Any
) -> dict[str, Any]:
    """Train by the passage for a few steps, save nothing, and run it once more with idle optimisers."""
    scaler = types.SimpleNamespace(scale=lambda loss: loss, unscale_=lambda _: None, step=lambda o: o.step(),
                                   update=lambda: None)  # fmt: skip
    shared = {"scaler": scaler, "autocast": lambda **_: contextlib.nullcontext(), "F": functional, **scope}
    generator, discriminator = networks
    optimisers = [torch.optim.AdamW(network.parameters(), 2e-4, betas=(0.8, 0.99)) for network in networks]
    for _ in range(N_STEPS):
        generator.train(), discriminator.train()
        up.run(source, *passage, **shared, net_g=generator, net_d=discriminator, optim_g=optimisers[0],
               optim_d=optimisers[1])  # fmt: skip
    for network in networks:
        network.eval().zero_grad()
    with draws.given():
        found: dict[str, Any] = up.run(
            source, *passage, **shared, net_g=generator, net_d=discriminator, optim_g=IDLE, optim_d=IDLE
        )
    return found


def _saved(folder: Path, networks: tuple[nn.Module, nn.Module], config: Mapping[str, Any]) -> None:
    for name, network in zip("GD", networks, strict=True):
        state = {
            key.replace(".parametrizations.weight.original1", ".weight_v").replace(
                ".parametrizations.weight.original0", ".weight_g"
            ): value
            for key, value in network.state_dict().items()
        }
        torch.save({"model": state, "iteration": 1, "learning_rate": 2e-4}, folder / f"{name}_100.pth")
    (folder / "config.json").write_text(json.dumps(config))


def _ours(ckpt: Path, data: Path) -> Logged:
    report = evaluate(ckpt=ckpt, data=data, over="batch", batch_size=2)
    return {result.typed: float("nan") if result.value is None else result.value for result in report.results}


def vits(up: Any, folder: Path, config: str = "ljs_base.json") -> tuple[Logged, Logged]:
    """VITS of one speaker, two lines of a cleaned list."""
    code = speech.vits(up.folder)
    settings = json.loads((up.folder / "vits" / "configs" / config).read_text())
    settings["model"] = speech.narrow(settings["model"])
    settings["train"]["segment_size"] = SLICE * settings["data"]["hop_length"]
    data, hop = settings["data"], settings["data"]["hop_length"]
    waves = _waves(folder / "DUMMY1", data["sampling_rate"], hop)
    (folder / "filelists").mkdir()
    listed = folder / "filelists" / "val.txt.cleaned"
    listed.write_text("".join(f"DUMMY1/{k}.wav|{text}\n" for k, text in enumerate(TEXTS)), encoding="utf-8")
    symbols: dict[str, Any] = {}
    exec((up.folder / "vits" / "text" / "symbols.py").read_text(), symbols)
    numbers = [[symbols["symbols"].index(letter) for letter in text] for text in TEXTS]
    texts = [torch.tensor([0, *(n for number in own for n in (number, 0))]) for own in numbers]
    transform = (data["filter_length"], data["sampling_rate"], hop, data["win_length"])
    spectra = [code.spectrogram_torch(wave[None], *transform)[0] for wave in waves]
    real = _digests(folder / "DUMMY1" / "0.wav", folder / "DUMMY1" / "1.wav")
    lines = _digests(*TEXTS)
    frames, sizes = [spectrum.shape[1] for spectrum in spectra], [len(text) for text in texts]
    draws = Draws(
        [f"{key} 0" for key in real], [a + b for a, b in zip(real, lines, strict=True)],
        noise=[(192, n) for n in frames], durations=[(8, 2, n) for n in sizes],
    )  # fmt: skip
    torch.manual_seed(0)
    segment = settings["train"]["segment_size"] // hop
    generator = code.SynthesizerTrn(178, data["filter_length"] // 2 + 1, segment, **settings["model"])
    networks = generator, code.MultiPeriodDiscriminator()
    scope = {
        **vars(code), "hps": _namespace(settings), "x": _padded(texts), "x_lengths": torch.tensor(sizes),
        "spec": _padded(spectra), "spec_lengths": torch.tensor(frames), "y": _padded(waves)[:, None],
    }  # fmt: skip
    first, _ = up.passage(VITS_TRAIN, "y_hat, l_length, attn, ids_slice")
    last, _ = up.passage(VITS_TRAIN, "scaler.step(optim_g)")
    found = _step(up, VITS_TRAIN, (first - 1, last), networks, draws, scope)
    (folder / "logs").mkdir()
    _saved(folder / "logs", networks, settings)
    theirs = {
        "loss/d/total": "loss_disc_all", "loss_gen": "loss_gen", "loss/g/fm": "loss_fm", "loss/g/mel": "loss_mel",
        "loss/g/dur": "loss_dur", "loss/g/kl": "loss_kl", "loss/g/total": "loss_gen_all",
    }  # fmt: skip
    return as_floats({logged: found[name] for logged, name in theirs.items()}), _ours(folder / "logs", listed)


def vits_without_sdp(up: Any, folder: Path) -> tuple[Logged, Logged]:
    """VITS with its plain duration predictor."""
    return vits(up, folder, "ljs_nosdp.json")


def _experiment(folder: Path, waves: list[Tensor], size: int, tree: tuple[str, ...]) -> list[dict[str, Tensor]]:
    """What RVC and Applio extract of the recordings, in their folders, and their list; as their loaders read it."""
    loaded = []
    rows = []
    for k, wave in enumerate(waves):
        n_frames = LENGTHS[k]
        numbers = np.random.default_rng(k)
        phones = numbers.normal(0, 1, ((n_frames + 1) // 2, size)).astype(np.float32)
        track = np.where(numbers.random(n_frames + 1) < 0.3, 0, numbers.uniform(80, 300, n_frames + 1))
        coarse = numbers.integers(1, 256, n_frames + 1)
        for place, name, values in zip(
            tree[1:], (f"{k}.npy", f"{k}.wav.npy", f"{k}.wav.npy"), (phones, coarse, track), strict=False
        ):
            (folder / place).mkdir(exist_ok=True)
            np.save(folder / place / name, values)
        names = [f"{tree[0]}/{k}.wav", f"{tree[1]}/{k}.npy", *(f"{place}/{k}.wav.npy" for place in tree[2:]), "0"]
        rows.append("|".join(f"/elsewhere/logs/myvoice/{name}" for name in names[:-1]) + f"|{names[-1]}")
        repeated = torch.from_numpy(np.repeat(phones, 2, axis=0))[:n_frames]
        loaded.append({"phone": repeated, "pitch": torch.from_numpy(coarse)[:n_frames],
                       "pitchf": torch.from_numpy(track).float()[:n_frames], "wave": wave[None]})  # fmt: skip
    (folder / "filelist.txt").write_text("\n".join(rows))
    return loaded


def _voice(
    up: Any, folder: Path, code: Any, settings: dict[str, Any], tree: tuple[str, ...], source: str,
    build: Callable[[], tuple[nn.Module, nn.Module]], spectrogram: Callable[[Tensor], Tensor], bounds: tuple[int, int],
    **scope: Any,
) -> tuple[dict[str, Any], Logged]:  # fmt: skip
    data, hop, pitch = settings["data"], settings["data"]["hop_length"], len(tree) > 2
    rate = data.get("sampling_rate") or data["sample_rate"]
    voice = folder / "logs" / "myvoice"
    waves = _waves(voice / tree[0], rate, hop)
    size = 256 if tree[1].endswith("256") else 768
    loaded = _experiment(voice, waves, size, tree)
    frames = [min(len(own["phone"]), spectrogram(own["wave"]).shape[-1]) for own in loaded]
    keys, cuts = [], []
    for k in range(len(waves)):
        files = [voice / tree[0] / f"{k}.wav", voice / tree[1] / f"{k}.npy",
                 *(voice / place / f"{k}.wav.npy" for place in tree[2:])]  # fmt: skip
        digests = dict(zip(("real", "phones", "coarse_pitch", "pitch"), _digests(*files), strict=False))
        digests["label"] = _digests("0")[0]
        keys.append(f"{digests['real']} 0")
        cuts.append("".join(digests[role] for role in sorted(digests)))
    segment = settings["train"]["segment_size"] // hop
    shapes: dict[str, list[tuple[int, ...]]] = {"noise": [(192, n) for n in frames]}
    if pitch:
        shapes["excitation"] = [(1, segment * hop)] * len(frames)
    torch.manual_seed(0)
    networks = build()
    batch = {
        "phone": torch.stack([functional.pad(own["phone"], (0, 0, 0, max(frames) - n))
                              for own, n in zip(loaded, frames, strict=True)]),
        "pitch": _padded([own["pitch"] for own in loaded]), "pitchf": _padded([own["pitchf"] for own in loaded]),
        "spec": _padded([spectrogram(own["wave"])[0][:, :n] for own, n in zip(loaded, frames, strict=True)]),
        "wave": _padded([own["wave"][:, : n * hop] for own, n in zip(loaded, frames, strict=True)]),
        "phone_lengths": torch.tensor(frames), "spec_lengths": torch.tensor(frames), "sid": torch.tensor([0, 0]),
    }  # fmt: skip
    found = _step(up, source, bounds, networks, Draws(keys, cuts, **shapes), {**vars(code), **batch, **scope})
    _saved(voice, networks, settings)
    return found, _ours(voice, voice)


def rvc(up: Any, folder: Path, *, version: str = "v2", rate: int = 48, pitch: bool = True) -> tuple[Logged, Logged]:
    """RVC, the experiment's folder whole."""
    code = speech.rvc(up.folder)
    path = up.folder / speech.RVC.partition("/")[2] / "configs" / version / f"{rate}k.json"
    settings = json.loads(path.read_text())
    settings["model"] = speech.narrow(settings["model"])
    settings["train"]["segment_size"] = SLICE * settings["data"]["hop_length"]
    data, size = settings["data"], 256 if version == "v1" else 768
    transform = (data["filter_length"], data["sampling_rate"], data["hop_length"], data["win_length"])
    bins, segment = data["filter_length"] // 2 + 1, settings["train"]["segment_size"] // data["hop_length"]
    synthesizer = getattr(code, f"SynthesizerTrnMs{size}NSFsid{'' if pitch else '_nono'}")
    critic = code.MultiPeriodDiscriminator if version == "v1" else code.MultiPeriodDiscriminatorV2

    def build() -> tuple[nn.Module, nn.Module]:
        model = synthesizer(bins, segment, **settings["model"], sr=data["sampling_rate"], is_half=False)
        return model, critic()

    tree = ("0_gt_wavs", f"3_feature{size}", *(("2a_f0", "2b-f0nsf") if pitch else ()))
    hps = _namespace({**settings, "if_f0": int(pitch)})
    first, _ = up.passage(RVC_TRAIN, "# Calculate")
    last, _ = up.passage(RVC_TRAIN, "scaler.step(optim_g)")
    found, ours = _voice(
        up, folder, code, settings, tree, RVC_TRAIN, build, lambda wave: code.spectrogram_torch(wave, *transform),
        (first, last), hps=hps, training_is_half=False,
    )  # fmt: skip
    named = {
        "loss/d/total": "loss_disc", "loss_gen": "loss_gen", "loss/g/fm": "loss_fm", "loss/g/mel": "loss_mel",
        "loss/g/kl": "loss_kl", "loss/g/total": "loss_gen_all",
    }  # fmt: skip
    theirs = as_floats({logged: found[name] for logged, name in named.items()})
    theirs |= {"loss/g/mel": min(75.0, theirs["loss/g/mel"]), "loss/g/kl": min(9.0, theirs["loss/g/kl"])}
    return theirs, ours


def applio(up: Any, folder: Path, *, rate: int = 40000, pitch: bool = True) -> tuple[Logged, Logged]:
    """Applio, the experiment's folder whole."""
    code = speech.applio(up.folder)
    settings = json.loads((up.folder / "Applio" / "rvc" / "configs" / f"{rate}.json").read_text())
    settings["model"] = speech.narrow(settings["model"])
    settings["train"]["segment_size"] = SLICE * settings["data"]["hop_length"]
    data = settings["data"]
    transform = (data["filter_length"], data["hop_length"], data["win_length"])
    bins, segment = data["filter_length"] // 2 + 1, settings["train"]["segment_size"] // data["hop_length"]

    def build() -> tuple[nn.Module, nn.Module]:
        model = code.Synthesizer(bins, segment, **settings["model"], sr=rate, use_f0=pitch)
        return model, code.MultiPeriodDiscriminator()

    tree = ("sliced_audios", "extracted", "f0", "f0_voiced")
    first, _ = up.passage(APPLIO_TRAIN, "model_output = net_g(")
    last, _ = up.passage(APPLIO_TRAIN, "# queue for rolling losses over 50 steps")
    found, ours = _voice(
        up, folder, code, settings, tree, APPLIO_TRAIN, build, lambda wave: code.spectrogram_torch(wave, *transform),
        (first - 4, last - 4), config=_namespace(settings), use_amp=False, train_dtype=torch.float32, randomized=True,
        d_step_per_g_step=1, multiscale_mel_loss=False, fn_mel_loss=nn.L1Loss(), global_step=0, epoch=1,
        lowest_value={"value": 0.0},
    )  # fmt: skip
    named = {
        "loss/d/adv": "loss_disc", "loss/g/adv": "loss_gen", "loss/g/fm": "loss_fm", "loss/g/mel": "loss_mel",
        "loss/g/kl": "loss_kl", "loss/g/total": "loss_gen_all",
    }  # fmt: skip
    return as_floats({logged: found[name] for logged, name in named.items()}), ours


def so_vits_svc(up: Any, folder: Path, **changed: Any) -> tuple[Logged, Logged]:
    """so-vits-svc, two singers; its own loader reads what lies beside the recordings."""
    code = speech.so_vits_svc(up.folder)
    clone = up.folder / "so-vits-svc"
    settings = json.loads((clone / "configs_template" / "config_template.json").read_text())
    settings["model"] = speech.narrow(settings["model"], n_speakers=2, **changed)
    settings["train"]["segment_size"] = SLICE * settings["data"]["hop_length"]
    settings["spk"] = {"alto": 0, "bass": 1}
    data, hop = settings["data"], settings["data"]["hop_length"]
    files = _sung(folder / "dataset" / "44k", settings, code)
    (folder / "filelists").mkdir()
    listed = folder / "filelists" / "val.txt"
    listed.write_text("".join(f"{file}\n" for file in files))
    loaders = speech.part(
        clone / "data_utils.py", ["TextAudioSpeakerLoader", "TextAudioCollate"], os=os, random=random,
        utils=code.utils, spectrogram_torch=code.spectrogram_torch, load_wav_to_torch=_read,
        load_filepaths_and_text=lambda name: [[line] for line in Path(name).read_text().splitlines()],
    )  # fmt: skip
    read = loaders.TextAudioSpeakerLoader(listed, _Settings(settings), vol_aug=False)
    c, f0, spec, y, spk, lengths, uv, volume = loaders.TextAudioCollate()([read[k] for k in range(len(files))])
    keys = [f"{digest} 0" for digest in _digests(*files)]
    draws = Draws(
        keys, _digests(*files), noise=[(192, int(n)) for n in lengths],
        excitation=[(9, SLICE * hop)] * len(files),
    )  # fmt: skip
    for name, size in (("phases", 9), ("scale", 1)):
        draws.more[len(files), size] = torch.stack([draw(0, key, name, (size,), "uniform") for key in keys])
    draws.more[len(files), SLICE * hop, 1] = torch.zeros(())  # noise that nothing reads
    torch.manual_seed(0)
    generator = code.SynthesizerTrn(data["filter_length"] // 2 + 1, SLICE, **settings["model"])
    object.__setattr__(generator, "module", generator)  # as under DistributedDataParallel
    networks = generator, code.MultiPeriodDiscriminator()
    mel = (data["filter_length"], data["n_mel_channels"], data["sampling_rate"], data["mel_fmin"], data["mel_fmax"])
    scope = {
        **vars(code), "hps": _namespace(settings), "half_type": torch.float16, "c": c, "f0": f0, "spec": spec, "y": y,
        "g": spk, "lengths": lengths, "uv": uv, "volume": volume, "mel": code.spec_to_mel_torch(spec, *mel),
    }  # fmt: skip
    first, _ = up.passage(SO_VITS_SVC_TRAIN, "y_hat, ids_slice, z_mask,")
    last, _ = up.passage(SO_VITS_SVC_TRAIN, "scaler.step(optim_g)")
    found = _step(up, SO_VITS_SVC_TRAIN, (first - 1, last), networks, draws, scope)
    (folder / "logs").mkdir()
    _saved(folder / "logs", networks, settings)
    theirs = {
        "loss/d/total": "loss_disc_all", "loss_gen": "loss_gen", "loss/g/fm": "loss_fm", "loss/g/mel": "loss_mel",
        "loss/g/kl": "loss_kl", "loss/g/lf0": "loss_lf0", "loss/g/total": "loss_gen_all",
    }  # fmt: skip
    return as_floats({logged: found[name] for logged, name in theirs.items()}), _ours(folder / "logs", listed)


class _Settings(types.SimpleNamespace):
    """A config as so-vits-svc reads it: by attribute, and by key."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(**{name: _Settings(v) if isinstance(v, Mapping) else v for name, v in values.items()})

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def _read(path: str) -> tuple[Tensor, int]:
    samples, rate = soundfile.read(path, dtype="int16")
    return torch.from_numpy(samples).float(), rate


def _sung(folder: Path, settings: Mapping[str, Any], code: Any) -> list[Path]:
    """Two recordings by two singers, and what preprocess_hubert_f0.py leaves beside them."""
    rate, hop, files = settings["data"]["sampling_rate"], settings["data"]["hop_length"], []
    for k, (singer, n_frames) in enumerate(zip(settings["spk"], LENGTHS, strict=True)):
        numbers = np.random.default_rng(k)
        wave = 0.2 * np.sin(2 * np.pi * (150 + 90 * k) * np.arange(n_frames * hop + 7) / rate)
        wave = wave + 0.02 * numbers.normal(size=len(wave))
        files.append(folder / singer / f"{k}.wav")
        files[-1].parent.mkdir(parents=True)
        soundfile.write(files[-1], wave, rate, subtype="PCM_16")
        pitch = numbers.uniform(80, 300, n_frames + 1)
        voiced = (numbers.random(n_frames + 1) < 0.7).astype(float)
        np.save(f"{files[-1]}.f0.npy", np.asanyarray((pitch, voiced), dtype=object))
        phones = torch.from_numpy(numbers.normal(size=(1, settings["model"]["ssl_dim"], n_frames * hop * 50 // rate)))
        torch.save(phones.float(), f"{files[-1]}.soft.pt")
        volume = code.utils.Volume_Extractor(hop).extract(wave[None])
        np.save(f"{files[-1]}.vol.npy", volume.numpy())
    return files


def gpt_sovits(up: Any, folder: Path, version: str = "v2", config: str = "s2.json") -> tuple[Logged, Logged]:
    """GPT-SoVITS, the experiment's folder whole, read by its own loader."""
    code, root = speech.gpt_sovits(up.folder), up.folder / "GPT-SoVITS" / "GPT_SoVITS"
    settings = json.loads((root / "configs" / config).read_text())
    settings["model"] = speech.narrow(settings["model"], hidden_channels=192, version=version)
    data, hop = settings["data"], settings["data"]["hop_length"]
    settings["train"] |= {"segment_size": SLICE * hop, "fp16_run": False}
    voice = folder / "logs" / "myvoice"
    names, symbols = _spoken(voice, settings), getattr(code, "symbols_v1" if version == "v1" else "symbols_v2").symbols
    loaders = speech.part(
        root / "module" / "data_utils.py", ["TextAudioSpeakerLoader", "TextAudioSpeakerCollate"], os=os, random=random,
        tqdm=iter, spectrogram_torch=code.spectrogram_torch, traceback=traceback, print=lambda *_: None,
        cleaned_text_to_sequence=lambda phones, _: [symbols.index(phone) for phone in phones],
        load_audio=lambda path, _: soundfile.read(path, dtype="float32")[0],
    )  # fmt: skip
    read = loaders.TextAudioSpeakerLoader(_Settings(data | {"exp_dir": str(voice)}), version=version)
    loaded = [next(read[k] for k, (name, _) in enumerate(read.audiopaths_sid_text) if name == own) for own in names]
    ssl, _, spec, spec_lengths, y, _, text, text_lengths, *sv = loaders.TextAudioSpeakerCollate(version=version)(loaded)
    files = [voice / "5-wav32k" / name for name in names]
    lines = _digests(*TEXTS_OF_PHONES)
    keys = [f"{digest} 0" for digest in _digests(*files)]
    cuts = [a + b for a, b in zip(_digests(*files), lines, strict=True)]
    draws = Draws(keys, cuts, noise=[(192, int(n)) for n in spec_lengths])
    drawn = draws.drawn["noise"]
    draws.more[2, 192, spec.shape[2]] = functional.pad(drawn, (0, spec.shape[2] - drawn.shape[2]))
    torch.manual_seed(0)
    generator = code.SynthesizerTrn(data["filter_length"] // 2 + 1, SLICE, **settings["model"])
    codebook = generator.quantizer.vq.layers[0]._codebook
    codebook.embed.normal_(), codebook.inited.fill_(1)
    networks = generator, code.MultiPeriodDiscriminator(version=version)
    scope = {
        **vars(code), "hps": _namespace(settings), "ssl": ssl, "spec": spec, "spec_lengths": spec_lengths, "y": y,
        "text": text, "text_lengths": text_lengths, "sv_emb": sv[0] if sv else None,
    }  # fmt: skip
    first, _ = up.passage(GPT_SOVITS_TRAIN, "(y_hat, kl_ssl, ids_slice, x_mask, z_mask,")
    last, _ = up.passage(GPT_SOVITS_TRAIN, "scaler.step(optim_g)")
    found = _step(up, GPT_SOVITS_TRAIN, (first - 2, last), networks, draws, scope)
    place = voice / f"logs_s2_{version}"
    place.mkdir()
    _saved(place, networks, settings)
    theirs = {
        "loss/d/total": "loss_disc_all", "loss_gen": "loss_gen", "loss/g/fm": "loss_fm", "loss/g/mel": "loss_mel",
        "loss/g/kl_ssl": "kl_ssl", "loss/g/kl": "loss_kl", "loss/g/total": "loss_gen_all",
    }  # fmt: skip
    return as_floats({logged: found[name] for logged, name in theirs.items()}), _ours(place, voice)


TEXTS_OF_PHONES = ("n i3 h ao3 , SP", "HH AH0 L OW1")


def _spoken(folder: Path, settings: Mapping[str, Any]) -> list[str]:
    """Two recordings, and what its prepare_datasets leave beside their folder; 0.6 s is the least that it takes."""
    rate, hop, rows = settings["data"]["sampling_rate"], settings["data"]["hop_length"], []
    for place in ("4-cnhubert", "5-wav32k", "7-sv_cn"):
        (folder / place).mkdir(parents=True)
    for k, (n_frames, phones) in enumerate(zip((41, 36), TEXTS_OF_PHONES, strict=True)):
        numbers, name = np.random.default_rng(k), f"{k}.wav"
        wave = 0.2 * np.sin(2 * np.pi * (150 + 90 * k) * np.arange(n_frames * hop + 7) / rate)
        wave = wave + 0.02 * numbers.normal(size=len(wave))
        soundfile.write(folder / "5-wav32k" / name, wave, rate, subtype="PCM_16")
        features = torch.from_numpy(numbers.normal(size=(1, 768, n_frames - k))).float()
        torch.save(features, folder / "4-cnhubert" / f"{name}.pt")
        torch.save(torch.from_numpy(numbers.normal(size=(1, 20480))).float(), folder / "7-sv_cn" / f"{name}.pt")
        rows.append(f"{name}\t{phones}\tNone\ttext")
    (folder / "2-name2text.txt").write_text("\n".join(rows) + "\n")
    return ["0.wav", "1.wav"]
