from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from training_folders import LAYOUTS, Layout, Weights, adam, prefixed, safe, saved, weights

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints import Checkpoint, choose_files, open_checkpoint, with_concluded_roles
from ganloss_cli.io.checkpoints.contents import walk
from ganloss_cli.io.checkpoints.converting import planned
from ganloss_cli.io.checkpoints.inspect_all import survey
from ganloss_cli.io.networks.waveform_discriminators import MultiPeriodDiscriminator
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.records.request import Request


def opened(path: Path) -> tuple[Checkpoint, ...]:
    return with_concluded_roles([open_checkpoint(file) for file in choose_files(path).files])[0]


def networks(checkpoints: tuple[Checkpoint, ...]) -> dict[tuple[str, str], Mapping[str, torch.Tensor]]:
    return {(one.role, one.weights): one.state_dict for file in checkpoints for one in file.networks}


def assert_is(path: Path, expected: Layout, w: Weights) -> None:
    checkpoints = opened(path)
    found = networks(checkpoints)
    wanted = {
        ("generator", "raw"): w.g if expected.raw else None,
        ("generator", "ema"): w.ema if expected.averaged else None,
        ("discriminator", "raw"): w.d if expected.judged else None,
    }
    for key, state in wanted.items():
        if state is None:
            assert key not in found
        else:
            assert found[key].keys() == state.keys()
            assert all(torch.equal(found[key][name], value) for name, value in _learnt(state).items())
    assert {file.step for file in checkpoints} - {None} == ({expected.step} if expected.step else set())


def _learnt(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Without the buffers, which an average may share with the raw network."""
    return {name: value for name, value in state.items() if "running" not in name and "num_batches" not in name}


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_a_training_left_opens_with_its_roles_and_its_step(tmp_path: Path, name: str) -> None:
    w = weights()
    LAYOUTS[name].make(tmp_path, w)

    assert_is(tmp_path, LAYOUTS[name], w)


@pytest.mark.parametrize("name", [name for name, layout in LAYOUTS.items() if layout.free])
def test_names_without_a_meaning_change_nothing(tmp_path: Path, name: str) -> None:
    w = weights()
    LAYOUTS[name].make(tmp_path, w)
    for old, new in LAYOUTS[name].free:
        called = [p for p in tmp_path.rglob("*") if p.name == old or (p.is_dir() and p.name.startswith(f"{old}_"))]
        assert called
        for path in sorted(called, reverse=True):
            path.rename(path.with_name(path.name.replace(old, new)))

    assert_is(tmp_path, LAYOUTS[name], w)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_folder_around_a_training_opens_as_it_does(tmp_path: Path, name: str) -> None:
    w = weights()
    (tmp_path / "mine").mkdir()
    LAYOUTS[name].make(tmp_path / "mine", w)

    found = networks(opened(tmp_path))

    assert found.keys() == networks(opened(tmp_path / "mine")).keys()


@pytest.mark.parametrize("name", LAYOUTS)
def test_inspect_sees_the_networks_of_what_a_training_left(tmp_path: Path, name: str) -> None:
    w = weights()
    LAYOUTS[name].make(tmp_path, w)

    seen = survey([tmp_path])

    roles = {(one.role, one.weights) for file in seen.files for one in file.networks}
    assert roles >= networks(opened(tmp_path)).keys()
    assert [finding.check for finding in seen.findings if finding.severity == "error"] == []


def test_several_runs_below_a_folder_are_listed(tmp_path: Path) -> None:
    w = weights()
    for run in ("blue", "green"):
        LAYOUTS["models_and_resume_models"].make(tmp_path / run, w)

    with pytest.raises(UsageError, match=r"runs lie below it: blue/.*, green/"):
        choose_files(tmp_path)


def test_the_newest_step_that_is_whole_is_opened_and_a_newer_one_named(tmp_path: Path) -> None:
    w = weights()
    for step in (500, 1000):
        safe(w.d, tmp_path / f"checkpoint-{step}" / "discriminator" / "model.safetensors")
        safe(w.g, tmp_path / f"checkpoint-{step}" / "generator" / "model.safetensors")
    safe(w.g, tmp_path / "checkpoint-1500" / "generator" / "model.safetensors")

    chosen = choose_files(tmp_path)

    assert {file.parent.parent.name for file in chosen.files} == {"checkpoint-1000"}
    [finding] = chosen.findings
    assert "checkpoint-1500/generator/model.safetensors" in finding.evidence["left_out"]


def test_an_optimizer_under_any_name_takes_no_role(tmp_path: Path) -> None:
    w = weights()
    saved({"netG": w.g, "opt": adam(w.g)}, tmp_path / "last.pt")
    saved(adam(w.d), tmp_path / "netD.pt")

    [file] = choose_files(tmp_path).files

    assert file.name == "last.pt"
    [seen] = survey([file]).files
    assert seen.optimizers["opt"]["kind"] == "AdamW"
    assert seen.config == {}


def test_two_that_nothing_is_known_of_beside_a_discriminator_are_a_question(tmp_path: Path) -> None:
    saved(weights().d, tmp_path / "discriminator.pt")
    for name in ("one", "two"):
        saved({"mystery.weight": torch.zeros(3, 3), "mystery.bias": torch.zeros(3)}, tmp_path / f"{name}.pt")

    with pytest.raises(UsageError, match=r"one\.pt and two\.pt may be the same network") as asked:
        choose_files(tmp_path)

    assert "--disc" in str(asked.value.hint)


def test_the_one_network_beside_a_discriminator_is_its_generator_and_it_is_said(tmp_path: Path) -> None:
    saved(weights().d, tmp_path / "discriminator.pt")
    saved({"mystery.weight": torch.zeros(3, 3), "mystery.bias": torch.zeros(3)}, tmp_path / "one.pt")

    checkpoints, findings = with_concluded_roles([open_checkpoint(file) for file in choose_files(tmp_path).files])

    assert networks(checkpoints).keys() == {("discriminator", "raw"), ("generator", "raw")}
    assert [finding.check for finding in findings] == ["concluded_role"]


def test_a_list_of_averages_is_not_put_in_the_order_of_a_file_that_keeps_none(tmp_path: Path) -> None:
    w = weights()
    safe(w.g, tmp_path / "generator.safetensors")
    saved({"decay": 0.9, "shadow_params": list(_learnt(w.ema).values())}, tmp_path / "ema.pt")

    found = networks(opened(tmp_path))

    assert list(found["generator", "ema"])[:2] == ["0", "1"]


def test_a_loop_of_links_is_walked_once(tmp_path: Path) -> None:
    saved(weights().g, tmp_path / "run" / "generator.pt")
    (tmp_path / "run" / "again").symlink_to(tmp_path, target_is_directory=True)

    assert len(choose_files(tmp_path).files) == 1


def test_what_lies_too_deep_is_not_seen_and_it_is_said(tmp_path: Path) -> None:
    w = weights()
    saved(w.d, tmp_path / "discriminator.pt")
    saved(w.g, tmp_path / "a/b/c/d/generator.pt")
    saved(w.g, tmp_path / "e/f/g/h/i/generator.pt")

    chosen = choose_files(tmp_path)

    assert {file.name for file in chosen.files} == {"discriminator.pt", "generator.pt"}
    assert [finding.check for finding in chosen.findings] == ["folder_not_searched_whole"]


def test_where_nothing_is_found_it_is_said_what_was_not_searched(tmp_path: Path) -> None:
    saved(weights().g, tmp_path / "mlruns/0/ab12/artifacts/generator/data/state_dict.pth")

    with pytest.raises(InputError, match="not searched: folders more than 4 levels down"):
        choose_files(tmp_path)


def test_the_search_ends_at_a_number_of_entries_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_ENTRIES", 3)
    saved(weights().g, tmp_path / "generator.pt")
    (tmp_path / "samples").mkdir()
    for k in range(3):
        (tmp_path / "samples" / f"{k}.txt").touch()

    chosen = choose_files(tmp_path)

    assert [file.name for file in chosen.files] == ["generator.pt"]
    assert "first 3 entries" in chosen.findings[0].message


def test_a_missing_part_of_a_split_checkpoint_is_named(tmp_path: Path) -> None:
    LAYOUTS["sharded_safetensors"].make(tmp_path, weights())
    (tmp_path / "generator" / "model-00002-of-00002.safetensors").unlink()

    with pytest.raises(InputError, match=r"1 of 2 parts are missing: model-00002-of-00002\.safetensors"):
        opened(tmp_path)


def test_parts_of_something_else_do_not_hide_the_networks_beside_them(tmp_path: Path) -> None:
    LAYOUTS["hub_folders"].make(tmp_path, weights())
    safe({"embed.weight": torch.zeros(3, 3)}, tmp_path / "text_encoder" / "model-00001-of-00003.safetensors")

    assert networks(opened(tmp_path)).keys() == {("generator", "raw"), ("discriminator", "raw")}


def test_the_average_of_an_unknown_network_is_not_taken_for_that_of_the_generator(tmp_path: Path) -> None:
    """clovaai/stargan-v2: a network beside the generator is averaged too."""
    w, mapping = weights(), {"shared.0.weight": torch.ones(3, 3), "shared.0.bias": torch.ones(3)}
    saved({"generator": w.g, "mapping_network": mapping, "discriminator": w.d}, tmp_path / "100000_nets.ckpt")
    saved({"generator": w.ema, "mapping_network": mapping}, tmp_path / "100000_nets_ema.ckpt")

    model = load_model(Request(ckpt=(tmp_path,)), torch.device("cpu"), torch.float32)

    roles = [("generator", "raw"), ("discriminator", "raw"), ("generator", "ema")]
    assert sorted(model.networks) == sorted(roles)
    told = [finding.evidence["network"] for finding in model.findings if finding.check == "unrecognised_network"]
    assert [name.rpartition("/")[2] for name in told] == [
        "100000_nets.ckpt (mapping_network)", "100000_nets_ema.ckpt (mapping_network)",
    ]  # fmt: skip


def test_buffers_without_a_parameter_are_no_network(tmp_path: Path) -> None:
    path = tmp_path / "generator.pt"
    torch.save({"norm.running_mean": torch.zeros(3), "stft.window": torch.ones(4)}, path)

    with pytest.raises(InputError, match="no network in it"):
        open_checkpoint(path)


@pytest.mark.parametrize("places", [("encoder.pt", "decoder.pt"), ("backbone/model.pt", "head/model.pt")])
def test_parts_in_several_files_that_fit_one_architecture_are_one_network(
    tmp_path: Path, places: tuple[str, str]
) -> None:
    """A generator whose halves were saved one by one; a second step of one of them is older."""
    w = weights()
    names = list(w.g)
    saved({"model": w.d, "step": 9}, tmp_path / "discriminator.pt")
    for place, held in zip(places, (names[:5], names[5:]), strict=True):
        saved({name: w.g[name] for name in held}, tmp_path / place)

    found = networks(opened(tmp_path))
    files = [file for file in choose_files(tmp_path).files if file.name != "discriminator.pt"]
    alone = networks(with_concluded_roles([open_checkpoint(file) for file in files])[0])

    assert found.keys() == {("generator", "raw"), ("discriminator", "raw")}
    for held in (found, alone):
        assert held["generator", "raw"].keys() == w.g.keys()
        assert all(torch.equal(held["generator", "raw"][name], value) for name, value in w.g.items())


def test_inspect_shows_a_network_in_parts_once_and_names_the_parts(tmp_path: Path) -> None:
    w = weights()
    LAYOUTS["a_file_a_part"].make(tmp_path, w)

    seen = survey([tmp_path], with_tensors=True)

    [generator] = [
        one for file in seen.files for one in file.networks if (one.role, one.weights) == ("generator", "raw")
    ]
    assert {row.name: row.shape for row in generator.tensors or ()} == {name: tuple(v.shape) for name, v in w.g.items()}
    assert generator.shared_count == 0
    told = [finding.evidence["parts"] for finding in seen.findings if finding.check == "joined_parts"]
    assert told[0] == [str(tmp_path / "decoder.pt"), str(tmp_path / "encoder.pt")]


def test_tensors_of_two_files_that_count_their_storages_alike_are_not_tied(tmp_path: Path) -> None:
    for name, value in (("mpd", torch.ones(2, 2)), ("msd", torch.zeros(2, 2))):
        saved({"conv.weight": value}, tmp_path / f"{name}.pt")

    [output] = planned([tmp_path]).outputs

    assert sorted(output.tensors) == ["mpd.conv.weight", "msd.conv.weight"]
    assert output.network.tied == {}


def test_the_parts_of_a_discriminator_in_files_of_their_own_are_one(tmp_path: Path) -> None:
    for name in ("mpd", "mrd"):
        part = MultiPeriodDiscriminator(channels=(2, 2, 2, 2, 2))
        saved(part.state_dict(), tmp_path / f"{name}.pt")

    model = load_model(Request(ckpt=(tmp_path,)), torch.device("cpu"), torch.float32)

    assert [len(built.callees) for built in model.networks.values()] == [2]
    [output] = planned([tmp_path]).outputs
    assert output.network.file == "discriminator.safetensors"
    assert {name.partition(".")[0] for name in output.tensors} == {"mpd", "mrd"}


def test_a_second_discriminator_that_no_name_makes_a_part_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        saved({"discriminator": weights().d}, tmp_path / f"{name}.pt")

    with pytest.raises(UsageError, match="a second discriminator"):
        load_model(Request(ckpt=(tmp_path / "one.pt", tmp_path / "two.pt")), torch.device("cpu"), torch.float32)


def test_of_a_file_of_many_networks_those_that_are_known_open_and_the_rest_is_named(tmp_path: Path) -> None:
    """yl4579/StyleTTS2, train_second.py: a mapping of every network, each in DataParallel."""
    mpd = MultiPeriodDiscriminator(channels=(2, 2, 2, 2, 2)).state_dict()
    unknown = ("decoder", "text_encoder", "style_encoder", "wd")
    net = {name: {f"module.{name}_lin.weight": torch.ones(2, 2)} for name in unknown}
    content = {"net": {**net, "mpd": prefixed("module.", mpd)}, "optimizer": {}, "iters": 4200, "epoch": 7}
    saved(content, tmp_path / "epoch_2nd_00007.pth")

    model = load_model(Request(ckpt=(tmp_path,)), torch.device("cpu"), torch.float32)

    assert model.networks.keys() == {("discriminator", "raw")}
    assert {record.step for record in model.records} == {4200}
    told = [finding.message for finding in model.findings if finding.check == "unrecognised_network"]
    assert [name for name in unknown if any(f"(net.{name})" in message for message in told)] == list(unknown)
