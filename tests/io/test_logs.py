import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs import text as text_logs
from ganloss_cli.io.logs.opening import open_logs
from ganloss_cli.io.logs.series import Log


def only(path: Path) -> Log:
    (log,) = open_logs(path)
    return log


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def values(log: Log) -> dict[str, tuple[float, ...]]:
    return {tag: series.values for tag, series in log.series.items()}


def test_the_text_of_cyclegan_holds_several_sessions(tmp_path: Path) -> None:
    path = written(
        tmp_path / "loss_log.txt",
        "================ Training Loss (Sun May 12 11:14:37 2019) ================",
        "================ Training Loss (Sun May 12 11:15:58 2019) ================",
        "(epoch: 2, iters: 12, time: 2.419, data: 0.152) G_GAN: 0.799 G_L1: 13.692 D_real: 0.873 D_fake: 0.326 ",
        "(epoch: 3, iters: 24, time: 3.226, data: 0.002) G_GAN: 1.229 G_L1: nan D_real: 0.476 D_fake: 0.663 ",
        "================ Training Loss (Mon May 13 01:07:18 2019) ================",
        "(epoch: 3, iters: 12, time: 2.438, data: 0.202) G_GAN: 2.395 G_L1: 33.302 D_real: 0.829 D_fake: 0.502 ",
    )

    log = only(path)

    assert log.sessions == 3
    assert list(log.series) == ["G_GAN", "G_L1", "D_real", "D_fake"]
    assert log.series["G_GAN"].values == (0.799, 1.229, 2.395)
    assert log.series["G_GAN"].epochs == (2, 3, 3)
    assert log.series["G_GAN"].steps == (None, None, None)
    assert log.series["G_GAN"].sessions == (1, 1, 2)
    assert log.series["G_GAN"].roundings[0] == pytest.approx(0.0005)
    assert math.isnan(log.series["G_L1"].values[1])


# Lines as the code of each project prints them.
@pytest.mark.parametrize(
    ("lines", "expected", "step", "epoch"),
    [
        pytest.param(
            [("2021-05-30 12:34:56,789 INFO: [RealE..][epoch:  3, iter:  1,200, lr:(1.000e-04,)] "
              "[eta: 4 days, 1:21:01, time (data): 0.351 (0.002)] l_g_pix: 1.2500e-02 l_g_gan: 5.0000e-01 "
              "l_d_real: 2.5000e-01 out_d_real: -1.0000e+00 ")],
            {"l_g_pix": 0.0125, "l_g_gan": 0.5, "l_d_real": 0.25, "out_d_real": -1.0}, 1200, 3, id="BasicSR",
        ),
        pytest.param(
            ["2021-07-01 10:00:00,000\tljs_base\tINFO\tTrain Epoch: 7 [12%]",
             "2021-07-01 10:00:00,001\tljs_base\tINFO\t[2.5, 2.25, 3.5, 20.5, 1.75, 1.5, 2400, 0.0001998]"],
            {"loss_disc": 2.5, "loss_gen": 2.25, "loss_fm": 3.5, "loss_mel": 20.5, "loss_dur": 1.75, "loss_kl": 1.5,
             "lr": 0.0001998}, 2400, 7, id="VITS",
        ),
        pytest.param(
            ["2023-07-01 10:00:00,000\tmi-test\tINFO\tTrain Epoch: 7 [12%]",
             "2023-07-01 10:00:00,001\tmi-test\tINFO\t[2400, 9.98e-05]",
             ("2023-07-01 10:00:00,002\tmi-test\tINFO\tloss_disc=3.500, loss_gen=2.500, loss_fm=8.250,"
              "loss_mel=75.000, loss_kl=9.000")],
            {"lr": 9.98e-05, "loss_disc": 3.5, "loss_gen": 2.5, "loss_fm": 8.25, "loss_mel": 75.0, "loss_kl": 9.0},
            2400, 7, id="RVC",
        ),
        pytest.param(
            ["2024-02-01 10:00:00,000\tmyvoice\tINFO\tTrain Epoch: 7 [12%]",
             "2024-02-01 10:00:00,001\tmyvoice\tINFO\t[2.5, 2.25, 3.5, 20.5, 0.0, 1.5, 2400, 0.0001998]"],
            {"loss_disc": 2.5, "loss_gen": 2.25, "loss_fm": 3.5, "loss_mel": 20.5, "kl_ssl": 0.0, "loss_kl": 1.5,
             "lr": 0.0001998}, 2400, 7, id="GPT-SoVITS",
        ),
        pytest.param(
            ["2023-08-01 10:00:05,123\t44k\tINFO\tTrain Epoch: 7 [12%]",
             ("2023-08-01 10:00:05,124\t44k\tINFO\tLosses: [2.5, 2.25, 10.125, 45.5, 1.5e+00], step: 2400, "
              "lr: 9.9e-05, reference_loss: 61.875")],
            {"loss_disc": 2.5, "loss_gen": 2.25, "loss_fm": 10.125, "loss_mel": 45.5, "loss_kl": 1.5, "lr": 9.9e-05,
             "reference_loss": 61.875}, 2400, 7, id="so-vits-svc",
        ),
        pytest.param(
            ["Steps : 1200, Gen Loss Total : 45.125, Mel-Spec. Error : 0.456, s/b : 0.321"],
            {"Gen Loss Total": 45.125, "Mel-Spec. Error": 0.456}, 1200, None, id="HiFi-GAN",
        ),
        pytest.param(
            ["[Epoch 2/200] [Batch 10/938] [D loss: 0.250000] [G loss: 1.500000]"],
            {"D loss": 0.25, "G loss": 1.5}, 2 * 938 + 10, 2, id="PyTorch-GAN",
        ),
        pytest.param(
            ["[2/25][10/782]\tLoss_D: 0.2500\tLoss_G: 1.5000\tD(x): 0.7500\tD(G(z)): 0.1250 / 0.0625"],
            {"Loss_D": 0.25, "Loss_G": 1.5, "D(x)": 0.75, "D(G(z))": 0.125}, 2 * 782 + 10, 2, id="DCGAN",
        ),
        pytest.param(
            ["Epoch 3, step: 40, d_loss=-1.5e+01, g_loss=inf"], {"d_loss": -15.0, "g_loss": math.inf}, 40, 3,
            id="plain",
        ),
    ],
)  # fmt: skip
def test_the_lines_that_projects_print_are_read(
    lines: list[str], expected: dict[str, float], step: int, epoch: int | None, tmp_path: Path
) -> None:
    log = only(written(tmp_path / "train.log", *lines))

    assert {tag: series.values[0] for tag, series in log.series.items()} == expected
    assert {series.steps for series in log.series.values()} == {(step,)}
    assert {series.epochs for series in log.series.values()} == {(epoch,)}


def test_prose_holds_no_scalars(tmp_path: Path) -> None:
    path = written(tmp_path / "train.log", "ratio: 3 apples, at 12:30:05, http://host:80/x", "batch_size: 1")

    with pytest.raises(InputError, match="no scalars found; expected TensorBoard events, JSON lines"):
        open_logs(path)


def test_the_json_lines_of_stylegan_are_means_with_their_errors(tmp_path: Path) -> None:
    entry = {
        "Loss/D/loss": {"num": 64, "mean": 1.25, "std": 0.5},
        "Progress/kimg": {"num": 1, "mean": 12.0, "std": 0.0},
        "timestamp": 1.6e9,
    }

    log = only(written(tmp_path / "stats.jsonl", json.dumps(entry)))

    (series,) = log.series.values()
    assert (series.tag, series.values, series.errors, series.steps) == ("Loss/D/loss", (1.25,), (0.0625,), (12,))


def test_nested_json_is_joined_and_a_line_that_is_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1, "loss": {"d": 0.5, "g": NaN}, "name": "x", "ok": true}\n{"step": 2, "loss": {"d": 0.')

    log = only(path)

    assert log.series["loss/d"].steps == (1,)
    assert math.isnan(log.series["loss/g"].values[0])
    assert list(log.series) == ["loss/d", "loss/g"]
    assert [finding.check for finding in log.findings] == ["damaged_lines"]


def test_empty_cells_of_lightning_are_no_values(tmp_path: Path) -> None:
    path = written(
        tmp_path / "metrics.csv", "epoch,step,train_d_loss,val_psnr", "0,49,0.5,", "0,99,0.25,", "0,99,,21.5"
    )

    log = only(path)

    assert values(log) == {"train_d_loss": (0.5, 0.25), "val_psnr": (21.5,)}
    assert log.series["train_d_loss"].steps == (49, 99)
    assert log.series["val_psnr"].epochs == (0,)


def test_rows_that_have_a_name_are_tags_of_their_own(tmp_path: Path) -> None:
    path = written(tmp_path / "results.csv", "DataSet,psnr,ssim", "Set5,28.5,0.824", "SunHays80,No data,No data")

    assert values(only(path)) == {"Set5/psnr": (28.5,), "Set5/ssim": (0.824,)}


def test_an_array_holds_one_value_an_epoch(tmp_path: Path) -> None:
    np.save(tmp_path / "d_losses.npy", np.array([0.5, 0.25]))

    log = only(tmp_path / "d_losses.npy")

    assert log.series["d_losses"].values == (0.5, 0.25)
    assert log.series["d_losses"].epochs == (1, 2)
    assert log.per_epoch


@pytest.mark.parametrize(
    ("array", "message"),
    [(np.zeros((2, 3)), "expected one number an epoch"), (np.array([{}], dtype=object), "Python objects")],
)
def test_other_arrays_are_no_logs(array: np.ndarray, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)

    with pytest.raises(InputError, match=message):
        open_logs(tmp_path / "a.npy")


@pytest.mark.parametrize("step", ["nan", "inf", "-inf", "1e999", "9" * 400])
def test_a_step_that_is_no_count_is_none(step: str, tmp_path: Path) -> None:
    log = only(written(tmp_path / "log.csv", "step,loss", f"{step},0.5"))

    assert (log.series["loss"].values, log.series["loss"].steps) == ((0.5,), (None,))


def test_a_number_beyond_every_float_has_no_rounding_that_is(tmp_path: Path) -> None:
    log = only(written(tmp_path / "log.csv", "step,loss", "1,1e999", f"2,0e{'9' * 5000}"))

    assert log.series["loss"].values == (math.inf, 0.0)


def test_a_line_with_an_integer_beyond_every_float_is_left_out(tmp_path: Path) -> None:
    log = only(written(tmp_path / "log.jsonl", '{"loss": 0.5}', '{"loss": 1' + "0" * 400 + "}"))

    assert values(log) == {"loss": (0.5,)}
    assert [finding.check for finding in log.findings] == ["damaged_lines"]


def test_a_count_of_thousands_of_digits_is_none(tmp_path: Path) -> None:
    log = only(written(tmp_path / "train.log", f"step: {'9' * 5000} loss: 0.5"))

    assert (log.series["loss"].values, log.series["loss"].steps) == ((0.5,), (None,))


@pytest.mark.parametrize("text", ["a" * 9_000, "[" + "1" * 9_000])
def test_a_long_line_of_words_or_digits_holds_no_loss(text: str, tmp_path: Path) -> None:
    log = only(written(tmp_path / "train.log", "loss: 0.5", text))

    assert values(log) == {"loss": (0.5,)}


def test_the_largest_number_there_is_is_the_infinity_that_mlflow_keeps_so(tmp_path: Path) -> None:
    lines = [f'{{"step": {step}, "loss": {value}}}' for step, value in enumerate(("0.5", "1.7976931348623157e308"))]

    log = only(written(tmp_path / "train.jsonl", *lines))

    assert values(log) == {"loss": (0.5, float("inf"))}


def test_a_line_that_nobody_would_print_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "train.log", "loss: 0.5", "loss: 0.25" + " " * 30)
    before = values(only(path))

    monkeypatch.setattr(text_logs, "_LONGEST_LINE", 20)

    assert before == {"loss": (0.5, 0.25)}
    assert values(only(path)) == {"loss": (0.5,)}


@pytest.mark.parametrize(
    ("name", "lines"),
    [("train.jsonl", ['{"step": 1, "loss": 0.5}']), ("train.json", ["{", '"step": 1,', '"loss": 0.5', "}"])],
)
def test_json_that_is_nested_too_deeply_to_be_read_is_no_log(
    name: str, lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_deep(_text: str) -> None:
        raise RecursionError

    path = written(tmp_path / name, *lines)
    assert values(only(path)) == {"loss": (0.5,)}
    monkeypatch.setattr("json.loads", too_deep)

    with pytest.raises(InputError, match=rf"{name}: "):
        open_logs(path)


def test_a_line_that_is_nested_too_deeply_to_be_read_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_deep(text: str) -> Any:
        if "deep" in text:
            raise RecursionError
        return loads(text)

    loads = json.loads
    monkeypatch.setattr("json.loads", too_deep)

    log = only(written(tmp_path / "train.jsonl", '{"loss": 0.5}', '{"loss": 0.25, "deep": []}'))

    assert values(log) == {"loss": (0.5,)}
    assert [finding.check for finding in log.findings] == ["damaged_lines"]


def test_a_folder_gives_its_logs_and_leaves_out_the_rest(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    np.save(tmp_path / "run" / "g_losses.npy", np.zeros(3))
    np.save(tmp_path / "run" / "images.npy", np.zeros((3, 4, 4)))
    written(tmp_path / "run" / "train_opt.txt", "lambda_L1: 100.0")
    written(tmp_path / "metrics.csv", "step,loss", "1,0.5")
    (tmp_path / "empty.log").touch()

    assert [log.path.name for log in open_logs(tmp_path)] == ["metrics.csv", "g_losses.npy"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "an empty file"), (b"\x00\x01\x02", "not a log"), (b"words\n", "no scalars found")],
)
def test_what_is_no_log_is_an_error_that_says_what_is_one(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(InputError, match=message):
        open_logs(tmp_path / "file")


def test_both_logs_of_a_real_pix2pix_are_read_whole(real_data: Path) -> None:
    logs = open_logs(real_data / "logs" / "pix2pix")

    lines = [log.path.read_text().count("G_GAN") for log in logs]
    assert lines == [11, 2]
    assert [{tag: len(series.values) for tag, series in log.series.items()} for log in logs] == [
        dict.fromkeys(("G_GAN", "G_L1", "D_real", "D_fake"), n) for n in lines
    ]
    assert [log.sessions for log in logs] == [2, 2]


def test_the_summary_of_wandb_is_one_row(tmp_path: Path) -> None:
    summary = {
        "_runtime": 12, "_step": 40, "_timestamp": 1.7e9, "_wandb": {"runtime": 12}, "loss/d": 0.5, "epoch": 3,
        "g": {"min": 0.25}, "fakes": {"_type": "image-file", "width": 64, "path": "a.png"}, "kl": "NaN", "note": "x",
    }  # fmt: skip
    for indent in (None, 2):
        (tmp_path / "wandb-summary.json").write_text(json.dumps(summary, indent=indent))

        (log,) = open_logs(tmp_path)

        assert {tag: one.values[0] for tag, one in log.series.items() if tag != "kl"} == {"loss/d": 0.5, "g/min": 0.25}
        assert math.isnan(log.series["kl"].values[0])
        assert (log.series["loss/d"].steps, log.series["loss/d"].epochs) == ((40,), (3,))


def test_the_history_of_wandb_has_its_own_step(tmp_path: Path) -> None:
    lines = [
        {"_step": 10 * k, "_runtime": k, "_timestamp": k, "d": k / 2, "h": {"_type": "histogram"}} for k in range(3)
    ]
    (tmp_path / "wandb-history.jsonl").write_text("\n".join(map(json.dumps, lines)))

    (log,) = open_logs(tmp_path)

    assert list(log.series) == ["d"]
    assert log.series["d"].steps == (0, 10, 20)


def test_a_list_of_objects_is_a_row_each_and_other_brackets_are_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"step": 1, "d": 1.0}, {"step": 2, "d": 3.0}]))
    (tmp_path / "b.txt").write_text("[Epoch 1/2] [Batch 0/10] [D loss: 0.5] [G loss: 0.25]\n")

    (table,), (text,) = open_logs(tmp_path / "a.json"), open_logs(tmp_path / "b.txt")

    assert table.series["d"].values == (1.0, 3.0)
    assert table.series["d"].steps == (1, 2)
    assert text.format == "text"
