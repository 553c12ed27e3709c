"""Gates on files: which names of losses and terms they may use, and what they are held against."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import UsageError
from ganloss_cli.records.report import Report


def evaluated(sample_data: Path, gate: str, losses: str = "d_bce", **more):
    return evaluate(data=sample_data / "tensors" / "losses.safetensors", losses=losses, fail_if=gate, **more)


@pytest.mark.parametrize("name", ["d_bce.real.0", "d_bce:dcgan.real.0"])
def test_a_gate_on_a_term_observes_the_terms_value(sample_data: Path, name: str) -> None:
    report = evaluated(sample_data, f"{name}>100")

    (gate,) = report.gates
    assert gate.observed == report.results[0].terms["real.0"].value
    assert not gate.failed


@pytest.mark.parametrize(("typed", "named"), [("d_bce", "d_bce:dcgan"), ("d_bce:dcgan", "d_bce")])
def test_the_bare_name_and_the_default_convention_mean_the_same(sample_data: Path, typed: str, named: str) -> None:
    report = evaluated(sample_data, f"{named}>100", losses=typed)

    assert report.gates[0].observed == report.results[0].value


def test_a_term_that_is_not_there_is_refused_before_the_work(sample_data: Path) -> None:
    with pytest.raises(UsageError, match=r"d_bce has no term 'real.9', only real.0, .*fake.0, .*, real, fake"):
        evaluated(sample_data, "d_bce.real.9>1")


def test_a_mean_over_batches_has_terms_too(sample_data: Path) -> None:
    report = evaluated(sample_data, "d_bce.real.0>100", over="batch")

    assert report.gates[0].observed == report.results[0].terms["real.0"].value


@pytest.fixture
def vocoder(tmp_path: Path) -> Path:
    """Scores, features and sounds, as much as HiFi-GAN's terms need."""
    torch.manual_seed(0)
    tensors = {f"{side}_logits.{k}": torch.rand(2, 5 + k) for side in ("real", "fake") for k in range(2)}
    tensors |= {f"{side}_features.{k}.0": torch.rand(2, 3, 5) for side in ("real", "fake") for k in range(2)}
    tensors |= {side: 0.1 * torch.randn(2, 1, 8192) for side in ("real", "fake")}
    save_file(tensors, tmp_path / "t.safetensors")
    return tmp_path / "t.safetensors"


def of_hifigan(path: Path, **more) -> Report:
    return evaluate(data=path, recipe="hifigan", settings="mel.sample_rate=22050", scores="logits", **more)


@pytest.mark.parametrize(
    ("name", "logged"),
    [
        ("mel", "training/mel_spec_error"),
        ("mel:hifigan", "training/mel_spec_error"),
        ("mel_spec_error", "training/mel_spec_error"),
        ("training/gen_loss_total", "training/gen_loss_total"),
        ("gen_loss_total", "training/gen_loss_total"),
        ("fm", "loss_fm_s + loss_fm_f"),
        ("loss_fm_s + loss_fm_f", "loss_fm_s + loss_fm_f"),
    ],
)
def test_a_gate_takes_every_name_that_the_report_gives_a_term(name: str, logged: str, vocoder: Path) -> None:
    report = of_hifigan(vocoder, fail_if=f"{name}>1e9")

    value = next(result.value for result in report.results if result.typed == logged)
    assert value is not None
    assert report.gates[0].observed == value


def test_a_gate_takes_the_terms_of_a_term(vocoder: Path) -> None:
    report = of_hifigan(vocoder, fail_if="loss_disc_all.real.0>1e9")

    terms = next(result.terms for result in report.results if result.loss == "d_lsgan")
    assert report.gates[0].observed == terms["real.0"].value


def test_table_csv_and_json_have_one_name_for_one_number(vocoder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [
        "eval",
        "--data",
        str(vocoder),
        "--recipe",
        "hifigan",
        "--set",
        "mel.sample_rate=22050",
        "--scores",
        "logits",
    ]
    printed = {}
    for form in ("json", "csv", "table"):
        main([*line, "--format", form])
        printed[form] = capsys.readouterr().out
    names = [row["typed"] for row in json.loads(printed["json"])["results"]]

    assert [row["typed"] for row in csv.DictReader(io.StringIO(printed["csv"]))] == names
    assert {row["recipe"] for row in csv.DictReader(io.StringIO(printed["csv"]))} == {"hifigan"}
    assert all(name in printed["table"] for name in names)
    for name in names:  # and every one of them can be gated on
        assert main([*line, "--fail-if", f"{name}>1e9", "--format", "csv"]) == 0
        capsys.readouterr()


def test_samples_of_a_recipe_have_the_names_and_factors_of_its_log(vocoder: Path) -> None:
    report = of_hifigan(vocoder, per_sample=True, worst=1)

    mel = next(result for result in report.results if result.loss == "mel")
    assert report.samples is not None
    assert mel.value == pytest.approx(sum(s.values[mel.typed] or 0.0 for s in report.samples) / 2, rel=1e-6)
    assert report.worst is not None
    assert report.worst.keys() <= {result.typed for result in report.results}


def test_a_hint_about_a_gate_is_never_refused_in_its_turn(vocoder: Path, sample_data: Path) -> None:
    with pytest.raises(UsageError, match="not among") as of_recipe:
        of_hifigan(vocoder, fail_if="gen_los_total>1")
    (near, *_) = re.findall("'([^']+)'", str(of_recipe.value.hint))
    assert of_hifigan(vocoder, fail_if=f"{near}>1e9").gates[0].observed is not None

    with pytest.raises(UsageError) as addable:
        evaluated(sample_data, "g_bce>1")
    assert addable.value.hint == "add g_bce to --losses"
    assert evaluated(sample_data, "g_bce>1e9", losses="d_bce,g_bce").gates[0].observed is not None

    for name, why in (("path_length", "needs latents"), ("sism", "unknown loss 'sism'")):
        with pytest.raises(UsageError, match="not among") as hopeless:
            evaluated(sample_data, f"{name}>1")
        assert why in str(hopeless.value.hint)
