import hashlib
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli.errors import InputError, NothingEvaluatedError, UnsafeCheckpointError
from ganloss_cli.io.samples import Source
from ganloss_cli.io.tensors import array_source, meaning, tensor_sources

Tensors = Mapping[str, torch.Tensor]


def as_numpy(tensors: Tensors) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def npz(tensors: Tensors, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, **as_numpy(tensors))


def npz_compressed(tensors: Tensors, path: Path) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **as_numpy(tensors))


def legacy(tensors: Tensors, path: Path) -> None:
    torch.save(dict(tensors), path, _use_new_zipfile_serialization=False)


WRITERS: dict[str, Callable[[Tensors, Path], object]] = {
    "safetensors": lambda tensors, path: save_file(dict(tensors), path),
    "npz": npz,
    "npz compressed": npz_compressed,
    "pt": lambda tensors, path: torch.save(dict(tensors), path),
    "pt legacy": legacy,
}
every_format = pytest.mark.parametrize("written_as", WRITERS)


def by_role(path: Path, **mapping: str) -> dict[str, Source]:
    sources, _ = tensor_sources(path, mapping)
    return {source.roles[0]: source for source in sources}


def value(source: Source, index: int) -> Any:
    return source.read(index).values[source.roles[0]]


def saved(tmp_path: Path, **tensors: torch.Tensor) -> Path:
    save_file(tensors, tmp_path / "t.safetensors")
    return tmp_path / "t.safetensors"


@every_format
def test_samples_are_the_rows_of_a_tensor(tmp_path: Path, written_as: str):
    tensors = {"real": torch.rand(3, 2, 4, 5), "fake": torch.rand(3, 2, 4, 5)}
    WRITERS[written_as](tensors, tmp_path / "file")

    sources = by_role(tmp_path / "file")

    assert set(sources) == {"real", "fake"}
    assert sources["real"].names == ("0", "1", "2")
    for role, tensor in tensors.items():
        assert all(torch.equal(value(sources[role], n), tensor[n]) for n in range(3))


@every_format
def test_the_digest_is_that_of_the_sample_s_bytes(tmp_path: Path, written_as: str):
    real = torch.rand(3, 5)
    WRITERS[written_as]({"real": real}, tmp_path / "file")

    digest = by_role(tmp_path / "file")["real"].read(1).digests["real"]

    assert digest == hashlib.sha256(real[1].numpy().tobytes()).digest()


@every_format
def test_lists_are_numbered_with_dots_and_sorted_by_number(tmp_path: Path, written_as: str):
    logits = {f"real_logits.{n}": torch.full((2, 1), float(n)) for n in range(11)}
    features = {f"real_features.{k}.{n}": torch.full((2, 3), 10.0 * k + n) for k in range(2) for n in range(k + 1)}
    WRITERS[written_as]({**logits, **features}, tmp_path / "file")

    sources = by_role(tmp_path / "file")

    assert [float(part) for part in value(sources["real_logits"], 0)] == list(range(11))
    assert [[float(part[0]) for part in maps] for maps in value(sources["real_features"], 1)] == [[0], [10, 11]]


@every_format
def test_many_threads_may_read_at_once(tmp_path: Path, written_as: str):
    real = torch.arange(64.0).reshape(64, 1).expand(64, 100).contiguous()
    WRITERS[written_as]({"real": real}, tmp_path / "file")
    source = by_role(tmp_path / "file")["real"]

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda n: value(source, n), range(64)))

    assert torch.equal(torch.stack(values), real)


def test_lists_and_dicts_of_a_pt_file_may_nest(tmp_path: Path):
    content = {
        "step": 7,
        "real_logits": [torch.zeros(2, 1), torch.ones(2, 1)],
        "real_features": {"mpd": [[torch.zeros(2, 3)], [torch.ones(2, 3)]], "msd": [[torch.full((2, 3), 2.0)]]},
        "fake_logits": torch.zeros(2, 1),
        "fake_features": [torch.zeros(2, 3), torch.ones(2, 3)],
    }
    torch.save(content, tmp_path / "t.pt")

    sources = by_role(tmp_path / "t.pt")

    assert [float(part) for part in value(sources["real_logits"], 0)] == [0, 1]
    assert [[float(part[0]) for part in maps] for maps in value(sources["real_features"], 0)] == [[0], [1], [2]]
    assert len(value(sources["fake_logits"], 0)) == 1
    assert [len(maps) for maps in value(sources["fake_features"], 0)] == [2]


def test_a_map_renames_a_whole_list(tmp_path: Path):
    path = saved(tmp_path, **{"fmap_r.0.0": torch.zeros(2, 3), "fmap_r.0.1": torch.ones(2, 3), "y": torch.ones(2, 1)})

    sources = by_role(path, fmap_r="real_features", y="real_logits")

    assert [[float(part[0]) for part in maps] for maps in value(sources["real_features"], 0)] == [[0, 1]]
    assert [part.tolist() for part in value(sources["real_logits"], 0)] == [[1]]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float8_e4m3fn])
def test_half_precision_is_widened(tmp_path: Path, dtype: torch.dtype):
    path = saved(tmp_path, fake=torch.tensor([[0.5, -1.75]]).to(dtype))

    read = value(by_role(path)["fake"], 0)

    assert read.dtype == torch.float32
    assert read.tolist() == [0.5, -1.75]


def test_double_precision_is_kept(tmp_path: Path):
    path = saved(tmp_path, fake=torch.tensor([[0.1]], dtype=torch.float64))

    assert value(by_role(path)["fake"], 0).item() == 0.1


@pytest.mark.parametrize(("dtype", "largest"), [(torch.uint8, 255), (torch.uint16, 65535)])
def test_whole_numbers_of_an_image_are_divided_by_the_largest(tmp_path: Path, dtype: torch.dtype, largest: int):
    path = saved(tmp_path, real=torch.full((1, 3, 2, 2), largest // 5).to(dtype))

    source = by_role(path)["real"]

    assert (source.kind, source.range) == ("image", (0.0, 1.0))
    assert value(source, 0).unique().tolist() == pytest.approx([0.2])


def test_the_range_of_floats_is_unknown(tmp_path: Path):
    source = by_role(saved(tmp_path, real=torch.rand(1, 3, 2, 2)))["real"]

    assert (source.kind, source.range) == ("image", None)


@pytest.mark.parametrize(
    ("shape", "wanted"), [((4, 6), (1, 4, 6)), ((4, 6, 3), (3, 4, 6)), ((3, 6, 3), (3, 6, 3)), ((784,), (784,))]
)
def test_bytes_of_an_image_get_their_channels_first(shape: tuple[int, ...], wanted: tuple[int, ...]):
    assert meaning(torch.zeros(shape, dtype=torch.uint8), "real").shape == wanted


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_labels_stay_whole(dtype: torch.dtype):
    label = meaning(torch.tensor(7, dtype=dtype), "label")

    assert (label.dtype, label.item()) == (torch.int64, 7)


@pytest.mark.parametrize("dtype", [torch.bool, torch.int32, torch.uint8])
def test_whole_numbers_that_are_no_image_become_floats_as_they_are(dtype: torch.dtype):
    mask = meaning(torch.tensor([1, 0]).to(dtype), "z_mask")

    assert (mask.dtype, mask.tolist()) == (torch.float32, [1, 0])


def test_big_endian_and_fortran_arrays_come_out_right(tmp_path: Path):
    array = np.arange(24, dtype=">f4").reshape(2, 3, 4)
    np.savez(tmp_path / "t.npz", real=np.asfortranarray(array))
    np.save(tmp_path / "fake.npy", array)

    real, fake = by_role(tmp_path / "t.npz")["real"], by_role(tmp_path / "fake.npy")["fake"]

    assert value(real, 1).tolist() == value(fake, 1).tolist() == array[1].tolist()


def test_a_lone_array_goes_by_the_file_s_name(tmp_path: Path):
    np.save(tmp_path / "mu.npy", np.ones((2, 3)))
    torch.save(torch.zeros(2, 3), tmp_path / "logvar.pt")

    assert set(by_role(tmp_path / "mu.npy")) == {"mu"}
    assert set(by_role(tmp_path / "logvar.pt")) == {"logvar"}


def test_names_that_are_no_role_are_listed_in_a_finding(tmp_path: Path):
    path = saved(tmp_path, real=torch.zeros(2, 3), weights=torch.zeros(3))

    _, findings = tensor_sources(path, {})

    assert [finding.check for finding in findings] == ["ignored_names"]
    assert findings[0].evidence["names"] == ["weights"]


def test_no_role_at_all_is_an_error_that_lists_names_and_roles(tmp_path: Path):
    with pytest.raises(InputError, match=r"holds 'weights', none of which is a role; the roles are real, fake, ") as no:
        tensor_sources(saved(tmp_path, weights=torch.zeros(3)), {})

    assert "--map THEIRS=OURS" in str(no.value.hint)


@pytest.mark.parametrize(
    ("real", "fake"),
    [("y_d_rs", "y_d_gs"), ("y_d_hat_r", "y_d_hat_g"), ("disc_real_outputs", "disc_generated_outputs")],
)
def test_the_names_of_vits_scores_are_recognised_and_that_is_said(tmp_path: Path, real: str, fake: str):
    path = tmp_path / "step.pt"
    torch.save({real: [torch.ones(2, 4), torch.zeros(2, 3)], fake: [torch.zeros(2, 4), torch.ones(2, 3)]}, path)

    sources, findings = tensor_sources(path, {})

    taken = {source.roles[0]: [part.tolist() for part in value(source, 0)] for source in sources}
    assert taken == {"real_logits": [[1.0] * 4, [0.0] * 3], "fake_logits": [[0.0] * 4, [1.0] * 3]}
    assert [finding.check for finding in findings] == ["recognised_names"]
    assert f"real_logits from {real}, fake_logits from {fake}" in findings[0].message


def test_the_periods_of_a_hifigan_stand_before_its_scales(tmp_path: Path):
    maps = {"fmap_s_r": [[torch.full((2, 3), 2.0)]], "fmap_f_r": [[torch.zeros(2, 3)], [torch.ones(2, 3)] * 2]}
    torch.save(maps, tmp_path / "step.pt")

    features = value(by_role(tmp_path / "step.pt")["real_features"], 0)

    assert [[float(one.mean()) for one in row] for row in features] == [[0.0], [1.0, 1.0], [2.0]]


def test_what_is_mapped_or_named_as_a_role_wins_over_what_is_recognised(tmp_path: Path):
    path = saved(tmp_path, y_d_rs=torch.zeros(2, 3), y_d_hat_r=torch.ones(2, 3), y_d_gs=torch.ones(2, 3))

    _, twice = tensor_sources(path, {})
    mapped, findings = tensor_sources(path, {"y_d_hat_r": "real_logits", "y_d_gs": "fake"})

    assert twice[0].evidence["names"] == {"y_d_gs": "fake_logits"}  # y_d_rs or y_d_hat_r: who knows
    assert {source.roles[0] for source in mapped} == {"real_logits", "fake"}
    assert [finding.check for finding in findings] == ["ignored_names"]


def test_a_hint_spells_the_map_of_names_that_often_mean_a_role(tmp_path: Path):
    with pytest.raises(InputError) as no:
        tensor_sources(saved(tmp_path, y=torch.zeros(2, 1, 9), y_g_hat=torch.ones(2, 1, 9)), {})

    assert "--map y=real --map y_g_hat=fake" in str(no.value.hint)


def test_a_mapped_name_that_does_not_exist_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="--map fmap=real_features: there is no 'fmap' in 'real'"):
        tensor_sources(saved(tmp_path, real=torch.zeros(2, 3)), {"fmap": "real_features"})


def test_two_names_for_one_role_are_an_error(tmp_path: Path):
    with pytest.raises(InputError, match=r"'(y|real)' and '(y|real)' are both real"):
        tensor_sources(saved(tmp_path, real=torch.zeros(2, 3), y=torch.ones(2, 3)), {"y": "real"})


def test_a_gap_in_a_list_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="real_logits has '0', '2', but '1' is missing"):
        tensor_sources(saved(tmp_path, **{"real_logits.0": torch.zeros(2), "real_logits.2": torch.zeros(2)}), {})


def test_a_list_where_one_tensor_is_wanted_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="real is a list of 2; expected one tensor"):
        tensor_sources(saved(tmp_path, **{"real.0": torch.zeros(2), "real.1": torch.zeros(2)}), {})


def test_different_numbers_of_samples_in_one_list_are_an_error(tmp_path: Path):
    path = saved(tmp_path, **{"real_logits.0": torch.zeros(2), "real_logits.1": torch.zeros(3)})

    with pytest.raises(InputError, match=r"real_logits holds tensors of shapes \(2,\) and \(3,\); expected one N"):
        tensor_sources(path, {})


def test_a_single_number_is_no_tensor_of_samples(tmp_path: Path):
    with pytest.raises(InputError, match="real is a single number"):
        tensor_sources(saved(tmp_path, real=torch.tensor(1.0)), {})


def test_complex_numbers_are_refused(tmp_path: Path):
    torch.save({"mixture": torch.zeros(2, 3, dtype=torch.complex64)}, tmp_path / "t.pt")

    with pytest.raises(InputError, match="mixture holds complex numbers"):
        tensor_sources(tmp_path / "t.pt", {})


@every_format
def test_a_role_without_samples_is_nothing_to_evaluate(tmp_path: Path, written_as: str):
    WRITERS[written_as]({"real": torch.zeros(0, 3)}, tmp_path / "file")

    with pytest.raises(NothingEvaluatedError, match=r"real has shape \(0, 3\)"):
        tensor_sources(tmp_path / "file", {})


def test_python_objects_are_never_unpickled(tmp_path: Path):
    np.savez(tmp_path / "t.npz", real=np.array([{"a": 1}], dtype=object))
    np.save(tmp_path / "real.npy", np.array([{"a": 1}], dtype=object))

    for name in ("t.npz", "real.npy"):
        with pytest.raises(InputError, match="holds Python objects, which are never unpickled") as caught:
            tensor_sources(tmp_path / name, {})
        assert "ganloss compare reads files of reprod_log" in str(caught.value.hint)


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([1j]), np.zeros(2, [("x", "f4")])])
def test_what_are_no_real_numbers_is_refused(tmp_path: Path, array: np.ndarray):
    np.save(tmp_path / "real.npy", array)

    with pytest.raises(InputError, match="expected real numbers"):
        tensor_sources(tmp_path / "real.npy", {})


@pytest.mark.parametrize("container", ["zip", "legacy", "bare", "bare, protocol 0"])
def test_a_pickle_that_names_what_is_on_no_list_is_refused_and_never_runs(
    tmp_path: Path, container: str, foreign: object
):
    path = tmp_path / "t.pt"
    content = {"real": torch.zeros(2, 3), "x": foreign}
    if container in ("zip", "legacy"):
        torch.save(content, path, _use_new_zipfile_serialization=container == "zip")
    else:
        path.write_bytes(pickle.dumps({"x": foreign}, protocol=2 if container == "bare" else 4))

    with pytest.raises(UnsafeCheckpointError, match=r"unpickling it would import foreign\.mark") as refused:
        tensor_sources(path, {})

    assert refused.value.status == 4


def test_a_bare_pickle_without_code_is_not_understood(tmp_path: Path):
    (tmp_path / "t.pt").write_bytes(pickle.dumps({"real": [1.0, 2.0]}, protocol=2))

    with pytest.raises(InputError, match=r"t\.pt: truncated or damaged, or not written by torch\.save"):
        tensor_sources(tmp_path / "t.pt", {})


@pytest.mark.parametrize("as_zip", [True, False])
def test_numpy_arrays_in_a_pt_file_are_read_like_tensors(tmp_path: Path, as_zip: bool):
    real = np.arange(6.0).reshape(2, 3)
    torch.save(OrderedDict(real=real), tmp_path / "t.pt", _use_new_zipfile_serialization=as_zip)

    assert [value(by_role(tmp_path / "t.pt")["real"], k).tolist() for k in range(2)] == real.tolist()


def test_a_class_of_somebody_else_in_a_pt_file_is_refused_with_what_to_do(tmp_path: Path):
    torch.save({"real": torch.nn.Linear(2, 3)}, tmp_path / "t.pt")

    with pytest.raises(UnsafeCheckpointError, match=r"would import torch\.nn\.modules\.linear\.Linear") as refused:
        tensor_sources(tmp_path / "t.pt", {})

    assert "save tensors only" in str(refused.value.hint)


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("as_zip", [True, False])
@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr])
def test_a_sparse_tensor_that_points_outside_of_itself_is_refused(tmp_path: Path, as_zip: bool, layout: torch.layout):
    sparse = torch.eye(4).to_sparse(layout=layout)
    # the first number: its place in memory is still the tensor's own
    (sparse._indices()[1] if layout == torch.sparse_coo else sparse.col_indices())[0] = 4
    torch.save({"real": sparse}, tmp_path / "t.pt", _use_new_zipfile_serialization=as_zip)

    with pytest.raises(InputError, match=r"t\.pt: torch cannot read it"):
        tensor_sources(tmp_path / "t.pt", {})


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor", "ignore:TypedStorage")
def test_sparse_and_quantised_tensors_are_read_as_what_they_stand_for(tmp_path: Path):
    quantised = torch.quantize_per_tensor(torch.tensor([[0.5, 1.0], [1.5, -1.0]]), 0.5, 3, torch.qint8)
    torch.save({"real": torch.eye(2).to_sparse(), "fake": quantised}, tmp_path / "t.pt")

    sources = by_role(tmp_path / "t.pt")

    assert [value(sources["real"], k).tolist() for k in range(2)] == [[1, 0], [0, 1]]
    assert [value(sources["fake"], k).tolist() for k in range(2)] == [[0.5, 1.0], [1.5, -1.0]]


@pytest.mark.parametrize("shape", ["(True, 3)", "(-1, -3)"])
def test_an_npy_shape_that_counts_nothing_is_refused(tmp_path: Path, shape: str):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    (tmp_path / "t.npy").write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + bytes(24))

    with pytest.raises(InputError, match=r"t\.npy: its header says a shape of \((True|-1), "):
        tensor_sources(tmp_path / "t.npy", {})


@pytest.mark.parametrize(
    "header", ["{'descr': '<f4", "{'descr': (", "{True: 1, 'descr': '<f4'}", "((((", "{'shape': -}"]
)
def test_an_npy_header_that_is_no_header_is_refused(tmp_path: Path, header: str):
    (tmp_path / "t.npy").write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode())

    with pytest.raises(InputError, match=r"t\.npy: truncated or damaged npy file"):
        tensor_sources(tmp_path / "t.npy", {})


def test_a_file_without_tensors_is_an_error(tmp_path: Path):
    torch.save({"step": 7}, tmp_path / "t.pt")

    with pytest.raises(InputError, match=r"t\.pt: holds no tensors"):
        tensor_sources(tmp_path / "t.pt", {})


@every_format
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, written_as: str, share: float):
    WRITERS[written_as]({"real": torch.rand(50, 50), "fake": torch.rand(50, 50)}, tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(data[: int(len(data) * share)])

    with pytest.raises(InputError, match=r"cut: .*(truncated|not readable|damaged)"):
        by_role(tmp_path / "cut")["real"].read(49)


def test_a_truncated_npy_file_is_refused_by_name(tmp_path: Path):
    np.save(tmp_path / "real.npy", np.zeros((50, 50)))
    with (tmp_path / "real.npy").open("r+b") as file:
        file.truncate(1000)

    with pytest.raises(InputError, match=r"real\.npy: truncated; its header says \(50, 50\)"):
        tensor_sources(tmp_path / "real.npy", {})


def test_an_npz_member_that_lies_about_its_size_is_refused_before_it_is_unpacked(tmp_path: Path):
    np.save(tmp_path / "real.npy", np.zeros((2, 3)))
    lying = (tmp_path / "real.npy").read_bytes().replace(b"(2, 3), }         ", b"(2000, 3), }      ", 1)
    with zipfile.ZipFile(tmp_path / "t.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("real.npy", lying)

    with pytest.raises(InputError, match=r"'real' says it is .* but holds another number of bytes"):
        tensor_sources(tmp_path / "t.npz", {})


@pytest.mark.parametrize(("content", "was"), [(b"", "an empty file"), (b"hello", "an unknown format")])
def test_what_is_no_tensor_file_is_refused_with_the_formats_there_are(tmp_path: Path, content: bytes, was: str):
    (tmp_path / "t.pt").write_bytes(content)

    with pytest.raises(InputError, match=f"{was}; expected one of npy, npz, pt, safetensors, IDX"):
        tensor_sources(tmp_path / "t.pt", {})


def test_one_array_is_chosen_by_its_key(tmp_path: Path):
    np.savez(tmp_path / "t.npz", images=np.ones((2, 3)), labels=np.zeros(2))

    source = array_source("real", tmp_path / "t.npz", "images")

    assert source.path.endswith("t.npz:images")
    assert value(source, 0).tolist() == [1, 1, 1]


def test_without_a_key_the_only_array_or_the_one_named_as_the_role_is_taken(tmp_path: Path):
    np.savez(tmp_path / "one.npz", arr_0=np.ones((2, 3)))
    np.savez(tmp_path / "two.npz", real=np.zeros((2, 3)), fake=np.ones((2, 3)))

    assert value(array_source("fake", tmp_path / "one.npz", None), 0).tolist() == [1, 1, 1]
    assert value(array_source("fake", tmp_path / "two.npz", None), 0).tolist() == [1, 1, 1]


def test_several_arrays_and_no_key_are_an_error_that_lists_them(tmp_path: Path):
    np.savez(tmp_path / "t.npz", images=np.ones((2, 3)), labels=np.zeros(2))

    with pytest.raises(InputError, match="holds 'images', 'labels'; 'real' is not among them") as refused:
        array_source("real", tmp_path / "t.npz", None)

    assert "--real t.npz:NAME" in str(refused.value.hint)
