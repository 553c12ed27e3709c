import pytest
import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.losses import d_bce, d_lsgan, g_lsgan
from ganloss_cli.evaluators.losses.sides import as_raw_scores, one_side

SCORES = torch.tensor([[0.0, 2.0], [1.0, 5.0]], dtype=torch.float64)


def test_patches_are_averaged_within_their_sample_before_anything_else() -> None:
    terms = one_side("real", SCORES, lambda scores: scores, "sum")

    assert terms["real.0"].tolist() == [1.0, 3.0]


def test_sub_discriminators_of_any_size_weigh_the_same() -> None:
    few, many = torch.ones(2, 1), torch.zeros(2, 100, 100)

    terms = one_side("fake", (few, many), lambda scores: scores, "mean")

    assert [float(term.mean()) for term in terms.values()] == [0.5, 0.0]


def test_reals_and_fakes_may_differ_in_number() -> None:
    terms = d_lsgan(torch.zeros(5, 1), torch.zeros(2, 1))

    assert {name: len(term) for name, term in terms.items()} == {"real.0": 5, "fake.0": 2}


def test_a_score_that_is_already_averaged_is_refused() -> None:
    with pytest.raises(InputError, match=r"fake_logits.0 has shape \(\), expected one entry a sample"):
        g_lsgan((torch.tensor(0.3),))


def test_sub_discriminators_that_saw_different_samples_are_refused() -> None:
    with pytest.raises(InputError, match=r"fake_logits.1 has shape \(2, 1\), .* fake_logits.0 with \(3,\)"):
        g_lsgan((torch.zeros(3), torch.zeros(2, 1)))


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_probabilities_are_clamped_as_bce_loss_clamps_them(label: float, dtype: torch.dtype) -> None:
    probabilities = torch.tensor([0.0, 1e-30, 1e-3, 0.5, 0.999, 1.0], dtype=dtype)
    real, fake = (probabilities[:0], probabilities) if label == 0 else (probabilities, probabilities[:0])

    terms = d_bce(real, fake, scores="probabilities")

    expected = nn.BCELoss(reduction="none")(probabilities, torch.full_like(probabilities, label))
    torch.testing.assert_close(terms["fake.0" if label == 0 else "real.0"], expected)


@pytest.mark.parametrize("outside", [-0.01, 1.01])
def test_scores_that_are_no_probabilities_are_refused(outside: float) -> None:
    with pytest.raises(InputError, match="said to be probabilities, but the discriminator returned") as caught:
        as_raw_scores(torch.tensor([0.5, outside]), "probabilities")

    assert caught.value.hint == "pass --scores logits"


def test_a_score_that_is_not_a_number_is_left_to_be_reported() -> None:
    raw = as_raw_scores(torch.tensor([0.5, float("nan")]), "probabilities")

    assert raw.isnan().tolist() == [False, True]


def test_the_terms_keep_the_graph_of_the_scores() -> None:
    scores: Tensor = SCORES.clone().requires_grad_()

    sum(term.mean() for term in g_lsgan(scores).values()).backward()  # type: ignore[union-attr]

    # 2 (score - 1) over 2 samples of 2 patches
    assert scores.grad is not None
    assert scores.grad.tolist() == [[-0.5, 0.5], [0.0, 2.0]]
