import json
from pathlib import Path

import pytest

from ganloss_cli.errors import InputError, NothingEvaluatedError
from ganloss_cli.io.manifests import read_manifest


def manifest(tmp_path: Path, text: str) -> Path:
    (tmp_path / "list").write_text(text, encoding="utf-8")
    return tmp_path / "list"


def test_the_columns_of_a_csv_are_roles(tmp_path: Path):
    found = read_manifest(manifest(tmp_path, "real,fake,label\na/1.png,b/x.png,3\na/2.png,b/y.png,4\n"), {})

    assert found.columns == {"real": ("a/1.png", "a/2.png"), "fake": ("b/x.png", "b/y.png"), "label": ("3", "4")}
    assert found.names == ("1", "2")
    assert found.findings == ()


def test_the_keys_of_a_jsonl_are_roles(tmp_path: Path):
    lines = [{"name": "x", "real": "1.png", "label": 3}, {"name": "y", "real": "2.png", "label": 4}]

    found = read_manifest(manifest(tmp_path, "\n\n".join(map(json.dumps, lines))), {})

    assert found.columns == {"real": ("1.png", "2.png"), "label": (3, 4)}
    assert found.names == ("x", "y")


def test_a_byte_order_mark_and_spaces_after_commas_do_not_matter(tmp_path: Path):
    found = read_manifest(manifest(tmp_path, "\ufeffreal, fake\n1.png, 2.png\n"), {})

    assert found.columns == {"real": ("1.png",), "fake": ("2.png",)}


def test_names_of_files_that_repeat_are_no_names_of_samples(tmp_path: Path):
    text = "real,fake\na/1.png,a/x.png\nb/1.png,b/x.png\n"

    assert read_manifest(manifest(tmp_path, text), {}).names == ("0", "1")


def test_columns_may_be_mapped_and_others_are_a_finding(tmp_path: Path):
    found = read_manifest(manifest(tmp_path, "gt,text\n1.png,a dog\n"), {"gt": "real"})

    assert found.columns == {"real": ("1.png",)}
    assert [finding.evidence["names"] for finding in found.findings] == [["text"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,text\n1.png,a dog\n", "its columns 'path', 'text' are no roles; the roles are real, fake"),
        ("real,fake\n1.png,\n", "line 2: 'fake' has no value"),
        ("real,fake\n1.png\n", "line 2: expected 2 values"),
        ("real,fake\n1.png,2.png,3.png\n", "line 2: expected 2 values"),
        ("real,real\n1.png,2.png\n", "two columns have the same name"),
        ("name,real\nx,1.png\nx,2.png\n", "more than one row is named 'x'"),
        ('{"real": "1.png"}\n{"fake": "2.png"}\n', "line 2: 'real' has no value"),
        ('{"real": "1.png"}\n{"real": 1.5}\n', "line 2: 'real' has no value"),
        ('{"real": "1.png"}\nreal\n', "line 2: no JSON object"),
        ('{"real": "1.png"}\n[1]\n', "line 2: expected a JSON object, got list"),
        ('real\n"1.png\n', "unexpected end of data"),
        ("hello", "no manifest|without rows"),
    ],
)
def test_a_manifest_that_is_not_understood_is_an_error(tmp_path: Path, text: str, message: str):
    with pytest.raises((InputError, NothingEvaluatedError), match=message):
        read_manifest(manifest(tmp_path, text), {})


def test_a_mapped_column_that_does_not_exist_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="--map gt=real: there is no column 'gt'"):
        read_manifest(manifest(tmp_path, "real\n1.png\n"), {"gt": "real"})


def test_two_columns_for_one_role_are_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="two columns are real"):
        read_manifest(manifest(tmp_path, "real,gt\n1.png,2.png\n"), {"gt": "real"})


def test_a_header_alone_is_nothing_to_evaluate(tmp_path: Path):
    with pytest.raises(NothingEvaluatedError, match="a manifest without rows"):
        read_manifest(manifest(tmp_path, "real,fake\n"), {})


def test_what_is_no_text_is_no_manifest(tmp_path: Path):
    (tmp_path / "list").write_bytes(b"\xff\xfe\x00\x01\x80")

    with pytest.raises(InputError, match="list: no manifest"):
        read_manifest(tmp_path / "list", {})
