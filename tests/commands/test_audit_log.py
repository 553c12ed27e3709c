import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus

Audited = Callable[..., dict[str, object]]
N = 500


@pytest.fixture
def audited(capsys: pytest.CaptureFixture[str]) -> Audited:
    """The JSON document of an audit, its exit status among it."""

    def run(*words: object) -> dict[str, object]:
        status = main(["audit", "log", *map(str, words), "--format", "json", "--quiet"])
        captured = capsys.readouterr()
        return {**(json.loads(captured.out) if captured.out else {}), "status": status, "err": captured.err}

    return run


@pytest.fixture
def logits(tmp_path: Path) -> Path:
    """What a discriminator said of 500 reals and fakes."""
    generator = np.random.default_rng(0)
    path = tmp_path / "logits.npz"
    np.savez(
        path,
        **{"real_logits.0": generator.normal(1.0, 1.0, (N, 1)).astype(np.float32)},
        **{"fake_logits.0": generator.normal(-1.0, 1.0, (N, 1)).astype(np.float32)},
    )
    return path


def softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0.0, x.astype(np.float64))


def truths(logits: Path) -> dict[str, float]:
    """Figures of these logits, by numpy."""
    arrays = np.load(logits)
    real, fake = arrays["real_logits.0"], arrays["fake_logits.0"]
    return {
        "d_real": float(softplus(-real).mean()),
        "d_fake": float(softplus(fake).mean()),
        "g": float(softplus(-fake).mean()),
        "sd_g": float(softplus(-fake).std()),
        "real": float(real.astype(np.float64).mean()),
    }


def log(path: Path, **numbers: float) -> Path:
    path.write_text(f"step,{','.join(numbers)}\n100,{','.join(repr(number) for number in numbers.values())}\n")
    return path


def by_tag(document: dict[str, object]) -> dict[str, dict[str, object]]:
    return {number["tag"]: number for number in document["numbers"]}  # type: ignore[attr-defined]


def test_numbers_of_one_log_are_reproduced_exactly(audited: Audited, logits: Path, tmp_path: Path) -> None:
    truth = truths(logits)
    path = log(
        tmp_path / "log.csv", D_real=truth["d_real"], D_fake=truth["d_fake"], G_GAN=truth["g"], real_score=truth["real"]
    )

    document = audited(path, "--data", logits, "--step", 100)

    found = {tag: (one["verdict"], one["exact"], one["loss"], one["term"]) for tag, one in by_tag(document).items()}
    assert found == {
        "D_real": ("reproduced", True, "d_bce", "real"),
        "D_fake": ("reproduced", True, "d_bce", "fake"),
        "G_GAN": ("reproduced", True, "g_bce", None),
        "real_score": ("reproduced", True, "real_score", None),
    }
    assert document["status"] == ExitStatus.DONE


def test_the_accuracy_on_one_side_is_the_share_of_that_side(audited: Audited, logits: Path, tmp_path: Path) -> None:
    arrays = np.load(logits)
    real, fake = (arrays["real_logits.0"] > 0).mean(), (arrays["fake_logits.0"] < 0).mean()
    path = log(tmp_path / "log.csv", real_acc=float(real), fake_acc=float(fake), d_acc=float(real + fake) / 2)

    document = audited(path, "--data", logits)

    numbers = {entry["tag"]: entry for entry in document["numbers"]}
    assert {tag: entry["verdict"] for tag, entry in numbers.items()} == dict.fromkeys(
        ("real_acc", "fake_acc", "d_acc"), "reproduced"
    )
    assert numbers["real_acc"]["recomputed"] == pytest.approx(real, abs=1e-9)


def test_half_of_a_sum_is_the_convention_that_halves_it(audited: Audited, logits: Path, tmp_path: Path) -> None:
    truth = truths(logits)
    path = log(tmp_path / "log.csv", d_loss=0.5 * (truth["d_real"] + truth["d_fake"]), g_loss=truth["g"])

    found = by_tag(audited(path, "--data", logits))["d_loss"]

    assert (found["verdict"], found["exact"], found["loss"]) == ("reproduced", True, "d_bce")
    assert found["convention"] in {"discogan", "pytorch_gan", "pix2pix", "taming"}


def test_a_number_off_by_a_catalogued_factor_is_told_and_passes(audited: Audited, logits: Path, tmp_path: Path) -> None:
    truth = truths(logits)
    path = log(tmp_path / "log.csv", d_loss=truth["d_real"] + truth["d_fake"], g_loss=2 * truth["g"])

    document = audited(path, "--data", logits)

    found = by_tag(document)["g_loss"]
    assert (found["verdict"], found["loss"], found["factor"], found["factor_meaning"]) == (
        "off by a factor", "g_bce", 2.0, "twice",
    )  # fmt: skip
    assert document["status"] == ExitStatus.DONE


def test_a_number_that_no_formula_gives_is_not_reproducible(audited: Audited, logits: Path, tmp_path: Path) -> None:
    truth = truths(logits)
    path = log(tmp_path / "log.csv", d_loss=truth["d_real"] + truth["d_fake"], g_loss=1.3 * truth["g"])

    document = audited(path, "--data", logits)

    found = by_tag(document)["g_loss"]
    assert document["status"] == ExitStatus.FAILED
    assert (found["verdict"], found["loss"], found["factor"]) == ("not reproducible", "g_bce", 1.0)
    assert found["standard_errors"] == pytest.approx(0.3 * truth["g"] / (truth["sd_g"] / math.sqrt(N)), rel=0.01)


def test_a_line_of_one_iteration_is_held_against_the_spread_of_one_batch(
    audited: Audited, logits: Path, tmp_path: Path
) -> None:
    truth = truths(logits)
    off = truth["g"] + 2 * truth["sd_g"] / math.sqrt(16)
    path = log(tmp_path / "log.csv", d_loss=truth["d_real"] + truth["d_fake"], g_loss=off)

    alone = audited(path, "--data", logits)
    of_a_batch = audited(path, "--data", logits, "--log-batch", 16)

    assert by_tag(alone)["g_loss"]["verdict"] == "not reproducible"
    assert any(reason.startswith("one iteration") for reason in by_tag(alone)["g_loss"]["reasons"])
    assert by_tag(of_a_batch)["g_loss"]["verdict"] == "reproduced"
    assert by_tag(of_a_batch)["g_loss"]["standard_errors"] == pytest.approx(2 / math.sqrt(1 + 16 / N), rel=3e-3)


def test_a_tag_of_ones_own_is_mapped_to_a_loss_with_its_convention(
    audited: Audited, logits: Path, tmp_path: Path
) -> None:
    truth = truths(logits)
    path = log(tmp_path / "log.csv", mine=0.5 * (truth["d_real"] + truth["d_fake"]), other=truth["d_real"])

    document = audited(path, "--data", logits, "--map", "mine=d_bce:discogan", "--map", "other=d_bce.real")

    assert {tag: (one["convention"], one["exact"]) for tag, one in by_tag(document).items()} == {
        "mine": ("discogan", True),
        "other": ("dcgan", True),
    }


def test_the_step_chooses_the_number(audited: Audited, logits: Path, tmp_path: Path) -> None:
    truth = truths(logits)
    path = tmp_path / "log.csv"
    path.write_text(f"step,g_loss\n1,9.5\n2,{truth['g']!r}\n3,7.5\n")

    assert audited(path, "--data", logits, "--step", 2, "--map", "g_loss=g_bce")["status"] == ExitStatus.DONE
    assert audited(path, "--data", logits, "--step", 3, "--map", "g_loss=g_bce")["status"] == ExitStatus.FAILED
    assert audited(path, "--data", logits, "--step", 4, "--map", "g_loss=g_bce")["status"] == ExitStatus.NOTHING


def test_sums_are_checked_without_any_checkpoint(audited: Audited, tmp_path: Path) -> None:
    good = log(tmp_path / "good.csv", D=1.5, D_real=1.0, D_fake=0.5)
    bad = log(tmp_path / "bad.csv", D=1.612345, D_real=1.012345, D_fake=0.5)

    assert audited(good)["status"] == ExitStatus.DONE
    document = audited(bad)
    assert document["status"] == ExitStatus.FAILED
    assert [found["holds"] for found in document["sums"]] == [False]


def test_the_last_line_counts_one_sum_and_several_in_their_number(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["audit", "log", str(log(tmp_path / "one.csv", D=1.5, D_real=1.0, D_fake=0.5))])
    assert capsys.readouterr().out.endswith("\npassed: 1 of 1 sum holds\n")

    both = {"D": 1.5, "D_real": 1.0, "D_fake": 0.5, "C": 3.0, "C_real": 1.0, "C_fake": 2.0}
    main(["audit", "log", str(log(tmp_path / "two.csv", **both))])
    assert capsys.readouterr().out.endswith("\npassed: 2 of 2 sums hold\n")


@pytest.mark.parametrize("format_", ["table", "markdown"])
def test_the_tags_stay_beside_the_sums(format_: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = log(tmp_path / "metrics.csv", d_total=3.0, d_real=1.0, d_fake=2.0, psnr=28.0)

    main(["audit", "log", str(path), "--format", format_])

    out = capsys.readouterr().out
    assert "d_total = d_real + d_fake" in out
    assert "28.00" in out
    assert out.index("28.00") < out.index("d_total = ")


def test_list_shows_what_was_read_and_judges_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = log(tmp_path / "bad.csv", D=1.612345, D_real=1.012345, D_fake=0.5)

    status = main(["audit", "log", str(path), "--list"])

    out = capsys.readouterr().out
    assert status == ExitStatus.DONE
    assert "D_real" in out
    assert "step 100" in out
    assert "does not hold" not in out


def test_plot_draws_a_tag_beneath_the_table_and_knows_no_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,D\n1,1.5\n2,0.75\n", "utf-8")

    assert main(["audit", "log", str(path), "--plot", "D"]) == ExitStatus.DONE
    drawn = capsys.readouterr().out
    assert "1.500 │████\n" in drawn
    assert "0.7500 │████▁▁▁▁\n" in drawn

    assert main(["audit", "log", str(path), "--plot", "G"]) == ExitStatus.USAGE
    assert capsys.readouterr().err == "error: --plot G: the log has no such tag\nhint: it has D\n"


def test_only_leaves_the_other_tags_out(audited: Audited, tmp_path: Path) -> None:
    path = log(tmp_path / "bad.csv", D=1.612345, D_real=1.012345, D_fake=0.5)

    document = audited(path, "--only", "D_*")

    assert [tag["tag"] for tag in document["tags"]] == ["D_real", "D_fake"]
    assert document["sums"] == []


@pytest.mark.parametrize(("tag", "severity", "passed"), [("d_bce", "error", False), ("grad_norm", "warning", True)])
def test_a_loss_that_is_not_finite_never_passes(
    tag: str, severity: str, passed: bool, audited: Audited, tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text(f"step,{tag}\n1,0.5\n2,nan\n")

    document = audited(tmp_path / "log.csv")

    (finding,) = document["findings"]
    assert (finding["check"], finding["severity"], finding["evidence"]["first"]) == ("non_finite_log", severity, 2)
    assert document["passed"] is passed
    assert document["status"] == (ExitStatus.DONE if passed else ExitStatus.FAILED)


@pytest.mark.parametrize(
    ("tag", "value", "told"),
    [
        ("ssim", 1.85, "ssim is never above 1, except as ssim:one_minus"),
        ("d_accuracy", 1.7, "d_accuracy is never above 1"),
        ("D_real_acc", 1.7, "d_accuracy is never above 1"),
        ("accuracy", 1.7, "d_accuracy is never above 1"),
        ("val_acc", -0.1, "d_accuracy is never negative"),
        ("kl", -4, "kl is never negative"),
        ("ms_ssim", -0.5, "ms_ssim is never negative, except as ms_ssim:sewar"),
        ("d_bce", -2.37, "d_bce with targets outside [0, 1], such as -1 for fakes, may be negative: a mistake"),
    ],
)
def test_a_value_that_a_loss_cannot_have_is_told(
    tag: str, value: float, told: str, audited: Audited, tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text(f"step,{tag}\n1,0.5\n2,{value}\n")

    document = audited(tmp_path / "log.csv")

    (finding,) = document["findings"]
    assert (finding["check"], finding["severity"], finding["evidence"]["first"]) == ("impossible_value", "warning", 2)
    assert told in finding["message"]


@pytest.mark.parametrize(
    ("tag", "value"), [("d_loss", -4), ("real_score", -4), ("psnr", -4), ("ssim", -0.5), ("accuracy", 97.3)]
)
def test_a_value_that_some_loss_of_the_tag_can_have_is_no_finding(
    tag: str, value: float, audited: Audited, tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text(f"step,{tag}\n1,0.5\n2,{value}\n")

    assert audited(tmp_path / "log.csv")["findings"] == []


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["nowhere"], ExitStatus.INPUT, "nowhere: no such file or folder"),
        (["log.csv", "--map", "x=d_bce"], ExitStatus.USAGE, "the log has no tag 'x'"),
        (["log.csv", "--map", "D=no_loss"], ExitStatus.USAGE, "no_loss"),
        (["log.csv", "--map", "D=d_bce:none"], ExitStatus.USAGE, "unknown convention 'none'"),
        (["log.csv", "--map", "D=d_bce.left"], ExitStatus.USAGE, "expected a term of real, fake, A, B; got 'left'"),
        (["log.csv", "--only", "x*"], ExitStatus.USAGE, "no tag fits"),
        (["log.csv", "--step", "last"], ExitStatus.USAGE, "--step: expected a whole number of at least 0"),
        (["log.csv", "--log-batch", "0"], ExitStatus.USAGE, "--log-batch: expected a whole number of at least 1"),
    ],
)
def test_a_mistake_is_told_with_its_option(
    words: list[str], status: ExitStatus, message: str, audited: Audited, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    log(tmp_path / "log.csv", D=1.5)
    monkeypatch.chdir(tmp_path)

    document = audited(*words)

    assert document["status"] == status
    assert message in str(document["err"])


def test_a_log_without_a_known_tag_beside_data_is_no_success(audited: Audited, logits: Path, tmp_path: Path) -> None:
    document = audited(log(tmp_path / "log.csv", temperature=1.5), "--data", logits)

    assert document["status"] == ExitStatus.NOTHING
    assert "no tag of the log is known as a loss" in str(document["err"])


@pytest.mark.parametrize("with_data", [False, True])
def test_the_nearest_names_are_offered_where_no_tag_is_known(
    with_data: bool, audited: Audited, logits: Path, tmp_path: Path
) -> None:
    path = log(tmp_path / "log.csv", d_losses_1=1.5, temperature=2.0)

    document = audited(path, *(("--data", logits) if with_data else ()))

    if with_data:
        assert document["status"] == ExitStatus.NOTHING
        assert "did you mean --map d_losses_1=d_bce?" in str(document["err"])
    else:
        (finding,) = document["findings"]
        assert finding["message"] == "not known as losses: d_losses_1, temperature"
        assert finding["hint"] == "did you mean --map d_losses_1=d_bce?"


def test_what_was_left_out_of_a_folder_is_listed(audited: Audited, logits: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    log(folder / "log.csv", g_loss=truths(logits)["g"], lr=1e-4)
    np.save(folder / "pictures.npy", np.zeros((2, 3, 3)))

    document = audited(folder, "--data", logits)

    told = {finding["check"]: finding["message"] for finding in document["findings"]}
    assert told["left_out_logs"] == f"{folder}: left out pictures.npy: no series of scalars"
    assert told["unknown_tags"] == "not known as losses: lr"


def test_every_format_tells_the_verdicts(capsys: pytest.CaptureFixture[str], logits: Path, tmp_path: Path) -> None:
    truth = truths(logits)
    path = log(tmp_path / "log.csv", D=1.0, D_real=truth["d_real"], D_fake=truth["d_fake"])
    outputs = [tmp_path / name for name in ("a.json", "a.csv", "a.md", "a.txt")]

    status = main(
        ["audit", "log", str(path), "--data", str(logits), *(word for one in outputs for word in ("-o", str(one)))]
    )

    table = capsys.readouterr().out
    document, rows, markdown, text = (one.read_text("utf-8") for one in outputs)
    assert status == ExitStatus.FAILED
    assert text == table
    assert json.loads(document)["sums"][0]["holds"] is False
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(rows))][:1] == ["does not hold"]
    for shown in (table, markdown):
        assert "does not hold" in shown
        assert "reproduced, exactly" in shown


def test_the_sums_of_a_real_training_hold(audited: Audited, real_data: Path) -> None:
    document = audited(real_data / "logs" / "tensorboard")

    (found,) = document["sums"]
    assert document["status"] == ExitStatus.DONE
    assert (found["total"], found["rows"]) == ("discriminator_loss", 150)
    assert found["largest_difference"] < 8e-7


@pytest.mark.parametrize("epoch", [10, 100])
def test_a_real_srgan_gives_the_figures_that_its_author_logged(epoch: int, audited: Audited, real_data: Path) -> None:
    folder = real_data / "checkpoints" / "srgan-logged"

    document = audited(
        folder / f"baseline_srf_4_{epoch}_test_results.csv", "--only", "Set5/*",
        "--ckpt", folder / f"netG_epoch_4_{epoch}.pth", "--data", real_data / "images" / "set5-x4",
    )  # fmt: skip

    assert document["status"] == ExitStatus.DONE
    assert {tag: (one["loss"], one["exact"]) for tag, one in by_tag(document).items()} == {
        "Set5/psnr": ("psnr", True),
        "Set5/ssim": ("ssim", True),
    }
    assert abs(by_tag(document)["Set5/psnr"]["difference"]) < 1e-6
    assert abs(by_tag(document)["Set5/ssim"]["difference"]) < 1e-5


@pytest.mark.parametrize("epoch", [50, 150, 300])
def test_the_convention_of_a_real_mlp_gan_is_named_at_every_epoch(
    epoch: int, audited: Audited, real_data: Path
) -> None:
    folder = real_data / "checkpoints" / "mnist-mlp-gan"

    document = audited(
        folder, "--ckpt", folder / f"G--{epoch}.pth", "--disc", folder / f"D--{epoch}.pth",
        "--real", f"{real_data / 'images' / 'mnist' / 'train-first-20000.npz'}:images", "--limit", 2000,
    )  # fmt: skip

    found = by_tag(document)
    assert document["step"] == epoch
    assert {tag: one["loss"] for tag, one in found.items()} == {
        "d_losses": "d_bce", "g_losses": "g_bce", "real_scores": "real_score", "fake_scores": "fake_score",
    }  # fmt: skip
    assert found["d_losses"]["convention"] == "dcgan"
    assert abs(found["d_losses"]["difference"] / found["d_losses"]["logged"]) < 0.15
    assert all("epoch average" in one["reasons"][0] for one in found.values())


def test_sides_that_do_not_add_up_are_no_failure_where_a_penalty_is_the_rest(audited: Audited, tmp_path: Path) -> None:
    rows = [(0.5, 0.25, 0.125), (1.5, 0.5, 0.75), (0.75, 1.25, 0.5), (0.25, 2.0, 1.5)]
    lines = [f"{step},{real},{fake},{gp},{real + fake + 7 * gp}" for step, (real, fake, gp) in enumerate(rows)]
    (tmp_path / "log.csv").write_text("\n".join(["step,d_loss_real,d_loss_fake,gp,d_loss", *lines]) + "\n")

    document = audited(tmp_path / "log.csv")

    (found,) = document["sums"]  # type: ignore[misc]
    assert document["status"] == ExitStatus.DONE
    assert (found["total"], found["holds"], found["solved"]) == ("d_loss", True, "gp")
    assert found["parts"] == {"d_loss_real": 1.0, "d_loss_fake": 1.0, "gp": 7.0}
