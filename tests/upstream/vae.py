"""Figures of variational auto-encoders: AntixK's VanillaVAE, whose relatives share its layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from figures import Case, classes, main, uniform
from torch import Tensor, nn

_REPOSITORY = "AntixK/PyTorch-VAE"


def _network(clones: Path, file: str, name: str, **settings: Any) -> nn.Module:
    known = {"BaseVAE": nn.Module, "Tensor": Tensor, "List": list}
    return classes(clones / "PyTorch-VAE" / "models" / f"{file}.py", [name], **known)[name](**settings)


def _noise(latent: int) -> Tensor:
    return (2 * uniform("noise", (3, latent)) - 1).float()


def _reconstructed(network: Any, image: Tensor) -> list[Tensor]:
    """Its forward pass with noise by formula; its decoder starts from 512 channels, whatever its layers have."""
    mean, log_variance = network.encode(image)
    latents = mean + _noise(mean.shape[1]) * torch.exp(0.5 * log_variance)
    hidden = network.decoder_input(latents).view(len(image), -1, 2, 2)
    return [network.final_layer(network.decoder(hidden)), mean, log_variance]


def _ours(network: Any, image: Tensor) -> Any:
    return list(network(image, _noise(network.fc_mu.out_features)))


def _case(file: str, name: str, side: int, **settings: Any) -> Case:
    return Case(
        repository=_REPOSITORY,
        construction=f"{file} {name}({', '.join(f'{key}={value}' for key, value in settings.items())})",
        build=lambda clones: _network(clones, file, name, **{k: list(v) if isinstance(v, tuple) else v for k, v in
                                                             settings.items()}),
        input_shape=(3, settings["in_channels"], side, side),
        call=_reconstructed,
        call_ours=_ours,
    )  # fmt: skip


CASES = {
    "VanillaVAE": _case("vanilla_vae", "VanillaVAE", 32, in_channels=3, latent_dim=5, hidden_dims=(4, 6, 8, 10)),
    "VanillaVAE grey": _case("vanilla_vae", "VanillaVAE", 8, in_channels=1, latent_dim=3, hidden_dims=(4, 6)),
    "BetaVAE": _case("beta_vae", "BetaVAE", 16, in_channels=3, latent_dim=5, hidden_dims=(4, 6, 8)),
    "LogCoshVAE": _case("logcosh_vae", "LogCoshVAE", 16, in_channels=3, latent_dim=5, hidden_dims=(4, 6, 8)),
}

if __name__ == "__main__":
    main("vae", CASES)
