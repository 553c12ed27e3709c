import csv
import io

from ganloss_cli.records.report import Report
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.eval.document import EvalDocument


def render(report: Report) -> str:
    return registry.render(EvalDocument(report), "csv")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_result_is_a_row_with_all_its_digits(image_report: Report) -> None:
    ssim, psnr, lsgan = rows(render(image_report))

    assert (ssim["loss"], ssim["convention"], ssim["value"]) == ("ssim", "wang2004", "0.98123456789")
    assert (psnr["unit"], psnr["checkpoint"], psnr["weights"]) == ("dB", "g.pt", "ema")
    assert lsgan["terms"].startswith('{"real.0": {"value": 0.2301')
    assert lsgan["batch_dependent"] == "true"


def test_what_is_unknown_is_empty_and_never_zero(troubled_report: Report, image_report: Report) -> None:
    lsgan = rows(render(image_report))[2]

    assert (lsgan["higher_is_better"], lsgan["domain"], lsgan["reason"]) == ("", "", "")
    assert all(row["value"] == "" for row in rows(render(troubled_report)) if row["loss"] == "d_bce")


def test_with_samples_each_sample_and_loss_is_a_row(troubled_report: Report) -> None:
    assert rows(render(troubled_report)) == [
        {"name": "a[red]b", "loss": "psnr", "value": "31.5"},
        {"name": "a[red]b", "loss": "d_bce", "value": ""},
        {"name": "evil\x1b[31m\nname", "loss": "psnr", "value": "12.25"},
        {"name": "evil\x1b[31m\nname", "loss": "d_bce", "value": ""},
    ]


def test_a_plan_is_flattened(planned_report: Report) -> None:
    plan = {row["item"]: row["value"] for row in rows(render(planned_report))}

    assert plan["data.0.roles"] == '["input", "real"]'
    assert plan["data.0.paths.real"] == "imgs/real"
    assert plan["networks.0.scores"] == ""


def test_a_report_of_nothing_is_the_line_of_names(empty_report: Report) -> None:
    assert render(empty_report).splitlines()[0].startswith("loss,convention,value,reason,count,")
    assert rows(render(empty_report)) == []
