import sys
import textwrap
from pathlib import Path

import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io import user_networks
from ganloss_cli.io.network_options import read_user_network
from ganloss_cli.io.user_networks import load_into

NETWORK = """
from torch import nn


class Generator(nn.Module):
    def __init__(self, width=4, *, norm="none", sizes=()):
        super().__init__()
        self.layer = nn.Linear(2, width)
        self.norm, self.sizes = norm, sizes


class Critic(nn.Sequential):
    pass


def make(width):
    return Generator(width)


ready = Generator(9)
number = 3


def not_a_network():
    return 3


class Broken(nn.Module):
    def __init__(self):
        raise ValueError("ngf must be a multiple of 7")
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def load_user_network(text: str) -> tuple[str, nn.Module]:
    """The role and the network that a text stands for."""
    spec = read_user_network(text)
    return spec.role, user_networks.load_user_network(spec)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "networks.py", NETWORK)


def test_a_class_is_built_without_arguments(file: Path) -> None:
    role, network = load_user_network(f"generator={file}:Generator")

    assert role == "generator"
    assert isinstance(network, nn.Module)
    assert network.layer.out_features == 4


def test_arguments_are_literals_by_position_and_by_name(file: Path) -> None:
    _, network = load_user_network(f"generator={file}:Generator(8, norm='batch', sizes=[1, (2, -3.5)])")

    assert (network.layer.out_features, network.norm, network.sizes) == (8, "batch", [1, (2, -3.5)])


def test_a_function_and_a_ready_network_will_do(file: Path) -> None:
    assert load_user_network(f"G={file}:make(5)")[1].layer.out_features == 5
    assert load_user_network(f"G={file}:ready")[1].layer.out_features == 9


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("generator", "generator"),
        ("G", "generator"),
        ("netG", "generator"),
        ("g_ema", "generator"),
        ("D", "discriminator"),
        ("critic", "discriminator"),
        ("G_AB", "generator_AB"),
        ("generator_BA", "generator_BA"),
        ("D_A", "discriminator_A"),
        ("discriminator_B", "discriminator_B"),
        ("mpd", "mpd"),
        ("msd", "msd"),
    ],
)
def test_every_accepted_spelling_gives_its_role(file: Path, word: str, role: str) -> None:
    assert load_user_network(f"{word}={file}:Generator")[0] == role


@pytest.mark.parametrize("word", ["G_A", "network", "encoder", "generator_head", "real"])
def test_another_word_is_no_role(file: Path, word: str) -> None:
    with pytest.raises(
        UsageError, match=rf"'{word}' is no role; expected one of generator, discriminator, generator_AB"
    ):
        load_user_network(f"{word}={file}:Generator")


@pytest.mark.parametrize(
    "call",
    ["Generator(", "Generator(ngf=)", "a.Generator", "Generator()()", "[Generator]", "3", "Generator(**{'a': 1})"],
)
def test_anything_but_a_name_with_arguments_is_a_usage_error(file: Path, call: str) -> None:
    with pytest.raises(UsageError, match=r"not a name with arguments|'\*\*' is not possible"):
        load_user_network(f"generator={file}:{call}")


@pytest.mark.parametrize("argument", ["dict(width=4)", "width", "nn.ReLU", "f'{1}'", "*[1]"])
def test_an_argument_that_is_no_literal_is_never_evaluated(file: Path, argument: str) -> None:
    with pytest.raises(UsageError, match="is not a literal"):
        load_user_network(f"generator={file}:Generator({argument})")


@pytest.mark.parametrize(
    "spec", ["generator", "generator=networks.py", "networks.py:Generator", "generator=:Generator"]
)
def test_a_spec_of_another_form_is_a_usage_error(spec: str) -> None:
    with pytest.raises(UsageError, match=r"expected ROLE=FILE.py:Class or ROLE=FILE.py:Class\(ngf=64\)"):
        load_user_network(spec)


def test_a_file_that_does_not_exist_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent.py: no such file"):
        load_user_network(f"generator={tmp_path}/absent.py:Generator")


def test_a_class_that_does_not_exist_is_an_input_error_that_lists_the_others(file: Path) -> None:
    with pytest.raises(InputError, match=r"no 'Unet' in it; its networks are Generator, Critic, Broken"):
        load_user_network(f"generator={file}:Unet")


def test_what_the_constructor_raises_is_told_in_its_words(file: Path) -> None:
    with pytest.raises(
        InputError, match=r"networks.py: Broken cannot be built: ValueError: ngf must be a multiple of 7"
    ):
        load_user_network(f"generator={file}:Broken")
    with pytest.raises(InputError, match=r"Generator cannot be built: TypeError: .*'ngf'"):
        load_user_network(f"generator={file}:Generator(ngf=64)")


def test_arguments_that_do_not_suit_are_answered_with_those_that_a_class_takes(file: Path) -> None:
    with pytest.raises(InputError, match="unexpected keyword") as refused:
        load_user_network(f"generator={file}:Generator(ngf=64)")
    assert refused.value.hint == "it takes width=4, norm='none', sizes=()"

    with pytest.raises(InputError, match="do not fit Generator: of another shape") as misfit:
        load_into(
            load_user_network(f"generator={file}:Generator")[1], nn.Linear(2, 9).state_dict(prefix="layer."), "g.pt"
        )
    assert misfit.value.hint is not None
    assert misfit.value.hint.endswith("FILE.py:Generator(...): it takes width=4, norm='none', sizes=()")


def test_a_class_without_arguments_of_its_own_has_no_hint(file: Path) -> None:
    with pytest.raises(InputError, match="do not fit Critic") as misfit:
        load_into(load_user_network(f"discriminator={file}:Critic")[1], nn.Linear(2, 1).state_dict(), "d.pt")

    assert misfit.value.hint is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "import a_module_that_is_not_installed",
            "ModuleNotFoundError: No module named 'a_module_that_is_not_installed'",
        ),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit(3)", r"it ends the program \(exit 3\)"),
    ],
)
def test_a_file_that_fails_to_import_is_an_input_error(tmp_path: Path, text: str, reason: str) -> None:
    file = write(tmp_path / "failing.py", text)

    with pytest.raises(InputError, match=f"failing.py: cannot be imported: {reason}"):
        load_user_network(f"generator={file}:Generator")


def test_what_gives_no_module_is_an_input_error(file: Path) -> None:
    with pytest.raises(InputError, match=r"not_a_network gave a int, not a torch.nn.Module"):
        load_user_network(f"generator={file}:not_a_network")
    with pytest.raises(InputError, match=r"'number' is a int, not a class or a function"):
        load_user_network(f"generator={file}:number")


def test_relative_imports_beside_the_file_work_without_a_package(tmp_path: Path) -> None:
    write(tmp_path / "blocks.py", "from torch import nn\nBlock = nn.Identity")
    file = write(tmp_path / "model.py", "from .blocks import Block\n")

    assert isinstance(load_user_network(f"G={file}:Block")[1], nn.Identity)


def test_absolute_imports_beside_the_file_work(tmp_path: Path) -> None:
    write(tmp_path / "user_blocks.py", "from torch import nn\nBlock = nn.Identity")
    file = write(tmp_path / "model.py", "import user_blocks\n\ndef make():\n    return user_blocks.Block()\n")

    assert isinstance(load_user_network(f"G={file}:make")[1], nn.Identity)


def test_imports_up_through_packages_work(tmp_path: Path) -> None:
    for folder in ("project", "project/models"):
        write(tmp_path / folder / "__init__.py", "")
    write(tmp_path / "project/layers.py", "from torch import nn\nBlock = nn.Identity")
    text = "from ..layers import Block\nfrom project.layers import Block as Same\nassert Block is Same\n"
    file = write(tmp_path / "project/models/gan.py", text)

    assert isinstance(load_user_network(f"G={file}:Block")[1], nn.Identity)


def test_two_folders_may_have_modules_of_one_name(tmp_path: Path) -> None:
    for name in ("Identity", "ReLU"):
        write(tmp_path / name / "common_blocks.py", f"from torch import nn\nBlock = nn.{name}")
        write(tmp_path / name / "model.py", "from common_blocks import Block\n")

    first = load_user_network(f"G={tmp_path}/Identity/model.py:Block")[1]
    second = load_user_network(f"D={tmp_path}/ReLU/model.py:Block")[1]

    assert (type(first), type(second)) == (nn.Identity, nn.ReLU)


def test_importing_leaves_the_path_and_the_folder_as_they_were(file: Path) -> None:
    path = sys.path[:]

    load_user_network(f"G={file}:Generator")

    assert sys.path == path
    assert [entry.name for entry in file.parent.iterdir()] == ["networks.py"]


def test_what_the_users_code_prints_goes_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "loud.py", "from torch import nn\nprint('building')\nG = nn.Identity\n")

    load_user_network(f"G={file}:G")

    assert capsys.readouterr() == ("", "building\n")


def test_weights_are_loaded() -> None:
    module = nn.Linear(2, 1)

    load_into(module, {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.tensor([3.0])}, "g.pt")

    assert module(torch.tensor([10.0, 100.0])).tolist() == [213.0]


@pytest.mark.parametrize("had", ["", "generator.", "model."])
@pytest.mark.parametrize("wants", ["", "main.", "model."])
def test_a_common_prefix_more_or_less_does_not_matter(had: str, wants: str) -> None:
    layers = nn.Sequential(nn.Linear(2, 1), nn.ReLU(), nn.Linear(1, 1))
    module: nn.Module = layers
    if wants:
        module = nn.Module()
        module.add_module(wants.rstrip("."), layers)
    weights = {had + key: torch.full_like(value, 7) for key, value in layers.state_dict().items()}

    load_into(module, weights, "g.pt")

    assert all(parameter.eq(7).all() for parameter in module.parameters())


def test_batch_norm_counters_may_be_missing_or_too_many() -> None:
    module = nn.BatchNorm1d(2)
    weights = dict(module.state_dict())
    del weights["num_batches_tracked"]

    load_into(module, weights, "g.pt")
    load_into(nn.Linear(2, 1), dict(nn.Linear(2, 1).state_dict()) | {"num_batches_tracked": torch.tensor(1)}, "g.pt")


def test_missing_and_unexpected_keys_and_shapes_are_named() -> None:
    module = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
    weights = {"0.weight": torch.zeros(5, 2), "0.bias": torch.zeros(1), "9.weight": torch.zeros(1)}

    with pytest.raises(InputError) as caught:
        load_into(module, weights, "g.pt (netG)")

    assert str(caught.value) == (
        "g.pt (netG): the weights do not fit Sequential: missing: 1.weight, 1.bias; unexpected: 9.weight; "
        "of another shape: 0.weight ((5, 2) in the file, (1, 2) in Sequential)"
    )


def test_only_the_first_few_keys_are_listed() -> None:
    weights = {f"layer{index}.weight": torch.zeros(1) for index in range(9)}

    with pytest.raises(InputError, match=r"unexpected: layer0.weight, .*, layer3.weight and 5 more"):
        load_into(nn.Identity(), weights, "g.pt")


def test_weights_of_the_other_spelling_of_weight_norm_fit() -> None:
    new = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
    names = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    weights = {"bias": new.bias.detach(), **{ours: new.state_dict()[theirs] for ours, theirs in names.items()}}
    target = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))

    load_into(target, weights, "g.pt")

    assert torch.equal(target(torch.ones(2)), new(torch.ones(2)))


def test_modules_of_python_are_never_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a home directory may hold the whole Python installation
    library = write(tmp_path / "first" / "lib" / "site-packages" / "installed_blocks.py", "Block = 1")
    monkeypatch.syspath_prepend(str(library.parent))
    first = write(tmp_path / "first" / "model.py", "import installed_blocks\nfrom torch import nn\nG = nn.Identity\n")
    second = write(tmp_path / "second" / "model.py", "from torch import nn\nG = nn.Identity\n")

    load_user_network(f"G={first}:G")
    load_user_network(f"D={second}:G")

    assert "installed_blocks" in sys.modules
