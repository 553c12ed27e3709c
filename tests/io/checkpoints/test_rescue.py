import json
import pickle
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganloss_cli.cli import main
from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints import Checkpoint, open_checkpoint
from ganloss_cli.io.networks.patchgan import PatchGAN

StateDict = Mapping[str, torch.Tensor]


@pytest.fixture
def module() -> torch.nn.Module:
    torch.manual_seed(0)
    inner = torch.nn.Sequential(torch.nn.Linear(40, 30), torch.nn.BatchNorm1d(30))
    spectral = torch.nn.utils.spectral_norm(torch.nn.Linear(30, 2))
    whole = torch.nn.Sequential(inner, spectral)
    whole.register_buffer("scratch", torch.zeros(3), persistent=False)
    return whole


def same(found: StateDict, expected: StateDict) -> bool:
    return list(found) == list(expected) and all(torch.equal(found[key], expected[key]) for key in expected)


def checks(checkpoint: Checkpoint) -> list[str]:
    return [finding.check for finding in checkpoint.findings]


@pytest.mark.parametrize("as_zip", [True, False])
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_the_tensors_of_a_whole_module_are_recovered(tmp_path: Path, module: torch.nn.Module, as_zip: bool) -> None:
    path = tmp_path / "generator.pth"
    torch.save(module, path, _use_new_zipfile_serialization=as_zip)

    checkpoint = open_checkpoint(path, rescue=True)

    [network] = checkpoint.networks
    assert network.role == "generator"
    assert same(network.state_dict, module.state_dict())
    assert checks(checkpoint) == ["rescued_tensors"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_tensors_of_pickled_modules_are_recovered(tmp_path: Path, module: torch.nn.Module, protocol: int) -> None:
    path = tmp_path / "both.pkl"
    path.write_bytes(pickle.dumps({"G": module, "D": module[1], "kimg": 25}, protocol))

    networks = {network.part: network for network in open_checkpoint(path, rescue=True).networks}

    assert {part: network.role for part, network in networks.items()} == {"G": "generator", "D": "discriminator"}
    assert same(networks["G"].state_dict, module.state_dict())
    assert same(networks["D"].state_dict, module[1].state_dict())


def test_without_rescue_a_module_is_refused_and_the_way_is_named(tmp_path: Path, module: torch.nn.Module) -> None:
    path = tmp_path / "generator.pth"
    torch.save(module, path)

    with pytest.raises(UnsafeCheckpointError, match=r"would import torch.nn.modules") as caught:
        open_checkpoint(path)

    assert caught.value.hint is not None
    assert "--rescue" in caught.value.hint
    assert "state_dict()" in caught.value.hint


@pytest.fixture
def classes() -> Iterator[types.ModuleType]:
    """A module of classes that is gone from sys.modules once its objects are pickled."""
    made = types.ModuleType("classes_of_theirs")
    source = """
import torch

class Outer:
    class Inner(torch.nn.Linear):
        pass

class Trainer:
    def __init__(self):
        self.G, self.D = torch.nn.Linear(2, 3), Outer.Inner(3, 1)

class AttrDict(dict):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.__dict__ = self

def _reconstruct_persistent_obj(meta):
    raise RuntimeError("source code of the file would run here")

class Persistent:
    def __init__(self, module):
        self.module = module

    def __reduce__(self):
        meta = {"type": "class", "module_src": "x = 1", "class_name": "Generator",
                "state": self.module.__dict__}
        return _reconstruct_persistent_obj, (meta,)
"""
    sys.modules["classes_of_theirs"] = made
    exec(source, made.__dict__)
    yield made
    sys.modules.pop("classes_of_theirs", None)


def forgotten(classes: types.ModuleType) -> None:
    del sys.modules[classes.__name__]


@pytest.mark.parametrize("protocol", [2, 4])
def test_modules_in_an_object_of_an_unknown_class_are_found(tmp_path: Path, classes: Any, protocol: int) -> None:
    path = tmp_path / "trainer.pt"
    trainer = classes.Trainer()
    torch.save(trainer, path, pickle_protocol=protocol)
    forgotten(classes)

    networks = {network.part: network for network in open_checkpoint(path, rescue=True).networks}

    assert {part: network.role for part, network in networks.items()} == {"G": "generator", "D": "discriminator"}
    assert same(networks["D"].state_dict, trainer.D.state_dict())
    assert classes.__name__ not in sys.modules


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_class_inside_a_class_is_no_obstacle(tmp_path: Path, classes: Any, protocol: int) -> None:
    path = tmp_path / "d.pt"
    inner = classes.Outer.Inner(3, 1)
    torch.save(inner, path, pickle_protocol=protocol)
    forgotten(classes)

    [network] = open_checkpoint(path, rescue=True).networks

    assert same(network.state_dict, inner.state_dict())


def test_modules_that_carry_their_source_are_read_without_it(tmp_path: Path, classes: Any) -> None:
    path = tmp_path / "network-snapshot-025000.pkl"
    g, d = torch.nn.Linear(40, 30), torch.nn.Conv2d(3, 8, 3)
    content = {name: classes.Persistent(module) for name, module in (("G", g), ("D", d), ("G_ema", g))}
    path.write_bytes(pickle.dumps({**content, "training_set_kwargs": {"resolution": 256}, "augment_pipe": None}))
    forgotten(classes)

    checkpoint = open_checkpoint(path, rescue=True)

    found = [(network.part, network.role, network.weights) for network in checkpoint.networks]
    assert found == [("G", "generator", "raw"), ("D", "discriminator", "raw"), ("G_ema", "generator", "ema")]
    assert same(checkpoint.networks[1].state_dict, d.state_dict())
    assert checkpoint.step == 25000
    assert checkpoint.config == {"training_set_kwargs": {"resolution": 256}}


def test_the_source_in_a_pickle_never_runs_and_what_its_modules_were_made_with_is_kept(
    tmp_path: Path, classes: Any
) -> None:
    path, canary = tmp_path / "network-snapshot-025000.pkl", tmp_path / "canary"
    g = torch.nn.Linear(40, 30)
    g._init_kwargs = classes.AttrDict(z_dim=40, synthesis_kwargs=classes.AttrDict(conv_clamp=256))  # type: ignore[assignment]
    made = classes.Persistent(g)
    function, (meta,) = made.__reduce__()
    source = f"open({str(canary)!r}, 'w').close()"
    classes.Persistent.__reduce__ = lambda _self: (function, ({**meta, "module_src": source},))
    path.write_bytes(pickle.dumps({"G": made}))
    forgotten(classes)

    checkpoint = open_checkpoint(path, rescue=True)

    assert checkpoint.config["init_kwargs"] == {"G": {"z_dim": 40, "synthesis_kwargs": {"conv_clamp": 256}}}
    assert same(checkpoint.networks[0].state_dict, g.state_dict())
    assert main(["inspect", "--rescue", str(path)]) == 0
    assert not canary.exists()


@pytest.fixture
def of_tensorflow(tmp_path: Path) -> Path:
    """(G, D, Gs) as NVlabs' code for TensorFlow pickles them."""
    names = ("dnnlib", "dnnlib.tflib", "dnnlib.tflib.network")
    made = {name: types.ModuleType(name) for name in names}
    source = "class Network:\n    def __init__(self, name):\n        self.name = name\n"
    exec(source, made[names[2]].__dict__)
    path = tmp_path / "stylegan2-ffhq.pkl"
    sys.modules.update(made)
    path.write_bytes(pickle.dumps(tuple(made[names[2]].Network(name) for name in ("G", "D", "Gs"))))
    for name in names:
        del sys.modules[name]
    return path


def test_networks_of_tensorflow_are_refused_and_the_way_out_is_named(
    of_tensorflow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnsafeCheckpointError, match=r"would import dnnlib.tflib.network.Network") as refused:
        open_checkpoint(of_tensorflow)
    with pytest.raises(InputError, match="no network in it") as empty:
        open_checkpoint(of_tensorflow, rescue=True)
    assert main(["inspect", str(of_tensorflow)]) == 0

    assert "legacy.py" in str(refused.value.hint)
    assert refused.value.hint == empty.value.hint
    assert "StyleGAN pickle of TensorFlow" in capsys.readouterr().out


def test_an_attribute_dictionary_is_read_without_rescue(tmp_path: Path, classes: Any, state_dict: StateDict) -> None:
    path = tmp_path / "g_00005000"
    torch.save({"generator": dict(state_dict), "h": 1, "config": classes.AttrDict(upsample_rates=[8, 8])}, path)
    forgotten(classes)

    checkpoint = open_checkpoint(path)

    assert checkpoint.config == {"config": {"upsample_rates": [8, 8]}}
    assert checks(checkpoint) == ["inert_metadata"]


ARRAYS = {
    "fc.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "fc.bias": np.zeros(4, np.float32),
    "bn._mean": np.full(2000, 0.5, np.float32),
    "bn._variance": np.full(2000, 2.0, np.float32),
    "conv.weight": np.asfortranarray(np.arange(108, dtype=np.float32).reshape(4, 3, 3, 3)),
}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("with_names", [True, False])
def test_parameters_of_paddle_are_read_in_torchs_words(tmp_path: Path, protocol: int, with_names: bool) -> None:
    path = tmp_path / "discoGAN.pdparams"
    arrays = {key: (f"p_{key}", array) if with_names else array for key, array in ARRAYS.items()}
    content = {"generator_A": arrays, "StructuredToParameterName@@": {"fc.weight": "linear_0.w_0"}}
    path.write_bytes(pickle.dumps(content, protocol))

    [network] = open_checkpoint(path).networks

    assert network.role == "generator_BA"
    assert torch.equal(network.state_dict["fc.weight"], torch.from_numpy(ARRAYS["fc.weight"].T.copy()))
    assert torch.equal(network.state_dict["conv.weight"], torch.from_numpy(np.ascontiguousarray(ARRAYS["conv.weight"])))
    assert network.state_dict["bn.running_mean"].tolist() == [0.5] * 2000
    assert network.state_dict["bn.running_var"].tolist() == [2.0] * 2000


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_named_arrays_are_read(tmp_path: Path, save: Any) -> None:
    path = tmp_path / "generator.npz"
    save(path, **ARRAYS)

    [network] = open_checkpoint(path).networks

    assert network.role == "generator"
    assert all(np.array_equal(network.state_dict[key].numpy(), array) for key, array in ARRAYS.items())


def test_named_objects_are_no_arrays(tmp_path: Path) -> None:
    path = tmp_path / "generator.npz"
    np.savez(path, **{"a.weight": np.array([object()])})

    with pytest.raises(InputError, match=r"generator.npz: entry 'a.weight.npy' is no array: an array of dtype"):
        open_checkpoint(path)


def test_arrays_of_text_are_left_over(tmp_path: Path) -> None:
    path = tmp_path / "g.pdparams"
    path.write_bytes(pickle.dumps({"a.weight": np.ones(3, np.float32), "names": np.array(["x", "y"])}, 4))

    checkpoint = open_checkpoint(path)

    assert list(checkpoint.networks[0].state_dict) == ["a.weight"]
    assert checkpoint.left_over == ("names",)


def test_eval_of_a_rescued_module_gives_what_its_state_dict_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    net, images = PatchGAN(ndf=4), torch.rand(2, 2, 3, 64, 64)
    torch.save(net, tmp_path / "whole.pth")
    torch.save(net.state_dict(), tmp_path / "state.pth")
    torch.save({"real": images[0], "fake": images[1]}, tmp_path / "data.pt")

    def value(*arguments: str) -> float:
        common = ["--data", str(tmp_path / "data.pt"), "--range", "0,1", "--losses", "d_lsgan", "--no-progress"]
        assert main(["eval", *arguments, *common, "--format", "json"]) == 0
        return float(json.loads(capsys.readouterr().out)["results"][0]["value"])

    assert main(["eval", "--disc", str(tmp_path / "whole.pth"), "--data", str(tmp_path / "data.pt")]) == 4
    assert value("--disc", str(tmp_path / "whole.pth"), "--rescue") == value("--disc", str(tmp_path / "state.pth"))
