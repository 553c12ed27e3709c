"""Losses by public code bases that are written for TensorFlow or Theano.

TensorFlow's functions are its own, run at once; where a passage asks it for gradients of a network, they are those of
the network of golden_upstream.py. Theano's mean and square are torch's.
"""

import importlib
import json
import types
from typing import Any
from unittest import mock

import numpy as np
import torch
from clones import Upstream
from figures import G, figure
from torch import Tensor

TFGAN = "tensorflow/gan@bc369b7 tensorflow_gan/python/losses/losses_impl.py"
GULRAJANI = "igul222/improved_wgan_training@fa66c57 gan_language.py"
PROGRESSIVE = "tkarras/progressive_growing_of_gans@2504c3f loss.py"
DRAGAN = "kodalinaveen3/DRAGAN@5cf95ab DRAGAN.ipynb"
INFOVAE = "ShengjiaZhao/MMD-Variational-Autoencoder@e33606e mmd_vae.py"
WAE = "tolstikhin/wae@6351565 wae.py"
SONNET = "google-deepmind/sonnet@26b0518 sonnet/src/nets/vqvae.py"
SALIMANS_MNIST = "openai/improved-gan@4f5d1ec mnist_svhn_cifar10/train_mnist_feature_matching.py"
SALIMANS_CIFAR = "openai/improved-gan@4f5d1ec mnist_svhn_cifar10/train_cifar_feature_matching.py"


class Flow:
    """TensorFlow as of version 1, with some functions replaced."""

    def __init__(self, **replaced: Any) -> None:
        self._replaced = replaced

    def __getattr__(self, name: str) -> Any:
        return self._replaced.get(name) or getattr(importlib.import_module("tensorflow").compat.v1, name)


def slopes(_: Any, at: list[Any]) -> list[Any]:
    """tf.gradients of the one discriminator, whose pictures may be flattened."""
    points = torch.from_numpy(np.asarray(at[0]))
    leaf = points.view(G.REAL.shape).clone().requires_grad_()
    (gradients,) = torch.autograd.grad(G.discriminator(leaf).sum(), leaf)
    return [gradients.view(points.shape).numpy()]


def scores(role: str) -> Any:
    return G.SCORES[role].numpy()


@figure("d_bce:tfgan g_minimax:tfgan", "SCORES", TFGAN)
def _(up: Upstream) -> Any:
    names = ("minimax_discriminator_loss", "minimax_generator_loss")
    code = up.load(TFGAN, *names, tf=importlib.import_module("tensorflow"))
    d = code.minimax_discriminator_loss(scores("real_logits"), scores("fake_logits"))
    return d.numpy(), code.minimax_generator_loss(scores("fake_logits")).numpy()


@figure("gp:gulrajani2017", "GP", GULRAJANI)
def _(up: Upstream) -> Any:
    """Written for sequences (B, length, letters); its a weighs the fakes, so it is given 1 - a."""
    known = {
        "tf": Flow(random_uniform=lambda **_: 1 - G.ALPHA[:, None, None].numpy(), gradients=slopes),
        "BATCH_SIZE": G.N, "Discriminator": lambda points: points,
        "real_inputs": G.REAL.flatten(2).numpy(), "fake_inputs": G.FAKE.flatten(2).numpy(),
    }  # fmt: skip
    first, last = up.passage(GULRAJANI, "alpha = tf.random_uniform(", 9)
    return up.run(GULRAJANI, first, last, **known)["gradient_penalty"].numpy()


@figure("d_wgan:progressive_gan", "SCORES", PROGRESSIVE)
def _(up: Upstream) -> Any:
    """What it takes the mean of, without its gradient penalty."""
    silent = types.SimpleNamespace(autosummary=lambda _, value: value)
    known: dict[str, Any] = {
        "tf": Flow(), "tfutil": silent, "wgan_epsilon": 0.001,
        "real_scores_out": scores("real_logits"), "fake_scores_out": scores("fake_logits"),
    }  # fmt: skip
    for text in ("loss = fake_scores_out - real_scores_out", "epsilon_penalty = tfutil", "loss += epsilon_penalty"):
        known |= up.run(PROGRESSIVE, *up.passage(PROGRESSIVE, text), **known)
    return known["loss"].numpy().mean()


@figure("gp:progressive_gan", "GP", PROGRESSIVE)
def _(up: Upstream) -> Any:
    """From the gradients on; its tfutil.lerp(reals, fakes, t) has t = 1 - a."""
    mix = G.ALPHA[:, None, None, None]
    (gradients,) = slopes(None, [(mix * G.REAL + (1 - mix) * G.FAKE).numpy()])
    silent = types.SimpleNamespace(autosummary=lambda _, value: value)
    known: dict[str, Any] = {
        "tf": Flow(), "tfutil": silent, "mixed_grads": gradients, "wgan_lambda": 10.0, "wgan_target": 1.0, "loss": 0,
    }  # fmt: skip
    known |= up.run(PROGRESSIVE, *up.passage(PROGRESSIVE, "mixed_norms = tf.sqrt(", 2), **known)
    return up.run(PROGRESSIVE, *up.passage(PROGRESSIVE, "loss += gradient_penalty"), **known)["loss"].numpy().mean()


@figure("dragan:kodali2017 dragan:weighted", "DRAGAN", DRAGAN)
def _(up: Upstream) -> Any:
    """The one cell of its notebook that trains."""
    cells = ["".join(cell["source"]) for cell in json.loads(up.text(DRAGAN))["cells"]]
    (cell,) = [text for text in cells if "lambd = " in text]
    lines = cell.splitlines()

    def passage(start: str, end: str) -> str:
        first = next(number for number, line in enumerate(lines) if line.startswith(start))
        last = next(number for number in range(first, len(lines)) if lines[number].startswith(end))
        return "\n".join(lines[first : last + 1])

    known: dict[str, Any] = {
        "tf": Flow(random_uniform=lambda **_: G.ALPHA[:, None].numpy(), gradients=slopes), "np": np, "mb_size": G.N,
        "discriminator": lambda points: points, "X": G.REAL.flatten(1).numpy(), "disc_cost": 0, "lambd": 10,
    }  # fmt: skip
    exec(passage("def get_perturbed_batch", "    return"), known)
    with mock.patch.object(np.random, "random", return_value=G.NOISE.flatten(1).numpy()):
        known["X_p"] = known["get_perturbed_batch"](known["X"])
    exec(passage("alpha = tf.random_uniform(", "disc_cost += lambd"), known)
    return known["gradient_penalty"].numpy(), known["disc_cost"].numpy()


@figure("mmd:infovae", "MMD", INFOVAE)
def _(up: Upstream) -> Any:
    """Its one cast to float32 is to float64: of numbers so near each other float32 leaves four digits."""
    edit = lambda text: text.replace("tf.float32", "tf.float64")  # noqa: E731
    code = up.load(INFOVAE, "compute_kernel", "compute_mmd", tf=Flow(), edit=edit)
    return code.compute_mmd(G.PRIOR.numpy(), G.CODES.numpy()).numpy()


@figure("mmd:wae", "MMD", WAE)
def _(up: Upstream) -> Any:
    options = {"pz_scale": 1.0, "mmd_kernel": "IMQ", "pz": "normal", "zdim": G.CODES.shape[1], "verbose": False}
    sizes = types.SimpleNamespace(get_batch_size=len)
    penalty = up.method(WAE, "WAE", "mmd_penalty", tf=Flow(), utils=sizes)
    return penalty(types.SimpleNamespace(opts=options), G.CODES.float().numpy(), G.PRIOR.float().numpy()).numpy()


@figure("vq_commit:sonnet vq_commit:sonnet_ema", "QUANTISED", SONNET)
def _(up: Upstream) -> Any:
    known = {
        "tf": Flow(), "quantized": G.ENTRIES.numpy(), "inputs": G.CODES.numpy(),
        "self": types.SimpleNamespace(commitment_cost=0.25),
    }  # fmt: skip
    averaged = up.run(SONNET, 277, 277, **known | up.run(SONNET, 260, 260, **known))["loss"]
    return up.run(SONNET, 115, 117, **known)["loss"].numpy(), averaged.numpy()


THEANO = types.SimpleNamespace(mean=lambda values, axis=None: values.mean(axis), square=torch.square)


@figure("fm_moment:improved_gan_mnist", "LAST_HIDDEN_MAP", SALIMANS_MNIST)
def _(up: Upstream) -> Any:
    maps: dict[str, Tensor] = {"x_unl": G.REAL_MAPS[0][-2], "gen_dat": G.FAKE_MAPS[0][-2]}
    network = types.SimpleNamespace(get_output=lambda _, seen: seen)
    first, last = up.passage(SALIMANS_MNIST, "mom_gen = T.mean(", 2)
    return up.run(SALIMANS_MNIST, first, last, T=THEANO, LL=network, layers=[None] * 3, **maps)["loss_gen"]


@figure("fm_moment:improved_gan_cifar", "LAST_HIDDEN_MAP", SALIMANS_CIFAR)
def _(up: Upstream) -> Any:
    maps = {"output_unl": G.REAL_MAPS[0][-2], "output_gen": G.FAKE_MAPS[0][-2]}
    first, last = up.passage(SALIMANS_CIFAR, "m1 = T.mean(output_unl,axis=0)", 2)
    return up.run(SALIMANS_CIFAR, first, last, T=THEANO, **maps)["loss_gen"]
