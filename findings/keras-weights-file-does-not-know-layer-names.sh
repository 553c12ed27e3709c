#!/usr/bin/env bash
# A Keras 3 .weights.h5 file names layers by class and position (dense, dense_1), not by the names that the user gave,
# and load_weights() goes by that. Layers of one shape that have changed places in the code take each other's weights,
# and a network that lacks the last layers of the file loads without complaint. One would expect "g_in" to find
# "g_in", as Keras 2's by_name did, or an error. Seen with keras 3.15.1, h5py 3.16.0. Hurt: whoever reorders, inserts
# or removes a block of a generator and goes on from old weights; also readers of the file who look for layer names.
# Compare a forward pass before and after.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 keras==3.15.1 h5py==3.16.0
cd "$work"
export KERAS_BACKEND=torch TF_CPP_MIN_LOG_LEVEL=3
"$work/venv/bin/python" - <<'PYTHON'
import h5py
import keras
import numpy as np

print("keras", keras.__version__, "h5py", h5py.__version__)


def network(*names):
    return keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(4, name=name) for name in names)])


def kernels(net):
    return {layer.name: float(layer.get_weights()[0].mean()) for layer in net.layers}


saved = network("g_in", "g_out")
for name, value in (("g_in", 1.0), ("g_out", 2.0)):
    saved.get_layer(name).set_weights([np.full((4, 4), value), np.zeros(4)])
saved.save_weights("g.weights.h5")
with h5py.File("g.weights.h5") as file:
    in_file = sorted(file["layers"])
swapped, shorter = network("g_out", "g_in"), network("g_in")
swapped.load_weights("g.weights.h5")
shorter.load_weights("g.weights.h5")
print("saved:", kernels(saved), "- names in the file:", in_file)
print("layers in another order:", kernels(swapped))
print("without the last layer: ", kernels(shorter))
assert in_file == ["dense", "dense_1"]
assert kernels(swapped) == {"g_out": 1.0, "g_in": 2.0}
assert kernels(shorter) == {"g_in": 1.0}
PYTHON

# seen:
#   keras 3.15.1 h5py 3.16.0
#   saved: {'g_in': 1.0, 'g_out': 2.0} - names in the file: ['dense', 'dense_1']
#   layers in another order: {'g_out': 1.0, 'g_in': 2.0}
#   without the last layer:  {'g_in': 1.0}
