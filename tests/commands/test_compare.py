import csv
import io
import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus

Compared = Callable[..., dict[str, object]]


@pytest.fixture
def compared(capsys: pytest.CaptureFixture[str]) -> Compared:
    """The JSON document of a comparison, its exit status among it."""

    def run(*words: object) -> dict[str, object]:
        status = main(["compare", *map(str, words), "--format", "json", "--quiet"])
        captured = capsys.readouterr()
        return {**(json.loads(captured.out) if captured.out else {}), "status": status, "err": captured.err}

    return run


def saved(path: Path, **arrays: object) -> Path:
    np.savez(path, **{key: np.asarray(value, dtype=np.float32) for key, value in arrays.items()})
    return path


def by_key(document: dict[str, object]) -> dict[str, dict[str, object]]:
    return {key["key"]: key for key in document["keys"]}  # type: ignore[attr-defined]


def test_equal_files_pass(compared: Compared, tmp_path: Path) -> None:
    a = saved(tmp_path / "a.npz", loss=[1.0, 2.0])

    document = compared(a, a)

    assert document["status"] == ExitStatus.DONE
    assert document["passed"] is True
    assert by_key(document)["loss"]["max_ulp"] == 0


def test_the_same_tensors_pass_whatever_kind_of_file_holds_them(compared: Compared, tmp_path: Path) -> None:
    tensor = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    a = saved(tmp_path / "a.npz", x=tensor.numpy())
    torch.save({"x": tensor}, tmp_path / "b.pt")
    save_file({"x": tensor}, tmp_path / "c.safetensors")
    np.save(tmp_path / "d.npy", {"x": tensor.numpy()}, allow_pickle=True)

    for other in ("b.pt", "c.safetensors", "d.npy"):
        assert compared(a, tmp_path / other)["status"] == ExitStatus.DONE


@pytest.mark.parametrize("profile", [[], ["--profile", "backprop"], ["--rtol", "1e9", "--atol", "1e9"]])
def test_nan_fails_beside_nan_under_every_tolerance(profile: list[str], compared: Compared, tmp_path: Path) -> None:
    a = saved(tmp_path / "a.npz", loss=[math.nan])

    document = compared(a, a, *profile)

    assert document["status"] == ExitStatus.FAILED
    assert by_key(document)["loss"]["reason"] == "1 NaN in A, 1 NaN in B"


def test_a_key_that_is_missing_on_either_side_fails(compared: Compared, tmp_path: Path) -> None:
    a, b = saved(tmp_path / "a.npz", same=1.0, left=1.0), saved(tmp_path / "b.npz", same=1.0, right=1.0)

    keys = by_key(compared(a, b))

    assert {key: row["reason"] for key, row in keys.items()} == {"same": "", "left": "only in A", "right": "only in B"}
    assert [key for key, row in keys.items() if not row["passed"]] == ["left", "right"]


def test_a_scalar_beside_one_element_is_a_note_and_passes(compared: Compared, tmp_path: Path) -> None:
    document = compared(saved(tmp_path / "a.npz", loss=0.5), saved(tmp_path / "b.npz", loss=[0.5]))

    assert document["status"] == ExitStatus.DONE
    assert [(f["check"], f["severity"]) for f in document["findings"]] == [("scalar_shapes", "note")]


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ([[1.0], [2.0], [3.0], [4.0]], [1.0, 2.0, 3.0, 4.0], "nothing is broadcast"),
        ([[1.0, 1.0, 1.0]], [[1.0], [1.0], [1.0]], "nothing is transposed"),
        ([[1.0]], [1.0], "nothing is broadcast"),
    ],
)
def test_shapes_that_differ_fail_though_broadcasting_or_transposing_would_make_them_equal(
    left: object, right: object, reason: str, compared: Compared, tmp_path: Path
) -> None:
    document = compared(saved(tmp_path / "a.npz", x=left), saved(tmp_path / "b.npz", x=right))

    assert document["status"] == ExitStatus.FAILED
    assert reason in by_key(document)["x"]["reason"]
    assert by_key(document)["x"]["max_absolute"] is None


def test_the_worst_element_is_named_with_both_values(compared: Compared, tmp_path: Path) -> None:
    a, b = np.zeros((2, 3, 4)), np.zeros((2, 3, 4))
    b[1, 2, 3] = 0.25

    row = by_key(compared(saved(tmp_path / "a.npz", x=a), saved(tmp_path / "b.npz", x=b)))["x"]

    assert (row["worst"], row["a"], row["b"], row["failing"], row["count"]) == ([1, 2, 3], 0.0, 0.25, 1, 24)


def test_a_profile_and_a_tolerance_of_ones_own_decide(compared: Compared, tmp_path: Path) -> None:
    a, b = saved(tmp_path / "a.npz", x=1.0), saved(tmp_path / "b.npz", x=1.0 + 5e-5)

    verdicts = {
        name: compared(a, b, *words)["status"]
        for name, words in {
            "loss": [], "forward": ["--profile", "forward"], "tight": ["--profile", "forward", "--rtol", "1e-6"],
            "absolute": ["--rtol", "0", "--atol", "1e-4"],
        }.items()
    }  # fmt: skip

    assert verdicts == {"loss": 1, "forward": 0, "tight": 1, "absolute": 0}


def test_numbered_keys_are_one_quantity_that_drifts(compared: Compared, tmp_path: Path) -> None:
    errors = [0.0, 1e-6, 1e-6, 1e-3, 1e-3]
    a = saved(tmp_path / "a.npz", **{f"loss_{k}": 1.0 for k in range(5)}, other=1.0)
    b = saved(tmp_path / "b.npz", **{f"loss_{k}": 1.0 + error for k, error in enumerate(errors)}, other=1.0)

    (drift,) = compared(a, b)["drift"]

    assert (drift["name"], drift["steps"], drift["enters"], drift["jumps"]) == ("loss", [0, 1, 2, 3, 4], 3, [3])


def test_map_renames_the_keys_of_either_file(compared: Compared, tmp_path: Path) -> None:
    a, b = saved(tmp_path / "a.npz", loss_g=1.0), saved(tmp_path / "b.npz", gen_loss=1.0)

    assert compared(a, b, "--map", "gen_loss=loss_g")["status"] == ExitStatus.DONE


def report(path: Path, **changes: object) -> Path:
    row = {"loss": "ssim", "convention": "wang2004", "value": 0.9, "reason": None, "settings": {"window": 11}}
    document = {"schema_version": "1.0", "dtype": "float32", "fingerprint": "f", "seed": 0, "results": [row | changes]}
    path.write_text(json.dumps(document))
    return path


def test_reports_are_compared_loss_by_loss(compared: Compared, tmp_path: Path) -> None:
    a, b = report(tmp_path / "a.json"), report(tmp_path / "b.json", value=0.9 + 6e-8)

    document = compared(a, b)

    assert document["status"] == ExitStatus.DONE
    assert by_key(document)["ssim:wang2004"]["max_ulp"] == 1  # float32 numbers near 0.9 are 2**-24 = 5.96e-8 apart


@pytest.mark.parametrize(
    ("higher_is_better", "values", "status", "outcome"),
    [
        (False, (2.147, 2.104), ExitStatus.DONE, "not worse"),
        (False, (2.104, 2.147), ExitStatus.FAILED, "worse"),
        (True, (0.8, 0.9), ExitStatus.DONE, "not worse"),
        (True, (0.9, 0.8), ExitStatus.FAILED, "worse"),
        (None, (0.9, 0.8), ExitStatus.FAILED, None),
        (None, (0.8, 0.9), ExitStatus.FAILED, None),
    ],
)
def test_better_is_no_failure_where_a_loss_has_a_better_side(
    higher_is_better: bool | None, values: tuple[float, float], status: int, outcome: str | None, compared: Compared,
    tmp_path: Path,
) -> None:  # fmt: skip
    a, b = (
        report(tmp_path / name, value=value, higher_is_better=higher_is_better)
        for name, value in zip(("a.json", "b.json"), values, strict=True)
    )

    document, either_way = compared(a, b), compared(a, b, "--either-way")

    assert document["status"] == status
    assert by_key(document)["ssim:wang2004"]["outcome"] == outcome
    assert either_way["status"] == ExitStatus.FAILED


def test_a_better_value_of_another_quantity_fails(compared: Compared, tmp_path: Path) -> None:
    a = report(tmp_path / "a.json", higher_is_better=True)
    b = report(tmp_path / "b.json", value=0.95, higher_is_better=True, settings={"window": 7})

    assert compared(a, b)["status"] == ExitStatus.FAILED


def test_terms_whose_differences_cancel_fail(compared: Compared, tmp_path: Path) -> None:
    a, b = (
        report(tmp_path / f"{name}.json", terms={"real": {"value": real}, "fake": {"value": 0.9 - real}})
        for name, real in (("a", 0.4), ("b", 0.5))
    )

    document = compared(a, b)

    assert document["status"] == ExitStatus.FAILED
    assert {key: row["passed"] for key, row in by_key(document).items()} == {
        "ssim:wang2004": True, "ssim:wang2004, real": False, "ssim:wang2004, fake": False,
    }  # fmt: skip


def test_another_convention_is_another_key(compared: Compared, tmp_path: Path) -> None:
    document = compared(report(tmp_path / "a.json"), report(tmp_path / "b.json", convention="piq"))

    assert {row["reason"] for row in by_key(document).values()} == {"only in A", "only in B"}


def test_reports_of_other_data_are_a_note_with_the_beginnings_of_their_checksums(
    compared: Compared, tmp_path: Path
) -> None:
    one, other = "0123456789abcdef" * 4, "fedcba9876543210" * 4
    for name, checksum in (("a.json", one), ("b.json", other)):
        document = json.loads(report(tmp_path / name).read_text())
        (tmp_path / name).write_text(json.dumps({**document, "fingerprint": checksum}))

    (finding,) = compared(tmp_path / "a.json", tmp_path / "b.json")["findings"]

    assert finding["message"] == "the reports are about different data: 0123456789ab and fedcba987654"
    assert finding["evidence"] == {"a": one, "b": other}


def test_different_settings_are_a_finding(compared: Compared, tmp_path: Path) -> None:
    document = compared(report(tmp_path / "a.json"), report(tmp_path / "b.json", settings={"window": 7}))

    (finding,) = document["findings"]
    assert finding["check"] == "different_settings"
    assert "settings window 11 and 7" in finding["message"]


def test_a_loss_without_a_value_fails_on_both_sides(compared: Compared, tmp_path: Path) -> None:
    a = report(tmp_path / "a.json", value=None, reason="nan")

    document = compared(a, a)

    assert document["status"] == ExitStatus.FAILED
    assert by_key(document)["ssim:wang2004"]["reason"] == "A has no value (nan), B has no value (nan)"


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "github", "junit"])
@pytest.mark.parametrize("pair", list(itertools.product(("0.5", "null", "NaN", "Infinity", "true"), repeat=2)))
def test_a_value_that_is_no_number_fails_on_either_side_in_every_format(
    pair: tuple[str, str], form: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, value in zip("ab", pair, strict=True):
        (tmp_path / name).write_text(f'{{"results": [{{"loss": "ssim", "value": {value}}}]}}')

    status = main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--format", form])

    captured = capsys.readouterr()
    reasons = {"null": "has no value", "true": "has no value", "NaN": "NaN in", "Infinity": "infinite in"}
    wanted = [reasons.get(value, "") for value in pair]
    if "has no value" in wanted:  # then the other side is not looked at
        wanted = ["has no value"]
    assert status == (ExitStatus.DONE if pair == ("0.5", "0.5") else ExitStatus.FAILED), captured.err
    assert all(reason in captured.out for reason in wanted)


def test_arrays_with_the_same_infinity_in_the_same_place_fail(compared: Compared, tmp_path: Path) -> None:
    a = saved(tmp_path / "a.npz", x=[1.0, math.inf])

    row = by_key(compared(a, a))["x"]

    assert (row["passed"], row["reason"], row["worst"]) == (False, "1 infinite in A, 1 infinite in B", [1])


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"", ExitStatus.INPUT, "an empty file; expected the JSON of ganloss eval"),
        (b"no such format", ExitStatus.INPUT, "an unknown format"),
        (b"{", ExitStatus.INPUT, "truncated or damaged JSON"),
        (b'{"losses": []}', ExitStatus.INPUT, "no report: it has no list of results"),
        (b'{"results": []}', ExitStatus.INPUT, "is a report but"),
    ],
)
def test_what_cannot_be_compared_is_an_error_that_names_it(
    content: bytes, status: ExitStatus, message: str, compared: Compared, tmp_path: Path
) -> None:
    a = saved(tmp_path / "a.npz", x=1.0)
    (tmp_path / "other").write_bytes(content)

    document = compared(a, tmp_path / "other")

    assert document["status"] == status
    assert message in str(document["err"])


def test_a_missing_file_and_empty_files_are_no_success(compared: Compared, tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text('{"results": []}')

    assert compared(tmp_path / "none.json", tmp_path / "nowhere.json")["status"] == ExitStatus.INPUT
    assert compared(tmp_path / "none.json", tmp_path / "none.json")["status"] == ExitStatus.NOTHING


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--profile", "strict"], "expected one of forward, loss, backprop; got 'strict'"),
        (["--rtol", "-1"], "--rtol: expected a number of at least 0, got '-1'"),
        (["--atol", "nan"], "--atol: expected a number of at least 0, got 'nan'"),
        (["--map", "loss"], "--map: expected THEIRS=OURS, got 'loss'"),
        (["--output", "out.yaml"], "expected a suffix of .json"),
    ],
)
def test_a_value_that_an_option_cannot_take_is_a_usage_error(
    words: list[str], message: str, compared: Compared, tmp_path: Path
) -> None:
    a = saved(tmp_path / "a.npz", x=1.0)

    document = compared(a, a, *words)

    assert document["status"] == ExitStatus.USAGE
    assert message in str(document["err"])


def test_every_format_holds_the_same_keys(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    a, b = saved(tmp_path / "a.npz", x_0=1.0, x_1=1.0), saved(tmp_path / "b.npz", x_0=1.0, x_1=2.0)
    outputs = [tmp_path / name for name in ("c.json", "c.csv", "c.md", "c.txt")]

    status = main(["compare", str(a), str(b), *(word for path in outputs for word in ("--output", str(path)))])

    table = capsys.readouterr().out
    document, rows, markdown, text = (path.read_text("utf-8") for path in outputs)
    assert status == ExitStatus.FAILED
    assert text == table
    assert [key["passed"] for key in json.loads(document)["keys"]] == [True, False]
    assert [row["max_absolute"] for row in csv.DictReader(io.StringIO(rows))] == ["0.0", "1.0"]
    for shown in (table, markdown):
        assert "failed: 1 of 2 keys" in shown
        assert "enters at step 1" in shown


def test_the_alignment_of_discogan_in_paddle_gives_what_its_own_logs_print(compared: Compared, real_data: Path) -> None:
    folder = real_data / "logs" / "reprod_log"
    names = {
        "forward": ["Step1__forward_torch.npy", "Step1__forward_paddle.npy"],
        "loss": ["Step2__DG_torch__loss_torch.npy", "Step2__DG_paddle__loss_paddle.npy"],
        "bp": ["Step3__DG_torch__bp_torch.npy", "Step3__DG_paddle__bp_paddle.npy"],
    }
    as_reprod_log = ["--rtol", "0", "--atol", "1e-6"]

    forward = compared(*(folder / name for name in names["forward"]))
    loss = compared(*(folder / name for name in names["loss"]), *as_reprod_log)
    steps = compared(*(folder / name for name in names["bp"]), *as_reprod_log)

    assert forward["status"] == ExitStatus.DONE
    assert {key: row["max_absolute"] for key, row in by_key(loss).items()} == {
        "gen_loss": 1.4901161193847656e-07,
        "dis_loss": 9.5367431640625e-07,
    }
    assert loss["status"] == ExitStatus.DONE
    assert [key for key, row in by_key(steps).items() if row["passed"]] == ["gen_loss_0"]
    assert {drift["name"]: (drift["enters"], drift["jumps"]) for drift in steps["drift"]} == {
        "gen_loss": (1, [1, 3]),
        "dis_loss": (0, [1]),
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sensitivity"], "nothing says whose computation it is"),
        (["--sensitivity", "--as", "cyclegan"], "--as cyclegan: nothing to compute it from"),
        (["--as", "discogan"], "only --sensitivity computes anything"),
        (["--ckpt", "g.pt"], "only --sensitivity computes anything"),
    ],
)
def test_sensitivity_and_its_recipe_go_together(
    words: list[str], message: str, compared: Compared, tmp_path: Path
) -> None:
    a = saved(tmp_path / "a.npz", gen_loss=1.0)

    document = compared(a, a, *words)

    assert document["status"] == ExitStatus.USAGE
    assert message in str(document["err"])


def test_sensitivity_stands_in_every_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganloss_cli.pipeline.compare.discogan_alignment._CHANNELS", (3, 8, 16, 32, 64))
    a = saved(tmp_path / "a.npz", gen_loss=0.187, dis_loss=1.386)

    status = main(["compare", str(a), str(a), "--sensitivity", "--as", "discogan", "-o", str(tmp_path / "c.md"),
                   "-o", str(tmp_path / "c.json")])  # fmt: skip

    document = json.loads((tmp_path / "c.json").read_text())
    assert status == ExitStatus.DONE
    assert {entry["noticed"] for entry in document["sensitivity"]["perturbations"]} == {True, False}
    for shown in (capsys.readouterr().out, (tmp_path / "c.md").read_text("utf-8")):
        assert "not noticed" in shown
        assert "samples of B in reverse order" in shown


def test_the_forward_check_of_discogan_passes_wrong_networks_as_it_passes_right_ones(
    compared: Compared, real_data: Path
) -> None:
    folder = real_data / "logs" / "reprod_log"

    document = compared(
        folder / "Step2__DG_torch__loss_torch.npy", folder / "Step2__DG_paddle__loss_paddle.npy",
        "--sensitivity", "--as", "discogan",
    )  # fmt: skip

    missed = {entry["name"] for entry in document["sensitivity"]["perturbations"] if not entry["noticed"]}
    assert document["status"] == ExitStatus.DONE
    assert len(missed) == 8
    assert {"generator_A and generator_B exchanged", "generators of another initialisation"} <= missed
    assert "discriminator_A with its own weights" not in missed


def test_a_recipes_report_is_compared_by_the_names_of_its_log(compared: Compared, tmp_path: Path) -> None:
    rows = [
        {"loss": "d_bce", "convention": "dcgan", "value": value, "typed": name, "recipe": {"recipe": "pix2pix"}}
        for name, value in (("D_real", 0.25), ("D_fake", 0.5))
    ]
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"schema_version": "1.0", "results": rows}))

    document = compared(tmp_path / "a.json", tmp_path / "b.json")

    assert list(by_key(document)) == ["D_real", "D_fake"]
