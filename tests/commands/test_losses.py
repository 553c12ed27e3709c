import json

import pytest

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus


def test_losses_prints_the_catalogue_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["losses", "--format", "json"]) == ExitStatus.DONE
    listed = json.loads(capsys.readouterr().out)["losses"]

    assert {"d_bce", "g_lsgan", "fm"} <= {loss["name"] for loss in listed}
    assert all(loss["conventions"] and loss["formula"] and loss["reference"] for loss in listed)


def test_losses_with_a_name_shows_every_convention_with_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    main(["losses", "d_lsgan", "--format", "json"])
    (loss,) = json.loads(capsys.readouterr().out)["losses"]

    status = main(["losses", "d_lsgan"])

    out = capsys.readouterr().out
    assert status == ExitStatus.DONE
    assert all(row["name"] in out for row in loss["conventions"])
    assert all(isinstance(row["example"], float) for row in loss["conventions"])


@pytest.mark.parametrize(("name", "suggested"), [("d_lsgn", "d_lsgan"), ("softplus", "d_bce")])
def test_an_unknown_loss_is_a_usage_error_with_a_suggestion(
    name: str, suggested: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["losses", name]) == ExitStatus.USAGE
    assert f"did you mean {suggested}?" in capsys.readouterr().err


def test_recipes_are_listed_with_their_losses_and_repositories(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["losses", "--recipes"]) == ExitStatus.DONE

    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("hifigan "))
    assert line.split("  ")[0] == "hifigan"
    assert "d_lsgan, g_lsgan, fm, mel" in line
    assert line.endswith("jik876/hifi-gan")


def test_a_recipe_shows_terms_weights_and_totals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["losses", "--recipes", "hifigan", "--format", "json"]) == ExitStatus.DONE
    (recipe,) = json.loads(capsys.readouterr().out)["recipes"]

    # jik876/hifi-gan train.py: loss_mel = F.l1_loss(...) * 45
    mel = next(term for term in recipe["terms"] if term["loss"] == "mel:hifigan")
    assert (mel["factor"], mel["weight"]) == (1.0, 45.0)
    assert recipe["totals"] == {"loss_disc_all": "discriminator", "training/gen_loss_total": "generator"}


def test_a_recipe_needs_no_option_but_where_a_loss_has_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    documents = []
    for words in (["dac"], ["--recipes", "dac"], ["dragan"], ["--recipes", "dragan"]):
        assert main(["losses", *words, "--format", "json"]) == ExitStatus.DONE
        documents.append(json.loads(capsys.readouterr().out))

    assert documents[0] == documents[1]
    assert documents[2]["losses"][0]["name"] == documents[3]["recipes"][0]["name"] == "dragan"


def test_a_recipe_s_table_has_a_line_a_term(capsys: pytest.CaptureFixture[str]) -> None:
    main(["losses", "--recipes", "cyclegan"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    # lambda_A = 10 and lambda_idt = 0.5 of it, which that code multiplies before it logs
    assert ["cycle_A", "10", "1", "loss_G", "cycle,", "its", "part", "A"] in lines
    assert ["idt_A", "5", "1", "loss_G", "identity,", "its", "part", "B"] in lines


def test_recipes_as_csv_have_a_row_a_term(capsys: pytest.CaptureFixture[str]) -> None:
    main(["losses", "--recipes", "dcgan", "--format", "csv"])
    head, *rows = capsys.readouterr().out.splitlines()

    assert head == "recipe,term,loss,part,domain,factor,weight,total,unavailable,source,sub"
    assert all(row.startswith("dcgan,") for row in rows)
    assert len(rows) == 4


def test_an_unknown_recipe_names_the_command_that_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["losses", "--recipes", "cylcegan"]) == ExitStatus.USAGE

    told = capsys.readouterr().err
    assert "did you mean cyclegan? ganloss losses --recipes lists all" in told
    assert len(told) < 200
