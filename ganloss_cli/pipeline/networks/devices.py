"""Which device and dtype a run uses."""

from __future__ import annotations

import torch

from ganloss_cli.errors import UsageError

DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def choose_device(wanted: str) -> torch.device:
    """The device that `--device` means; "auto" prefers CUDA, then MPS, then the CPU.

    Raises:
        UsageError: not a device, or one that this machine lacks.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise UsageError(f"--device {wanted}: expected one of auto, cpu, cuda, cuda:N, mps") from None
    if device.type not in ("cpu", "cuda", "mps"):
        raise UsageError(f"--device {wanted}: expected one of auto, cpu, cuda, cuda:N, mps")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"--device {wanted}: this machine has {torch.cuda.device_count()} CUDA devices")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError("--device mps: not available on this machine", hint="use --device cpu")
    return device


def choose_dtype(wanted: str, device: torch.device) -> torch.dtype:
    """The dtype that `--dtype` means.

    Raises:
        UsageError: not a dtype we compute in, or one that the device lacks.
    """
    if wanted not in DTYPES:
        raise UsageError(f"--dtype {wanted}: expected one of {', '.join(DTYPES)}")
    if device.type == "mps" and wanted == "float64":
        raise UsageError("--dtype float64: MPS has none", hint="use --device cpu")
    return DTYPES[wanted]
