import dataclasses
import re
import typing
from typing import Any

import pytest

from ganloss_cli.records.report import Input, Report, Result, SampleValues, Term
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.screen import Screen

ANSI = re.compile(r"\x1b\[[0-9;]*m")
IMAGE_TABLE = """\
generator      g.pt        resnet_generator, ema, step 4000, G in the file
discriminator  g.pt        patchgan
input          imgs/input  8 images of 3×64×64, in [0, 1]
real           imgs/real   8 images of 3×64×64, in [0, 1]
run            cpu, float32, eval mode, seed 0

loss         value      ± s.e.  n  better     notes
─────────────────────────────────────────────────────────────
ssim        0.9812      0.0012  8  ↑          ema
psnr:half  31.23    dB  0.41    8  ↑          ema
d_lsgan     0.4721      0.020   8  eq 0.5000  batch-dependent
  real.0    0.2301      0.015   8
  fake.0    0.2420      0.012   8

warning  g.pt: nothing tells the range of generator; assumed -1,1
         → give --network-range 0,1 if it ends in a sigmoid
note     d_lsgan: batch-dependent: the discriminator has a minibatch-stddev
         layer

passed  ssim<0.9: ssim is 0.981235
"""


def render(report: Report, screen: Screen | None = None) -> str:
    return registry.render(EvalDocument(report), "table", screen)


def with_results(report: Report, *results: Result) -> Report:
    return dataclasses.replace(report, results=results)


def test_the_table_at_eighty_columns_is_this(image_report: Report) -> None:
    assert render(image_report, Screen(width=80)) == IMAGE_TABLE


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_screen(image_report: Report, troubled_report: Report, width: int) -> None:
    for report in (image_report, troubled_report):
        assert max(map(len, render(report, Screen(width=width)).splitlines())) <= width


def test_a_long_path_is_not_broken_for_what_stands_behind_it(image_report: Report) -> None:
    path = "experiments/2026/restoration/images/input/everything"
    inputs = tuple(dataclasses.replace(input_, path=path) for input_ in image_report.inputs)

    drawn = render(dataclasses.replace(image_report, inputs=inputs), Screen(width=80))

    assert drawn.count(path) == len(inputs) == 2
    assert max(map(len, drawn.splitlines())) <= 80


def test_minimum_median_and_maximum_appear_where_there_is_room(image_report: Report) -> None:
    assert "median" not in render(image_report, Screen(width=80))
    for screen in (Screen(width=120), Screen()):
        assert re.search(r"min +median +max", render(image_report, screen))
        assert re.search(r"0\.9612 +0\.9834 +0\.9951", render(image_report, screen))


@pytest.mark.parametrize("width", [10, 40, 80, 200, None])
def test_names_and_values_are_whole_at_any_width(image_report: Report, width: int | None) -> None:
    drawn = render(image_report, Screen(width=width))

    assert "…" not in drawn
    for whole in ("psnr:half", "31.23", "d_lsgan", "eq 0.5000", "0.0012"):
        assert whole in drawn


def test_a_long_note_is_wrapped_on_a_screen_and_whole_in_a_pipe(image_report: Report) -> None:
    names = tuple("a_long_sample_name_" * 3 + str(k) for k in range(3))
    absent = dataclasses.replace(
        image_report.results[0], value=None, reason="nan", non_finite=3, non_finite_samples=names
    )
    report = with_results(image_report, absent)

    assert f"nan in 3 of 8 samples: {', '.join(names)}, ema" in render(report)
    assert all(len(line) <= 80 for line in render(report, Screen(width=80)).splitlines())


def test_an_absent_value_is_a_dash_with_its_reason(troubled_report: Report) -> None:
    row = next(line for line in render(troubled_report).splitlines() if line.startswith("psnr  "))

    assert re.match(r"psnr +A +— +— +5 ", row)
    assert "infinite in 4 of 5 samples: [a], b, c, …" in row
    assert "dB" not in row


def test_many_terms_are_summed_by_kind(troubled_report: Report) -> None:
    drawn = render(troubled_report)

    assert re.search(r"real\.\*, 8 terms +2\.000", drawn)
    assert re.search(r"fake\.\*, 8 terms +2\.000", drawn)
    assert "real.0" not in drawn


def test_a_sum_of_terms_is_absent_where_a_term_is(image_report: Report) -> None:
    terms = {f"real.{k}": Term(value=None if k == 3 else 1.0, count=8, standard_error=None) for k in range(9)}
    report = with_results(image_report, dataclasses.replace(image_report.results[2], terms=terms))

    assert re.search(r"real\.\*, 9 terms +— ", render(report))


def test_a_single_term_is_not_repeated_beneath_its_loss(image_report: Report) -> None:
    one = dataclasses.replace(image_report.results[2], terms={"fake.0": Term(value=1.0, count=8, standard_error=None)})

    assert "fake.0" not in render(with_results(image_report, one))


def test_raw_weights_are_named_only_beside_averaged_ones(image_report: Report) -> None:
    averaged = image_report.results[0]
    raw = dataclasses.replace(averaged, weights="raw")

    assert not re.search(r"\braw\b", render(with_results(image_report, raw)))
    assert re.search(r"\braw\b", render(with_results(image_report, raw, averaged)))


def test_what_a_number_depends_on_is_noted(troubled_report: Report) -> None:
    assert "raw, train mode, mean over batches" in render(troubled_report)


def test_findings_gates_samples_and_what_does_not_apply_stand_beneath(troubled_report: Report) -> None:
    drawn = render(troubled_report)

    assert "error  psnr: [b]4 of 5[/b] samples are not finite" in drawn
    assert "failed  psnr<20: psnr has no value (infinite)" in drawn
    assert "failed  d_bce > 1: d_bce is 4" in drawn
    assert re.search(r"31\.50 +— +a\[red\]b", drawn)
    assert re.search(r"worst of +value +sample\n─+\npsnr +12\.25 +evil", drawn)
    assert "  fm r1: needs real_features: give --disc\n  kl: needs mu\n" in drawn


def test_hostile_names_steer_no_terminal(troubled_report: Report) -> None:
    for screen in (Screen(), Screen(width=80, colours="truecolor")):
        plain = ANSI.sub("", render(troubled_report, screen))

        assert "\x1b" not in plain
        assert "evil\\x1b[31m\\nname" in plain
        assert "imgs|x/[bold]trainA" in plain


def test_colours_change_no_character(image_report: Report) -> None:
    coloured = ANSI.sub("", render(image_report, Screen(width=80, colours="standard")))

    assert [line.rstrip() for line in coloured.splitlines()] == IMAGE_TABLE.splitlines()


def test_samples_of_many_losses_take_several_tables(empty_report: Report) -> None:
    values = {f"loss_number_{k}": float(k) for k in range(12)}
    report = dataclasses.replace(empty_report, samples=(SampleValues(name="one", values=values),))

    drawn = render(report, Screen(width=80))

    assert all(name in drawn for name in values)
    assert max(map(len, drawn.splitlines())) <= 80
    assert drawn.count("sample\n") > 1
    assert render(report).count("sample\n") == 1


def test_the_roles_of_a_tensor_file_share_a_line(image_report: Report) -> None:
    roles = ("real", "fake", "mu", "sigma", "z_p")
    inputs = tuple(dataclasses.replace(image_report.inputs[0], role=role, path="t.npz") for role in roles)

    assert "data           t.npz  8 samples of real, fake, mu, sigma, z_p\n" in render(
        dataclasses.replace(image_report, inputs=inputs)
    )


@pytest.mark.parametrize("kind", typing.get_args(typing.get_type_hints(Input)["kind"]))
def test_whatever_data_are_is_told(empty_report: Report, kind: Any) -> None:
    table = EvalDocument(dataclasses.replace(empty_report, inputs=(Input(role="real", path="r", count=3, kind=kind),)))

    assert re.search(r"^real  r  \w+", registry.render(table, "table", Screen(width=80)), re.MULTILINE)


def test_a_plan_is_a_line_a_group_a_network_and_a_loss(planned_report: Report) -> None:
    drawn = render(planned_report, Screen(width=80))

    assert drawn.endswith(
        "plan\n"
        "  data      input, real: 8 samples, paired: 0001, 0002, …\n"
        "  networks  generator  range -1, 1\n"
        "  losses    fm       vits  D(real), D(G_AB(real_A)); domain A; scale=1\n"
        "            ssim:sr  sr    real\n"
    )


def test_a_report_of_nothing_says_how_it_ran(empty_report: Report) -> None:
    assert render(empty_report) == "run  cpu, float32, seed 0\n"
