"""BigGAN's ResNets in every variant, under the key names of every repository that writes them."""

import re

import pytest
import torch

from ganloss_cli.io.architectures import rebuild
from ganloss_cli.io.networks.biggan import BigGANDiscriminator, BigGANGenerator

LABELS = torch.tensor([1, 0, 3])
G32 = {"channels": [8, 8, 8, 8], "hidden": [8, 8, 8], "doubles": [0, 1, 2]}
G64 = {"channels": [16, 8, 8, 8, 8], "hidden": [8] * 4, "doubles": [0, 1, 2, 3]}
G_OF_DEPTH_2 = {"channels": [16, 16, 8, 8, 8], "hidden": [4, 4, 2, 2], "doubles": [1, 3], "deep": True}
D32 = {"channels": [3, 8, 8, 8, 8], "halves": [0, 1], "learned": [0, 1]}
D64 = {"channels": [3, 2, 8, 16], "halves": [0, 1], "learned": [0, 1, 2]}
D_OF_DEPTH_2 = {
    "channels": [4, 8, 8, 16, 16, 32, 32, 64, 64], "hidden": [2, 2, 4, 4, 8, 8, 16, 16], "halves": [0, 2, 4, 6],
    "learned": [0, 2, 4, 6], "deep": True,
}  # fmt: skip
COMMON = {"n_classes": 4, "attention": [1], "deep": False, "spectral": True}


def generator(names, conditioning, *, hierarchical, latent, condition, **sizes):
    told = {"conditioning": conditioning, "hierarchical": hierarchical, "latent": latent, "condition": condition}
    n_classes = {"n_classes": 0} if conditioning == "none" else {}
    network = BigGANGenerator(**{
        "names": names, "bottom": 4, "learned": not sizes.get("deep"), **COMMON, **told, **n_classes, **G32, **sizes
    })  # fmt: skip
    return filled(network)


def discriminator(names, head="projection", **sizes):
    given = {"names": names, "head": head, **COMMON, **D32, **({} if head == "projection" else {"n_classes": 0})}
    return filled(BigGANDiscriminator(**{"hidden": given["channels"][1:], **given, **sizes}))


def filled(network):
    torch.manual_seed(0)
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            value.copy_(torch.rand_like(value) + 0.5 if "running_var" in name else torch.randn_like(value) / 4)
    network.train()  # spectral norm finds its vectors in train mode
    for module in network.modules():
        for name in ("weight",) if hasattr(module, "parametrizations") else ():
            for _ in range(3):
                getattr(module, name)
    return network.eval()


def of_biggan(key):
    return _layers_of_biggan(_in_lists(key, 1))


def of_deep_biggan(key):
    """BigGAN-deep's discriminator lists the blocks of a stage, two of them here, and attention behind the second."""
    return _layers_of_biggan(_in_lists(key, 2))


def _in_lists(key, depth):
    place = re.match(r"(blocks|attention)\.(\d+)\.", key)
    if place is None:
        return key
    stage, block = divmod(int(place[2]), depth)
    return f"blocks.{stage}.{block + (place[1] == 'attention')}.{key[place.end() :]}"


def _layers_of_biggan(key):
    key = re.sub(r"(bn\d)\.norm\.running_", r"\1.stored_", key)
    for ours, theirs in (
        ("output_norm.running_", "output_layer.0.stored_"), ("output_norm.weight", "output_layer.0.gain"),
        ("output_norm.", "output_layer.0."), ("output_conv.", "output_layer.2."),
        (".parametrizations.weight.original", ".weight"), (".parametrizations.weight.0.vector", ".u0"),
    ):  # fmt: skip
        key = key.replace(ours, theirs)
    return key


def of_standing_statistics(key):
    return re.sub(r"\.stored_(mean|var)", r".bn.stored_\1", of_biggan(key))


def of_cross_replica(key):
    return re.sub(r"\.stored_(mean|var)", r".bn.running_\1", of_biggan(key))


def of_studiogan(key):
    """Attention follows the second block, and is counted as one."""
    key = re.sub(r"^blocks\.(\d+)\.", lambda m: f"blocks.{int(m[1]) + (int(m[1]) > 1)}.0.", key)
    key = re.sub(r"^attention\.1\.(\w+)", lambda m: f"blocks.2.0.{'conv1x1_attn' if m[1] == 'o' else m[1]}", key)
    key = re.sub(r"^(blocks\.2\.0)\.(theta|phi|g)\.", r"\1.conv1x1_\2.", key).replace(".gamma", ".sigma")
    key = key.replace(".conv_sc.", ".conv2d0.").replace(".bn_sc.", ".bn0.").replace(".norm.", ".bn.")
    key = re.sub(r"\.conv(\d)\.", r".conv2d\1.", key)
    return re.sub(r"^embed\.", "embedding.", key).replace("output_norm.", "bn4.").replace("output_conv.", "conv2d5.")


def of_old_studiogan(key):
    key = of_studiogan(key)
    for new, old in ((".0._u", "_u"), (".0._v", "_v"), (".original", "_orig")):
        key = key.replace(f"parametrizations.weight{new}", f"weight{old}")
    return key


def with_linear(rename, linear):
    return lambda key: re.sub(r"^linear\.", f"{linear}.", rename(key))


def of_sngan(key):
    for ours, theirs in (
        ("output_norm.", "model.3."), ("output_conv.", "final."), (".bn1.", ".model.0."), (".bn2.", ".model.4."),
        ("blocks.", "model."), (".conv_sc.", ".bypass_conv."), (".parametrizations.weight.original", ".weight_bar"),
        (".parametrizations.weight.0.vector", ".weight_u"),
    ):  # fmt: skip
        key = key.replace(ours, theirs)
    return key


@pytest.mark.parametrize("spectral", [True, False])
@pytest.mark.parametrize(
    "sizes", [G32, G64, {**G32, "bottom": 2}, {**G32, "attention": [0, 2]}, {**G32, "attention": []}]
)
@pytest.mark.parametrize(
    ("conditioning", "hierarchical", "condition"), [("shared", False, 6), ("shared", True, 9), ("embedded", False, 4)]
)
def test_a_generator_of_biggan_comes_back(conditioning, hierarchical, condition, sizes, spectral, survives):
    latent = 3 * (len(sizes["hidden"]) + 1) if hierarchical else 5
    network = generator(
        "BigGAN-PyTorch", conditioning, hierarchical=hierarchical, latent=latent, condition=condition,
        spectral=spectral, **sizes,
    )  # fmt: skip

    match = survives(network, torch.randn(3, latent), rename=of_biggan, beside=[LABELS])

    assert match.hyperparameters["conditioning"] == conditioning
    assert match.task.n_classes == 4
    assert match.task.latent_shape == (latent,)
    assert match.task.recipe == "ajbrock/BigGAN-PyTorch"


@pytest.mark.parametrize("rename", [of_standing_statistics, of_cross_replica])
def test_statistics_are_found_wherever_batch_norm_keeps_them(rename, survives):
    network = generator("BigGAN-PyTorch", "shared", hierarchical=False, latent=5, condition=6)

    survives(network, torch.randn(3, 5), rename=rename, beside=[LABELS])


@pytest.mark.parametrize("n_blocks", [3, 6])
@pytest.mark.parametrize("spectral", [True, False])
def test_a_deep_generator_for_32_pixels_comes_back(n_blocks, spectral, survives):
    sizes = {
        "channels": [8] * (n_blocks + 1),
        "hidden": [2] * n_blocks,
        "doubles": list(range(n_blocks // 3 - 1, n_blocks, n_blocks // 3)),
    }
    network = generator(
        "BigGAN-PyTorch", "shared", hierarchical=True, latent=5, condition=9, deep=True, spectral=spectral, **sizes
    )

    match = survives(network, torch.randn(3, 5), rename=of_biggan, beside=[LABELS])

    assert match.hyperparameters["doubles"] == sizes["doubles"]


@pytest.mark.parametrize("rename", [of_studiogan, of_old_studiogan])
@pytest.mark.parametrize("spectral", [True, False])
@pytest.mark.parametrize("sizes", [G32, G64, G_OF_DEPTH_2])
@pytest.mark.parametrize("conditioning", ["shared", "none"])
def test_a_generator_of_studiogan_s_big_resnets_comes_back(conditioning, sizes, spectral, rename, survives):
    latent = 5 if sizes.get("deep") else 3 * (len(sizes["hidden"]) + 1)
    told = (5 if sizes.get("deep") else 3) + (6 if conditioning == "shared" else 0)
    network = generator(
        "StudioGAN", conditioning, hierarchical=True, latent=latent, condition=told, spectral=spectral, **sizes
    )

    match = survives(network, torch.randn(3, latent), rename=with_linear(rename, "linear0"), beside=[LABELS])

    assert match.hyperparameters["hierarchical"] is True
    assert match.task.n_classes == (4 if conditioning == "shared" else None)


@pytest.mark.parametrize(("conditioning", "condition"), [("one-hot", 4), ("none", 0)])
@pytest.mark.parametrize("spectral", [True, False])
def test_a_generator_of_studiogan_s_resnet_comes_back(conditioning, condition, spectral, survives):
    network = generator("StudioGAN", conditioning, hierarchical=False, latent=5, condition=condition, spectral=spectral)

    match = survives(network, torch.randn(3, 5), rename=with_linear(of_old_studiogan, "linear0"), beside=[LABELS])

    assert match.hyperparameters["conditioning"] == conditioning


@pytest.mark.parametrize("sizes", [D32, D64, {**D32, "attention": []}, {**D32, "hidden": [3, 8, 8, 8]}])
def test_a_discriminator_of_biggan_comes_back(sizes, survives):
    network = discriminator("BigGAN-PyTorch", **{"hidden": sizes["channels"][1:], **sizes})

    match = survives(network, torch.randn(3, 3, 32, 32), rename=of_biggan, beside=[LABELS])

    assert match.hyperparameters["halves"] == sizes["halves"]
    assert match.task.logs["d_hinge"] == "biggan"


@pytest.mark.parametrize("attention", [[], [1], [1, 3]])
def test_a_deep_discriminator_comes_back(attention, survives):
    network = discriminator("BigGAN-PyTorch", **D_OF_DEPTH_2, attention=attention)

    match = survives(network, torch.randn(3, 3, 32, 32), rename=of_deep_biggan, beside=[LABELS])

    assert match.hyperparameters["halves"] == [0, 2, 4, 6]


@pytest.mark.parametrize("rename", [of_studiogan, of_old_studiogan])
@pytest.mark.parametrize("spectral", [True, False])
@pytest.mark.parametrize("head", ["projection", "none"])
@pytest.mark.parametrize("sizes", [D32, D64])
def test_a_discriminator_of_studiogan_comes_back(head, spectral, rename, sizes, survives):
    network = discriminator("StudioGAN", head, **sizes, spectral=spectral, hidden=sizes["channels"][1:])

    match = survives(network, torch.randn(3, 3, 32, 32), rename=with_linear(rename, "linear1"), beside=[LABELS])

    assert match.hyperparameters["head"] == head
    assert match.task.n_classes == (4 if head == "projection" else None)


def test_a_generator_of_sngan_comes_back(survives):
    network = generator(
        "SNGAN", "none", hierarchical=False, latent=5, condition=0, spectral=False, attention=[], learned=False
    )

    match = survives(network, torch.randn(3, 5), rename=with_linear(of_sngan, "dense"))

    assert match.task.n_classes is None


def test_a_discriminator_of_sngan_comes_back(survives):
    network = discriminator("SNGAN", "none", attention=[])

    match = survives(network, torch.randn(3, 3, 32, 32), rename=with_linear(of_sngan, "fc.module"))

    assert match.task.recipe == "christiancosgrove/pytorch-spectral-normalization-gan"


def test_statistics_that_are_sums_are_divided_by_their_count(recognised):
    network = generator("BigGAN-PyTorch", "shared", hierarchical=False, latent=5, condition=6)
    state = {of_standing_statistics(key): value.clone() for key, value in network.state_dict().items()}
    latents = torch.randn(3, 5)
    for key in [key for key in state if "stored_" in key]:
        state[key] *= 16
        state[f"{key.rpartition('.')[0]}.accumulation_counter"] = torch.tensor([16.0])

    with torch.no_grad():
        found, wanted = rebuild(recognised(state), state)(latents, LABELS), network(latents, LABELS)

    torch.testing.assert_close(found, wanted)


def test_spectral_norm_moves_in_train_mode_only():
    network = discriminator("BigGAN-PyTorch")
    vector = network.blocks[0].conv1.parametrizations.weight[0].vector
    vector.copy_(torch.nn.functional.normalize(torch.ones_like(vector)))
    image, before = torch.randn(3, 3, 32, 32), vector.clone()

    network(image, LABELS)
    in_eval = vector.clone()
    network.train()(image, LABELS)

    assert torch.equal(in_eval, before)
    assert not torch.allclose(vector, before)
    torch.testing.assert_close(vector.norm(), torch.tensor(1.0))


@pytest.mark.parametrize("label", [torch.tensor([0, 4, 1]), torch.tensor([-1, 0, 1]), None])
def test_a_label_of_no_class_is_refused(label):
    network = discriminator("BigGAN-PyTorch")

    with pytest.raises(ValueError, match=r"labels must lie in 0 to 3|labels are needed"):
        network(torch.randn(3, 3, 32, 32), label)


def test_a_discriminator_with_several_outputs_is_not_taken_for_one_with_a_score(recognised):
    state = {of_biggan(key): value for key, value in discriminator("BigGAN-PyTorch").state_dict().items()}
    state["linear.weight"] = torch.zeros(5, 8)

    assert recognised(state) is None
