#!/usr/bin/env bash
# Adam(use_ema=True) never changes the weights of a Keras GAN whose two optimizers step in train_step(). The average
# is kept inside the optimizer and is written into the weights at the end of fit() for model.optimizer alone;
# g_optimizer, held by the model under another name, is not finalised. A plain model with the same optimizer does end
# with averaged weights. One would expect use_ema to act in both. No warning. Seen with keras 3.15.1 on torch 2.13.0.
# Hurt: whoever reports samples or FID "with EMA" for a GAN or VAE-GAN in Keras: they are of the raw weights. Call
# g_optimizer.finalize_variable_values(generator.trainable_variables) after fit().
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 keras==3.15.1
cd "$work"
export KERAS_BACKEND=torch TF_CPP_MIN_LOG_LEVEL=3
"$work/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np
import torch

print("keras", keras.__version__, "torch", torch.__version__)


def one_weight():
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])


def averaging():
    return keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.99)


class GAN(keras.Model):
    def __init__(self):
        super().__init__()
        self.generator = one_weight()

    def compile(self, g_optimizer):
        super().compile()
        self.g_optimizer = g_optimizer

    def call(self, z):
        return self.generator(z)

    def train_step(self, data):
        z = data[0] if isinstance(data, tuple) else data
        self.zero_grad()
        loss = -self.generator(z).mean()
        loss.backward()
        weights = self.generator.trainable_weights
        with torch.no_grad():
            self.g_optimizer.apply([weight.value.grad for weight in weights], weights)
        return {"g_loss": loss}


ones = np.ones((100, 1), "float32")
plain = one_weight()
plain.compile(averaging(), loss=lambda truth, made: -made)
plain.fit(ones, ones, batch_size=1, verbose=0)
gan = GAN()
gan.compile(averaging())
gan.fit(ones, batch_size=1, verbose=0)
weight = {"plain": plain.get_weights()[0].item(), "gan": gan.generator.get_weights()[0].item()}
print("raw weight after 100 steps 10.0, its average 3.76")
print(f"plain model after fit(): {weight['plain']:.2f}; generator of the GAN after fit(): {weight['gan']:.2f}")
gan.g_optimizer.finalize_variable_values(gan.generator.trainable_variables)
finalised = gan.generator.get_weights()[0].item()
print(f"generator after finalize_variable_values(): {finalised:.2f}")
assert round(weight["plain"], 2) == 3.76 and round(finalised, 2) == 3.76
assert round(weight["gan"], 2) == 10.0
PYTHON

# seen:
#   keras 3.15.1 torch 2.13.0+cpu
#   raw weight after 100 steps 10.0, its average 3.76
#   plain model after fit(): 3.76; generator of the GAN after fit(): 10.00
#   generator after finalize_variable_values(): 3.76
