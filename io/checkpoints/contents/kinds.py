"""What kind of thing a checkpoint is, in the words of those who make them.

Torch-free.
"""

from __future__ import annotations

from typing import Any

from ganloss_cli.io.checkpoints.contents.modules import is_persistent, module_names
from ganloss_cli.io.checkpoints.contents.networks import Contents
from ganloss_cli.io.checkpoints.formats.paddle import is_paddle
from ganloss_cli.io.checkpoints.formats.sniff import Format
from ganloss_cli.io.checkpoints.pickle.allow_list import is_of_tensorflow
from ganloss_cli.io.checkpoints.pickle.objects import Inert


def kind_of(root: Any, contents: Contents, file_format: Format) -> str:
    """What a file holds: "state dict", "training state", "pickled module" ...

    Args:
        root: the outline's object.
        contents: what was found in it.
        file_format: of the file.
    """
    if file_format in ("torchscript", "exported program"):
        return "program with its weights"
    values = list(dict.values(root)) if isinstance(root, dict) else [root]
    if any(isinstance(value, Inert) and is_persistent(value) for value in values):
        return "StyleGAN pickle of modules"
    if isinstance(root, list | tuple) and is_of_tensorflow(v.called for v in root if isinstance(v, Inert)):
        return "StyleGAN pickle of TensorFlow"
    modules = module_names(root)
    if modules:
        return f"pickled module{'' if len(modules) == 1 else 's'} {', '.join(_short(name) for name in modules[:4])}"
    if isinstance(root, dict) and "pytorch-lightning_version" in root:
        return "Lightning checkpoint"
    if file_format == "pickle" and is_paddle(root):
        return "Paddle parameters"
    if contents.optimizers:
        return "training state"
    if len(contents.parts) == 1:
        return "state dict" if not contents.parts[0].path else "state dict under a key"
    return f"{len(contents.parts)} state dicts" if contents.parts else "no network"


def _short(name: str) -> str:
    return name.encode("unicode_escape").decode()[:80]
