import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.errors import InputError
from ganloss_cli.io.pairing import Pairing, pair
from ganloss_cli.io.samples import Reading, Source, numbered


def never(index: int) -> Reading:
    raise AssertionError("pairing reads no sample")


def nowhere(index: int) -> Path:
    raise AssertionError("pairing asks for no file")


def files(role: str, *names: str) -> Source:
    return Source(
        roles=(role,), path=f"data/{role}", kind="image", names=names, files=tuple(f"{role}/{n}.png" for n in names),
        named_by="files", read=never, on_disk=nowhere,
    )  # fmt: skip


def array(role: str, count: int, path: str = "t.npz") -> Source:
    return Source(
        roles=(role,), path=path, kind="tensor", names=numbered(count), files=numbered(count), named_by="positions",
        read=never, on_disk=nowhere,
    )  # fmt: skip


def lone(role: str, name: str) -> Source:
    return Source(
        roles=(role,), path=f"{name}.png", kind="image", names=(name,), files=(f"{name}.png",), named_by="itself",
        read=never, on_disk=nowhere,
    )  # fmt: skip


def pairs(pairing: Pairing) -> list[dict[str, tuple[str, ...]]]:
    """For each match, role -> its names in the order of the samples."""
    return [
        {
            source.roles[0]: tuple(source.names[position] for position in positions)
            for source, positions in zip(match.sources, match.indices, strict=True)
        }
        for match in pairing.matches
    ]


NAMES = st.lists(st.from_regex(r"[a-w]{1,3}(/[a-w]{1,3})?", fullmatch=True), min_size=1, max_size=8, unique=True)


@given(NAMES, st.randoms())
def test_equal_names_pair_whatever_their_order(names: list[str], random: object):
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    pairing = pair([files("real", *names), files("fake", *shuffled)])

    assert pairs(pairing) == [{"real": tuple(sorted(names)), "fake": tuple(sorted(names))}]
    assert pairing.findings == ()


@given(NAMES, NAMES)
def test_every_source_ends_in_exactly_one_match_or_a_file_lacks_its_partner(first: list[str], second: list[str]):
    sources = [files("real", *first), files("fake", *second)]
    shared = set(first) & set(second)

    if shared and set(first) != set(second):
        with pytest.raises(InputError, match="without a partner"):
            pair(sources)
    else:
        assert len(pair(sources).matches) == (1 if shared else 2)


@given(NAMES, st.sampled_from([("_LR", "_HR"), ("x4", ""), ("_fake_B", "_real_B"), ("_generated", ""), ("_out", "")]))
def test_suffixes_of_a_role_are_left_out_where_that_pairs_one_to_one(names: list[str], suffixes: tuple[str, str]):
    first, second = ([f"{name}7{suffix}" for name in names] for suffix in suffixes)

    pairing = pair([files("input", *first), files("real", *second)])

    wanted = tuple(sorted(f"{name}7" for name in names))
    assert [match.names for match in pairing.matches] == [wanted]
    assert [finding.check for finding in pairing.findings] == ["names_stripped"]


def test_set5_names_pair():
    low = [f"img_00{n}_SRF_4_LR" for n in (1, 2)]
    high = [f"img_00{n}_SRF_4_HR" for n in (1, 2)]

    pairing = pair([files("input", *low), files("real", *high)])

    assert pairing.matches[0].names == ("img_001_SRF_4", "img_002_SRF_4")
    assert "'_LR', '_HR'" in pairing.findings[0].message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a_LR_x2", "a_HR_x2"),
        ("a-out", "a"),
        ("a_real_A", "a_fake_B"),
        ("b_x4_SR", "b"),
        ("0801x4", "0801"),
        ("0801x4_out", "0801"),
    ],
)
def test_suffixes_that_pair(first: str, second: str):
    assert len(pair([files("input", first), files("real", second)]).matches) == 1


def test_a_suffix_that_both_share_is_not_left_out():
    pairing = pair([files("real", "a_out", "b_out"), files("fake", "a_out", "b_out")])

    assert pairing.matches[0].names == ("a_out", "b_out")
    assert pairing.findings == ()


def test_suffixes_are_kept_where_names_would_collide():
    pairing = pair([files("real", "a_x2", "a_x4"), files("fake", "a")])

    assert [sorted(one) for one in pairs(pairing)] == [["real"], ["fake"]]


def test_stripped_names_that_pair_all_but_one_are_an_error_and_not_unpaired():
    with pytest.raises(InputError, match=r"1 of real \(data/real\): 'real/c_HR\.png'"):
        pair([files("input", "a_LR", "b_LR"), files("real", "a_HR", "b_HR", "c_HR")])


def test_files_without_a_partner_are_listed_by_role():
    with pytest.raises(InputError) as refused:
        pair([files("real", "a", "b", "c"), files("fake", "a", "d")])

    assert "2 of real (data/real): 'real/b.png', 'real/c.png'" in refused.value.message
    assert "1 of fake (data/fake): 'fake/d.png'" in refused.value.message
    assert "--unpaired" in str(refused.value.hint)


def test_a_long_list_of_files_is_cut_and_counted():
    many = [f"n{n:03d}" for n in range(100)]

    with pytest.raises(InputError, match=r"99 of real .*'real/n010\.png' and 89 more"):
        pair([files("real", *many), files("fake", "n000")])


def test_no_shared_name_is_unpaired():
    pairing = pair([files("real", "a", "b"), files("fake", "c")])

    assert [match.names for match in pairing.matches] == [("a", "b"), ("c",)]


def test_unpaired_forces_it():
    pairing = pair([files("real", "a", "b"), files("fake", "a")], unpaired=True)

    assert [match.names for match in pairing.matches] == [("a", "b"), ("a",)]


def test_unpaired_keeps_together_what_was_said_of_the_same_samples():
    roles = ["real", "real_logits", "real_features", "fake", "fake_logits", "z_p", "logs_q", "mixture", "target"]

    pairing = pair([array(role, 4) for role in roles], unpaired=True)

    assert [tuple(one) for one in pairs(pairing)] == [
        ("real", "real_logits", "real_features"), ("fake", "fake_logits"), ("z_p", "logs_q"), ("mixture", "target"),
    ]  # fmt: skip


def test_unpaired_domains_keep_their_own_translations():
    roles = ["real_A", "real_B", "fake_A", "fake_B", "rec_A", "idt_B"]

    pairing = pair([files(role, "1", "2") for role in roles], unpaired=True)

    assert [sorted(one) for one in pairs(pairing)] == [["fake_B", "real_A", "rec_A"], ["fake_A", "idt_B", "real_B"]]


def test_two_domains_pair_each_with_its_own_translations():
    pairing = pair([
        files("real_A", "a1", "a2"), files("real_B", "b1"), files("fake_B", "a1", "a2"), files("fake_A", "b1"),
    ])  # fmt: skip

    assert [sorted(one) for one in pairs(pairing)] == [["fake_B", "real_A"], ["fake_A", "real_B"]]


def test_three_roles_pair_in_one_group():
    pairing = pair([files("real", "a", "b"), files("fake", "b", "a"), files("input", "a", "b")])

    assert pairs(pairing) == [{"real": ("a", "b"), "fake": ("a", "b"), "input": ("a", "b")}]


def test_arrays_of_equal_counts_pair_by_position_and_others_do_not():
    pairing = pair([array("real", 3), array("fake", 3), array("z_p", 5)])

    assert [sorted(one) for one in pairs(pairing)] == [["fake", "real"], ["z_p"]]
    assert pairing.findings == ()


def test_pairing_by_position_across_files_is_said():
    pairing = pair([array("real", 3, "a.npz"), array("fake", 3, "b.npz")])

    assert [finding.check for finding in pairing.findings] == ["paired_by_position"]


def test_arrays_never_pair_with_files_by_accident():
    pairing = pair([files("real", "0", "1"), array("fake", 2)])

    assert len(pairing.matches) == 2


def test_two_lone_files_are_a_pair_whatever_their_names():
    pairing = pair([lone("real", "truth"), lone("fake", "guess")])

    assert pairs(pairing) == [{"real": ("truth",), "fake": ("guess",)}]


@pytest.mark.parametrize("pattern", [r"\d+", r"s(\d+)", r"(?<=s)\d+"])
def test_a_regular_expression_names_the_pairs(pattern: str):
    pairing = pair([files("real", "xs10", "xs2"), files("fake", "ys2z", "ys10z")], pair_by=re.compile(pattern))

    assert pairs(pairing) == [{"real": ("xs10", "xs2"), "fake": ("ys10z", "ys2z")}]


def test_a_regular_expression_that_does_not_match_is_an_error_with_the_names():
    with pytest.raises(InputError, match=r"--pair-by '\\d\+' does not match 'b'"):
        pair([files("real", "a1", "b"), files("fake", "a1")], pair_by=re.compile(r"\d+"))


def test_two_files_of_one_name_are_an_error_that_names_both():
    doubled = Source(
        roles=("real",), path="data", kind="image", names=("a", "a"), files=("data/a.png", "data/a.jpg"),
        named_by="files", read=never, on_disk=nowhere,
    )  # fmt: skip

    with pytest.raises(InputError, match=r"'data/a\.png' and 'data/a\.jpg' are both 'a'"):
        pair([doubled])
