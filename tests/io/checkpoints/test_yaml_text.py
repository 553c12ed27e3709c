import math
from typing import Any

import pytest
import yaml

from ganloss_cli.io.checkpoints.contents import yaml_text
from ganloss_cli.io.checkpoints.contents.yaml_text import yaml_of

PARSERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]

# What PyYAML 6.0.4 and OmegaConf 2.4.0 both read, but where a comment says otherwise.
VALUES: list[tuple[str, Any]] = [
    ('v: "hann"           # Window function.', "hann"),
    ("v: 'a # b'  # another", "a # b"),
    ("v: 'it''s'", "it's"),
    ('v: "a\\tb\\u00e9"', "a\tbé"),
    ("v: value # comment", "value"),
    ("v: value#none", "value#none"),
    ("v: [8, 8, 2, 2] # List of scales.", [8, 8, 2, 2]),
    ("v: 250_000_000", 250_000_000),
    ("v: yes", True),
    ("v: No", False),
    ("v: on", True),
    ("v: OFF", False),
    ("v: y", "y"),
    ("v: 'yes'", "yes"),
    ("v: True", True),
    ("v: 1e-4", 1e-4),  # PyYAML: "1e-4"
    ("v: 2E5", 2e5),  # PyYAML: "2E5"
    ("v: 1.5e3", 1500.0),  # PyYAML: "1.5e3"
    ("v: -1_0e2", -1000.0),  # PyYAML: "-1_0e2"
    ("v: 1.0e-4", 1e-4),
    ("v: !!float 1e-4", 1e-4),
    ("v: !!float 5", 5.0),
    ("v: '1e-4'", "1e-4"),
    ("v: 1e-4x", "1e-4x"),
    ("v: e5", "e5"),
    ("v: .5", 0.5),
    ("v: -.inf", -math.inf),
    ("v: 1.2.3", "1.2.3"),
    ("v: 1:30", 90),
    ("v: 1:30:30.5", 5430.5),
    ("v: 010", 8),
    ("v: 08", "08"),
    ("v: 0o10", "0o10"),
    ("v: 0x1F", 31),
    ("v: 0b11", 3),
    ("v: 2024-05-06", "2024-05-06"),  # PyYAML: a date
    ("v: 2024-05-06 07:08:09", "2024-05-06 07:08:09"),  # PyYAML: a date and a time
    ("v:", None),
    ("v: ~", None),
    ("v: null", None),
    ("v: NULL", None),
    ("v: None", "None"),
    ("v: ''", ""),
    ("v: |\n  many\n  lines\n", "many\nlines\n"),
    ("v: >-\n  one\n  line\n", "one line"),
    ("v: one\n  line\n", "one line"),
    ("v: ${model.size}", "${model.size}"),
    ("v: {a: 1, b: [2, {c: 3}]}", {"a": 1, "b": [2, {"c": 3}]}),
    ("v:\n- name: conv\n  size: 3\n- name: pool\n", [{"name": "conv", "size": 3}, {"name": "pool"}]),
    ("v:\n  - - 1\n    - 2\n  - [3]\n", [[1, 2], [3]]),
    ("v: 1\nv: 2", 2),  # OmegaConf refuses it
    ("a: &x 3\nv: *x", 3),
    ("a: &x {size: 1, deep: [2]}\nv: *x", {"size": 1, "deep": [2]}),
    ("a: &x {size: 1, width: 2}\nv:\n  width: 3\n  <<: *x\n  height: 4\n", {"size": 1, "width": 3, "height": 4}),
    ("a: &x {s: 1}\nb: &y {s: 2, t: 2}\nv: {<<: [*x, *y], u: 3}", {"s": 1, "t": 2, "u": 3}),
    ("v: {'<<': 1}", {"<<": 1}),
    ("v: {<<: 1}", {"<<": 1}),  # both refuse it
    ("v: =", "="),
    ("%YAML 1.1\n---\nv: 1\n...\n", 1),
]

# With tags that PyYAML's safe loader and OmegaConf refuse, or make of them what is no plain data.
TAGGED: list[tuple[str, Any]] = [
    ("v: !!python/tuple [1, 2]", [1, 2]),
    ("v: !!python/tuple\n- 1\n- !!python/tuple [a]\n", [1, ["a"]]),
    ("v: !!python/object:argparse.Namespace {size: 3, lr: 1e-4}", {"size": 3, "lr": 1e-4}),
    ("v: !!python/object/apply:pathlib.PosixPath\n- logs\n- run\n", ["logs", "run"]),
    ("v: !!python/object/new:a.B {args: [1], state: {c: 2}}", {"args": [1], "state": {"c": 2}}),
    ("v: !!python/name:torch.nn.ReLU ''", "torch.nn.ReLU"),
    ("v: !!python/module:math ''", "math"),
    ("v: !!python/unicode '3'", "3"),
    ("v: !!python/long 3", 3),
    ("v: !!str 3", "3"),
    ("v: !!int '3'", 3),
    ("v: !!int three", "three"),
    ("v: !!bool maybe", "maybe"),
    ("v: !!float ''", ""),
    ("v: !!binary aGVsbG8=", "aGVsbG8="),
    ("v: !!timestamp 2024-05-06", "2024-05-06"),
    ("v: !!set {a, b}", {"a": None, "b": None}),
    ("v: !!omap [a: 1, b: 2]", [{"a": 1}, {"b": 2}]),
    ("v: !ref <lr>", "<lr>"),
    ("v: !ref 3", 3),
    ("v: !ref '3'", "3"),
    ("v: !PLACEHOLDER", None),
    ("v: !name:torch.nn.GELU", "torch.nn.GELU"),
    ("v: !new:torch.nn.LeakyReLU\n  negative_slope: 0.1\n", {"negative_slope": 0.1}),
    ("v: !apply:a.seed [!ref <seed>]", ["<seed>"]),
    ("!!python/object:argparse.Namespace\nv: 3\n", 3),
    ("!!python/object/new:easydict.EasyDict\nv: 3\n", 3),
]  # fmt: skip


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(("text", "value"), [*VALUES, *TAGGED])
def test_a_value_is_what_the_trainings_own_loader_reads(text: str, value: Any, parser: Any) -> None:
    found = yaml_of(text, parser)["v"]

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("on: 1", ["on"]),
        ("1: a\n1.0: b", ["1", "1.0"]),
        ("~: a", ["~"]),
        ("'a b': 1", ["a b"]),
        ("!!str 7: 1", ["7"]),
        ("a: &x name\n*x : 2", ["a", "name"]),
        ("? [1, 2]\n: 3", ["list"]),
        ("? {a: 1}\n: 3", ["dict"]),
    ],
)
@pytest.mark.parametrize("parser", PARSERS)
def test_a_key_is_the_text_that_is_written(text: str, keys: list[str], parser: Any) -> None:
    assert list(yaml_of(text, parser)) == keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n---\nb: 2", "several documents"),
        ("a: 1\n---\n", "several documents"),
        ("a: 1\nb:\n\t- 2", "line 3: .*cannot start any token"),
        ("a: [1", "line [12]: "),
        ("a: 1\nb: *x", r"line 2: \*x stands for nothing before it"),
        ("a: &x [1, *x]", r"line 1: \*x stands for nothing before it"),
        ("a: \x00", "special characters|control characters"),
        ("a: !x!y 1", "line 1: .*undefined tag handle"),
    ],
)
@pytest.mark.parametrize("parser", PARSERS)
def test_what_is_no_yaml_is_said_with_its_line(text: str, message: str, parser: Any) -> None:
    with pytest.raises(ValueError, match=message):
        yaml_of(text, parser)


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml")
@pytest.mark.parametrize("text", ["v: 1\t# a comment", "v:\t1", "v: [1\t]"])
def test_only_the_c_parser_reads_tabs_between_values(text: str) -> None:
    assert yaml_of(text)["v"] in (1, [1])
    with pytest.raises(ValueError, match=r"line 1: found character '\\t'"):
        yaml_of(text, yaml.SafeLoader)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~", "\ufeff"])
@pytest.mark.parametrize("parser", PARSERS)
def test_an_empty_document_is_nothing(text: str, parser: Any) -> None:
    assert yaml_of(text, parser) is None


@pytest.mark.parametrize("text", ["[[[1]]]", "a: {b: {c: 1}}", "- - - 1", "[{a: []}]", "a: &x [[1]]\nb: *x"])
def test_three_inside_one_another_pass_a_limit_of_three(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "MAX_DEPTH", 3)

    yaml_of(text)


@pytest.mark.parametrize(
    "text", ["[[[[]]]]", "a: {b: {c: {}}}", "- - - - 1", "[{a: [[]]}]", "a: &x [[1]]\nb: [*x]", "? [[[a]]]\n: 1"]
)
def test_four_inside_one_another_do_not(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "MAX_DEPTH", 3)

    with pytest.raises(ValueError, match=r"line [12]: more than 3 lists and mappings inside one another"):
        yaml_of(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("abc", 4),  # a value and its characters
        ("[abc, d]", 7),  # the list, a value of three characters, another of one
        ("{a: bc}", 6),
        ("[&x abc, *x, *x]", 13),  # each alias counts as if written out
        ("[&x [a, b], *x]", 11),
        ("[&x [&y a, *y], *x, [*x]]", 17),
        ("{a: &x {b: c}, d: {<<: *x}}", 19),
    ],
)
def test_size_is_of_values_and_characters_with_aliases_written_out(
    text: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_text, "MAX_SIZE", size)
    yaml_of(text)

    monkeypatch.setattr(yaml_text, "MAX_SIZE", size - 1)
    with pytest.raises(ValueError, match=f"line 1: more than {size - 1} characters with aliases written out"):
        yaml_of(text)


def test_nothing_after_the_limit_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "MAX_SIZE", 10)

    with pytest.raises(ValueError, match="line 2: more than 10"):
        yaml_of("- abcdef\n- ghi\n- [not closed\n")


def test_a_number_of_more_digits_than_any_setting_is_text() -> None:
    assert yaml_of("v: " + "9" * 101) == {"v": "9" * 101}
    assert yaml_of("v: " + "9" * 100) == {"v": int("9" * 100)}


def test_pyyamls_own_loaders_are_as_they_were() -> None:
    yaml_of("v: 1e-4")

    assert yaml.safe_load("v: 1e-4") == {"v": "1e-4"}
