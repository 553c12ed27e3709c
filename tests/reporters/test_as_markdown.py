from ganloss_cli.records.report import Report
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.formats.markdown import escaped


def render(report: Report) -> str:
    return registry.render(EvalDocument(report), "markdown")


def test_values_stand_in_a_table_and_provenance_beneath(image_report: Report) -> None:
    lines = render(image_report).splitlines()

    assert lines[:5] == [
        "| loss | value | unit | ± s.e. | n | min | median | max | better | notes |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |",
        "| ssim | 0.9812 |  | 0.0012 | 8 | 0.9612 | 0.9834 | 0.9951 | ↑ | ema |",
        "| psnr:half | 31.23 | dB | 0.41 | 8 | 28.10 | 31.40 | 34.90 | ↑ | ema |",
        "| d_lsgan | 0.4721 |  | 0.020 | 8 | 0.3100 | 0.4600 | 0.6600 | eq 0.5000 | batch-dependent |",
    ]
    assert "- gate passed: ssim\\<0.9: ssim is 0.981235" in lines
    assert "- run: ganloss 0.1.0, cpu, float32, eval mode, seed 0" in lines
    assert "- command: `ganloss eval --ckpt g.pt`" in lines
    assert any(line.startswith("- generator: g.pt (resnet_generator, ema, step 4000") for line in lines)


def test_every_row_of_a_table_has_the_cells_of_its_head(troubled_report: Report) -> None:
    text = render(troubled_report).replace("\\|", "")

    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]

    assert len(tables) == 3
    for head, *others in tables:
        assert {line.count("|") for line in others} == {head.count("|")}


def test_foreign_text_can_neither_mark_up_nor_break_a_line(troubled_report: Report) -> None:
    text = render(troubled_report)

    assert "evil\\\\x1b\\[31m\\\\nname" in text
    assert "imgs\\|x/\\[bold\\]trainA" in text
    assert "\x1b" not in text
    assert "- command: `ganloss eval --data 'two words'`" in text


def test_underscores_are_escaped_only_where_they_mean_emphasis() -> None:
    assert escaped("d_bce _a_ *b* `c`") == "d_bce \\_a\\_ \\*b\\* \\`c\\`"


def test_a_plan_is_a_bullet_a_group_a_network_and_a_loss(planned_report: Report) -> None:
    assert render(planned_report).startswith(
        "- input, real: 8 samples, paired: 0001, 0002, …\n"
        "- generator: range -1, 1\n"
        "- fm (vits): D(real), D(G_AB(real_A)); domain A; scale=1\n"
    )


def test_what_does_not_apply_is_listed_with_what_it_lacks(troubled_report: Report) -> None:
    assert "- not applicable: kl: needs mu" in render(troubled_report)
