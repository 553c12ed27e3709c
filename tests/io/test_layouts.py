import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.layouts import Layout, read_layout
from ganloss_cli.io.trees import Folder

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A folder with these images."""
    buffer = io.BytesIO()
    Image.new("L", (2, 2)).save(buffer, "PNG")

    def make(*images: str) -> Path:
        for name in images:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(buffer.getvalue())
        return tmp_path

    return make


def layout(folder: Path, mapping: dict[str, str] | None = None, **options: Any) -> Layout:
    return read_layout(Folder(folder), mapping=mapping or {}, **options)


def roles(found: Layout) -> dict[str, list[str]]:
    return {" ".join(place.roles): [file.name for file in place.files] for place in found.places}


def test_a_flat_folder_is_real(tree: Tree):
    assert roles(layout(tree("a.png", "sub/b.png"))) == {"real": ["a", "sub/b"]}


def test_class_folders_are_one_set_of_reals(tree: Tree):
    assert roles(layout(tree("cat/1.png", "dog/1.png"))) == {"real": ["cat/1", "dog/1"]}


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("input", "real", ("input", "real")),
        ("input", "target", ("input", "real")),
        ("LR", "HR", ("input", "real")),
        ("lq", "gt", ("input", "real")),
        ("Noisy", "Clean", ("input", "real")),
        ("real", "fake", ("real", "fake")),
        ("A", "B", ("real_A", "real_B")),
        ("trainA", "trainB", ("real_A", "real_B")),
        ("testa", "testb", ("real_A", "real_B")),
        ("mixture", "target", ("mixture", "target")),
        ("fake_A", "rec_B", ("fake_A", "rec_B")),
    ],
)
def test_folder_names_are_roles(tree: Tree, first: str, second: str, wanted: tuple[str, str]):
    found = layout(tree(f"{first}/1.png", f"{second}/1.png"))

    assert roles(found) == {wanted[0]: ["1"], wanted[1]: ["1"]}
    assert found.findings == ()


def test_three_role_folders_are_three_roles(tree: Tree):
    assert set(roles(layout(tree("input/1.png", "target/1.png", "fake/1.png")))) == {"input", "real", "fake"}


def test_two_folders_for_one_role_are_an_error(tree: Tree):
    with pytest.raises(InputError, match="'gt' and 'real' are both taken for real") as refused:
        layout(tree("gt/1.png", "real/1.png"))

    assert "--real FOLDER" in str(refused.value.hint)


def test_what_lies_beside_role_folders_is_a_finding(tree: Tree):
    found = layout(tree("input/1.png", "real/1.png", "old/1.png", "preview.png"))

    assert [finding.check for finding in found.findings] == ["unused_files"]
    assert found.findings[0].evidence["names"] == ["old", "preview.png"]


def test_folders_may_be_mapped_to_roles(tree: Tree):
    assert set(roles(layout(tree("Day/1.png", "Night/1.png"), {"day": "input", "Night": "real"}))) == {"input", "real"}


def test_a_mapped_folder_that_does_not_exist_is_an_error(tree: Tree):
    with pytest.raises(InputError, match="--map dusk=real: there is no folder 'dusk'"):
        layout(tree("a.png"), {"dusk": "real"})


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_chooses_two_of_four_domain_folders(tree: Tree, split: str):
    folder = tree("trainA/train.png", "trainB/train.png", "testA/test.png", "testB/test.png")

    found = layout(folder, split=split)

    assert roles(found) == {"real_A": [split], "real_B": [split]}


def test_two_splits_and_none_chosen_is_a_usage_error_that_names_the_option(tree: Tree):
    with pytest.raises(UsageError, match="holds trainA, trainB and testA, testB") as refused:
        layout(tree("trainA/1.png", "trainB/1.png", "testA/1.png", "testB/1.png"))

    assert "--split train" in str(refused.value.hint)


def test_a_split_that_is_not_there_is_an_error(tree: Tree):
    with pytest.raises(InputError, match="has no testA and testB; found trainA and trainB"):
        layout(tree("trainA/1.png", "trainB/1.png"), split="test")


def test_a_split_of_a_flat_folder_is_an_error(tree: Tree):
    with pytest.raises(InputError, match="--split test: there is no 'test'"):
        layout(tree("a.png"), split="test")


def test_a_split_chooses_a_folder_of_any_layout(tree: Tree):
    folder = tree("train/input/1.png", "train/real/1.png", "test/input/2.png", "test/real/2.png")

    assert roles(layout(folder, split="test")) == {"input": ["2"], "real": ["2"]}
    with pytest.raises(UsageError, match="holds train and test"):
        layout(folder)


def test_a_layout_inside_a_lone_folder_is_found(tree: Tree):
    assert set(roles(layout(tree("archive/LR/1.png", "archive/HR/1.png")))) == {"input", "real"}


def test_a_lone_folder_of_images_keeps_its_name_in_the_samples(tree: Tree):
    assert roles(layout(tree("cat/1.png"))) == {"real": ["cat/1"]}


@pytest.mark.parametrize("aligned", ["AB", "BA"])
def test_aligned_images_hold_both_domains(tree: Tree, aligned: str):
    assert roles(layout(tree("1.png", "2.png"), aligned=aligned)) == {"real_A real_B": ["1", "2"]}


def test_aligned_images_may_lie_in_splits(tree: Tree):
    assert roles(layout(tree("train/1.png", "test/2.png"), aligned="AB", split="test")) == {"real_A real_B": ["2"]}


def test_a_separation_folder_gives_mixture_and_target(tree: Tree):
    folder = tree("one/mixture.wav", "one/vocals.wav", "one/drums.wav", "two/mixture.wav", "two/vocals.wav")

    assert roles(layout(folder, stem="vocals")) == {"mixture": ["one", "two"], "target": ["one", "two"]}


def test_the_only_stem_needs_no_option(tree: Tree):
    assert roles(layout(tree("one/mixture.wav", "one/speech.wav"))) == {"mixture": ["one"], "target": ["one"]}


def test_several_stems_and_none_chosen_is_a_usage_error_that_lists_them(tree: Tree):
    with pytest.raises(UsageError, match="with the stems 'drums', 'vocals'") as refused:
        layout(tree("one/mixture.wav", "one/vocals.wav", "one/drums.wav"))

    assert "--stem vocals" in str(refused.value.hint)


def test_a_stem_that_is_not_there_is_an_error(tree: Tree):
    with pytest.raises(InputError, match="there is no stem 'bass'; found 'vocals'"):
        layout(tree("one/mixture.wav", "one/vocals.wav"), stem="bass")


def test_a_stem_without_a_mixture_is_an_error(tree: Tree):
    with pytest.raises(InputError, match="--stem vocals: there is no file called 'mixture'"):
        layout(tree("a.png"), stem="vocals")


def test_files_named_as_roles_side_by_side_are_told_apart_and_it_is_said(tree: Tree):
    found = layout(tree("1_LR.png", "1_HR.png", "2_LR.png", "2_HR.png"))

    assert roles(found) == {"real": ["1", "2"], "input": ["1", "2"]}
    assert [finding.check for finding in found.findings] == ["roles_from_file_names"]


def test_the_results_of_a_pix2pix_test_run_are_told_apart(tree: Tree):
    found = layout(tree("1_real_A.png", "1_fake_B.png", "1_real_B.png"))

    assert roles(found) == {"fake_B": ["1"], "real_A": ["1"], "real_B": ["1"]}


def test_files_of_which_one_lacks_its_partner_stay_one_set_of_reals(tree: Tree):
    assert set(roles(layout(tree("1_LR.png", "1_HR.png", "2_LR.png")))) == {"real"}


DIV2K = ("DIV2K_valid_HR/0801.png", "DIV2K_valid_LR_bicubic/X4/0801x4.png")
TRAIN = ("DIV2K_train_HR/0001.png", "DIV2K_train_LR_bicubic/X4/0001x4.png")


def test_the_folders_of_div2k_are_two_roles(tree: Tree):
    assert roles(layout(tree(*DIV2K))) == {"real": ["0801"], "input": ["0801x4"]}


def test_the_folders_of_div2k_have_splits(tree: Tree):
    folder = tree(*DIV2K, *TRAIN)

    with pytest.raises(UsageError, match="holds 'DIV2K_train_HR'") as refused:
        layout(folder)
    assert refused.value.hint == "choose one: --split train or --split test"
    assert roles(layout(folder, split="test")) == {"real": ["0801"], "input": ["0801x4"]}
    assert roles(layout(folder, split="train")) == {"real": ["0001"], "input": ["0001x4"]}
    assert layout(folder, split="train").chose_split


def test_two_kinds_of_small_pictures_are_not_chosen_from(tree: Tree):
    with pytest.raises(InputError, match="DIV2K_valid_LR_unknown") as refused:
        layout(tree(*DIV2K, "DIV2K_valid_LR_unknown/X4/0801x4.png"))

    assert refused.value.hint == "say which: --input FOLDER --real FOLDER"


def test_two_scales_are_not_chosen_from(tree: Tree):
    with pytest.raises(UsageError, match=r"DIV2K_valid_LR_bicubic: holds 'X2', 'X4'") as refused:
        layout(tree(*DIV2K, "DIV2K_valid_LR_bicubic/X2/0801x2.png"))

    assert "DIV2K_valid_LR_bicubic/X2, with --real" in str(refused.value.hint)


def test_one_folder_that_has_a_word_for_a_role_in_its_name_is_a_folder_like_any_other(tree: Tree):
    assert roles(layout(tree("photos_HR/1.png", "drawings/1.png"))) == {"real": ["drawings/1", "photos_HR/1"]}


def test_small_pictures_beside_large_ones_are_the_input(tree: Tree):
    found = layout(tree("0801.png", "0801x4.png", "0802.png", "0802x4.png"))

    assert roles(found) == {"real": ["0801", "0802"], "input": ["0801", "0802"]}
    assert "files that end with 'x4' are taken for the input" in found.findings[0].message


@pytest.mark.parametrize(
    "names", [("0801.png", "0801x4.png", "0802.png"), ("1.png", "1x2.png", "2.png", "2x4.png"), ("ax4.png", "bx4.png")]
)
def test_names_that_end_with_a_scale_otherwise_are_names(tree: Tree, names: tuple[str, ...]):
    assert set(roles(layout(tree(*names)))) == {"real"}
