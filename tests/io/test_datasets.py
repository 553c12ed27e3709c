import gzip
import hashlib
import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from safetensors.torch import save_file

from ganloss_cli.api import chosen
from ganloss_cli.errors import InputError, NothingEvaluatedError, UsageError
from ganloss_cli.io.datasets import DataSet, Group, open_data
from ganloss_cli.io.images import of_levels


def image(path: Path, value: int = 0, size: tuple[int, int] = (4, 4), mode: str = "L") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)
    return path


def audio(path: Path, n: int = 100, rate: int = 16000, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.linspace(-0.5, 0.5, n * channels).reshape(n, channels), rate, subtype="FLOAT")
    return path


def opened(data: Path | None = None, **options: Any) -> DataSet:
    roles = options.pop("roles", {})
    return open_data(replace(chosen({"data": data, **options}), roles=roles))


def only(data: DataSet) -> Group:
    assert len(data.groups) == 1
    return data.groups[0]


def levels(group: Group, role: str) -> list[int]:
    """The grey value of each sample, 0 to 255."""
    return [round(of_levels(group.read(n).values[role]).max().item() * 255) for n in range(len(group.names))]  # type: ignore[arg-type]


def test_a_flat_folder_gives_its_images_as_real_sorted_by_name(tmp_path: Path):
    for name, value in (("b.png", 2), ("a/z.png", 3), ("c.txt", 1)):
        image(tmp_path / "image.png", value).rename(tmp_path / "moved")
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / "moved").rename(tmp_path / name)

    group = only(opened(tmp_path))

    assert (group.roles, group.names) == (("real",), ("a/z", "b", "c"))
    assert levels(group, "real") == [3, 2, 1]
    assert group.kinds == {"real": "image"}
    assert group.ranges == {"real": (0.0, 1.0)}
    assert group.paths == {"real": str(tmp_path)}


def test_a_digest_is_the_sha256_of_the_file(tmp_path: Path):
    path = image(tmp_path / "a.png")

    digest = only(opened(tmp_path)).read(0).digests["real"]

    assert digest == hashlib.sha256(path.read_bytes()).digest()


def test_paired_folders_are_one_group_with_real_before_fake_and_input(tmp_path: Path):
    for role in ("fake", "input", "real"):
        for n in (1, 2):
            image(tmp_path / role / f"{n}.png", n * (3 if role == "real" else 1))

    group = only(opened(tmp_path))

    assert group.roles == ("real", "fake", "input")
    assert (levels(group, "real"), levels(group, "fake")) == ([3, 6], [1, 2])


def test_unpaired_folders_are_a_group_each(tmp_path: Path):
    image(tmp_path / "real" / "a.png")
    image(tmp_path / "fake" / "b.png")
    image(tmp_path / "fake" / "c.png")

    assert [(group.roles, group.names) for group in opened(tmp_path).groups] == [
        (("real",), ("a",)), (("fake",), ("b", "c")),
    ]  # fmt: skip


def test_a_role_that_is_named_wins_over_data_and_combines_with_it(tmp_path: Path):
    for n in (1, 2):
        image(tmp_path / "data" / "input" / f"{n}.png", 10 * n)
        image(tmp_path / "data" / "real" / f"{n}.png", 20 * n)
        image(tmp_path / "better" / f"{n}.png", 30 * n)

    group = only(opened(tmp_path / "data", roles={"real": str(tmp_path / "better")}))

    assert (levels(group, "real"), levels(group, "input")) == ([30, 60], [10, 20])


def test_two_named_files_are_a_pair(tmp_path: Path):
    first, second = image(tmp_path / "x.png", 1), image(tmp_path / "y.bmp", 2)

    group = only(opened(roles={"real": str(first), "fake": str(second)}))

    assert (group.roles, group.names) == (("real", "fake"), ("x",))


def test_a_named_role_may_be_one_array_of_a_file(tmp_path: Path):
    np.savez(tmp_path / "t.npz", a=np.full((2, 1, 4, 4), 7, np.uint8), b=np.zeros((2, 1, 4, 4), np.uint8))
    file = tmp_path / "t.npz"

    group = only(opened(roles={"real": f"{file}:a", "fake": f"{file}:b"}))

    assert group.paths == {"real": f"{file}:a", "fake": f"{file}:b"}
    assert levels(group, "real") == [7, 7]


def test_a_colon_in_the_name_of_a_folder_is_no_key(tmp_path: Path):
    image(tmp_path / "a:b" / "1.png")

    assert only(opened(roles={"real": str(tmp_path / "a:b")})).names == ("1",)


def test_a_key_of_an_image_is_an_error(tmp_path: Path):
    path = image(tmp_path / "a.png")

    with pytest.raises(InputError, match=r"a\.png: PNG has no part 'red'"):
        opened(roles={"real": f"{path}:red"})


def test_an_unknown_role_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="--reel: 'reel' is no role; expected one of real, fake"):
        opened(roles={"reel": str(tmp_path)})


def test_an_idx_file_is_real_and_its_labels_pair_by_position(tmp_path: Path):
    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    images = struct.pack(">BBBB3I", 0, 0, 8, 3, 2, 3, 4) + pixels.tobytes()
    (tmp_path / "images.gz").write_bytes(gzip.compress(images))
    (tmp_path / "labels").write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, 2) + bytes([7, 2]))

    group = only(opened(tmp_path / "images.gz", roles={"label": str(tmp_path / "labels")}))

    values = group.read(1).values
    assert group.ranges == {"real": (0.0, 1.0)}
    assert torch.equal(values["real"], torch.from_numpy(pixels[1:]).float() / 255)  # type: ignore[arg-type]
    assert values["label"] == torch.tensor(2)


def test_a_tensor_file_groups_roles_of_equal_counts(tmp_path: Path):
    tensors = {"real_logits.0": torch.zeros(4, 1), "fake_logits.0": torch.ones(4, 1), "z_p": torch.zeros(2, 3, 5)}
    save_file(tensors, tmp_path / "t.safetensors")

    data = opened(tmp_path / "t.safetensors")

    assert [(group.roles, len(group.names)) for group in data.groups] == [
        (("real_logits", "fake_logits"), 4), (("z_p",), 2),
    ]  # fmt: skip
    assert data.groups[0].kinds == {"real_logits": "tensor", "fake_logits": "tensor"}


def test_names_in_a_tensor_file_may_be_mapped(tmp_path: Path):
    save_file({"y": torch.zeros(4, 1), "y_hat": torch.ones(4, 1)}, tmp_path / "t.safetensors")

    assert only(opened(tmp_path / "t.safetensors", rename=("y=real", "y_hat=fake"))).roles == ("real", "fake")


@pytest.mark.parametrize(
    ("rename", "message"),
    [
        (("y",), "rename: expected THEIRS=OURS, got 'y'"),
        (("y=reel",), "'reel' is no role"),
        (("y=real", "y=fake"), "'y' is given twice, as 'real' and as 'fake'"),
    ],
)
def test_a_map_that_is_none_is_a_usage_error(tmp_path: Path, rename: tuple[str, ...], message: str):
    with pytest.raises(UsageError, match=message):
        opened(image(tmp_path / "a.png"), rename=rename)


def test_a_map_without_data_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no --data"):
        opened(roles={"real": str(image(tmp_path / "a.png"))}, rename=("y=real",))


def test_npy_files_named_as_roles_are_roles(tmp_path: Path):
    np.save(tmp_path / "real.npy", np.zeros((3, 5)))
    np.save(tmp_path / "fake.npy", np.ones((3, 5)))

    assert only(opened(tmp_path)).roles == ("real", "fake")


def test_other_npy_files_are_a_sample_each(tmp_path: Path):
    for n in range(2):
        (tmp_path / "input").mkdir(exist_ok=True)
        np.save(tmp_path / "input" / f"{n}.npy", np.full((80, 7), n, np.float16))

    group = only(opened(tmp_path))

    value = group.read(1).values["input"]
    assert (group.roles, group.kinds) == (("input",), {"input": "tensor"})
    assert (value.shape, value.dtype) == ((80, 7), torch.float32)  # type: ignore[union-attr]


def test_npy_samples_of_whole_numbers_are_refused_as_images(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.zeros((4, 4), np.uint8))

    with pytest.raises(InputError, match=r"a\.npy: real holds uint8; expected floats"):
        only(opened(tmp_path)).read(0)


def test_a_manifest_s_columns_of_different_rates_are_an_error(tmp_path: Path):
    audio(tmp_path / "a.wav", rate=16000)
    audio(tmp_path / "b.wav", rate=22050)
    (tmp_path / "list.csv").write_text("target,estimate\na.wav,b.wav\n")

    with pytest.raises(InputError, match=r"target .*: has a sample rate of 16000 Hz, but estimate .* has 22050 Hz"):
        opened(tmp_path / "list.csv")


def test_a_manifest_pairs_by_row_with_paths_relative_to_itself(tmp_path: Path):
    for n in (1, 2):
        image(tmp_path / "data" / f"r{n}.png", n)
        image(tmp_path / "data" / f"f{n}.png", 10 * n)
    (tmp_path / "data" / "list.csv").write_text("name,fake,real,label\nx,f2.png,r1.png,5\ny,f1.png,r2.png,6\n")

    group = only(opened(tmp_path / "data" / "list.csv"))

    assert (group.roles, group.names) == (("real", "fake", "label"), ("x", "y"))
    assert (levels(group, "real"), levels(group, "fake")) == ([1, 2], [20, 10])
    assert group.read(1).values["label"] == torch.tensor(6)


def test_a_jsonl_manifest_may_hold_audio(tmp_path: Path):
    audio(tmp_path / "a.wav")
    (tmp_path / "list.jsonl").write_text(json.dumps({"target": "a.wav", "estimate": "a.wav"}))

    group = only(opened(tmp_path / "list.jsonl"))

    assert (group.roles, group.sample_rates) == (("target", "estimate"), {"target": 16000, "estimate": 16000})


def test_a_manifest_that_names_a_missing_file_says_so(tmp_path: Path):
    (tmp_path / "list.csv").write_text("real\nmissing.png\n")

    with pytest.raises(InputError, match=r"missing\.png: does not exist \(named by .*list\.csv\)"):
        opened(tmp_path / "list.csv")


def test_a_text_that_is_no_manifest_is_an_error_that_lists_the_roles(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("hello\nworld\n")

    with pytest.raises(InputError, match=r"notes\.txt: in no other known format, and as a manifest"):
        opened(tmp_path / "notes.txt")


@pytest.mark.parametrize(("aligned", "first"), [("AB", "real_A"), ("BA", "real_B")])
def test_aligned_images_are_halved(tmp_path: Path, aligned: str, first: str):
    both = np.zeros((2, 6), np.uint8)
    both[:, :3] = 51
    Image.fromarray(both).save(tmp_path / "1.png")

    group = only(opened(tmp_path, aligned=aligned))

    reading = group.read(0)
    assert group.roles == ("real_A", "real_B")
    assert {role: value.shape for role, value in reading.values.items()} == {  # type: ignore[union-attr]
        "real_A": (1, 2, 3), "real_B": (1, 2, 3),
    }  # fmt: skip
    assert of_levels(reading.values[first]).max().item() == pytest.approx(0.2)  # type: ignore[arg-type]


def test_aligned_images_of_odd_width_are_an_error(tmp_path: Path):
    image(tmp_path / "1.png", size=(5, 4))

    with pytest.raises(InputError, match=r"1\.png: a width of 5 has no two equal halves"):
        only(opened(tmp_path, aligned="AB")).read(0)


def test_aligned_audio_is_a_usage_error(tmp_path: Path):
    audio(tmp_path / "1.wav")

    with pytest.raises(UsageError, match="--aligned wants images; this is WAV"):
        opened(tmp_path, aligned="AB")


def test_a_separation_folder_with_estimates_elsewhere_pairs_by_track(tmp_path: Path):
    for track in ("one", "two"):
        for stem in ("mixture", "vocals", "drums"):
            audio(tmp_path / "songs" / track / f"{stem}.wav")
            audio(tmp_path / "separated" / track / f"{stem}.wav")

    group = only(opened(tmp_path / "songs", stem="vocals", roles={"estimate": str(tmp_path / "separated")}))

    assert (group.roles, group.names) == (("mixture", "target", "estimate"), ("one", "two"))


def test_audio_of_equal_rates_is_read_as_it_is(tmp_path: Path):
    audio(tmp_path / "a.wav", rate=22050, channels=2)

    group = only(opened(tmp_path))

    assert group.sample_rates == {"real": 22050}
    assert group.ranges == {}
    assert group.read(0).values["real"].shape == (2, 100)  # type: ignore[union-attr]


def test_roles_of_different_rates_are_an_error_that_names_both(tmp_path: Path):
    audio(tmp_path / "real" / "a.wav", rate=16000)
    audio(tmp_path / "fake" / "b.wav", rate=22050)

    with pytest.raises(
        InputError, match=r"real .*: has a sample rate of 16000 Hz, but fake .* has 22050 Hz"
    ) as refused:
        opened(tmp_path)

    assert "--sample-rate 16000" in str(refused.value.hint)


def test_files_of_different_rates_are_an_error_that_names_both(tmp_path: Path):
    audio(tmp_path / "a.wav", rate=16000)
    audio(tmp_path / "b.wav", rate=22050)
    group = only(opened(tmp_path))

    with pytest.raises(InputError, match=r"b\.wav: has a sample rate of 22050 Hz, but 'a\.wav' has 16000 Hz"):
        group.read(1)


def test_a_rate_that_is_asked_for_resamples_everything(tmp_path: Path):
    audio(tmp_path / "a.wav", n=1600, rate=16000)
    audio(tmp_path / "b.wav", n=4800, rate=48000)

    group = only(opened(tmp_path, sample_rate=8000))

    assert group.sample_rates == {"real": 8000}
    assert [group.read(n).values["real"].shape for n in (0, 1)] == [(1, 800), (1, 800)]  # type: ignore[union-attr]


def test_pairs_of_unequal_length_are_an_error_when_read(tmp_path: Path):
    audio(tmp_path / "clean" / "a.wav", n=100)
    audio(tmp_path / "noisy" / "a.wav", n=99)
    group = only(opened(tmp_path))

    with pytest.raises(InputError, match=r"a\.wav: real has 100 samples, but input in .*a\.wav has 99"):
        group.read(0)


def test_mono_averages_channels(tmp_path: Path):
    audio(tmp_path / "a.wav", channels=2)

    assert only(opened(tmp_path, channels="mono")).read(0).values["real"].shape == (1, 100)  # type: ignore[union-attr]


def test_alpha_is_asked_for_by_the_option(tmp_path: Path):
    image(tmp_path / "a.png", mode="RGBA")

    with pytest.raises(InputError, match=r"a\.png: has an alpha channel"):
        only(opened(tmp_path)).read(0)

    assert levels(only(opened(tmp_path, alpha="white")), "real") == [255]


def test_a_limit_takes_the_first_by_name_of_each_group(tmp_path: Path):
    for n in range(5):
        image(tmp_path / "real" / f"r{n}.png")
        image(tmp_path / "fake" / f"f{4 - n}.png")

    assert [group.names for group in opened(tmp_path, limit=2).groups] == [("r0", "r1"), ("f0", "f1")]


def test_resizing_applies_to_every_image_and_is_said(tmp_path: Path):
    image(tmp_path / "a.png", size=(40, 20))

    data = opened(tmp_path, resize="8x6")

    assert only(data).read(0).values["real"].shape == (1, 6, 8)  # type: ignore[union-attr]
    assert [finding.check for finding in data.findings] == ["resized"]


def test_two_files_of_one_stem_are_an_error_that_names_both(tmp_path: Path):
    image(tmp_path / "a.png")
    image(tmp_path / "a.jpg")

    with pytest.raises(InputError, match=r"a\.jpg' and '.*a\.png' are both 'a'"):
        opened(tmp_path)


def test_the_first_of_the_damaged_files_is_named_when_it_is_read(tmp_path: Path):
    data = image(tmp_path / "a.png", size=(64, 64)).read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])

    with pytest.raises(InputError, match=r"a\.png: truncated or damaged image"):
        only(opened(tmp_path)).read(0)


def test_a_file_that_vanished_is_named(tmp_path: Path):
    group = only(opened(image(tmp_path / "a.png").parent))
    (tmp_path / "a.png").unlink()

    with pytest.raises(InputError, match=r"a\.png: no such file or directory"):
        group.read(0)


def test_no_data_at_all_are_no_groups():
    assert opened().groups == ()


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match=r"missing: does not exist \(named by --data\)"):
        opened(tmp_path / "missing")
    with pytest.raises(InputError, match=r"missing: does not exist \(named by --fake\)"):
        opened(roles={"fake": str(tmp_path / "missing")})


def test_an_empty_folder_is_nothing_to_evaluate(tmp_path: Path):
    with pytest.raises(NothingEvaluatedError, match="it is empty"):
        opened(tmp_path)


def test_an_empty_file_is_an_error(tmp_path: Path):
    (tmp_path / "a.png").touch()

    with pytest.raises(InputError, match=r"a\.png: empty; expected one of PNG"):
        opened(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": 0}, "limit: expected a whole number of at least 1, got '0'"),
        ({"sample_rate": -1}, "sample_rate: expected a whole number of at least 1, got '-1'"),
        ({"aligned": "AB", "unpaired": True}, "--aligned gives pairs"),
        ({"pair_by": "x", "unpaired": True}, "--pair-by pairs"),
    ],
)
def test_options_that_contradict_are_usage_errors(tmp_path: Path, options: dict[str, Any], message: str):
    with pytest.raises(UsageError, match=message):
        opened(image(tmp_path / "a.png"), **options)


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def mnist(folder: Path, packed: bool = False) -> Path:
    """What torchvision leaves: both splits, packed and unpacked, in MNIST/raw."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split, count in (("train", 3), ("t10k", 2)):
        images = np.arange(count)[:, None, None] * np.ones((count, 4, 4))
        for name, array in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", 7 - np.arange(count))):
            (raw / f"{split}-{name}.gz").write_bytes(gzip.compress(idx_bytes(array)))
            if not packed:
                (raw / f"{split}-{name}").write_bytes(idx_bytes(array))
    return folder


@pytest.mark.parametrize("below", ["", "MNIST", "MNIST/raw"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_of_idx_files_gives_the_split_that_is_asked_for(tmp_path: Path, below: str, packed: bool):
    data = opened(mnist(tmp_path, packed) / below, split="test")

    group = only(data)
    assert levels(group, "real") == [0, 1]
    assert group.labels is not None
    assert group.labels.values == (7, 6)
    assert group.paths["real"].endswith("t10k-images-idx3-ubyte" + ".gz" * packed)
    assert data.chose_split


def test_a_folder_of_idx_files_of_two_splits_asks_for_one(tmp_path: Path):
    with pytest.raises(UsageError, match="holds 't10k-images-idx3-ubyte', 'train-images-idx3-ubyte'") as refused:
        opened(mnist(tmp_path))

    assert refused.value.hint == "choose one: --split train or --split test"


def test_labels_of_another_number_than_the_images_are_an_error(tmp_path: Path):
    (mnist(tmp_path) / "MNIST/raw/t10k-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(3)))

    with pytest.raises(InputError, match="t10k-labels-idx1-ubyte: 3 labels for 2 images"):
        opened(tmp_path, split="test")


def test_the_grey_image_among_coloured_ones_is_named(tmp_path: Path):
    for k in range(4):
        image(tmp_path / f"{k}.png", mode="L" if k == 2 else "RGB")

    data = opened(tmp_path)
    for index in range(4):
        only(data).read(index)

    (finding,) = data.changes.findings(chosen({}))
    assert finding.message == f"real: '{tmp_path / '2.png'}' has 1 channel, the other 3 images 3"
