"""Real checkpoints of other people; only where GANLOSS_REAL_DATA names their folder."""

from pathlib import Path

import pytest

from ganloss_cli.errors import UnsafeCheckpointError
from ganloss_cli.io.checkpoints import open_checkpoint

# file -> (format, role, part, tensors, step), by looking at them
KNOWN = {
    "csinva/D--300.ckpt": ("torch legacy", "discriminator", "", 6, 300),
    "csinva/G--300.ckpt": ("torch legacy", "generator", "", 6, 300),
    "csinva/lenet_epoch=12_test_acc=0.991.pth": ("torch legacy", "network", "", 10, 12),
    "csinva/netD_epoch_99.pth": ("torch legacy", "discriminator", "", 14, 99),
    "csinva/vae_epoch_25.pth": ("torch legacy", "generator", "", 10, 25),
    "gtcrn/model_trained_on_vctk.tar": ("torch zip", "network", "model", 271, 92),
    "mnist-half-bce-gan/discriminator.pth": ("torch zip", "discriminator", "disc", 4, None),
    "mnist-half-bce-gan/generator.pth": ("torch zip", "generator", "gen", 4, None),
    "mnist-mlp-gan/D--150.pth": ("torch zip", "discriminator", "", 6, 150),
    "mnist-mlp-gan/D--300.pth": ("torch zip", "discriminator", "", 6, 300),
    "mnist-mlp-gan/D--50.pth": ("torch zip", "discriminator", "", 6, 50),
    "mnist-mlp-gan/G--150.pth": ("torch zip", "generator", "", 6, 150),
    "mnist-mlp-gan/G--300.pth": ("torch zip", "generator", "", 6, 300),
    "mnist-mlp-gan/G--50.pth": ("torch zip", "generator", "", 6, 50),
    "mnist-wgan-gp/critic.pt": ("torch zip", "discriminator", "", 16, None),
    "mnist-wgan-gp/generator.pt": ("torch zip", "generator", "", 23, None),
    "pcarn-m/PCARN-M-L1.pth": ("torch legacy", "network", "", 94, None),
    "pcarn-m/PCARN-M.pth": ("torch legacy", "network", "", 94, None),
    "psa-gan/best/best_discriminator.pt": ("torch zip", "discriminator", "", 46, None),
    "psa-gan/best/best_generator.pt": ("torch zip", "generator", "", 38, None),
    "psa-gan/discriminator.pt": ("torch zip", "discriminator", "", 46, None),
    "psa-gan/generator.pt": ("torch zip", "generator", "", 38, None),
    "srgan-logged/netG_epoch_4_10.pth": ("torch legacy", "generator", "", 93, 10),
    "srgan-logged/netG_epoch_4_100.pth": ("torch legacy", "generator", "", 93, 100),
    "srgan-x4/netG_epoch_4_100.pth": ("torch legacy", "generator", "", 79, 100),
}
WHOLE_MODULES = {
    "mnist-whole-module/discriminator.pth": "__main__.Discriminator",
    "mnist-whole-module/generator.pth": "__main__.Generator",
    "psa-gan/best/best_discriminator_model.pt": "blocks.Discriminator",
    "psa-gan/best/best_generator_model.pt": "blocks.Generator",
    "psa-gan/discriminator_model.pt": "progressive_blocks.Discriminator",
    "psa-gan/generator_model.pt": "blocks.Generator",
}


def test_no_real_checkpoint_is_forgotten(real_data: Path) -> None:
    folder = real_data / "checkpoints"

    found = {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in (".pt", ".pth", ".ckpt", ".tar")
    }

    assert found == KNOWN.keys() | WHOLE_MODULES.keys()


@pytest.mark.parametrize("name", KNOWN)
def test_a_real_state_dict_is_read(real_data: Path, name: str) -> None:
    checkpoint = open_checkpoint(real_data / "checkpoints" / name)

    [network] = checkpoint.networks
    found = (checkpoint.format, network.role, network.part, len(network.state_dict), checkpoint.step)
    assert found == KNOWN[name]


@pytest.mark.parametrize(("name", "culprit"), WHOLE_MODULES.items())
def test_a_real_whole_module_is_refused(real_data: Path, name: str, culprit: str) -> None:
    with pytest.raises(UnsafeCheckpointError, match=rf"refused: unpickling it would import .*{culprit}"):
        open_checkpoint(real_data / "checkpoints" / name)


@pytest.mark.parametrize("name", WHOLE_MODULES)
def test_the_tensors_of_a_real_whole_module_are_recovered(real_data: Path, name: str) -> None:
    path = real_data / "checkpoints" / name

    [network] = open_checkpoint(path, rescue=True).networks

    assert all(tensor.isfinite().all() for tensor in network.state_dict.values())
    saved_alone = path.with_name(name.rpartition("/")[2].replace("_model.pt", ".pt"))
    if saved_alone != path:
        [expected] = open_checkpoint(saved_alone).networks
        assert list(network.state_dict) == list(expected.state_dict)
        assert all((network.state_dict[key] == expected.state_dict[key]).all() for key in expected.state_dict)
