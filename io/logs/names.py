"""What the names of a log say: which of them count, which are clocks, which can only be losses. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

# columns that count, the most telling first: of two counters in one row the global one is the training's, and wandb's
# _step counts calls
STEPS = ("global_step", "step", "steps", "iteration", "iter", "iters", "progress/kimg", "_step")
EPOCHS = ("epoch", "epochs", "progress/tick")
_CLOCKS = ("timestamp", "_timestamp", "_runtime", "_wandb/runtime", "wall_time", "time")
# the Trainer of transformers and Lightning's loggers put their own counters under a name of theirs
_OWNER = re.compile(r"train(?:er|ing)?/(?=(?:global_)?steps?$|epochs?$)")
# what says whose a row is, as mmengine's "mode" does, and what it then says of a validation
_SPLITS, _VALIDATIONS = (
    ("mode", "phase", "split", "stage"),
    ("val", "valid", "validation", "eval", "evaluation", "test"),
)
OF_VALIDATION = "val/"  # before the tags of a validation that has the names of the training
_LOSS_LIKE = re.compile(
    r"loss|(?<![a-z])(?:gan|scores?|psnr|ssim|(?:\w*_)?penalty|acc(?:uracy)?)(?![a-z])", re.IGNORECASE
)
_SURELY = re.compile(r"loss|(?<![a-z])(?:gan|psnr|ssim)(?![a-z])", re.IGNORECASE)
_SETTING = re.compile(
    r"(?<![a-z])(?:weights?|lambda|lr|rate|scale|coeff?(?:icient)?s?|type|name|mode|fn|layers?)(?![a-z])", re.IGNORECASE
)

Value = TypeVar("Value")


@lru_cache(maxsize=1 << 15)  # the names of a log are asked for in each of its rows
def bare(name: str) -> str:
    """A name in lower case, without whose counter it is."""
    return _OWNER.sub("", name.strip().lower())


def is_counter(name: str) -> bool:
    """Whether a name counts steps or epochs."""
    return bare(name) in (*STEPS, *EPOCHS)


def is_count(name: str) -> bool:
    """Whether a name counts to where a training is, not, as "epochs" may, to where it will end."""
    return is_counter(name) and bare(name) not in ("steps", "iters", "epochs")


def is_no_loss(name: str) -> bool:
    """Whether a name counts or tells the time."""
    return is_counter(name) or bare(name) in _CLOCKS


def is_loss_like(name: str, *, alone: bool = False) -> bool:
    """Whether numbers under this name are what a training logs, even where nothing counts beside them.

    Args:
        name: theirs.
        alone: whether there is a single one: other programs have scores, too.
    """
    return (_SURELY if alone else _LOSS_LIKE).search(name) is not None and _SETTING.search(name) is None


def prefix_of(row: Mapping[str, Any]) -> str:
    """What to put before the tags of a row: of a validation's, that it is one's.

    Args:
        row: by name, with its words.
    """
    said = (value for name, value in row.items() if bare(name) in _SPLITS and isinstance(value, str))
    return OF_VALIDATION if any(value.strip().lower() in _VALIDATIONS for value in said) else ""


def counted(row: Mapping[str, Value], known: tuple[str, ...]) -> list[Value]:
    """What a row holds under names that count, the most telling first.

    Args:
        row: by name.
        known: STEPS or EPOCHS.
    """
    of_name = {bare(name): value for name, value in reversed([*row.items()])}
    return [of_name[name] for name in known if name in of_name]
