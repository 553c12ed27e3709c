"""The graph of roles finds every way to a role, and says what is missing where there is none."""

import pytest

from ganloss_cli.pipeline.run.roles import Graph, MissingError


def route(origin):
    return f"{origin.network}({route(origin.source)})" if origin.network else origin.role


def test_a_fake_comes_from_the_generator_and_its_input():
    graph = Graph({"input": 0, "real": 0}, {"generator", "discriminator"}, set())

    assert route(graph.origin("fake_logits")) == "discriminator(generator(input))"


def test_data_win_over_networks():
    graph = Graph({"input": 0, "real": 0, "fake": 0}, {"generator"}, set())

    assert route(graph.origin("fake")) == "fake"


def test_latents_are_another_space_than_reals():
    graph = Graph({"real": 0, "latents": 1}, {"generator"}, set())

    assert graph.origin("real").space == 0
    assert graph.origin("fake").space == 1


def test_each_domain_has_its_own_generator_and_discriminator():
    graph = Graph({"real_A": 0, "real_B": 1}, {"generator_AB", "generator_BA", "discriminator_B"}, set())

    assert route(graph.origin("fake_logits", "B")) == "discriminator_B(generator_AB(real_A))"
    assert route(graph.origin("rec_A")) == "generator_BA(generator_AB(real_A))"
    assert route(graph.origin("idt_B")) == "generator_AB(real_B)"


def test_a_pair_of_separation_is_a_pair():
    graph = Graph({"target": 0, "mixture": 0}, {"generator"}, set())

    assert route(graph.origin("real")) == "target"
    assert route(graph.origin("fake")) == "generator(mixture)"


@pytest.mark.parametrize(
    ("spaces", "networks", "role", "message"),
    [
        ({"real": 0}, set(), "real_logits", "a discriminator .--disc."),
        ({"real": 0}, {"discriminator"}, "fake_logits", "a generator"),
        ({"real": 0}, {"discriminator"}, "real_features", "--features"),
        ({"real": 0}, set(), "fake", "fake .--fake.|a generator"),
        ({}, set(), "z_p", "z_p .a tensor of that name"),
    ],
)
def test_what_is_missing_is_named_with_the_option_that_gives_it(spaces, networks, role, message):
    with pytest.raises(MissingError, match=message):
        Graph(spaces, networks, set()).origin(role)
