import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganloss_cli.evaluators.catalogue import catalogue

REPORT_MODULES = "import sys; from ganloss_cli.cli import main; main({arguments}); print(*sys.modules, file=sys.stderr)"

LIGHT = [
    ["--help"],
    ["--version"],
    ["eval", "--help"],
    ["losses", "--help"],
    ["eval", "--btach-size", "3"],
    ["evl"],
    ["eval"],
    ["eval", "--data"],
    ["eval", "--data", "nowhere"],
    ["eval", "--data", ".", "--format", "yaml"],
    ["eval", "--data", ".", "--fail-if", "ssim=1"],
    ["eval", "--data", ".", "--output", "report.yaml"],
    ["eval", "--schema"],
    ["losses", "--format", "yaml"],
    ["compare", "--help"],
    ["compare", "nowhere", "nowhere"],
    ["compare", "pyproject.toml", "pyproject.toml", "--profile", "strict"],
    ["audit", "log", "--help"],
    ["audit", "log", "nowhere"],
]


def modules_after(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", LIGHT, ids=" ".join)
def test_help_and_mistakes_wait_for_neither_torch_nor_numpy(arguments: list[str]) -> None:
    loaded = modules_after(REPORT_MODULES.format(arguments=arguments))

    assert "ganloss_cli.cli" in loaded
    assert not {"torch", "numpy", "PIL", "soundfile"} & loaded


def test_the_version_waits_for_no_typer() -> None:
    assert "typer" not in modules_after(REPORT_MODULES.format(arguments=["--version"]))


@pytest.mark.parametrize("arguments", [["--help"], ["audit", "--help"], ["eval", "--help"]], ids=" ".join)
def test_help_waits_for_no_parser_of_what_it_never_draws(arguments: list[str]) -> None:
    loaded = modules_after(REPORT_MODULES.format(arguments=arguments))

    assert "rich.table" in loaded
    assert not {"markdown_it", "pygments"} & loaded


def test_whoever_asks_after_a_help_gets_all_of_rich() -> None:
    asked = "; from rich.markdown import Markdown; print(Markdown('# a').parsed[0].tag, file=sys.stderr)"

    assert modules_after(REPORT_MODULES.format(arguments=["--help"]) + asked) == {"h1"}


@pytest.mark.parametrize("arguments", [["--help"], ["audit"], ["evl"]], ids=" ".join)
def test_commands_are_listed_without_being_imported(arguments: list[str]) -> None:
    loaded = modules_after(REPORT_MODULES.format(arguments=arguments))

    assert "ganloss_cli.commands.app" in loaded
    assert not {"ganloss_cli.commands.eval", "ganloss_cli.commands.loss", "ganloss_cli.records.report"} & loaded


@pytest.mark.parametrize("arguments", [["--version"], ["eval", "--btach-size", "3"], ["eval"]], ids=" ".join)
def test_what_draws_nothing_waits_for_no_rich(arguments: list[str]) -> None:
    assert "rich" not in modules_after(REPORT_MODULES.format(arguments=arguments))


@pytest.mark.parametrize(
    "arguments", [["eval", "--data", "nowhere", "--map", "a=b"], ["inspect", "sample_data/g.pt"]], ids=" ".join
)
def test_values_of_options_wait_for_no_validators(arguments: list[str]) -> None:
    assert "pydantic" not in modules_after(REPORT_MODULES.format(arguments=arguments))


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["inspect", "sample_data/g.pt"], ["audit", "checkpoint", "--help"]],
    ids=" ".join,
)
def test_what_has_no_yaml_waits_for_no_pyyaml(arguments: list[str]) -> None:
    assert "yaml" not in modules_after(REPORT_MODULES.format(arguments=arguments))


@pytest.mark.parametrize(("suffix", "wanted"), [("json", False), ("html", True)])
def test_only_a_page_waits_for_jinja2(suffix: str, wanted: bool, tmp_path: Path) -> None:
    arguments = ["inspect", "sample_data/g.pt", "-o", str(tmp_path / f"seen.{suffix}")]

    assert ("jinja2" in modules_after(REPORT_MODULES.format(arguments=arguments))) == wanted


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["report", "--help"],
        ["inspect", "sample_data/g.pt", "-f", "html"],
        ["eval", "--data", "sample_data/imgs", "--real", "sample_data/imgs/input", "--losses", "tv", "-f", "json"],
    ],
    ids=" ".join,
)
def test_what_draws_no_map_waits_for_no_matplotlib(arguments: list[str]) -> None:
    assert "matplotlib" not in modules_after(REPORT_MODULES.format(arguments=arguments))


def test_the_check_for_pyyaml_notices_it(tmp_path: Path) -> None:
    path = shutil.copy("sample_data/g.pt", tmp_path)
    (tmp_path / "config.yaml").write_text("lr: 1e-4\n")

    assert "yaml" in modules_after(REPORT_MODULES.format(arguments=["inspect", str(path)]))


def test_a_command_waits_for_no_other() -> None:
    loaded = modules_after(REPORT_MODULES.format(arguments=["inspect", "nowhere"]))

    assert "ganloss_cli.commands.inspect" in loaded
    assert not {"ganloss_cli.commands.eval", "ganloss_cli.commands.loss", "ganloss_cli.commands.compare"} & loaded


def test_importing_the_package_imports_no_torch() -> None:
    code = "import sys, ganloss_cli; ganloss_cli.Request; ganloss_cli.Report; print(*sys.modules, file=sys.stderr)"

    assert "torch" not in modules_after(code)


OF_EXTRAS = {"torchvision", "torchaudio"} | {
    package.replace("-", "_")
    for loss in catalogue().values()
    for extra in (loss.extra, *(row.extra for row in loss.conventions))
    for package in (extra.packages if extra else ())
}


@pytest.mark.parametrize(
    "code",
    [
        REPORT_MODULES.format(arguments=["--help"]),
        REPORT_MODULES.format(arguments=["inspect", "sample_data/g.pt"]),
        "import sys; from ganloss_cli import Request, Report; print(*sys.modules, file=sys.stderr)",
        "import sys, ganloss_cli.evaluators.losses; print(*sys.modules, file=sys.stderr)",
    ],
    ids=["help", "inspect", "package", "catalogue"],
)
def test_no_library_of_an_extra_is_imported_before_it_computes(code: str) -> None:
    assert len(OF_EXTRAS) > 10
    assert not OF_EXTRAS & modules_after(code)
