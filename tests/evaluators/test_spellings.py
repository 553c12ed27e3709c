import pytest

from ganloss_cli.evaluators.catalogue import catalogue, find_loss
from ganloss_cli.evaluators.spellings import SPELLINGS, match_parameters
from ganloss_cli.evaluators.test_inputs.kinds import kind_of


@pytest.mark.parametrize(
    ("loss", "parameters", "inputs"),
    [
        ("ssim", "x y", "fake real"),
        ("ssim", "X Y", "fake real"),
        ("ssim", "preds target", "fake real"),
        ("psnr", "sr hr", "fake real"),
        ("psnr", "img1 img2", "fake real"),
        ("l1", "y_true y_pred", "real fake"),
        ("l1", "y y_hat", "real fake"),
        ("l1", "x x_hat", "real fake"),
        ("l1", "input output", "real fake"),
        ("mse", "realImages genImages", "real fake"),
        ("mse", "foo bar", "fake real"),
        ("d_lsgan", "disc_real_outputs disc_generated_outputs", "real_logits fake_logits"),
        ("d_lsgan", "dr dg", "real_logits fake_logits"),
        ("d_hinge", "real_pred fake_pred", "real_logits fake_logits"),
        ("d_ragan", "y_pred y_pred_fake", "real_logits fake_logits"),
        ("g_bce", "prediction target_is_real", "fake_logits labels"),
        ("fm", "fmap_r fmap_g", "real_features fake_features"),
        ("kl", "mu logvar", "mu logvar"),
        ("kl", "z_mean z_log_var", "mu logvar"),
        ("kl", "mean log_sigma", "mu log_sigma"),
        ("kl_vits", "z_p logs_q m_p logs_p z_mask", "z_p logs_q m_p logs_p z_mask"),
        ("gp", "netD real_data fake_data", "discriminator real fake"),
        ("gp", "crit real fake epsilon", "discriminator real fake share"),
        ("r1", "real_pred real_img", "real_logits real"),
        ("path_length", "fake_img latents mean_path_length", "fake latents mean_path_length"),
        ("cycle", "real_A rec_A real_B rec_B", "real_A rec_A real_B rec_B"),
        ("cycle", "real_a gen_BA fake_b", "real_A generator_BA fake_B"),
        ("component", "mask target_data residual_data", "mask target residual"),
        ("vq_commit", "z_e z_q", "latents z_q"),
    ],
)
def test_usual_spellings_are_understood(loss: str, parameters: str, inputs: str) -> None:
    matches, left = match_parameters(find_loss(loss), parameters.split(), (), {})

    assert left == []
    assert [match.ours for match in matches] == inputs.split()


def test_what_the_user_says_wins() -> None:
    matches, _ = match_parameters(find_loss("l1"), ["pred", "target"], (), {"pred": "real"})

    assert [(match.ours, match.how) for match in matches] == [("real", "as told"), ("fake", "by position")]


def test_a_parameter_with_a_default_is_left_to_it_unless_the_loss_needs_it() -> None:
    matches, left = match_parameters(find_loss("ssim"), ["pred"], ["target", "channels"], {})

    assert [match.theirs for match in matches] == ["pred", "target"]
    assert left == []


def test_a_required_parameter_that_fits_nothing_is_left_over() -> None:
    _, left = match_parameters(find_loss("l1"), ["pred", "target", "frobnication"], (), {})

    assert left == ["frobnication"]


@pytest.mark.parametrize("name", catalogue())
def test_every_need_of_a_loss_can_be_spelled(name: str) -> None:
    loss = find_loss(name)
    table = SPELLINGS[kind_of(loss)]

    needed = {*loss.needs, *loss.one_of} - {"random"}

    assert needed - set(table) == set()
