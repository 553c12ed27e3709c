"""`ganloss audit checkpoint` from the outside: files in, findings and an exit status out."""

import json
import runpy
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from ganloss_cli.cli import main
from ganloss_cli.pipeline.networks.calling import Callee

LATENTS, SIDE = 16, 16
CLASSES = """
from torch import nn

class G(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Linear(16, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 256), nn.Tanh()
        )

class D(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Linear(256, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1),
            nn.Sigmoid(),
        )
"""
G = ("--network", "generator=nets.py:G")
PAIR = (*G, "--network", "discriminator=nets.py:D")


class Blobs:
    """A tiny world: 16 x 16 images of one soft blob each, a generator that can make them, and a judge of them."""

    @staticmethod
    def generator() -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(LATENTS, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, SIDE * SIDE), nn.Tanh()
        )

    @staticmethod
    def discriminator() -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(SIDE * SIDE, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1),
            nn.Sigmoid(),
        )  # fmt: skip

    @classmethod
    def of_latents(cls, latents: Tensor) -> Tensor:
        """The image that a perfect generator makes: two latents are the centre, the others mean nothing."""
        centre = 3 + 10 * torch.special.ndtr(latents[:, :2, None, None])
        place = torch.arange(SIDE, dtype=torch.float32)
        distance = (place[:, None] - centre[:, 0]).square() + (place[None, :] - centre[:, 1]).square()
        return torch.exp(-distance / 8)[:, None]

    @classmethod
    def images(cls, seed: int, n: int) -> Tensor:
        """(n, 1, 16, 16) on [0, 1]."""
        return cls.of_latents(torch.randn(n, LATENTS, generator=torch.Generator().manual_seed(seed)))

    @classmethod
    def trained(cls, steps: int = 150) -> tuple[nn.Sequential, nn.Sequential]:
        """A pair on [-1, 1]: the generator was told what to make, the discriminator has seen both sides a while."""
        torch.manual_seed(0)
        g, d = cls.generator(), cls.discriminator()
        bce = nn.BCELoss()

        def fit(net: nn.Module, loss: Callable[[Tensor], Tensor], steps: int) -> None:
            optimizer = torch.optim.Adam(net.parameters(), 1e-3)
            for _ in range(steps):
                optimizer.zero_grad()
                loss(torch.randn(64, LATENTS)).backward()
                optimizer.step()

        def flat(z: Tensor) -> Tensor:
            return cls.of_latents(z).flatten(1) * 2 - 1

        fit(g, lambda z: (g(z) - flat(z)).square().mean(), steps)
        fit(d, lambda z: bce(d(flat(z)), torch.ones(64, 1)) + bce(d(g(z).detach()), torch.zeros(64, 1)), steps)
        return g, d


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """G.pt, D.pt, their classes in nets.py, and two folders of images."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "nets.py").write_text(CLASSES)
    g, d = Blobs.trained()
    torch.save(g.state_dict(), folder / "G.pt")
    torch.save(d.state_dict(), folder / "D.pt")
    for name, seed in (("imgs", 0), ("unseen", 9)):
        (folder / name).mkdir()
        for k, image in enumerate(Blobs.images(seed, 64)):
            Image.fromarray((image[0].numpy() * 255).round().astype(np.uint8)).save(folder / name / f"{k:03d}.png")
    return folder


@pytest.fixture
def audit(world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command in the world; its status and its JSON."""
    monkeypatch.chdir(world)

    def run(*arguments: str | Path) -> tuple[int, Mapping[str, Any]]:
        status = main(["audit", "checkpoint", *map(str, arguments), "--format", "json", "--quiet"])
        out = capsys.readouterr().out
        return status, json.loads(out) if out else {}

    return run


def found(report: Mapping[str, Any]) -> dict[str, str]:
    return {finding["check"]: finding["severity"] for finding in report["findings"]}


def measured(report: Mapping[str, Any], name: str) -> float:
    return next(one["value"] for one in report["measurements"] if one["name"] == name)


def test_a_trained_pair_without_data_has_no_findings(audit: Any) -> None:
    status, report = audit("G.pt", "D.pt")

    assert (status, report["findings"], report["passed"]) == (0, [], True)
    assert {c["role"] for c in report["checkpoints"]} == {"generator", "discriminator"}
    not_run = {run["check"]: run["not_run"] for run in report["checks"]}
    assert not_run["inverted_polarity"] == "needs a discriminator, and samples for it (--data)"
    assert not_run["dead_channels"] is None


def test_a_discriminator_alone_is_audited_as_one(audit: Any) -> None:
    of_file = ("--disc", "D.pt")
    with_data = (*of_file, "--network", "discriminator=nets.py:D", "--data", "imgs", "--network-range", "-1,1")

    status, report = audit(*of_file)
    assert (status, [c["role"] for c in report["checkpoints"]]) == (0, ["discriminator"])

    status, report = audit(*with_data)
    assert status == 0
    assert 0 < measured(report, "mean score of real") < 1


def test_a_trained_pair_with_data_has_no_warning(audit: Any) -> None:
    status, report = audit("G.pt", "D.pt", *PAIR, "--data", "imgs", "--network-range", "-1,1")

    assert status == 0
    assert set(found(report).values()) <= {"note"}, report["findings"]
    assert measured(report, "AUC of real against fake") > 0.5
    assert 0.5 < measured(report, "distance of fakes over distance of reals") < 1.5


def test_checks_read_the_same_passes_of_a_network(audit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    passes: Counter[str] = Counter()  # of all 64 samples
    call = Callee.__call__

    def counted(self: Callee, *inputs: Tensor, **named: Tensor) -> Any:
        passes[self.name] += len(inputs[0]) == 64
        return call(self, *inputs, **named)

    monkeypatch.setattr(Callee, "__call__", counted)

    audit("G.pt", "D.pt", *PAIR, "--data", "imgs")

    # reals and fakes, once as they come and once as they are tried; then on [0, 1] and [0, 255], twice in train mode,
    # and in reverse
    assert passes == {"G.pt": 2, "D.pt": 2 + 2 + 2 + 2 + 1}


def test_nan_in_a_weight_fails(audit: Any, tmp_path: Path) -> None:
    state = Blobs.generator().state_dict()
    state["2.bias"][3] = float("nan")
    torch.save(state, tmp_path / "G.pt")

    status, report = audit(tmp_path / "G.pt", "--only", "non_finite_weights")

    assert status == 1
    (finding,) = report["findings"]
    assert finding["evidence"] == {"tensors": {"2.bias": 1}}
    assert finding["message"].endswith("generator: 2.bias holds NaN or infinity (1 of 128 values of 2.bias)")


def test_two_networks_of_one_file_with_the_same_weights_fail(audit: Any, tmp_path: Path) -> None:
    same = Blobs.trained(steps=10)[0].state_dict()
    torch.save({"generator_A": same, "generator_B": same}, tmp_path / "model.pt")

    status, report = audit(tmp_path / "model.pt", "--naming", "discogan")

    assert status == 1
    (finding,) = [finding for finding in report["findings"] if finding["severity"] == "error"]
    assert finding["check"] == "identical_networks"
    assert "generator_A (generator_BA) and generator_B (generator_AB) are bit-identical" in finding["message"]


@pytest.mark.parametrize(("threshold", "status"), [("error", 0), ("warning", 1), ("note", 1)])
def test_fail_on_decides_from_which_severity_on_a_finding_fails(
    audit: Any, tmp_path: Path, threshold: str, status: int
) -> None:
    torch.manual_seed(0)
    torch.save(Blobs.generator().state_dict(), tmp_path / "G.pt")

    got, report = audit(tmp_path / "G.pt", "--fail-on", threshold)

    assert found(report) == {"untrained_layers": "warning"}
    assert (got, report["passed"]) == (status, status == 0)


def test_a_skipped_check_finds_nothing(audit: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save(Blobs.generator().state_dict(), tmp_path / "G.pt")

    status, report = audit(tmp_path / "G.pt", "--fail-on", "note", "--skip", "untrained_layers")

    assert (status, report["findings"]) == (0, [])


def test_optimizers_are_read_from_the_file(audit: Any, tmp_path: Path) -> None:
    g = Blobs.trained(steps=10)[0]
    optimizer = torch.optim.Adam(g.parameters(), 7e-111)
    torch.save({"generator": g.state_dict(), "optim_g": optimizer.state_dict(), "steps": 10}, tmp_path / "G.pt")

    _, report = audit(tmp_path / "G.pt")

    assert found(report)["vanished_learning_rate"] == "warning"
    assert found(report)["empty_optimizer_state"] == "note"


def test_missing_keys_are_a_finding_and_not_a_crash(audit: Any, tmp_path: Path) -> None:
    network = tmp_path / "net.py"
    network.write_text(
        "from torch import nn\n"
        "class G(nn.Sequential):\n"
        "    def __init__(self):\n"
        f"        super().__init__(nn.Linear({LATENTS}, 128), nn.ReLU(), nn.Linear(128, 128))\n"
    )
    state = Blobs.trained(steps=10)[0].state_dict()
    torch.save({key: state[key] for key in ("0.weight", "0.bias", "2.weight")}, tmp_path / "G.pt")

    status, report = audit(tmp_path / "G.pt", "--network", f"generator={network}:G")

    assert status == 1
    (finding,) = report["findings"]
    assert finding["check"] == "keys_left_random"
    assert finding["evidence"]["missing"] == ["2.bias"]


@pytest.mark.parametrize("normed", [False, True])
def test_what_a_training_names_otherwise_is_not_missing(
    audit: Any, sample_data: Path, tmp_path: Path, normed: bool
) -> None:
    runpy.run_path(str(sample_data / "codec.py"))["main"](tmp_path)
    for path in tmp_path.rglob("weights.pth"):
        saved = torch.load(path, weights_only=True)
        if normed:
            saved["state_dict"] = _under_weight_norm(saved["state_dict"])
        torch.save(saved, path)

    _, report = audit(tmp_path / "latest")

    assert [record["architecture"] for record in report["checkpoints"]] == ["DAC", "DAC discriminator"]
    assert "keys_left_random" not in found(report)


def _under_weight_norm(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The convolutions of a discriminator as torch.nn.utils.weight_norm spells them."""
    found: dict[str, Tensor] = {}
    for key, value in weights.items():
        if "convs" in key and key.endswith(".weight"):
            found[f"{key}_g"] = torch.linalg.vector_norm(value.flatten(1), dim=1).view(-1, *[1] * (value.dim() - 1))
            found[f"{key}_v"] = value
        else:
            found[key] = value
    return found


def test_a_codec_without_one_of_its_layers_lacks_it(audit: Any, sample_data: Path, tmp_path: Path) -> None:
    runpy.run_path(str(sample_data / "codec.py"))["main"](tmp_path)
    path = tmp_path / "latest" / "dac" / "weights.pth"
    saved = torch.load(path, weights_only=True)
    del saved["state_dict"]["decoder.block.0.bias"]
    torch.save(saved, path)

    _, report = audit(path)

    (finding,) = [each for each in report["findings"] if each["check"] == "keys_left_random"]
    assert finding["evidence"] == {"missing": ["decoder.0.bias"], "unexpected": [], "of_another_shape": []}


def test_an_architecture_that_options_settle_is_named(audit: Any, tmp_path: Path) -> None:
    weights = {"disc.0.weight": torch.randn(128, 9), "disc.0.bias": torch.randn(128),
               "disc.2.weight": torch.randn(1, 128), "disc.2.bias": torch.randn(1)}  # fmt: skip
    torch.save(weights, tmp_path / "D.pt")

    _, open_question = audit(tmp_path / "D.pt")
    _, settled = audit(tmp_path / "D.pt", "--arch-args", "slope=0.01")

    assert [report["checkpoints"][0]["architecture"] for report in (open_question, settled)] == [None, "MLP"]


def test_a_generator_and_a_discriminator_of_different_steps_are_a_warning(
    audit: Any, world: Path, tmp_path: Path
) -> None:
    for name, step in (("G", 10), ("D", 300)):
        (tmp_path / f"{name}--{step}.pth").write_bytes((world / f"{name}.pt").read_bytes())

    _, report = audit(tmp_path / "G--10.pth", tmp_path / "D--300.pth")

    assert found(report) == {"step_mismatch": "warning"}


def test_a_discriminator_fed_the_wrong_range_says_so(audit: Any, tmp_path: Path) -> None:
    g, d = torch.load("G.pt", weights_only=True), Blobs.discriminator().state_dict()
    g["4.bias"].add_(0.3)  # fakes are a little brighter than reals
    for value in d.values():
        value.zero_()
    d["0.weight"][0] = 1 / SIDE**2  # the mean, and the darker the more real
    d["0.bias"][0], d["2.weight"][0, 0], d["4.weight"][0, 0], d["4.bias"][0] = 2, 1, -9, 12
    torch.save(g, tmp_path / "G.pt")
    torch.save(d, tmp_path / "D.pt")
    pair = (tmp_path / "G.pt", tmp_path / "D.pt", *PAIR, "--data", "imgs", "--only", "wrong_input_range")

    _, right = audit(*pair, "--network-range", "-1,1")
    _, wrong = audit(*pair, "--network-range", "0,1")

    assert found(right) == {}
    assert found(wrong) == {"wrong_input_range": "note"}  # the option said so; unsaid, it would be a warning
    assert "separates best with reals as [-1, 1]" in wrong["findings"][0]["message"]


def test_a_negated_discriminator_is_inverted(audit: Any, tmp_path: Path) -> None:
    state = torch.load("D.pt", weights_only=True)
    state["4.weight"].neg_()
    state["4.bias"].neg_()
    torch.save(state, tmp_path / "D.pt")

    _, report = audit("G.pt", tmp_path / "D.pt", *PAIR, "--data", "imgs", "--network-range", "-1,1", "--only",
                      "inverted_polarity")  # fmt: skip

    assert found(report) == {"inverted_polarity": "warning"}


def test_a_collapsed_generator_fails(audit: Any, world: Path, tmp_path: Path) -> None:
    state = torch.load(world / "G.pt", weights_only=True)
    state["0.weight"].mul_(1e-4)
    torch.save(state, tmp_path / "G.pt")

    status, report = audit(tmp_path / "G.pt", *G, "--data", "imgs")

    assert status == 1
    assert found(report)["collapsed_generator"] == "error"


def test_holdout_measures_the_gap_of_both_sides(audit: Any) -> None:
    _, report = audit("G.pt", "D.pt", *PAIR, "--data", "imgs", "--network-range", "-1,1", "--holdout", "unseen")

    gap = next(one for one in report["measurements"] if one["name"] == "real minus unseen real")
    control = next(one for one in report["measurements"] if one["name"] == "half of the fakes minus the other")
    assert gap["low"] < gap["value"] < gap["high"]
    assert gap["count"] == 128
    assert control["low"] < 0 < control["high"]


def test_reals_that_hold_out_copies_of_themselves_show_no_gap(audit: Any, world: Path, tmp_path: Path) -> None:
    shutil.copytree(world / "imgs", tmp_path / "copies")

    _, report = audit("G.pt", "D.pt", *PAIR, "--data", "imgs", "--network-range", "-1,1", "--holdout",
                      tmp_path / "copies")  # fmt: skip

    assert measured(report, "real minus unseen real") == 0
    assert "overfitted_discriminator" not in found(report)


def test_the_loss_that_breaks_in_bfloat16_is_named(audit: Any, tmp_path: Path) -> None:
    pixels = 0.999 + 0.001 * torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.save({"real": pixels, "fake": pixels.flip(0)}, tmp_path / "pairs.pt")
    torch.save(Blobs.trained(steps=10)[0].state_dict(), tmp_path / "G.pt")

    _, report = audit(tmp_path / "G.pt", *G, "--data", tmp_path / "pairs.pt", "--losses", "mse,psnr", "--only",
                      "loss_breaks_in_bfloat16")  # fmt: skip

    # in eight bits of precision 0.999 is 1, and the PSNR of equal images is infinite
    assert "psnr: not finite in bfloat16" in {finding["message"].partition(";")[0] for finding in report["findings"]}


def test_the_report_is_one_document_in_every_format(
    audit: Any, world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    torch.save(Blobs.generator().state_dict(), tmp_path / "G.pt")
    outputs = [tmp_path / f"report{suffix}" for suffix in (".json", ".md", ".txt", ".xml", ".csv")]
    more = [word for path in outputs for word in ("--output", str(path))]

    status = main(["audit", "checkpoint", str(tmp_path / "G.pt"), "--format", "github", *more])

    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    assert out.startswith("::warning title=untrained_layers::")
    assert json.loads(outputs[0].read_text())["schema_version"] == "1.0"
    assert "| warning | untrained_layers |" in outputs[1].read_text().replace("\\", "")
    assert "passed: 0 errors, 1 warning, 0 notes" in outputs[2].read_text()
    assert ElementTree.fromstring(outputs[3].read_text()).tag == "testsuites"
    assert outputs[4].read_text().splitlines()[1].startswith("untrained_layers,warning,")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["missing.pt"], 3, "missing.pt: no such file or folder"),
        (["G.pt", "--only", "ema_stuk"], 2, "unknown check 'ema_stuk'"),
        (["G.pt", "--fail-on", "fatal"], 2, "--fail-on: expected one of note, warning, error; got 'fatal'"),
        (["G.pt", "--format", "sarif"], 2, "--format: expected one of table, json, csv, markdown, github, junit"),
        (["G.pt", "--output", "report.odt"], 2, "--output report.odt: expected a suffix of"),
        (["G.pt", "--holdout", "imgs"], 2, "--holdout is compared with training data, and there are none"),
        (["G.pt", "--data", "imgs", "--holdout", "./imgs"], 2, "--holdout imgs: these are the training data"),
        (["G.pt", "--data", "imgs", "--holdout", "nowhere"], 3, "nowhere: no such file or folder (--holdout)"),
    ],
    ids=["path", "check", "severity", "format", "suffix", "lone holdout", "training data", "missing holdout"],
)  # fmt: skip
def test_a_mistake_is_told_with_its_exit_status(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], status: int, message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(world)

    assert main(["audit", "checkpoint", *arguments]) == status

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_a_pickled_module_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "whole.pt")

    assert main(["audit", "checkpoint", str(tmp_path / "whole.pt")]) == 4

    assert "refused: unpickling it would import" in capsys.readouterr().err


def test_checks_lists_every_check_and_documents_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "checks", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["checks"]

    assert main(["audit", "checks", "stale_spectral_norm"]) == 0
    told = capsys.readouterr().out

    assert len(listed) > 40
    assert all(entry["summary"] for entry in listed)
    assert "sigma stored = u W v" in told


# over real checkpoints there must be no error, and no warning that a close look could not defend
REAL = {
    "csinva/D--300.ckpt", "csinva/G--300.ckpt", "csinva/lenet_epoch=12_test_acc=0.991.pth", "csinva/netD_epoch_99.pth",
    "csinva/vae_epoch_25.pth", "gtcrn/model_trained_on_vctk.tar", "mnist-half-bce-gan", "mnist-mlp-gan",
    "mnist-wgan-gp", "pcarn-m/PCARN-M-L1.pth", "pcarn-m/PCARN-M.pth", "psa-gan/best/best_discriminator.pt",
    "psa-gan/best/best_generator.pt", "psa-gan/discriminator.pt", "psa-gan/generator.pt", "srgan-logged",
    "srgan-x4/netG_epoch_4_100.pth",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REAL))
def test_a_real_checkpoint_has_no_warning(audit: Any, real_data: Path, name: str) -> None:
    _, report = audit(real_data / "checkpoints" / name)

    assert set(found(report).values()) <= {"note"}, report["findings"]


def test_over_fitting_grows_over_three_epochs_of_a_real_training(audit: Any, real_data: Path) -> None:
    pair, mnist = real_data / "checkpoints" / "mnist-mlp-gan", real_data / "images" / "mnist"
    gaps = []
    for epoch in (50, 150, 300):
        _, report = audit(
            pair / f"G--{epoch}.pth", pair / f"D--{epoch}.pth", "--data", mnist / "train-first-20000.npz", "--map",
            "images=real", "--holdout", mnist / "t10k-images-idx3-ubyte.gz", "--limit", "4000",
        )  # fmt: skip
        gaps.append(measured(report, "real minus unseen real"))

    assert gaps == sorted(gaps)
    assert gaps[-1] > 0.08
    assert found(report)["overfitted_discriminator"] == "warning"
