from ganloss_cli.evaluators import batch
from ganloss_cli.io import roles


def test_io_and_the_evaluators_know_the_same_roles():
    assert roles.FILE_ROLES == batch.FILE_ROLES


def test_io_and_the_evaluators_agree_on_what_is_an_image():
    assert roles.IMAGE_ROLES == batch.IMAGE_ROLES


def test_io_and_the_evaluators_agree_on_what_is_a_list():
    assert (roles.LOGIT_ROLES, roles.FEATURE_ROLES) == (batch.LOGIT_ROLES, batch.FEATURE_ROLES)
