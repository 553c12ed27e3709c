import math

import pytest

from ganloss_cli.records.report import CheckpointRecord, Finding, Gate, Input, Report, Result, SampleValues, Term

SHA256 = "0123456789abcdef" * 4


@pytest.fixture
def image_report() -> Report:
    """A generator and a discriminator on eight pairs of images: the everyday case."""
    return Report(
        tool={"name": "ganloss", "version": "0.1.0"},
        environment={"python": "3.11.7", "torch": "2.13.0"},
        command=("ganloss", "eval", "--ckpt", "g.pt"),
        seed=0,
        device="cpu",
        dtype="float32",
        inputs=(
            Input(role="input", path="imgs/input", count=8, kind="image", shape=(3, 64, 64), range=(0.0, 1.0)),
            Input(role="real", path="imgs/real", count=8, kind="image", shape=(3, 64, 64), range=(0.0, 1.0)),
        ),
        fingerprint=SHA256,
        checkpoints=(
            CheckpointRecord(
                path="g.pt", sha256=SHA256, role="generator", name_in_file="G", architecture="resnet_generator",
                weights="ema", step=4000, parameters=11378179, hyperparameters={"ngf": 64},
            ),
            CheckpointRecord(
                path="g.pt", sha256=SHA256, role="discriminator", name_in_file="discriminator",
                architecture="patchgan",
            ),
        ),
        results=(
            Result(
                loss="ssim", convention="wang2004", typed="ssim", value=0.98123456789, count=8, standard_error=0.00123,
                minimum=0.9612, median=0.9834, maximum=0.9951, higher_is_better=True, settings={"window": 11},
                checkpoint=0, network="generator", weights="ema", mode="eval", range=(0.0, 1.0), reference="Wang 2004",
            ),
            Result(
                loss="psnr", convention="half", typed="psnr:half", value=31.2345, count=8, standard_error=0.41,
                minimum=28.1, median=31.4, maximum=34.9, higher_is_better=True, unit="dB", checkpoint=0,
                network="generator", weights="ema", mode="eval", range=(0.0, 1.0), reference="a blog",
            ),
            Result(
                loss="d_lsgan", convention="mao2016", typed="d_lsgan", value=0.4721, count=8, standard_error=0.02,
                minimum=0.31, median=0.46, maximum=0.66, equilibrium=0.5, checkpoint=1, network="discriminator",
                weights="raw", mode="eval", range=(-1.0, 1.0), reference="Mao 2016", batch_dependent=True,
                batch_dependent_because="the discriminator has a minibatch-stddev layer",
                terms={
                    "real.0": Term(value=0.2301, count=8, standard_error=0.015),
                    "fake.0": Term(value=0.242, count=8, standard_error=0.012),
                },
            ),
        ),
        findings=(
            Finding(
                check="assumed_range", severity="warning",
                message="g.pt: nothing tells the range of generator; assumed -1,1",
                evidence={"range": [-1, 1]}, hint="give --network-range 0,1 if it ends in a sigmoid",
            ),
        ),
        gates=(Gate(expression="ssim<0.9", loss="ssim", observed=0.98123456789, failed=False),),
        timing={"evaluation_seconds": 1.5},
    )  # fmt: skip


@pytest.fixture
def troubled_report() -> Report:
    """No value, hostile names, many terms, two domains, samples, worst samples, losses that do not apply."""
    many = {
        f"{side}.{k}": Term(value=0.25, count=4, standard_error=0.01) for side in ("real", "fake") for k in range(8)
    }
    samples = (
        SampleValues(name="a[red]b", values={"psnr": 31.5, "d_bce": None}),
        SampleValues(name="evil\x1b[31m\nname", values={"psnr": 12.25, "d_bce": None}),
    )
    return Report(
        tool={"name": "ganloss", "version": None},
        environment={},
        command=("ganloss", "eval", "--data", "two words"),
        seed=7,
        device="cuda:0",
        dtype="bfloat16",
        inputs=(Input(role="real_A", path="imgs|x/[bold]trainA", count=1, kind="tensor"),),
        results=(
            Result(loss="psnr", convention="default", typed="psnr", value=None, reason="infinite", count=5,
                   non_finite=4, non_finite_samples=("[a]", "b", "c", "d"), higher_is_better=True, unit="dB",
                   domain="A"),
            Result(loss="d_bce", convention="goodfellow", typed="d_bce", value=4.0, count=4, terms=many, domain="B",
                   equilibrium=8 * 2 * math.log(2), weights="raw", mode="train", over="batch", network="D_A"),
            Result(loss="d_bce", convention="goodfellow", typed="d_bce", value=12345678.9, count=4, domain="B",
                   weights="ema"),
        ),
        samples=samples,
        worst={"psnr": samples[::-1]},
        findings=(
            Finding(check="non_finite_loss", severity="error", message="psnr: [b]4 of 5[/b] samples are not finite"),
            Finding(check="flat_folder", severity="note", message="G(x) is compared with x"),
        ),
        gates=(
            Gate(expression="psnr<20", loss="psnr", observed=None, failed=True, reason="infinite"),
            Gate(expression="d_bce > 1", loss="d_bce", observed=4.0, failed=True),
        ),
        not_applicable={
            "fm": "needs real_features: give --disc", "r1": "needs real_features: give --disc", "kl": "needs mu",
        },
    )  # fmt: skip


@pytest.fixture
def empty_report() -> Report:
    """Nothing but what every report has."""
    return Report(tool={"name": "ganloss", "version": "0.1.0"}, environment={}, command=(), seed=0, device="cpu",
                  dtype="float32")  # fmt: skip


@pytest.fixture
def planned_report(empty_report: Report) -> Report:
    """What --dry-run gives."""
    plan = {
        "data": [{"roles": ["input", "real"], "paths": {"input": "imgs/input", "real": "imgs/real"}, "samples": 8,
                  "paired": True, "first": ["0001", "0002"]}],
        "networks": [{"role": "generator", "range": [-1.0, 1.0], "scores": None, "settings": {}}],
        "losses": [
            {"loss": "fm", "convention": "vits", "domain": "A", "settings": {"scale": 1.0, "maps": "sum"},
             "changed": {"scale": 1.0},
             "reads": {"real_features": "discriminator(real)",
                       "fake_features": "discriminator(generator_AB(real_A))"}},
            {"loss": "ssim:sr", "convention": "sr", "reads": {"real": "real"}, "settings": {}, "changed": {}},
        ],
    }  # fmt: skip
    return Report(**{**vars(empty_report), "plan": plan})
