"""What an auto-encoder returns beside its reconstruction is the latent that divergences are taken of."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.errors import UsageError
from ganloss_cli.io.networks.convolutional_vae import ConvolutionalVAE
from ganloss_cli.io.networks.vae import LinearVAE

NETS = """
import torch
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Linear(16, 3)
        self.spread = nn.Linear(16, 3)

    def forward(self, x):
        flat = x.flatten(1)
        return x, self.mean(flat), self.spread(flat)
"""


@pytest.fixture
def place(tmp_path):
    """Five images of 4x4 pixels, and networks over them."""
    generator = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    for k in range(5):
        Image.fromarray(generator.integers(0, 256, (4, 4), dtype=np.uint8)).save(tmp_path / "images" / f"{k}.png")
    (tmp_path / "nets.py").write_text(NETS)
    return tmp_path


def images(place):
    files = sorted((place / "images").iterdir())
    return torch.stack([torch.from_numpy(np.array(Image.open(file))) for file in files])[:, None] / 255.0


def divergence(mu, logvar):
    """Kingma and Welling 2013, appendix B, of each element."""
    return -0.5 * (1 + logvar - mu**2 - logvar.exp())


def values(report):
    return {result.typed: result.value for result in report.results}


def test_the_latent_of_a_known_auto_encoder_needs_no_option(place):
    torch.manual_seed(0)
    network = LinearVAE(n_values=16, hidden=8, latent=3)
    torch.save(network.state_dict(), place / "vae.pth")

    report = evaluate(ckpt=place / "vae.pth", data=place / "images", losses="kl,kl:auralflow,mse", batch_size=2)

    with torch.no_grad():
        made, mu, logvar = network(images(place))
    elements = divergence(mu, logvar)
    assert values(report) == pytest.approx(
        {
            "kl": float(elements.sum(1).mean()), "kl:auralflow": float(elements.mean()),
            "mse": float((made - images(place)).square().mean()),
        },
        rel=1e-5,
    )  # fmt: skip
    assert report.timing["forward_passes"] == {"generator": 3}  # one a batch, for all three
    assert report.results[0].network == "generator"


def test_all_conventions_are_those_that_need_nothing_more(place):
    torch.manual_seed(0)
    torch.save(LinearVAE(n_values=16, hidden=8, latent=3).state_dict(), place / "vae.pth")

    report = evaluate(ckpt=place / "vae.pth", data=place / "images", losses="kl:all")

    found = values(report)
    assert found["kl:vae_example"] == pytest.approx(5 * found["kl:kingma2013"], rel=1e-6)
    assert report.not_applicable == {"kl:two_gaussians": "needs m_p (a tensor of that name in --data)"}


def test_all_conventions_that_lack_something_are_a_usage_error(place):
    with pytest.raises(UsageError, match="kl:kingma2013 needs mu"):
        evaluate(data=place / "images", losses="kl:all")


def test_a_lightning_checkpoint_of_a_convolutional_auto_encoder_needs_no_option(place):
    torch.manual_seed(0)
    network = ConvolutionalVAE(in_channels=1, out_channels=1, widths=[4], latent=3).eval()
    weights = {f"model.{key}": value for key, value in network.state_dict().items()}
    torch.save({"epoch": 3, "global_step": 70, "state_dict": weights, "loops": {}}, place / "last.ckpt")

    report = evaluate(ckpt=place / "last.ckpt", data=place / "images", losses="kl,mse", batch_size=2)

    with torch.no_grad():
        made, mu, logvar = network(images(place))
    assert values(report)["kl"] == pytest.approx(float(divergence(mu, logvar).sum(1).mean()), rel=1e-5)
    assert values(report)["mse"] == pytest.approx(float((made - images(place)).square().mean()), rel=1e-5)
    assert report.checkpoints[0].step == 70


def test_three_tensors_of_a_network_of_ones_own_are_taken_for_mean_and_log_variance(place):
    torch.manual_seed(0)
    weights = {f"{layer}.{part}": torch.randn(shape) for layer in ("mean", "spread")
               for part, shape in (("weight", (3, 16)), ("bias", (3,)))}  # fmt: skip
    torch.save(weights, place / "g.pth")

    report = evaluate(
        ckpt=place / "g.pth", networks=f"generator={place}/nets.py:Autoencoder", input=place / "images", losses="kl",
        network_range="0,1",
    )  # fmt: skip

    flat = images(place).flatten(1)
    mu, logvar = (flat @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"] for layer in ("mean", "spread"))
    assert values(report)["kl"] == pytest.approx(float(divergence(mu, logvar).sum(1).mean()), rel=1e-5)
    (finding,) = (finding for finding in report.findings if finding.check == "latent_assumed")
    assert "log variance" in finding.message


def test_the_auto_encoder_of_csinva_has_the_divergence_of_its_training(real_data):
    report = evaluate(
        ckpt=real_data / "checkpoints" / "csinva" / "vae_epoch_25.pth",
        data=real_data / "images" / "mnist" / "t10k-images-idx3-ubyte.gz",
        losses="kl",
        limit=2000,
    )

    (result,) = report.results
    # 25.76 a sample over all 10 000 images of the test set, recomputed upstream
    assert result.value == pytest.approx(25.76, abs=4 * result.standard_error)
