"""The settings that training codes leave beside their checkpoints: config.json, train_opt.txt, args.yml and others.

Torch-free. Only files of the same folder, or of the one above `checkpoints`, only small ones, and only as plain data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganloss_cli.io.checkpoints.contents.networks import settings_of
from ganloss_cli.io.checkpoints.contents.settings_text import options_of, toml_of
from ganloss_cli.io.own_outputs import is_own_output
from ganloss_cli.io.writing import refuse_output
from ganloss_cli.records.finding import Finding

MAX_BYTES = 1_000_000
# the file's own name first, then the more particular before the more general; the first that has a setting gives it
_NAMES = (
    "{stem}.json", "{stem}.yaml", "{stem}.yml", "{stem}.toml", "config.json", "params.json", "model.json",
    "model_config.json", "config.yaml", "config.yml", "args.yml", "args.yaml", "hparams.yaml", "config.toml",
    "train_opt.txt", "opt.txt",
)  # fmt: skip
_OF_LIGHTNING = "checkpoints"  # in the folder of a version, whose settings lie beside it
_YAML = (".yaml", ".yml")


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Settings found beside a checkpoint.

    Args:
        config: by their names in those files.
        origins: setting -> name of the file that gives it.
        findings: files that could not be read.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def config_beside(path: Path) -> Beside:
    """The settings of the files beside a checkpoint; a file that is not understood is a note, never an error."""
    config: dict[str, Any] = {}
    origins: dict[str, str] = {}
    findings = []
    for file in _files(path):
        try:
            settings = _settings(file)
        except (OSError, ValueError, RecursionError) as error:
            findings.append(_not_understood(path, file, error))
            continue
        for key, value in settings.items():
            if key not in config:
                config[key], origins[key] = settings_of(value), file.name
    return Beside(config=config, origins=origins, findings=tuple(findings))


def _files(path: Path) -> Iterator[Path]:
    folders = (path.parent, *((path.absolute().parents[1],) if path.absolute().parent.name == _OF_LIGHTNING else ()))
    wanted = dict.fromkeys(folder / name.format(stem=path.stem) for folder in folders for name in _NAMES)
    found = [file for file in wanted if file != path and _is_small_file(file)]
    if not found and path.parent.name == "checkpoints":  # Lightning as taming-transformers and its children set it up
        found = sorted(filter(_is_small_file, path.parent.with_name("configs").glob("*-project.yaml")))[-1:]
    if not found:  # a recipe under a name of its own, if there is no choice
        others = [file for file in path.parent.glob("*.y*ml") if file.suffix in _YAML and _is_small_file(file)]
        found = others if len(others) == 1 else []
    yield from found


def _is_small_file(file: Path) -> bool:
    try:
        return file.is_file() and 0 < file.stat().st_size <= MAX_BYTES and not is_own_output(file)
    except OSError:
        return False


def _settings(file: Path) -> dict[str, Any]:
    refuse_output(file, file.stat())
    text = file.read_text("utf-8-sig")
    if file.suffix == ".txt":
        return options_of(text)
    if file.suffix == ".toml":
        return toml_of(text)
    if file.suffix in _YAML:
        from ganloss_cli.io.checkpoints.contents.yaml_text import yaml_of  # PyYAML is for those who have YAML

        document = yaml_of(text) or {}
    else:
        document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError(f"{type(document).__name__} where a mapping was expected")
    return document


def _not_understood(path: Path, file: Path, error: Exception) -> Finding:
    reason = "values too deep inside one another" if isinstance(error, RecursionError) else str(error)[:200]
    return Finding(
        check="config_not_understood",
        severity="note",
        message=f"{path}: {file.name} lies beside it, but it could not be read as plain settings: {reason}",
        evidence={"file": file.name, "reason": reason},
        hint="give what it says with --arch-args ROLE:k=v where the network needs it",
    )
