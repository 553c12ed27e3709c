"""Inception as distances of sets look through it, built by torch-fidelity of weights that the user has."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.extras import DISTRIBUTION
from ganloss_cli.io.architectures.backbones import INCEPTION, PUBLIC_FILES
from ganloss_cli.io.checkpoints import Network

# the last module of each stage whose output is a layer of features, averaged over positions
_STAGES = {"MaxPool_1": "64", "MaxPool_2": "192", "Mixed_6e": "768", "Mixed_7c": "2048"}
_FIRST, _LAST = "Conv2d_1a_3x3.conv.weight", "fc.bias"


def inception_of(network: Network, where: str) -> nn.Module:
    """Inception from pictures that are prepared already, (N, 3, 299, 299), to its features by layer.

    Args:
        network: its weights under the names of pytorch-fid and torch-fidelity, perhaps under one prefix, or NVlabs'
            TorchScript.
        where: the file, for messages.

    Raises:
        InputError: it is another network.
        UsageError: torch-fidelity is not installed, or does not work.
    """
    if network.module is not None:
        return ScriptedInception(network.module, where)
    state = network.state_dict
    prefix = next((key.removesuffix(_FIRST) for key in state if f".{key}".endswith(f".{_FIRST}")), None)
    if prefix is None or f"{prefix}{_LAST}" not in state:
        raise InputError(
            f"{where}: no {_FIRST}; its tensors are {', '.join(list(state)[:3])}",
            hint=f"{PUBLIC_FILES[INCEPTION]} has the weights that metrics use; torchvision's own are others",
        )
    own = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    return InceptionFeatures(_built(own, where))


def _built(state: Mapping[str, Tensor], where: str) -> nn.Module:
    """torch-fidelity's module; it unpickles the file that it is given, so that it is given none of the user's."""
    module = DISTRIBUTION.module("torch_fidelity.feature_extractor_inceptionv3")
    held = io.BytesIO()
    torch.save(dict(state), held)
    held.seek(0)
    try:
        built: nn.Module = module.FeatureExtractorInceptionV3(
            "inception", ["2048"], feature_extractor_weights_path=held
        )
    except RuntimeError as error:
        raise InputError(f"{where}: the weights do not fit Inception: {' '.join(str(error).split())[:200]}") from error
    return built


class InceptionFeatures(nn.Module):
    """The stages of torch-fidelity's module without its resizing: what it makes of pictures that others prepared.

    Args:
        extractor: `FeatureExtractorInceptionV3` with its weights.
    """

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """(N, 3, 299, 299) -> layer -> (N, D), class scores without and with their bias among them."""
        layers: dict[str, Tensor] = {}
        hidden = pictures
        for name, module in self.extractor.named_children():
            if name in ("AvgPool", "fc"):
                continue
            hidden = module(hidden)
            if name in _STAGES:
                layers[_STAGES[name]] = nn.functional.adaptive_avg_pool2d(hidden, 1).flatten(1)
        last = self.extractor.get_submodule("fc")
        scores = layers["2048"].mm(last.get_parameter("weight").T)
        return {**layers, "logits_unbiased": scores, "logits": scores + last.get_parameter("bias")}


class ScriptedInception(nn.Module):
    """NVlabs' TorchScript, of which clean-fid takes the last layer in this way.

    Args:
        script: the module, which runs the code of its file.
        where: the file, for messages.
    """

    def __init__(self, script: nn.Module, where: str) -> None:
        super().__init__()
        if not hasattr(script, "layers"):
            raise InputError(f"{where}: a TorchScript without `layers`, which NVlabs' Inception has")
        self.script = script

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """(N, 3, 299, 299) -> its one layer, (N, 2048)."""
        layers = cast("nn.Module", self.script.layers)  # get_submodule is not for scripts
        return {"2048": layers(pictures).reshape(len(pictures), -1)}
