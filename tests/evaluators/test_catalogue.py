import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from ganloss_cli.commands.option_values import setting_changes
from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators import catalogue as catalogue_module
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, Loss, catalogue, find_loss, loss, select, total
from ganloss_cli.evaluators.losses.sets import SampleSet
from ganloss_cli.evaluators.statistics import Weighted

DEFAULT = Convention(name="default", source="here")


@pytest.fixture(autouse=True)
def _catalogue_unchanged() -> Iterator[None]:
    before = dict(catalogue())
    yield
    catalogue_module._CATALOGUE.clear()
    catalogue_module._CATALOGUE.update(before)


def enter(function: Any, **declared: Any) -> Any:
    return loss(**{"family": "latent", "reference": "here", "conventions": (DEFAULT,)} | declared)(function)


# entering a loss


def test_the_function_itself_comes_back_unchanged() -> None:
    def distance(real: Tensor) -> Tensor:
        return real

    entered = enter(distance)

    assert entered is distance
    assert catalogue()["distance"].function is distance


def test_positional_parameters_are_needs_and_keywords_settings() -> None:
    def distance(real: Tensor, mask: Tensor | None = None, *, scale: float = 2.0) -> Tensor:
        return scale * real

    enter(distance)

    entry = catalogue()["distance"]
    assert (entry.needs, entry.optional, dict(entry.settings)) == (("real",), ("mask",), {"scale": 2.0})


def test_the_docstring_gives_summary_and_formula() -> None:
    def distance(real: Tensor) -> Tensor:
        """A distance.

            L = mean |r|

            where r is real

        Args:
            real: samples.
        """
        return real

    enter(distance)

    assert catalogue()["distance"].summary == "A distance."
    assert catalogue()["distance"].formula == "L = mean |r|\n\nwhere r is real"


def test_a_name_is_entered_once() -> None:
    def kl(mu: Tensor) -> Tensor:
        return mu

    with pytest.raises(RuntimeError, match="'kl' is registered twice"):
        enter(kl)


def test_an_argument_that_no_batch_holds_is_refused() -> None:
    def distance(reals: Tensor) -> Tensor:
        return reals

    with pytest.raises(RuntimeError, match=r"\['reals'\] are not fields of Batch"):
        enter(distance)


@pytest.mark.parametrize(
    ("conventions", "message"),
    [
        ((), "the first convention is the default"),
        ((Convention(name="a", source="", settings={"scale": 1.0}),), "the first convention is the default"),
        ((DEFAULT, DEFAULT), "names repeat"),
        ((DEFAULT, Convention(name="all", source="")), "one is called 'all'"),
        ((DEFAULT, Convention(name="b", source="", settings={"scael": 1.0})), r"distance:b: no such setting"),
        ((DEFAULT, Convention(name="b", source="", needs=("mask",))), r"distance:b: needs \('mask',\)"),
    ],
)
def test_conventions_that_make_no_sense_are_refused(conventions: tuple[Convention, ...], message: str) -> None:
    def distance(real: Tensor, *, scale: float = 2.0) -> Tensor:
        return scale * real

    with pytest.raises(RuntimeError, match=message):
        enter(distance, conventions=conventions)


def test_an_alias_has_the_settings_of_what_it_names() -> None:
    row = Convention(name="half", source="one", settings={"scale": 0.5}, relation="half", factor=0.5)

    alias = row.alias("other", "two")

    assert (alias.name, alias.source, alias.settings, alias.factor) == ("other", "two", row.settings, 0.5)
    assert alias.alias("third", "three").alias_of == alias.alias_of == "half"


# finding one


def test_an_unknown_loss_is_met_with_the_name_that_is_meant() -> None:
    with pytest.raises(UsageError, match="unknown loss 'softplus'") as caught:
        find_loss("softplus")

    assert caught.value.hint == "did you mean d_bce? ganloss losses lists them all"


@pytest.mark.parametrize(
    ("typed", "meant"), [("d_lsagn", "d_lsgan"), ("gradient-penalty", "gp"), ("KLD", "kl"), ("feature_matching", "fm")]
)
def test_a_slip_of_the_finger_is_understood(typed: str, meant: str) -> None:
    with pytest.raises(UsageError, match="unknown loss") as caught:
        find_loss(typed)

    assert f"did you mean {meant}?" in str(caught.value.hint)


def test_an_unknown_convention_is_met_with_the_list_of_them() -> None:
    with pytest.raises(
        UsageError, match=r"g_minimax: unknown convention 'tfgn', expected one of goodfellow2014, .*tfgan"
    ):
        find_loss("g_minimax").convention("tfgn")


# selecting


def test_losses_come_in_the_order_asked_for_each_once() -> None:
    chosen = select(["kl,fm", "kl", " r1 ,"])

    assert [entry.typed for entry in chosen] == ["kl", "fm", "r1"]


def test_all_conventions_are_named_as_they_would_be_typed() -> None:
    chosen = select(["g_minimax:all"])

    assert [entry.typed for entry in chosen] == [f"g_minimax:{row.name}" for row in find_loss("g_minimax").conventions]


def test_a_choice_beats_a_convention_beats_the_context_beats_the_default() -> None:
    (entry,) = select(["d_bce:one_sided_smoothing"], setting_changes("--set", ["d_bce.fake_label=0.1"]))

    settings = entry.settings({"scores": "probabilities", "sample_rate": 8000, "real_label": 0.3})

    assert (settings["scores"], settings["real_label"], settings["fake_label"]) == ("probabilities", 0.9, 0.1)
    assert "sample_rate" not in settings


def test_a_context_that_does_not_know_changes_nothing() -> None:
    (entry,) = select(["d_bce"])

    assert entry.settings({"scores": None})["scores"] == "logits"


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("fm.scale=1", 1.0),
        ("fm.logit_maps=False", False),
        ("fm.maps=pooled", "pooled"),
        ("lecam.average_real=0.5", 0.5),
        ("lecam.average_real=none", None),
        ("dragan.ddof=1", 1),
    ],
)
def test_a_setting_is_read_in_its_own_type(change: str, value: object) -> None:
    name = change.partition(".")[0]

    (entry,) = select([name], setting_changes("--set", [change]))

    (chosen,) = entry.chosen.values()
    assert chosen == value
    assert type(chosen) is type(value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("fm.scale", "expected LOSS.SETTING=VALUE"),
        ("fm=1", "expected LOSS.SETTING=VALUE"),
        ("fm.scael=1", "fm has no setting 'scael', only scale, "),
        ("fm.scale=none", "expected a number; got 'none'"),
        ("fm.maps=avg", "expected one of sum, mean, pooled; got 'avg'"),
        ("fm.logit_maps=maybe", "expected one of false, true; got 'maybe'"),
        ("lecam.average_real=high", "expected one of none, a number; got 'high'"),
        ("dragan.ddof=1.5", "expected an integer; got '1.5'"),
        ("gn.scale=1", "unknown loss 'gn'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(change: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select(["fm", "lecam", "dragan"], setting_changes("--set", [change]))


def test_a_setting_of_a_loss_that_is_not_asked_for_is_refused() -> None:
    with pytest.raises(UsageError, match="'fm' is not among the losses asked for") as caught:
        select(["kl"], setting_changes("--set", ["fm.scale=1"]))

    assert caught.value.hint == "add fm to --losses"


def test_a_setting_of_one_convention_changes_no_other_and_goes_before_one_of_its_loss() -> None:
    changes = setting_changes("--set", ["psnr:sr.border=2", "psnr.border=1"])

    chosen = {entry.convention.name: entry.settings({})["border"] for entry in select(["psnr:all"], changes)}

    assert chosen.pop("sr") == 2
    assert set(chosen.values()) == {1}


def test_a_setting_of_the_convention_that_the_bare_name_means_is_that_loss_s() -> None:
    default = find_loss("fm").default.name

    (entry,) = select(["fm"], setting_changes("--set", [f"fm:{default}.scale=3"]))

    assert (entry.typed, entry.chosen) == ("fm", {"scale": 3.0})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("psnr:rs.border=2", "psnr: unknown convention 'rs', expected one of "),
        ("psnr:sr.boder=2", "--set psnr:sr.boder=2: psnr has no setting 'boder', only "),
        ("psnr:sr.border=2", "--set psnr:sr: 'psnr:sr' is not among the losses asked for"),
    ],
)
def test_a_setting_of_a_convention_that_cannot_be_changed_is_refused(change: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select(["psnr"], setting_changes("--set", [change]))


# evaluating


def test_a_loss_takes_what_it_names_from_the_batch() -> None:
    batch = Batch(fake_logits=(torch.tensor([1.0, 3.0]),), mu=torch.zeros(2))

    value = catalogue()["g_wgan"](batch, catalogue()["g_wgan"].settings)

    assert total(value) == -2.0


def _sum(whole: Any) -> dict[str, Tensor]:
    return {name: tensor.sum() for name, tensor in whole.items()}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (torch.tensor([1.0, 2.0]), 1.5),
        ({"real.0": torch.tensor([1.0, 3.0]), "fake.0": torch.tensor([5.0])}, 7.0),
        (Weighted(values=torch.tensor([6.0, 2.0]), weights=torch.tensor([3.0, 1.0])), 2.0),
        (SampleSet.of(_sum, {"real.0": torch.tensor([1.0, 2.0]), "fake.0": torch.tensor([4.0])}), 7.0),
    ],
)
def test_the_total_of_every_kind_of_value(value: Any, expected: float) -> None:
    assert total(value) == expected


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("d_bce", {}, 3 * 2 * math.log(2)),
        ("g_bce", {}, 3 * math.log(2)),
        ("g_minimax", {}, -3 * math.log(2)),
        ("d_bce", {"scores": "probabilities"}, 3 * 2 * math.log(2)),
        ("d_bce", {"scale": 0.5}, 3 * math.log(2)),
        # at probability 0.45: -0.9 ln 0.45 - 0.1 ln 0.55 - ln 0.55
        ("d_bce", {"real_label": 0.9}, 3 * (-0.9 * math.log(0.45) - 1.1 * math.log(0.55))),
        ("d_lsgan", {}, 3 * 0.5),
        ("d_lsgan", {"fake_label": -1.0, "scale": 0.5}, 3 * 1.0),
        ("g_lsgan", {}, 3 * 0.25),
        ("d_hinge", {}, 3 * 2.0),
        ("d_hinge", {"sub_discriminators": "mean"}, 2.0),
        ("g_hinge", {}, 0.0),
        ("d_wgan", {}, 0.0),
        ("d_ragan", {}, 3 * 2 * math.log(2)),
        ("d_ralsgan", {}, 3 * 2.0),
        ("d_rsgan", {}, 3 * math.log(2)),
        ("d_accuracy", {}, 0.5),
        ("g_wgan", {}, None),
        ("r1", {}, 0.0),
        ("r2", {"scale": 5.0}, 0.0),
        ("lecam", {}, 0.0),
        ("path_length", {}, 0.0),
        # a flat critic costs (0 - 1)^2, which its own gradient leaves; with another target, or one side, nothing
        ("gp", {}, None),
        ("gp", {"centre": 0.0, "at": "samples"}, 0.0),
        ("gp", {"one_sided": True}, 0.0),
        ("dragan", {}, None),
    ],
)
def test_the_equilibrium_of_three_sub_discriminators(name: str, settings: dict[str, Any], expected: float) -> None:
    entry = catalogue()[name]

    value = entry.equilibrium_at(3, {**entry.settings, **settings})

    assert value == pytest.approx(expected)


PLAYED = [entry for entry in catalogue().values() if entry.family in ("adversarial", "penalties")]


@pytest.mark.parametrize("entry", PLAYED, ids=lambda entry: entry.name)
def test_an_adversarial_loss_or_penalty_has_an_equilibrium_or_says_why_not(entry: Loss) -> None:
    balanced = [entry.equilibrium_at(1, {**entry.settings, **row.settings}) for row in entry.conventions]

    assert None not in balanced or entry.no_equilibrium
    assert balanced[0] is None or not entry.no_equilibrium  # a reason for what is there would be a lie


@pytest.mark.parametrize("centre", [0.0, 1.0])
@pytest.mark.parametrize("one_sided", [False, True])
def test_a_gradient_penalty_has_an_equilibrium_where_a_flat_critic_costs_nothing(
    centre: float, one_sided: bool
) -> None:
    entry = catalogue()["gp"]
    settings = {**entry.settings, "centre": centre, "one_sided": one_sided}
    images = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def flat(seen: torch.Tensor) -> list[torch.Tensor]:
        return [0 * seen.flatten(1).sum(1, keepdim=True)]

    cost = entry.function(images, 1 - images, flat, lambda *_: torch.full((3,), 0.5, dtype=torch.float64), **settings)

    assert (float(cost["between"].max()) == 0) is (entry.equilibrium_at(1, settings) == 0)


# what the tool promises by name

PROMISED = {
    "adversarial": "d_bce g_bce g_minimax d_lsgan g_lsgan d_hinge g_hinge d_wgan g_wgan d_rsgan g_rsgan d_ragan "
    "g_ragan d_ralsgan g_ralsgan d_rahinge g_rahinge real_score fake_score d_accuracy",
    "penalties": "r1 r2 gp dragan lecam path_length",
    "features": "fm fm_moment perceptual lpips dists gram density coverage fid",
    "latent": "kl kl_vits kl_categorical mmd vq_commit",
}
AVERAGED = {"d_ragan", "g_ragan", "d_ralsgan", "g_ralsgan", "d_rahinge", "g_rahinge"}


@pytest.mark.parametrize("family", PROMISED)
def test_every_promised_name_is_there(family: str) -> None:
    entered = {name for name, entry in catalogue().items() if entry.family == family}

    assert set(PROMISED[family].split()) <= entered


def test_a_relativistic_or_paired_loss_says_that_counts_must_agree() -> None:
    promised = {name: entry for name, entry in catalogue().items() if entry.family in PROMISED}

    assert {name for name, entry in promised.items() if entry.equal_counts} == AVERAGED | {"d_rsgan", "g_rsgan"}
    paired = {"fm", "perceptual", "lpips", "dists", "gram", "vq_commit", "nll"}
    assert {name for name, entry in promised.items() if entry.paired} == paired


def test_what_depends_on_the_batch_says_why() -> None:
    dependent = {name for name, entry in catalogue().items() if entry.batch_dependent and entry.family in PROMISED}

    of_sets = {"lecam", "dragan", "path_length", "fm_moment", "mmd", "coverage", "density", "adaptive_weight"}
    assert dependent == AVERAGED | of_sets | {"fid", "kid", "isc", "prc", "fad"}
