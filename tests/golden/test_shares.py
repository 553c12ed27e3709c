"""The parts of a run, merged, are the undivided run to the last bit: of every kind of data and of losses."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from golden_files import make_files
from golden_run import commands
from optional import imported
from safetensors.torch import save_file

from ganloss_cli.cli import main

metric_fid, _ = imported("torch_fidelity.metric_fid")

OF = 3
# image pairs of a generator, recipes, unpaired sets of other lengths, latents, sets of penalties with what is drawn for
# samples, labels, two domains, sounds, scores that may be probabilities, gates
KINDS = (
    "images_options", "images_train", "images_everything", "unpaired", "labelled", "penalties", "averaged", "latents",
    "latents_batch", "two_domains_recipe", "audio_features", "vocoder", "probabilities", "tensors_adversarial",
    "gates_fail", "error_not_finite",
)  # fmt: skip
TOLD = ("--fail-if", "--worst", "--format")  # belongs to who reads all parts


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shares")
    make_files(folder)
    return folder


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """A command line as what a part is told and what is told to whoever merges the parts."""
    paired = {k for k, word in enumerate(words) if word in TOLD} | {
        k + 1 for k, word in enumerate(words) if word in TOLD
    }
    told = [word for k, word in enumerate(words) if k in paired or word == "--per-sample"]
    return [word for k, word in enumerate(words) if not (k in paired or word == "--per-sample")], told


def document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return {name: value for name, value in found.items() if name not in ("timing", "environment")}


@pytest.mark.parametrize("kind", KINDS)
def test_parts_that_are_merged_are_the_undivided_run(
    kind: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    own, told = split(commands()[f"eval-{kind}"])
    own += [] if "--batch-size" in own else ["--batch-size", "2"]
    whole_status = main([*own, *told])
    whole = document(capsys.readouterr().out)

    for k in range(OF):
        assert main([*own, "--shard", f"{k + 1}/{OF}", "-o", f"part{k}.json"]) == 0
    capsys.readouterr()
    status = main(["merge", "part2.json", "part0.json", "part1.json", *told])
    merged = document(capsys.readouterr().out)

    assert status == whole_status == merged["exit_status"]
    assert merged.pop("command") == ["ganloss", *own]
    assert whole.pop("command") == ["ganloss", *own, *told]
    assert merged == whole


SCORES = ["eval", "--data", "made/scores.npz", "--losses", "d_bce,d_ragan", "--batch-size", "40"]


@pytest.fixture(scope="module")
def parts(place: Path) -> Path:
    """Two parts of a run on scores, and parts of other runs."""
    made = place / "parts"
    made.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for k in (1, 2):
            assert main([*SCORES, "--shard", f"{k}/2", "-o", f"parts/{k}.json", "--quiet"]) == 0
        others = {
            "of_three": [*SCORES, "--shard", "2/3"],
            "other_setting": [*SCORES, "--shard", "2/2", "--set", "d_bce.scale=2"],
            "other_seed": [*SCORES, "--shard", "2/2", "--seed", "7"],
            "other_data": [*SCORES[:2], "sample_data/tensors/losses.safetensors", *SCORES[3:], "--shard", "2/2"],
        }
        for name, words in others.items():
            assert main([*words, "-o", f"parts/{name}.json", "--quiet"]) == 0
        text = (made / "2.json").read_text()
        (made / "damaged.json").write_text(text.replace('"base64": "', '"base64": "!', 1))
        assert main([*SCORES, "-o", "parts/whole.json", "--quiet"]) == 0
    return made


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["1"], "part 2 is missing, of 2"),
        (["of_three"], "parts 1, 3 are missing, of 3"),
        (["1", "2", "1"], "is part 1, and so is"),
        (["1", "of_three"], "is part 2 of 3, but"),
        (["1", "other_setting"], "was made with other settings than"),
        (["1", "other_seed"], "seed is 7, not 0"),
        (["1", "other_data"], "was made with other data than"),
        (["1", "damaged"], "damaged: its part cannot be read"),
        (["1", "whole"], "a report, but no part of a run"),
    ],
)
def test_parts_that_make_no_run_are_refused_and_named(
    files: list[str], message: str, parts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    status = main(["merge", *(str(parts / f"{name}.json") for name in files)])

    assert status == 3
    assert message in capsys.readouterr().err


def test_merged_twice_gives_the_same_bytes_and_a_gate_is_judged_on_all_samples(
    parts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["merge", str(parts / "1.json"), str(parts / "2.json"), "--format", "json", "--fail-if", "d_bce>0"]
    capsys.readouterr()

    statuses = [main(words), main(words[:1] + words[2:0:-1] + words[3:])]

    printed = capsys.readouterr().out
    assert statuses == [1, 1]
    assert printed[: len(printed) // 2] == printed[len(printed) // 2 :]
    assert json.loads(printed[: len(printed) // 2])["results"][0]["count"] == 200


def test_a_page_of_parts_shows_how_the_samples_lie_and_how_to_draw_them(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    words = ["eval", "--ckpt", "sample_data/g.pt", "--data", "sample_data/imgs", "--limit", "4", "--losses", "l1"]
    for k in (1, 2):
        main([*words, "--batch-size", "2", "--shard", f"{k}/2", "-o", f"drawn{k}.json", "-q"])

    main(["merge", "drawn1.json", "drawn2.json", "--per-sample", "-o", "merged.html", "-o", "merged.json", "-q"])
    main(["report", "merged.json", *words[1:5], "-o", "whole.html", "-q"])

    merged, whole = (Path(name).read_text() for name in ("merged.html", "whole.html"))
    assert "not drawn, for merge reads no data: ganloss report REPORT.json" in " ".join(merged.split())
    assert "How the samples lie" in merged
    assert merged.count("<img") == 0
    assert whole.count("<img") > 0


def test_a_part_says_that_it_is_one_and_is_not_compared(
    parts: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = json.loads((parts / "1.json").read_text())
    schema = json.loads((project / "ganloss_cli" / "report.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(first)
    capsys.readouterr()

    status = main(["compare", str(parts / "1.json"), str(parts / "2.json")])

    assert "merge" in capsys.readouterr().err
    assert status == 2
    assert [finding["check"] for finding in first["findings"]] == ["part_of_a_run"]
    assert (first["part"]["index"], first["part"]["of"], first["part"]["steps"]) == (1, 2, [0, 2])
    assert first["results"][0]["count"] == 80


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shard", "0/2"], "expected I/N with I from 1 to N"),
        (["--shard", "3/2"], "expected I/N with I from 1 to N"),
        (["--shard", "1/2"], "nothing would keep the part"),
        (["--shard", "1/2", "--format", "json", "--fail-if", "d_bce>0"], "a part of a run is not judged"),
    ],
)
def test_a_part_that_could_not_be_used_is_refused(
    words: list[str], message: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)

    status = main([*SCORES, *words])

    assert status == 2
    assert message in capsys.readouterr().err


def test_more_parts_than_steps_leave_some_with_nothing_and_lose_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    words = [*SCORES, "--format", "json"]
    main(words)
    whole = json.loads(capsys.readouterr().out)["results"]

    for k in range(7):
        assert main([*SCORES, "--shard", f"{k + 1}/7", "-o", f"few{k}.json", "--quiet"]) == 0
    capsys.readouterr()
    main(["merge", *(f"few{k}.json" for k in range(7)), "--format", "json"])

    assert json.loads(capsys.readouterr().out)["results"] == whole


def test_every_sample_is_in_one_part(parts: Path) -> None:
    bounds = [json.loads((parts / f"{k}.json").read_text())["part"]["steps"] for k in (1, 2)]

    assert [stop == start for (_, stop), (start, _) in pairwise(bounds)] == [True]
    assert (bounds[0][0], bounds[-1][1]) == (0, 5)


def test_distances_of_sets_and_their_errors_are_those_of_the_undivided_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In shards, and from a journal; through torch-fidelity where it is installed."""
    monkeypatch.chdir(tmp_path)
    drawn = torch.Generator().manual_seed(0)
    sides = {f"{side}_features.0.0": torch.randn(14, 5, generator=drawn) for side in ("real", "fake")}
    save_file(sides, "features.safetensors")
    losses = "fm_moment" if metric_fid is None else "fm_moment,fid,fid:infinity,kid,isc,prc,fad"
    words = ["eval", "--data", "features.safetensors", "--losses", losses, "--batch-size", "4", "--format", "json"]

    def printed(*told: str) -> dict[str, Any]:
        assert main([*told]) == 0
        return {name: value for name, value in document(capsys.readouterr().out).items() if name != "command"}

    whole = printed(*words)
    for k in range(OF):
        printed(*words, "--shard", f"{k + 1}/{OF}", "-o", f"part{k}.json")
    merged = printed("merge", *(f"part{k}.json" for k in range(OF)), "--format", "json")
    journalled = [printed(*words, "--journal", "steps.jsonl") for _ in range(2)]

    assert all(result["standard_error"] for result in whole["results"])
    assert merged == whole
    assert [each["results"] for each in journalled] == [whole["results"]] * 2
