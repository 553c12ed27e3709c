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
