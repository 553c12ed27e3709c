#!/usr/bin/env bash
# HiFi-GAN, VITS and most vocoders use torch.nn.utils.weight_norm. After load_state_dict one expects layer.weight to
# be the loaded weight. With torch 2.13.0 it is still the one from construction: the product of direction and length
# is formed in the next forward pass, and state dicts hold only weight_g and weight_v. So weight norms, histograms,
# exports and comparisons of two checkpoints read right after loading describe random initial weights, the same for
# every checkpoint under one seed ("the weights have not moved"), while a forward pass gives the right sound. Run a
# pass first, or call remove_weight_norm (which forms it); parametrizations.weight_norm has no such delay.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import torch
from torch.nn.utils import parametrizations, remove_weight_norm, weight_norm

print("torch", torch.__version__.split("+")[0])
seen = {}
for way in (weight_norm, parametrizations.weight_norm):
    torch.manual_seed(0)
    trained, fresh, other = (way(torch.nn.Conv1d(4, 4, 3)) for _ in range(3))
    name = way.__module__
    fresh.load_state_dict(trained.state_dict())
    other.load_state_dict(trained.state_dict())
    loaded = (fresh.weight - trained.weight).abs().max().item()
    fresh(torch.zeros(1, 4, 9))
    passed = (fresh.weight - trained.weight).abs().max().item()
    seen[name] = loaded
    print(
        f"{name}: largest difference to the loaded weight {loaded:.4f} after loading, {passed:.4f} after a pass;"
        f" state dict {[key.rsplit('.', 1)[-1] for key in trained.state_dict()]}"
    )
    assert passed == 0
    if way is weight_norm:
        removed = (remove_weight_norm(other).weight - trained.weight).abs().max().item()
        print(f"after loading and remove_weight_norm: {removed:.4f}")
        assert removed < 1e-6
assert seen["torch.nn.utils.weight_norm"] > 0.1 and seen["torch.nn.utils.parametrizations"] == 0
PY

# seen:
#   torch 2.13.0
#   torch.nn.utils.weight_norm: largest difference to the loaded weight 0.5374 after loading, 0.0000 after a pass; state dict ['bias', 'weight_g', 'weight_v']
#   after loading and remove_weight_norm: 0.0000
#   torch.nn.utils.parametrizations: largest difference to the loaded weight 0.0000 after loading, 0.0000 after a pass; state dict ['bias', 'original0', 'original1']
