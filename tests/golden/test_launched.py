"""torchrun: one set, or many checkpoints, over processes that print one document and end with one status."""

import json
import os
import runpy
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from golden_files import make_files
from golden_run import commands
from optional import imported
from test_shares import SCORES, document, split

# pictures in train mode, unpaired sets, latents, a recipe of two domains, sounds by sample, scores
KINDS = ("images_train", "unpaired", "latents", "two_domains_recipe", "audio_features", "tensors_adversarial")
Came = dict[str, dict[str, Any]]


def launch(place: Path, processes: int, plan: dict[str, Any], by: Sequence[str] = ()) -> None:
    """Let the processes of a real torchrun, or of another launcher, follow a plan."""
    (place / "plan.json").write_text(json.dumps(plan))
    script = Path(__file__).with_name("launched.py")
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    plain = {name: value for name, value in os.environ.items() if name != "GANLOSS_DEBUG"} | {"OMP_NUM_THREADS": "1"}
    words = [sys.executable, *(by or torchrun), str(script), "plan.json"]
    subprocess.run(words, cwd=place, env=plain, capture_output=True, timeout=200, check=True)


def line(kind: str) -> list[str]:
    """A golden command line, of several steps."""
    own, told = split(commands()[f"eval-{kind}"])
    return [*own, *([] if "--batch-size" in own else ["--batch-size", "2"]), *told]


def launch_two(place: Path) -> None:
    make_files(place)
    launch(place, 2, {"alike": {kind: line(kind) for kind in KINDS}, "scores": SCORES})


@pytest.fixture(scope="module")
def place(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    return once("launched", launch_two)


@pytest.fixture(scope="module")
def ranks(place: Path) -> tuple[Came, Came]:
    """What came of the plan in both processes."""
    first, second = (json.loads((place / f"rank{k}.json").read_text()) for k in range(2))
    return first, second


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_give_the_document_of_one_and_the_first_prints_it(kind: str, ranks: tuple[Came, Came]) -> None:
    first, second = ranks
    alone, both = first[f"{kind} alone"], first[kind]
    whole, divided = document(alone["printed"]), document(both["printed"])

    assert second[kind]["printed"] == second[kind]["said"] == ""
    assert alone["status"] == both["status"] == second[kind]["status"] == divided["exit_status"]
    assert whole.pop("command")[:-1] == divided.pop("command")
    assert divided == whole


_, needs_accelerate = imported("accelerate")


@needs_accelerate
def test_accelerate_launch_divides_a_run_as_torchrun_does(tmp_path: Path) -> None:
    make_files(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    # without --multi_gpu it starts one process, whatever --num_processes says
    launcher = ["-m", "accelerate.commands.accelerate_cli", "launch", "--multi_gpu", "--num_processes", "2"]
    launcher += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]

    launch(tmp_path, 2, {"alike": {"latents": line("latents")}}, [*launcher, "--main_process_port", port])

    first, second = (json.loads((tmp_path / f"rank{k}.json").read_text()) for k in range(2))
    assert second["latents"]["printed"] == second["latents"]["said"] == ""
    divided, whole = document(first["latents"]["printed"]), document(first["latents alone"]["printed"])
    assert whole.pop("command")[:-1] == divided.pop("command")
    assert divided == whole


# a ranking by values of samples, of losses that the newest checkpoint settles, and the table alone with a gate
TRAJECTORY = ["run", "--data", "sample_data/imgs", "--limit", "2", "--batch-size", "1"]
RANKED = {
    "rank": ["rank", *TRAJECTORY, "--losses", "tv,d_ragan", "--by", "tv"],
    "rank_default": ["rank", *TRAJECTORY, "--limit", "1"],
    "each": ["eval", "--each", *TRAJECTORY, "--losses", "l1", "--fail-if", "l1>0"],
}
N_STEPS = 5 * 2  # of five checkpoints


def launch_ranking(place: Path, processes: int) -> None:
    make_files(place)
    runpy.run_path(str(place / "sample_data" / "trajectory.py"))["main"](place / "run")
    journalled = [*RANKED["rank"], "--journal", "ranked.jsonl", "--format", "json"]
    together = {"journal": journalled, "journal again": journalled,
                "refused": [*RANKED["rank"][:-1], "psnr", "--output", "refused.json"]}  # fmt: skip
    alike = {**{kind: line(kind) for kind in ("unpaired", "audio_features")}, **RANKED}
    launch(place, processes, {"alike": alike, "together": together})


@pytest.fixture(scope="module", params=[1, 3])
def ranking(
    request: pytest.FixtureRequest, once: Callable[[str, Callable[[Path], None]], Path]
) -> tuple[Path, list[Came]]:
    """Where one process or three followed the plan, and what came of it in each."""
    place = once(f"launched{request.param}", partial(launch_ranking, processes=request.param))
    return place, [json.loads((place / f"rank{k}.json").read_text()) for k in range(request.param)]


@pytest.mark.parametrize("kind", ["unpaired", "audio_features", *RANKED])
def test_one_process_and_three_give_the_document_of_one_without_a_launcher(
    kind: str, ranking: tuple[Path, list[Came]]
) -> None:
    first, *others = ranking[1]
    alone, together = first[f"{kind} alone"], first[kind]
    whole, divided = document(alone["printed"]), document(together["printed"])

    assert [each[kind] for each in others] == [{"status": together["status"], "printed": "", "said": ""}] * len(others)
    assert alone["status"] == together["status"] == divided["exit_status"]
    assert whole.pop("command")[:-1] == divided.pop("command")
    assert divided == whole


def test_processes_that_rank_share_a_journal(ranking: tuple[Path, list[Came]]) -> None:
    place, (first, *_) = ranking
    found = [json.loads(first[name]["printed"]) for name in ("rank", "journal", "journal again")]

    assert [each["timing"].get("journal_steps") for each in found] == [None, 0, N_STEPS]
    assert found[0]["results"] == found[1]["results"] == found[2]["results"]
    assert found[0]["ranking"]["losses"] == found[2]["ranking"]["losses"]
    assert len((place / "ranked.jsonl").read_text().splitlines()) == N_STEPS


def test_a_mistake_in_a_ranking_ends_all_with_its_status_and_one_message(ranking: tuple[Path, list[Came]]) -> None:
    place, came = ranking

    assert {each["refused"]["status"] for each in came} == {2}
    assert [each["refused"]["said"] for each in came].count("") == len(came) - 1
    if len(came) > 1:
        assert validate(place / "refused.json")["error"]["message"].startswith("--by 'psnr': is not among the losses")


def validate(file: Path) -> dict[str, Any]:
    """A document that follows the schema."""
    schema = json.loads((Path(__file__).resolve().parents[2] / "ganloss_cli" / "report.schema.json").read_text())
    found: dict[str, Any] = json.loads(file.read_text())
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def test_a_gate_is_judged_once_and_all_end_with_its_status(place: Path, ranks: tuple[Came, Came]) -> None:
    assert [each["gate"]["status"] for each in ranks] == [1, 1]
    validate(place / "gate.json")
    assert json.loads((place / "gate.json").read_text())["exit_status"] == 1


def test_a_run_is_held_against_its_baseline_by_the_first(ranks: tuple[Came, Came]) -> None:
    first, second = (each["baseline"] for each in ranks)
    found = json.loads(first["printed"])

    assert [first["status"], second["status"]] == [0, 0], first["said"]
    assert [(gate["failed"], gate["change"]["difference"]) for gate in found["gates"]] == [(False, 0.0)]
    assert "samples" not in found
    assert second["printed"] == second["said"] == ""


def test_the_one_that_fails_says_so_alone_and_all_end_with_its_status(place: Path, ranks: tuple[Came, Came]) -> None:
    first, second = ranks
    written = validate(place / "failed.json")

    assert [each["rank 1 fails"]["status"] for each in ranks] == [3, 3]
    assert first["rank 1 fails"]["said"] == ""
    assert second["rank 1 fails"]["said"].startswith("error: rank 1: made/cut.safetensors")
    assert (written["exit_status"], written["error"]["rank"]) == (3, 1)


def test_processes_of_different_runs_are_refused(ranks: tuple[Came, Came]) -> None:
    assert [each["other options"]["status"] for each in ranks] == [3, 3]
    assert "rank 1 sees other data, checkpoints or options than rank 0" in ranks[0]["other options"]["said"]


def test_processes_share_a_journal(place: Path, ranks: tuple[Came, Came]) -> None:
    first, again = (json.loads(ranks[0][name]["printed"]) for name in ("journal", "journal again"))

    assert [found["timing"]["journal_steps"] for found in (first, again)] == [0, 5]
    assert first["results"] == again["results"]
    assert len((place / "both.jsonl").read_text().splitlines()) == 5


def test_a_command_that_is_not_divided_runs_in_the_first_process(ranks: tuple[Came, Came]) -> None:
    first, second = (each["undivided command"] for each in ranks)

    assert first["printed"].startswith("ssim")
    assert second == {"status": 0, "printed": "", "said": ""}


def test_a_child_of_a_training_neither_hangs_nor_joins(ranks: tuple[Came, Came]) -> None:
    child = ranks[1]["child"]
    found = json.loads(child["printed"])

    assert child["status"] == 0
    assert found["results"][0]["count"] == 200
    assert [finding["check"] for finding in found["findings"]] == ["launcher_ignored"]


def test_processes_that_do_not_come_are_waited_for_so_long(place: Path, ranks: tuple[Came, Came]) -> None:
    alone = ranks[0]["nobody comes"]

    assert alone["status"] == 2
    assert "2 processes were to meet within 0.2 s, and did not: WORLD_SIZE=2, RANK=0" in alone["said"]
    assert json.loads((place / "late.json").read_text())["exit_status"] == 2


@pytest.mark.parametrize("script", ["divided.py", "killed_often.py"])
def test_what_is_run_by_hand_at_length_starts(script: str) -> None:
    words = [sys.executable, str(Path(__file__).with_name(script)), "--help"]

    assert subprocess.run(words, check=False, capture_output=True).returncode == 0
