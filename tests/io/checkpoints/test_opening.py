import argparse
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli.errors import InputError, UnsafeCheckpointError, UsageError
from ganloss_cli.io.checkpoints import Checkpoint, open_checkpoint
from ganloss_cli.io.checkpoints.inspect import inspect_file
from ganloss_cli.io.networks.patchgan import PatchGAN
from ganloss_cli.io.networks.resnet_generator import ResnetGenerator

StateDict = Mapping[str, torch.Tensor]


def prefixed(prefix: str, state_dict: StateDict) -> dict[str, torch.Tensor]:
    return {prefix + key: value for key, value in state_dict.items()}


def roles(checkpoint: Checkpoint) -> dict[str, str]:
    return {network.part: network.role for network in checkpoint.networks}


def same(found: StateDict, expected: StateDict) -> bool:
    return found.keys() == expected.keys() and all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".jpg", ""])
@pytest.mark.parametrize("as_zip", [True, False])
def test_a_state_dict_is_read_whatever_its_suffix(
    tmp_path: Path, state_dict: StateDict, suffix: str, as_zip: bool
) -> None:
    path = tmp_path / f"netG_epoch_24{suffix}"
    torch.save(state_dict, path, _use_new_zipfile_serialization=as_zip)

    checkpoint = open_checkpoint(path)

    assert checkpoint.format == ("torch zip" if as_zip else "torch legacy")
    assert roles(checkpoint) == {"": "generator"}
    assert checkpoint.networks[0].weights == "raw"
    assert checkpoint.step == 24
    assert same(checkpoint.networks[0].state_dict, state_dict)


def test_the_sha256_is_that_of_the_file(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "g.pt"
    torch.save(state_dict, path)

    assert open_checkpoint(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("keys", "role", "weights"),
    [
        (("state_dict",), "network", "raw"),
        (("params",), "network", "raw"),
        (("params_ema",), "network", "ema"),
        (("model",), "network", "raw"),
        (("model_state_dict",), "network", "raw"),
        (("net",), "network", "raw"),
        (("weight",), "network", "raw"),
        (("g_ema",), "generator", "ema"),
        (("generator",), "generator", "raw"),
        (("netD",), "discriminator", "raw"),
        (("mpd",), "discriminator", "raw"),
        (("model", "generator"), "generator", "raw"),
        (("state_dict", "netG_A2B"), "generator_AB", "raw"),
        (("generator_state_dict",), "generator", "raw"),
    ],
)
def test_wrapped_state_dicts_are_found(
    tmp_path: Path, state_dict: StateDict, keys: tuple[str, ...], role: str, weights: str
) -> None:
    path = tmp_path / "checkpoint.pt"
    content: object = dict(state_dict)
    for key in reversed(keys):
        content = {key: content}
    torch.save(content, path)

    [network] = open_checkpoint(path).networks

    assert (network.role, network.part, network.weights) == (role, ".".join(keys), weights)
    assert same(network.state_dict, state_dict)


def test_a_training_checkpoint_gives_its_networks_and_leaves_the_rest(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "do_02500000"
    adam = {"state": {0: {"step": torch.tensor(1.0), "exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 0.1}]}
    scheduler = {"gamma": 0.9, "base_lrs": [0.1], "last_epoch": 1}
    content = {"mpd": state_dict, "msd": state_dict, "optim_g": adam, "steps": 70, "epoch": 3}
    torch.save({**content, "sched": scheduler, "latent_avg": torch.zeros(512)}, path)

    checkpoint = open_checkpoint(path)

    assert roles(checkpoint) == {"mpd": "discriminator", "msd": "discriminator"}
    assert checkpoint.step == 70
    assert checkpoint.left_over == ("optim_g", "sched", "latent_avg")


def test_raw_and_averaged_generator_lie_side_by_side(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "010000.pt"
    torch.save({"g": state_dict, "d": state_dict, "g_ema": state_dict}, path)

    found = [(network.role, network.weights) for network in open_checkpoint(path).networks]

    assert found == [("generator", "raw"), ("discriminator", "raw"), ("generator", "ema")]


def test_the_file_name_speaks_for_raw_weights_beside_their_average(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "net_g_400000.pth"
    torch.save({"params": state_dict, "params_ema": state_dict}, path)

    found = [(network.role, network.weights) for network in open_checkpoint(path).networks]

    assert found == [("generator", "raw"), ("generator", "ema")]


def test_lightning_prefixes_tell_networks_apart(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "epoch=12-step=3000.ckpt"
    weights = prefixed("generator.", state_dict) | prefixed("discriminator.module.", state_dict)
    content = {"state_dict": weights | prefixed("vgg.", state_dict), "epoch": 12, "global_step": 3000}
    torch.save(content | {"hyper_parameters": {"lr": 0.1}, "optimizer_states": []}, path)

    checkpoint = open_checkpoint(path)

    expected = {"state_dict.generator": "generator", "state_dict.discriminator": "discriminator"}
    assert roles(checkpoint) == expected
    assert all(same(network.state_dict, state_dict) for network in checkpoint.networks)
    assert checkpoint.step == 3000
    assert checkpoint.config == {"hyper_parameters": {"lr": 0.1}}
    assert checkpoint.left_over == ("optimizer_states", "state_dict.vgg")


def test_a_network_that_lightning_calls_model_keeps_its_own_names(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": prefixed("model.", state_dict), "global_step": 3}, path)

    [network] = open_checkpoint(path).networks

    assert same(network.state_dict, state_dict)


def test_a_discriminator_within_the_loss_judges_the_rest(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "last.ckpt"
    weights = prefixed("encoder.", state_dict) | prefixed("loss.discriminator.", state_dict)
    torch.save({"state_dict": weights | prefixed("loss.perceptual_loss.", state_dict), "global_step": 3}, path)

    checkpoint = open_checkpoint(path)

    assert roles(checkpoint) == {"state_dict": "generator", "state_dict.loss.discriminator": "discriminator"}
    assert same(checkpoint.networks[0].state_dict, prefixed("encoder.", state_dict))
    assert same(checkpoint.networks[1].state_dict, state_dict)
    assert checkpoint.left_over == ("state_dict.loss.perceptual_loss",)


@pytest.mark.parametrize("with_styles", [True, False])
def test_lucidrains_letters_are_a_generator_its_average_and_a_discriminator(
    tmp_path: Path, state_dict: StateDict, with_styles: bool
) -> None:
    path = tmp_path / "model_12.pt"
    letters = ("G", "GE", "D", "D_aug.D", *(("S", "SE") if with_styles else ()))
    weights = {key: value for letter in letters for key, value in prefixed(f"{letter}.", state_dict).items()}
    torch.save({"GAN": weights, "version": "1.8.9"}, path)

    checkpoint = open_checkpoint(path)

    found = {network.part: (network.role, network.weights) for network in checkpoint.networks}
    assert found == {
        "GAN.G": ("generator", "raw"), "GAN.GE": ("generator", "ema"), "GAN.D": ("discriminator", "raw"),
    }  # fmt: skip
    whole = prefixed("G.", state_dict) | prefixed("S.", state_dict) if with_styles else state_dict
    assert all(same(network.state_dict, whole) for network in checkpoint.networks[:2])
    assert checkpoint.left_over == ("version", "GAN.D_aug")


def test_a_prefix_above_the_roles_is_looked_through(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "gan.pt"
    torch.save(prefixed("gan.netG.", state_dict) | prefixed("gan.netD.", state_dict), path)

    assert roles(open_checkpoint(path)) == {"gan.netG": "generator", "gan.netD": "discriminator"}


def test_flattened_safetensors_split_by_role(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "model.safetensors"
    weights = prefixed("generator.", state_dict) | prefixed("generator_ema.", state_dict)
    weights = {key: value.clone() for key, value in (weights | prefixed("discriminator.", state_dict)).items()}
    save_file(weights, path, metadata={"step": "500", "format": "pt"})

    checkpoint = open_checkpoint(path)

    found = {(network.role, network.weights) for network in checkpoint.networks}
    assert found == {("generator", "raw"), ("generator", "ema"), ("discriminator", "raw")}
    assert checkpoint.format == "safetensors"
    assert checkpoint.step == 500


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "_orig_mod.module."])
def test_prefixes_of_wrapping_modules_are_stripped(tmp_path: Path, state_dict: StateDict, prefix: str) -> None:
    path = tmp_path / "g.pt"
    torch.save(prefixed(prefix, state_dict), path)

    assert same(open_checkpoint(path).networks[0].state_dict, state_dict)


def test_a_prefix_that_only_some_keys_have_stays(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "g.pt"
    weights = prefixed("module.", state_dict) | {"head.weight": torch.zeros(1)}
    torch.save(weights, path)

    assert same(open_checkpoint(path).networks[0].state_dict, weights)


def test_a_generator_inside_one_network_does_not_split_it(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "vae.pt"
    weights = prefixed("encoder.", state_dict) | prefixed("generator.", state_dict)
    torch.save(weights, path)

    assert same(open_checkpoint(path).networks[0].state_dict, weights)


def test_cyclegan_keys_keep_their_model_prefix(tmp_path: Path) -> None:
    path = tmp_path / "latest_net_G_A.pth"
    weights = ResnetGenerator(ngf=4, n_blocks=1).state_dict()
    torch.save(weights, path)

    [network] = open_checkpoint(path).networks

    assert network.role == "generator_AB"
    assert same(network.state_dict, weights)


def test_an_averaged_model_of_torch_is_averaged(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "g.pt"
    torch.save({"n_averaged": torch.tensor(3)} | prefixed("module.", state_dict), path)

    [network] = open_checkpoint(path).networks

    assert network.weights == "ema"
    assert same(network.state_dict, state_dict)


def test_two_state_dicts_in_a_list_are_two_networks(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "both.pt"
    torch.save([dict(state_dict), dict(state_dict)], path)

    assert roles(open_checkpoint(path)) == {"0": "network", "1": "network"}


def test_the_given_role_wins_over_the_name_of_the_file(tmp_path: Path, state_dict: StateDict) -> None:
    nameless, named, inside = tmp_path / "weights.pt", tmp_path / "netG.pt", tmp_path / "checkpoint.pt"
    torch.save(state_dict, nameless)
    torch.save(state_dict, named)
    torch.save({"generator": state_dict}, inside)

    assert roles(open_checkpoint(nameless, role="discriminator")) == {"": "discriminator"}
    assert roles(open_checkpoint(named, role="discriminator")) == {"": "discriminator"}
    assert roles(open_checkpoint(inside, role="discriminator")) == {"generator": "generator"}
    assert roles(open_checkpoint(nameless)) == {"": "network"}


def test_a_file_name_that_agrees_with_the_given_role_makes_it_particular(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "latest_net_D_A.pth"
    torch.save(state_dict, path)

    assert roles(open_checkpoint(path, role="discriminator")) == {"": "discriminator_B"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 2**80, 1.5])
def test_a_step_that_is_no_count_is_none(tmp_path: Path, state_dict: StateDict, value: float) -> None:
    path = tmp_path / "g.pt"
    torch.save({"generator": state_dict, "step": value}, path)

    assert open_checkpoint(path).step is None


@pytest.mark.parametrize(
    ("network", "role"),
    [(ResnetGenerator(ngf=4, n_blocks=1), "generator"), (PatchGAN(ndf=4), "discriminator")],
    ids=["generator", "discriminator"],
)
def test_a_recognised_architecture_tells_the_role(tmp_path: Path, network: torch.nn.Module, role: str) -> None:
    path = tmp_path / "weights.pt"
    torch.save(network.state_dict(), path)

    assert roles(open_checkpoint(path)) == {"": role}


def test_four_networks_of_discogan_are_named(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "discoGAN.pth"
    names = ("generator_A", "generator_B", "discriminator_A", "discriminator_B")
    torch.save({name: dict(state_dict) for name in names}, path)

    assert roles(open_checkpoint(path)) == {
        "generator_A": "generator_BA",
        "generator_B": "generator_AB",
        "discriminator_A": "discriminator_A",
        "discriminator_B": "discriminator_B",
    }


def test_two_domains_of_unknown_origin_ask_for_the_naming(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "both.pth"
    torch.save({"G_A": state_dict, "D_A": state_dict}, path)

    with pytest.raises(UsageError, match=r"both.pth: 'G_A' may be"):
        open_checkpoint(path)
    assert roles(open_checkpoint(path, naming="cyclegan")) == {"G_A": "generator_AB", "D_A": "discriminator_B"}
    assert roles(open_checkpoint(path, naming="discogan")) == {"G_A": "generator_BA", "D_A": "discriminator_A"}


def test_spelt_out_directions_settle_the_domains_of_discriminators(tmp_path: Path, state_dict: StateDict) -> None:
    path = tmp_path / "both.pth"
    torch.save({"G_AB": state_dict, "D_A": state_dict}, path)

    assert roles(open_checkpoint(path)) == {"G_AB": "generator_AB", "D_A": "discriminator_A"}


@pytest.mark.parametrize("as_zip", [True, False])
def test_settings_that_torch_refuses_are_read_as_plain_data(
    tmp_path: Path, state_dict: StateDict, as_zip: bool
) -> None:
    path = tmp_path / "010000.pt"
    settings = argparse.Namespace(size=256, out=PurePosixPath("runs"), nested={"lr": np.float64(0.5)})
    shared = torch.arange(12, dtype=torch.bfloat16)
    weights = {
        **state_dict,
        "strided.weight": shared.reshape(3, 4).t(),
        "view.weight": shared[4:],
        "empty.weight": torch.zeros(0, 3),
        "half.weight": torch.tensor(1.5, dtype=torch.float16),
        "parameter.weight": torch.nn.Parameter(torch.ones(2)),
        "counter.num": torch.tensor(7),
    }
    torch.save({"g": weights, "args": settings, "it": np.int64(9)}, path, _use_new_zipfile_serialization=as_zip)

    checkpoint = open_checkpoint(path)

    [network] = checkpoint.networks
    assert same(network.state_dict, weights)
    assert all(network.state_dict[key].dtype == weights[key].dtype for key in weights)
    assert network.state_dict["view.weight"].untyped_storage().data_ptr() == (
        network.state_dict["strided.weight"].untyped_storage().data_ptr()
    )
    assert checkpoint.config == {"args": {"size": 256, "out": "runs", "nested": {"lr": 0.5}}}
    assert checkpoint.step == 9


@pytest.mark.parametrize("as_zip", [True, False])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_pickle_protocol_and_young_dtype_is_read(
    tmp_path: Path, state_dict: StateDict, protocol: int, as_zip: bool
) -> None:
    path = tmp_path / "g.pt"
    weights = {**state_dict, "young.weight": torch.tensor([1, 2], dtype=torch.uint16)}
    torch.save(weights, path, pickle_protocol=protocol, _use_new_zipfile_serialization=as_zip)

    [network] = open_checkpoint(path).networks

    assert same(network.state_dict, weights)


@pytest.mark.parametrize("content", [{}, {"args": argparse.Namespace(lr=0.1)}], ids=["of torch", "of ours"])
def test_a_zip_without_checksums_is_read(tmp_path: Path, state_dict: StateDict, content: dict[str, object]) -> None:
    path = tmp_path / "g.pt"
    torch.serialization.set_crc32_options(compute_crc32=False)
    try:
        torch.save({"g": state_dict, **content}, path)
    finally:
        torch.serialization.set_crc32_options(compute_crc32=True)

    assert same(open_checkpoint(path).networks[0].state_dict, state_dict)


def test_a_file_without_a_network_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "log.pt"
    torch.save({"losses": torch.zeros(3), "optimizer": {"state": {}, "param_groups": []}, "epoch": 3}, path)

    with pytest.raises(InputError, match=r"log.pt: no network in it; found losses, optimizer"):
        open_checkpoint(path)


class Scale(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([3.0]))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image * self.weight


@pytest.fixture
def torchscript(tmp_path: Path) -> Path:
    path = tmp_path / "generator.pt"
    torch.jit.save(torch.jit.trace(Scale(), torch.ones(1)), path)
    return path


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "generator.pt2"
    torch.export.save(torch.export.export(Scale(), (torch.ones(1),)), path)
    return path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("program", ["torchscript", "exported"])
def test_programs_are_refused_unless_code_is_allowed(program: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(program)

    with pytest.raises(UnsafeCheckpointError, match="holds code that runs") as caught:
        open_checkpoint(path)

    assert caught.value.hint is not None
    assert "--allow-code" in caught.value.hint


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("program", ["torchscript", "exported"])
def test_allowed_programs_run(program: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(program)

    [network] = open_checkpoint(path, allow_code=True).networks

    assert network.role == "generator"
    assert network.module is not None
    assert network.module.eval()(torch.tensor([2.0])).tolist() == [6.0]


def test_a_type_of_half_a_byte_is_named_and_not_called_damage(tmp_path: Path) -> None:
    path = tmp_path / "generator.safetensors"
    header = json.dumps({"conv.weight": {"dtype": "F4", "shape": [2, 2], "data_offsets": [0, 2]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(2))

    with pytest.raises(InputError, match="tensors of F4, which are not read") as refused:
        open_checkpoint(path)

    assert "BF16" in str(refused.value.hint)


def test_eight_bits_of_another_bias_are_read(tmp_path: Path) -> None:
    path = tmp_path / "generator.safetensors"
    values = torch.tensor([[1.0, -2.0], [0.5, 4.0]]).to(torch.float8_e4m3fnuz)
    header = json.dumps({"conv.weight": {"dtype": "F8_E4M3FNUZ", "shape": [2, 2], "data_offsets": [0, 4]}}).encode()
    content = bytes(values.flatten().view(torch.uint8).tolist())
    path.write_bytes(len(header).to_bytes(8, "little") + header + content)

    [network] = open_checkpoint(path).networks

    assert network.state_dict["conv.weight"].float().tolist() == [[1.0, -2.0], [0.5, 4.0]]


def test_the_average_of_mmengine_is_under_the_name_of_the_raw_network(tmp_path: Path) -> None:
    # mmengine 0.10.7, EMAHook.before_save_checkpoint exchanges the two; findings/ shows it with the library
    raw = {"conv.weight": torch.ones(2, 2, 1, 1), "conv.bias": torch.ones(2)}
    averaged = {key: value / 2 for key, value in raw.items()}
    wrapped = {**{f"module.{key}": value for key, value in raw.items()}, "steps": torch.tensor(10)}
    torch.save({"meta": {"iter": 10}, "state_dict": averaged, "ema_state_dict": wrapped}, tmp_path / "iter_10.pth")

    networks = open_checkpoint(tmp_path / "iter_10.pth").networks

    held = {
        network.weights: {key: value.mean().item() for key, value in network.state_dict.items()} for network in networks
    }
    assert held == {"raw": {"conv.weight": 1.0, "conv.bias": 1.0}, "ema": {"conv.weight": 0.5, "conv.bias": 0.5}}


def test_an_average_beside_its_network_is_the_average_elsewhere(tmp_path: Path) -> None:
    raw = {"conv.weight": torch.ones(2, 2, 1, 1)}
    torch.save({"state_dict": raw, "ema_state_dict": {"conv.weight": raw["conv.weight"] / 2}}, tmp_path / "iter_10.pth")

    networks = open_checkpoint(tmp_path / "iter_10.pth").networks

    assert {network.weights: network.state_dict["conv.weight"].mean().item() for network in networks} == {
        "raw": 1.0, "ema": 0.5,
    }  # fmt: skip


def test_tensors_that_were_cut_out_of_larger_ones_are_noted(tmp_path: Path) -> None:
    large = torch.zeros(500, 1000)
    torch.save({"weight": large[0], "bias": large[1]}, tmp_path / "cut.pt")
    torch.save({"weight": large[0].clone(), "bias": large[1].clone()}, tmp_path / "whole.pt")

    for found in (open_checkpoint(tmp_path / "cut.pt").findings, inspect_file(tmp_path / "cut.pt").findings):
        (note,) = [finding for finding in found if finding.check == "tensors_of_larger_ones"]
        assert "holds 250 times what its tensors show" in note.message
    assert not open_checkpoint(tmp_path / "whole.pt").findings
    assert "tensors_of_larger_ones" not in [finding.check for finding in inspect_file(tmp_path / "whole.pt").findings]
