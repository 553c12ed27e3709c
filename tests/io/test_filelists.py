"""The lists that trainings of speech leave, and the folders of RVC and Applio, as data."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, NothingEvaluatedError
from ganloss_cli.io.datasets import open_data
from ganloss_cli.records.request import Request

RATE = 8000


def sound(path, seconds=1.0, rate=RATE, channels=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = 0.1 * np.sin(np.arange(int(seconds * rate)))
    soundfile.write(path, np.stack([wave] * channels, 1), rate)


def array(path, *shape):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.ones(shape, np.float32))


def group_of(data, **choices):
    (group,) = open_data(Request(data=data, **choices)).groups
    return group


def text_of(group, index):
    return "".join(chr(point) for point in group.read(index).values["text"].tolist())


def test_names_without_suffix_are_those_of_the_wavs_beside_the_list(tmp_path):
    for name in ("LJ-1", "LJ-2"):
        sound(tmp_path / "wavs" / f"{name}.wav")
    (tmp_path / "validation.txt").write_text("LJ-2|Raw 2.|raw two.\nLJ-1|Raw 1.|raw one.\n")

    group = group_of(tmp_path / "validation.txt")

    assert (group.roles, group.names) == (("real", "text"), ("LJ-1", "LJ-2"))
    assert text_of(group, 0) == "raw one."


def test_paths_are_looked_for_in_the_folders_above_the_list(tmp_path):
    sound(tmp_path / "DUMMY2" / "p225" / "a.wav")
    (tmp_path / "filelists").mkdir()
    (tmp_path / "filelists" / "val.txt.cleaned").write_text("DUMMY2/p225/a.wav|88|ɪt ɪz.\n", encoding="utf-8")

    group = group_of(tmp_path / "filelists" / "val.txt.cleaned")

    reading = group.read(0).values
    assert group.roles == ("real", "label", "text")
    assert (int(reading["label"]), text_of(group, 0)) == (88, "ɪt ɪz.")


@pytest.fixture
def voice(tmp_path):
    """RVC's tree as it lies on another machine than that of the training."""
    folder = tmp_path / "logs" / "myvoice"
    for name in ("0_0", "0_1"):
        sound(folder / "0_gt_wavs" / f"{name}.wav")
        array(folder / "3_feature768" / f"{name}.npy", 50, 768)
        array(folder / "2a_f0" / f"{name}.wav.npy", 101)
        array(folder / "2b-f0nsf" / f"{name}.wav.npy", 101)
    return folder


def listed(folder, *names):
    tree = "C:\\\\RVC\\\\logs\\\\myvoice"
    rows = [
        "|".join([
            f"{tree}/0_gt_wavs/{name}.wav", f"{tree}/3_feature768/{name}.npy", f"{tree}/2a_f0/{name}.wav.npy",
            f"{tree}/2b-f0nsf/{name}.wav.npy", "3",
        ])
        for name in names
    ]  # fmt: skip
    (folder / "filelist.txt").write_text("\n".join(rows))


def test_a_training_folder_of_rvc_is_its_list(voice):
    listed(voice, "0_1", "0_0")

    group = group_of(voice)

    assert group.roles == ("real", "label", "pitch", "phones", "coarse_pitch")
    assert group.names == ("0_0", "0_1")
    assert {role: tuple(value.shape) for role, value in group.read(0).values.items()} == {
        "real": (1, 8000), "label": (), "pitch": (101,), "phones": (50, 768), "coarse_pitch": (101,),
    }  # fmt: skip


def test_a_training_folder_without_its_list_is_what_its_folders_have_in_common(voice):
    sound(voice / "0_gt_wavs" / "left.wav")

    group = group_of(voice)

    assert (group.roles, group.names) == (("real", "pitch", "phones", "coarse_pitch"), ("0_0", "0_1"))


def test_a_training_without_pitch_has_features_alone(tmp_path):
    sound(tmp_path / "0_gt_wavs" / "a.wav")
    array(tmp_path / "3_feature256" / "a.npy", 50, 256)

    assert group_of(tmp_path).roles == ("real", "phones")


def test_a_training_folder_of_applio_is_found_too(tmp_path):
    sound(tmp_path / "sliced_audios" / "0_0_0.wav")
    for place, shape in (("extracted", (50, 768)), ("f0", (101,)), ("f0_voiced", (101,))):
        array(tmp_path / place / f"0_0_0{'' if place == 'extracted' else '.wav'}.npy", *shape)

    assert group_of(tmp_path).roles == ("real", "pitch", "phones", "coarse_pitch")


def test_silence_that_lies_elsewhere_is_left_out_and_said_so(voice):
    listed(voice, "0_0", "mute", "mute")

    data = open_data(Request(data=voice))

    assert data.groups[0].names == ("0_0",)
    assert [(finding.check, finding.evidence["rows"]) for finding in data.findings] == [("silence_left_out", 2)]


def test_all_files_that_are_not_there_are_named_at_once(voice):
    listed(voice, "0_0", "gone", "lost")

    with pytest.raises(InputError, match=r"of its 3 rows, .*gone\.wav.*lost\.wav") as said:
        open_data(Request(data=voice))

    assert "link or copy them" in said.value.hint


def test_everything_that_does_not_fit_is_listed_at_once(voice):
    listed(voice, "0_0", "0_1", "a", "b")
    for name, seconds, rate, channels in (("a", 1.0, 16000, 1), ("b", 2.0, RATE, 2)):
        sound(voice / "0_gt_wavs" / f"{name}.wav", seconds, rate, channels)
        array(voice / "3_feature768" / f"{name}.npy", 50, 768)
        for place in ("2a_f0", "2b-f0nsf"):
            array(voice / place / f"{name}.wav.npy", 101)

    with pytest.raises(InputError) as said:
        open_data(Request(data=voice))

    told = ("16000 Hz, not 8000: ", "2 channels, not 1: ", "of 1.00 s beside a recording of 2.00 s")
    assert all(what in said.value.message for what in told)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.wav|one\na.wav|one|two\n", "a list of 2 parts a line; not so or without a value: line 2"),
        ("a.wav|\n", "without a value: line 1"),
        ("a.wav|a.npy|b.npy\n", r"2 \.npy files a line"),
        ("a.wav|a\0b|x.npy\n", "name files that are not there"),
    ],
)
def test_a_list_that_is_not_understood_is_an_error(tmp_path, text, message):
    sound(tmp_path / "a.wav")
    (tmp_path / "list.txt").write_text(text)

    with pytest.raises(InputError, match=message):
        open_data(Request(data=tmp_path / "list.txt"))


def test_folders_without_a_file_in_common_are_nothing_to_evaluate(voice):
    for file in (voice / "2a_f0").iterdir():
        file.rename(file.with_name(f"x{file.name}"))

    with pytest.raises(NothingEvaluatedError, match="have no file in common"):
        open_data(Request(data=voice))


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"], ids=repr)
def test_what_stands_between_the_columns_of_a_table_is_told_by_its_header(tmp_path, mark):
    sound(tmp_path / "a.wav")
    (tmp_path / "rows").write_text(f"real{mark}label\na.wav{mark}4\n")

    assert group_of(tmp_path / "rows").roles == ("real", "label")


def test_a_list_of_paths_alone_is_a_list_of_recordings(tmp_path):
    sound(tmp_path / "dataset" / "44k" / "x" / "a.wav")
    (tmp_path / "filelists").mkdir()
    (tmp_path / "filelists" / "val.txt").write_text("./dataset/44k/x/a.wav\n")

    assert group_of(tmp_path / "filelists" / "val.txt").names == ("a",)


def test_recordings_of_a_list_are_compared_with_those_of_a_folder(voice, tmp_path):
    listed(voice, "0_0", "0_1")
    for name in ("0_0", "0_1"):
        sound(tmp_path / "made" / f"{name}.wav")

    report = evaluate(data=voice, fake=tmp_path / "made", losses="l1")

    assert (report.results[0].count, report.results[0].value) == (2, 0.0)


def test_a_list_that_is_named_by_a_relative_path_finds_what_lies_beside_it(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    soundfile.write(tmp_path / "data" / "a.wav", np.zeros(8000), 8000)
    (tmp_path / "data" / "val.txt").write_text("a|It is.\n")
    monkeypatch.chdir(tmp_path)

    report = evaluate(data=Path("data/val.txt"), fake=Path("data/a.wav"), losses="l1")

    assert report.results[0].value == 0
