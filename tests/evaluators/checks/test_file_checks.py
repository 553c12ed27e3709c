"""Each check of files and weights: a broken case that it finds, and a healthy one that it leaves alone."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, spectral_norm

from ganloss_cli.evaluators.checks import find_check
from ganloss_cli.evaluators.checks.subjects import (
    AuditedFile,
    AuditedModel,
    AuditedNetwork,
    Misfit,
    OptimizerState,
)

Tensors = dict[str, Tensor]


def fresh() -> nn.Sequential:
    """A generator with batch norm, as torch initialises it."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64)
    )


def trained(steps: int = 20) -> nn.Sequential:
    """The same after some steps of Adam."""
    net = fresh()
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    for _ in range(steps):
        x = torch.randn(32, 64)
        optimizer.zero_grad()
        (net(x) - x.roll(1, 1)).square().mean().backward()
        optimizer.step()
    return net


def state(net: nn.Module) -> Tensors:
    return {name: value.clone() for name, value in net.state_dict().items()}


def changed(**tensors: Callable[[Tensor], object]) -> Tensors:
    """The trained network's tensors with some edited in place; "__" stands for a dot."""
    edited = state(trained())
    for name, edit in tensors.items():
        edit(edited[name.replace("__", ".")])
    return edited


def network(
    tensors: Tensors | None = None,
    *,
    part: str = "g",
    role: str = "generator",
    weights: Literal["raw", "ema"] = "raw",
    misfit: Misfit | None = None,
) -> AuditedNetwork:
    return AuditedNetwork(
        path=PurePath("g.pt"), part=part, role=role, weights=weights,
        tensors=state(trained()) if tensors is None else tensors, misfit=misfit,
    )  # fmt: skip


def model(*networks: AuditedNetwork, files: tuple[AuditedFile, ...] = ()) -> AuditedModel:
    return AuditedModel(networks=networks, files=files)


def file(name: str = "g.pt", step: int | None = 100, role: str = "generator", **optimizer: Any) -> AuditedFile:
    state = OptimizerState(**{
        "name": "optim_g", "n_parameters": 8, "n_states": 8, "learning_rates": (2e-4,), **optimizer,
    })  # fmt: skip
    return AuditedFile(path=PurePath(name), step=step, roles=(role,), optimizers=(state,))


def weight_normed(gain: float) -> Tensors:
    torch.manual_seed(0)
    tensors = state(parametrizations.weight_norm(nn.Linear(8, 4)))
    tensors["parametrizations.weight.original0"][1] *= gain
    return tensors


def spectral(steps: int, *, transposed: bool = False) -> Tensors:
    """A layer under spectral norm after forward passes in train mode, each with a power iteration."""
    torch.manual_seed(0)
    layer = spectral_norm(nn.ConvTranspose2d(8, 16, 4) if transposed else nn.Conv2d(8, 16, 3))
    for _ in range(steps):
        layer(torch.randn(1, 8, 8, 8))
    return state(layer)


def averaged(other: Tensors, share: float) -> Tensors:
    own = state(trained())
    return {name: (1 - share) * own[name] + share * other[name] for name in own}


def two(first: Tensors, second: Tensors) -> AuditedModel:
    return model(
        network(first, part="generator_A", role="generator_BA"),
        network(second, part="generator_B", role="generator_AB"),
    )


def with_average(average: Tensors) -> AuditedModel:
    return model(network(), network(average, part="g_ema", weights="ema"))


MISFIT = Misfit(architecture="MLP", missing=("4.bias",), unexpected=(), of_another_shape=())
BROKEN: list[tuple[str, Callable[[], Any], str]] = [
    ("non_finite_weights", lambda: network(changed(**{"0__weight": lambda w: w[0, 0].fill_(float("nan"))})), "error"),
    ("non_finite_weights", lambda: network(changed(**{"1__running_var": lambda w: w[0].fill_(float("inf"))})), "error"),
    ("dead_channels", lambda: network(changed(**{"3__weight": lambda w: w[:5].zero_()})), "warning"),
    ("constant_channels", lambda: network(changed(**{"3__weight": lambda w: w[2].fill_(0.3)})), "warning"),
    ("constant_channels", lambda: network(changed(**{"3__weight": lambda w: w.copy_(w[:1].clone())})), "warning"),
    ("fp16_overflow_margin", lambda: network(changed(**{"0__bias": lambda b: b.fill_(2e4)})), "note"),
    ("fp16_overflow_margin", lambda: network(changed(**{"0__bias": lambda b: b.fill_(1e5)})), "warning"),
    ("batch_norm_variance_zero", lambda: network(changed(**{"1__running_var": lambda v: v[3].zero_()})), "warning"),
    ("batch_norm_variance_zero", lambda: network(changed(**{"1__running_var": lambda v: v[3].fill_(-1)})), "error"),
    ("batch_norm_never_updated", lambda: network(state(fresh())), "warning"),
    ("dead_normalisation_gain", lambda: network(changed(**{"1__weight": lambda g: g[:3].zero_()})), "note"),
    ("dead_normalisation_gain", lambda: network(changed(**{"1__weight": lambda g: g[:100].zero_()})), "warning"),
    ("weight_norm_gain_near_zero", lambda: network(weight_normed(1e-12)), "warning"),
    ("stale_spectral_norm", lambda: network(spectral(0)), "warning"),
    ("stale_spectral_norm", lambda: network(spectral(0, transposed=True)), "warning"),
    ("untrained_layers", lambda: network(state(fresh())), "warning"),
    ("identical_networks", lambda: two(state(trained()), state(trained())), "error"),
    ("ema_equals_raw", lambda: with_average(state(trained())), "warning"),
    ("ema_stuck", lambda: with_average(state(fresh())), "warning"),
    ("ema_stuck", lambda: with_average({k: torch.randn_like(v.float()) for k, v in state(fresh()).items()}), "warning"),
    ("empty_optimizer_state", lambda: file(n_states=0), "note"),
    ("broken_optimizer_state", lambda: file(non_finite=("3.exp_avg",)), "warning"),
    ("vanished_learning_rate", lambda: file(learning_rates=(7e-111,)), "warning"),
    ("vanished_learning_rate", lambda: file(learning_rates=(2e-4, 0.0)), "note"),
    (
        "step_mismatch",
        lambda: model(files=(file("G.pt", step=10), file("D.pt", step=300, role="discriminator"))),
        "warning",
    ),
    ("keys_left_random", lambda: network(misfit=MISFIT), "error"),
    ("keys_left_random", lambda: network({"conv.weight_g": torch.ones(4, 1, 1)}), "error"),
]  # fmt: skip
HEALTHY: list[tuple[str, Callable[[], Any]]] = [
    *((name, network) for name in (
        "non_finite_weights", "dead_channels", "constant_channels", "fp16_overflow_margin", "batch_norm_variance_zero",
        "batch_norm_never_updated", "dead_normalisation_gain", "weight_norm_gain_near_zero", "stale_spectral_norm",
        "untrained_layers", "keys_left_random",
    )),
    # a mask is meant to be infinite; rows of an embedding may be zero; a mean shift is an identity matrix
    ("non_finite_weights", lambda: network({"attn.mask": torch.full((4, 4), float("-inf"))})),
    ("dead_channels", lambda: network({"emb.weight": torch.zeros(4, 8)})),
    ("constant_channels", lambda: network({"sub_mean.shifter.weight": torch.eye(3).reshape(3, 3, 1, 1)})),
    ("weight_norm_gain_near_zero", lambda: network(weight_normed(1e-2))),
    ("stale_spectral_norm", lambda: network(spectral(60))),
    ("stale_spectral_norm", lambda: network(spectral(60, transposed=True))),
    ("untrained_layers", lambda: network(state(trained(steps=5)))),
    ("identical_networks", lambda: two(state(trained()), state(trained(steps=21)))),
    ("identical_networks", lambda: with_average(state(trained()))),
    ("identical_networks", lambda: two({}, {})),
    ("ema_equals_raw", lambda: with_average(averaged(state(trained(steps=15)), 0.5))),
    ("ema_stuck", lambda: with_average(averaged(state(trained(steps=15)), 0.5))),
    ("empty_optimizer_state", file),
    ("empty_optimizer_state", lambda: file(n_states=0, keeps_moments=False)),
    ("broken_optimizer_state", file),
    ("vanished_learning_rate", lambda: file(learning_rates=(1e-6,))),
    ("step_mismatch", lambda: model(files=(file("G.pt"), file("D.pt", role="discriminator")))),
    ("step_mismatch", lambda: model(files=(file("G.pt", step=None), file("D.pt", role="discriminator")))),
    ("step_mismatch", lambda: model(files=(file("G_10.pt", step=10), file("G_20.pt", step=20)))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "severity"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_file_is_found(name: str, make: Callable[[], Any], severity: str) -> None:
    findings = list(find_check(name).findings(make()))

    assert [(finding.check, finding.severity) for finding in findings] == [(name, severity)]
    assert findings[0].evidence
    assert findings[0].hint


@pytest.mark.parametrize(("name", "make"), HEALTHY, ids=[row[0] for row in HEALTHY])
def test_a_healthy_file_is_left_alone(name: str, make: Callable[[], Any]) -> None:
    assert list(find_check(name).findings(make())) == []


def test_identical_networks_are_both_named_as_the_file_does_with_their_roles() -> None:
    (finding,) = find_check("identical_networks").findings(two(state(trained()), state(trained())))

    assert finding.message == "g.pt: generator_A (generator_BA) and generator_B (generator_AB) are bit-identical"


def test_networks_that_differ_in_batch_statistics_alone_are_identical() -> None:
    other = changed(**{"1__running_mean": lambda mean: mean.add_(1)})

    findings = list(find_check("identical_networks").findings(two(state(trained()), other)))

    assert len(findings) == 1


def test_a_float16_copy_of_an_untrained_network_is_untrained() -> None:
    half = {name: value.half() if value.is_floating_point() else value for name, value in state(fresh()).items()}

    (finding,) = find_check("untrained_layers").findings(network(half))

    assert finding.evidence["judged"] == 3


@pytest.mark.parametrize(
    "initialise",
    [
        lambda w: nn.init.normal_(w, 0, 0.02), nn.init.kaiming_normal_, nn.init.kaiming_uniform_,
        nn.init.xavier_normal_, nn.init.xavier_uniform_,
    ],
    ids=["dcgan", "kaiming normal", "kaiming uniform", "xavier normal", "xavier uniform"],
)  # fmt: skip
def test_usual_initialisers_are_recognised(initialise: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(1)
    weights = {"a.weight": initialise(torch.empty(64, 32, 3, 3)), "b.weight": initialise(torch.empty(32, 64, 4, 4))}

    (finding,) = find_check("untrained_layers").findings(network(weights))

    assert finding.evidence["layers"].keys() == weights.keys()
