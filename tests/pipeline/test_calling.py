"""Every common way in which a discriminator answers is understood, and no other is guessed at."""

import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError
from ganloss_cli.pipeline.networks.calling import Callee, last_activation_is_sigmoid, matching_modules, second_parameter
from ganloss_cli.pipeline.networks.outputs import UnknownOutputError, read_output, read_pair_output

SCORE = torch.zeros(2, 1)
PATCHES = torch.zeros(2, 1, 4, 4)
MAP = torch.zeros(2, 8, 4, 4)


def shapes(judgement):
    features = judgement.features
    return [tuple(t.shape) for t in judgement.logits], features and [
        [tuple(t.shape) for t in maps] for maps in features
    ]


def test_a_tensor_is_one_sub_discriminator_without_features():
    assert shapes(read_output(PATCHES)) == ([(2, 1, 4, 4)], None)


def test_a_list_of_tensors_is_one_score_a_scale():
    assert shapes(read_output([SCORE, PATCHES])) == ([(2, 1), (2, 1, 4, 4)], None)


def test_a_tensor_and_a_list_are_logits_and_features():
    assert shapes(read_output((SCORE, [MAP, MAP]))) == ([(2, 1)], [[(2, 8, 4, 4)] * 2])


def test_two_lists_of_lists_are_logits_and_features_of_sub_discriminators():
    judged = read_output(([SCORE, SCORE], [[MAP, SCORE], [MAP, MAP, SCORE]]))

    assert shapes(judged) == ([(2, 1)] * 2, [[(2, 8, 4, 4), (2, 1)], [(2, 8, 4, 4)] * 2 + [(2, 1)]])


def test_lists_of_maps_end_with_their_logits():
    judged = read_output([[MAP, MAP, PATCHES], [MAP, MAP, PATCHES]])

    assert shapes(judged) == ([(2, 1, 4, 4)] * 2, [[(2, 8, 4, 4)] * 2 + [(2, 1, 4, 4)]] * 2)


def test_three_scales_of_maps_end_with_their_logits():
    assert len(read_output([[MAP, PATCHES]] * 3).logits) == 3


def test_a_list_of_one_score_with_a_flat_list_of_maps_is_one_sub_discriminator():
    assert shapes(read_output(([SCORE], [MAP, MAP]))) == ([(2, 1)], [[(2, 8, 4, 4)] * 2])


def test_a_mapping_names_its_parts():
    assert shapes(read_output({"logits": SCORE, "features": [MAP]})) == ([(2, 1)], [[(2, 8, 4, 4)]])


@pytest.mark.parametrize("output", [None, "score", [], {"score": SCORE}, (SCORE, "maps")])
def test_anything_else_is_refused(output):
    with pytest.raises(UnknownOutputError, match=r"\w"):
        read_output(output)


def test_as_many_features_as_sub_discriminators_are_wanted():
    with pytest.raises(UnknownOutputError, match="2 sub-discriminators but features of 1"):
        read_output(([SCORE, SCORE], [[MAP, SCORE]]))


def test_the_pair_call_returns_real_before_fake():
    real, fake = read_pair_output(([SCORE], [SCORE + 1], [[MAP]], [[MAP + 1]]))

    assert float(real.logits[0].max()) == 0
    assert float(fake.logits[0].max()) == 1
    assert float(fake.features[0][0].max()) == 1


class Pair(nn.Module):
    def forward(self, y, y_hat):
        return [y.mean(1)], [y_hat.mean(1)], [[y]], [[y_hat]]


def test_a_pair_call_judges_one_batch():
    callee = Callee(module=Pair(), name="d.pt", pair_call=True)

    judged = callee.discriminate(torch.full((3, 5), 2.0))

    assert judged.logits[0].tolist() == [2, 2, 2]


class Overwriting(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Linear(2, 2)
        self.act1 = nn.ReLU(inplace=True)
        self.layer2 = nn.Linear(2, 1)
        with torch.no_grad():
            self.layer1.weight.copy_(torch.eye(2))
            self.layer1.bias.fill_(-1)

    def forward(self, x):
        return self.layer2(self.act1(self.layer1(x)))


def test_hooked_features_survive_an_in_place_activation():
    module = Overwriting()
    callee = Callee(module=module, name="d.pt", hooked=matching_modules(module, ["layer1"]))

    judged = callee.discriminate(torch.zeros(1, 2))

    assert judged.features[0][0].tolist() == [[-1, -1]]


def test_a_pattern_picks_modules_in_their_order():
    assert matching_modules(Overwriting(), ["layer*"]) == ("layer1", "layer2")


def test_train_mode_puts_the_buffers_back():
    module = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1)).train()
    callee = Callee(module=module, name="d.pt", train=True)

    callee.discriminate(torch.randn(8, 2) + 5)

    assert module[0].running_mean.tolist() == [0, 0]
    assert int(module[0].num_batches_tracked) == 0


def test_an_exception_of_the_network_becomes_an_error_that_names_it_and_the_shape():
    callee = Callee(module=nn.Linear(3, 1), name="d.pt (disc)")

    with pytest.raises(InputError, match=r"d\.pt \(disc\): cannot take an input of shape \(2, 4\)"):
        callee.discriminate(torch.zeros(2, 4))


def test_a_score_for_the_whole_batch_is_refused():
    class Mean(nn.Module):
        def forward(self, x):
            return x.mean()

    with pytest.raises(InputError, match=r"score of shape \(\) for 2 samples"):
        Callee(module=Mean(), name="d.pt").discriminate(torch.zeros(2, 4))


def test_a_sigmoid_at_the_end_means_probabilities():
    assert last_activation_is_sigmoid(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()))
    assert not last_activation_is_sigmoid(nn.Sequential(nn.Sigmoid(), nn.Linear(2, 1)))


def test_the_second_required_parameter_tells_pairs_from_labels():
    assert second_parameter(Pair()) == "y_hat"
    assert second_parameter(nn.Linear(2, 1)) is None


class Deviation(nn.Module):
    """Scores a sample by how its group differs, as StyleGAN2's minibatch deviation does."""

    mixes_samples = 2

    def forward(self, x):
        return x.std(0, correction=0).mean().expand(len(x)), [x]


@pytest.mark.parametrize("n", [2, 6])
def test_a_network_that_compares_samples_is_called_group_by_group(n):
    callee = Callee(module=Deviation(), name="d.pt", group=2)
    samples = torch.arange(n, dtype=torch.float64).view(n, 1) ** 2

    judged = callee.discriminate(samples)

    # pairs (0, 1), (4, 9), (16, 25) deviate by half their distance
    assert judged.logits[0].tolist() == [0.5, 0.5, 2.5, 2.5, 4.5, 4.5][:n]
    assert torch.equal(judged.features[0][0], samples)
