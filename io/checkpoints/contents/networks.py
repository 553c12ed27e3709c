"""Finds the networks in what a checkpoint holds, and sets aside what is none.

Torch-free: anything with a shape and a dtype counts as a tensor, so that records of unread tensors do too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints.contents.averages import with_averages
from ganloss_cli.io.checkpoints.contents.content_rules import exchanged, kind_of_state
from ganloss_cli.io.checkpoints.contents.measures import lpips_in, scale_in
from ganloss_cli.io.checkpoints.contents.naming import is_averaged
from ganloss_cli.io.checkpoints.contents.splitting import Part, networks_in
from ganloss_cli.io.checkpoints.pickle.objects import Inert, tensor_record

MAX_DEPTH = 4
MAX_ENTRIES = 200_000  # a few shared mappings can stand for more than any file holds
MAX_SETTINGS = 10_000
SETTINGS_DEPTH = 8  # models in models, as latent diffusion's first stage; none of 941 public files has more
MAX_TEXT = 10_000
_LEAVES = {"weight", "bias", "weight_g", "weight_v", "weight_orig"}
_OPTIMIZER = re.compile(r"optim", re.IGNORECASE)
_ASIDE = re.compile(r"optim|augment_pipe|sched|scaler|callbacks|loops|(?:^|_)lr(?:_|$)", re.IGNORECASE)
_EXPERIMENT, _BEST = "xp.cfg", "best_state"  # of audiocraft: OmegaConf's nodes, or as it exports them, YAML
_CONFIG = re.compile(
    r"args|config|cfg|xp\.cfg|opts?|options|hparams|hyper_parameters|(?:\w+_)?kwargs|metadata|settings", re.IGNORECASE
)
# most telling first: HiFi-GAN's files count both "steps" and "epoch"; Lightning's global_step counts every optimizer
_BATCHES = "_batches_that_stepped"
_STEPS = (
    _BATCHES, "steps", "step", "global_step", "global_steps", "iters", "iterations", "iteration", "iter", "it",
)  # fmt: skip
_EPOCHS = ("epochs", "epoch", "last_epoch")
_COUNTERS = (*_STEPS, *_EPOCHS)
# beside a learning rate "iteration" is what VITS and all that came from it save: an epoch under that name
_EPOCH_UNDER_ANOTHER_NAME, _BESIDE_IT = "iteration", "learning_rate"
_AVERAGINGS = "n_averaged"
_SHADOWS = "shadow_params"  # the list of parameters in which diffusers and torch_ema keep an average

# running means of penalties, as StyleGAN2 trainings call them -> the setting of a loss
_RUNNING = dict.fromkeys(("mean_path_length", "path_length_mean", "pl_mean", "mean_path"), "mean_path_length")


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What was found in a file.

    Args:
        parts: its networks.
        step: its training step, where something in it counts steps.
        epoch: what it counts instead, where it does not.
        logged_step: under which step Lightning's loggers hold what was logged with these weights.
        config: its settings, by their names in it.
        left_over: names of the rest.
        optimizers: those of the rest that are states of optimizers, with the settings of each.
        running: running means of penalties, by the setting of the loss that takes them: numbers, or tensors of one.
        lpips: tensors of the LPIPS network that it measured with, where it keeps one.
        global_step: what Lightning calls so, of all optimizers together.
        astray: places that the user named and that are not in it, as typed, and what is wrong with each.
    """

    parts: tuple[Part, ...]
    step: int | None = None
    epoch: int | None = None
    logged_step: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    left_over: tuple[str, ...] = ()
    optimizers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    running: Mapping[str, Any] = field(default_factory=dict)
    lpips: Mapping[str, Any] = field(default_factory=dict)
    global_step: int | None = None
    astray: Mapping[str, UsageError] = field(default_factory=dict)


def contents_of(root: object, where: str = "checkpoint") -> Contents:
    """The networks of a file's object, its step, its settings, and the names of the rest.

    A state dict is a mapping of names with dots to tensors; it may lie up to four keys deep. Optimizers, schedulers and
    loose tensors are left over.

    Args:
        root: what was read.
        where: the file, for errors.

    Raises:
        InputError: it stands for more than any checkpoint holds.
    """
    walk = _Walk(where=where)
    if isinstance(root, list | tuple):
        root = {str(index): element for index, element in enumerate(root)}
    if isinstance(root, dict):
        walk.exchanged = exchanged(root)
        walk.visit(root, ())
    if is_optimizer(root):
        walk.parts, walk.optimizers = [], {"optimizer": _learning(root)}
    pieces = [piece for part in walk.parts for piece in networks_in(part, walk.left_over)]
    parts = with_averages(pieces, walk.left_over, counted=walk.counts_averages)
    networks = [part for part in parts if part.name or kind_of_state(part.tensors) == "network"]
    kept = _without_best(networks or [part for part in parts if kind_of_state(part.tensors) == "auxiliary"])
    walk.left_over += [part.called for part in parts if part not in kept and part.called]
    return Contents(
        parts=tuple(kept),
        step=_first(walk.counters, _STEPS),
        epoch=_first(walk.counters, _EPOCHS),
        logged_step=walk.logged_step,
        config=walk.config,
        left_over=tuple(walk.left_over),
        optimizers=walk.optimizers,
        running=walk.running | {name: value for part in walk.parts for name, value in scale_in(part.tensors).items()},
        lpips=next(filter(None, (lpips_in(part.tensors) for part in walk.parts)), {}),
        global_step=walk.counters.get("global_step"),
    )


def _without_best(parts: list[Part]) -> list[Part]:
    """Networks without audiocraft's best state of those that lie beside it: it is their average, at another epoch."""
    current = {part.path for part in parts}
    return [part for part in parts if part.path[:1] != (_BEST,) or part.path[1:] not in current]


def _first(counters: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((counters[name] for name in names if name in counters), None)


@dataclass
class _Walk:
    where: str
    n_visited: int = 0
    counts_averages: bool = False
    logged_step: int | None = None
    exchanged: Mapping[str, bool] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    left_over: list[str] = field(default_factory=list)
    optimizers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    running: dict[str, Any] = field(default_factory=dict)

    def visit(self, mapping: dict[Any, Any], path: tuple[str, ...]) -> None:
        # dict.items: an attribute that a file set on its mapping cannot take the method's place
        entries = [(key, tensor_record(value) or value) for key, value in dict.items(mapping)]
        self.n_visited += 1 + len(entries)
        if self.n_visited > MAX_ENTRIES:
            raise InputError(f"{self.where}: more than {MAX_ENTRIES} entries in the mappings around its networks")
        if _BESIDE_IT in mapping and _is_plain_count(mapping.get(_EPOCH_UNDER_ANOTHER_NAME)):
            entries = [(key, value) for key, value in entries if key != _EPOCH_UNDER_ANOTHER_NAME]
        tensors = {key: value for key, value in entries if isinstance(key, str) and is_tensor(value)}
        is_raw = not path and len(tensors) == len(entries)
        if tensors and (is_raw or any("." in key or key in _LEAVES for key in tensors)):
            averaged = self.exchanged.get(".".join(path[:1]), any(map(is_averaged, path)))
            self.parts.append(Part(path=path, tensors=tensors, averaged=averaged))
            entries = [(key, value) for key, value in entries if key not in tensors]
        for key, value in entries:
            name = _text(key)
            self._sort(name, value, (*path, name))

    def _sort(self, key: str, value: object, path: tuple[str, ...]) -> None:
        if key in _COUNTERS and _is_plain_count(value):
            self.counters.setdefault(key, int(value))  # type: ignore[call-overload]
        elif key == _SHADOWS and isinstance(value, list | tuple) and value and all(map(is_tensor, value)):
            self.parts.append(Part(path=path, tensors={str(k): one for k, one in enumerate(value)}, averaged=True))
        elif (inner := _mapping(value)) and self._holds_networks(key, inner, path):
            pass
        elif key in _RUNNING and _is_one_number(value):
            self.running.setdefault(_RUNNING[key], value)
        elif _CONFIG.fullmatch(key) and not is_optimizer(value):
            self.config[key] = settings_of(_parsed(value) if key == _EXPERIMENT else value)
        elif not key.endswith("_extra_state"):
            self.left_over.append(".".join(path))
            if is_optimizer(value) or (isinstance(value, dict) and _OPTIMIZER.search(key)):
                self.optimizers[".".join(path)] = _learning(value)
            elif isinstance(value, dict):
                self._count_aside(key, value)

    def _count_aside(self, key: str, mapping: dict[Any, Any]) -> None:
        """Counters in what holds no network: batches of Lightning's loops, and how often an average was taken."""
        self.counts_averages |= _AVERAGINGS in mapping
        if key == "loops":
            fit_loop = mapping.get("fit_loop")
            for loop in _mappings(fit_loop):
                if _is_plain_count(batches := loop.get(_BATCHES)):
                    self.counters.setdefault(_BATCHES, int(batches or 0))
                    self.logged_step = _row_of_loggers(self.counters[_BATCHES], fit_loop)

    def _holds_networks(self, key: str, mapping: dict[Any, Any], path: tuple[str, ...]) -> bool:
        if is_optimizer(mapping) or _ASIDE.search(key) or len(path) > MAX_DEPTH:
            return False
        inner = _Walk(where=self.where, n_visited=self.n_visited, exchanged=self.exchanged)
        inner.visit(mapping, path)
        self.n_visited = inner.n_visited
        if not inner.parts:
            return False
        self.parts += inner.parts
        self.left_over += inner.left_over
        self.counters = inner.counters | self.counters
        self.config = inner.config | self.config
        self.optimizers |= inner.optimizers
        self.running = inner.running | self.running
        self.counts_averages |= inner.counts_averages
        self.logged_step = inner.logged_step if self.logged_step is None else self.logged_step
        return True


def is_tensor(value: object) -> bool:
    """Whether this is a tensor, or stands for one that has not been read."""
    return hasattr(value, "shape") and hasattr(value, "dtype") and hasattr(value, "stride")


def _mapping(value: object) -> dict[Any, Any] | None:
    """A mapping, or those of a list by their places; None of anything else."""
    if isinstance(value, list | tuple) and all(isinstance(element, dict) for element in value):
        return {str(place): element for place, element in enumerate(value)}
    return value if isinstance(value, dict) else None


def _is_one_number(value: object) -> bool:
    if is_tensor(value):
        return all(size == 1 for size in value.shape)  # type: ignore[attr-defined]
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(key: object) -> str:
    """A key as text; what may hold anything at all is not spelled out."""
    return str(key)[:MAX_TEXT] if isinstance(key, str | int | float) else type(key).__name__


def is_optimizer(value: object) -> bool:
    """Whether this is the state of an optimizer, whatever it is called."""
    return isinstance(value, dict) and isinstance(value.get("param_groups"), list | tuple)


def _mappings(value: object) -> list[dict[Any, Any]]:
    return [entry for entry in dict.values(value) if isinstance(entry, dict)] if isinstance(value, dict) else []


def _row_of_loggers(batches: int, fit_loop: object) -> int:
    """The step of the last batch in Lightning's loggers, which count batches from 0.

    Within a batch and in a validation, `_batches_that_stepped` is still without it; behind an epoch it is counted.
    """
    progress = fit_loop.get("epoch_loop.batch_progress") if isinstance(fit_loop, dict) else None
    total = progress.get("total") if isinstance(progress, dict) else None
    ready, completed = (total.get(name) if isinstance(total, dict) else None for name in ("ready", "completed"))
    if not isinstance(ready, int) or not isinstance(completed, int) or completed < ready or ready == batches + 1:
        return batches
    return max(batches - 1, 0)


def _is_plain_count(value: object) -> bool:
    return isinstance(value, int | float) and _is_count(value)


def _is_count(value: float) -> bool:
    return 0 <= value < 2**63 and value == int(value)


def _parsed(value: object) -> object:
    """What a text of YAML says; anything else, and what is none, as it is."""
    if not isinstance(value, str):
        return value
    from ganloss_cli.io.checkpoints.contents.yaml_text import yaml_of  # PyYAML is for those who have YAML

    try:
        return yaml_of(value)
    except ValueError:
        return value


def settings_of(value: object) -> Any:
    """Settings as plain data; what is none of it becomes None, and so does what is too much of it."""
    return _plain(value, SETTINGS_DEPTH, [MAX_SETTINGS])


def _plain(value: object, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0:
        return None
    if isinstance(value, Inert):
        fields = value.fields()
        value = fields.get("_content", fields.get("_val", fields))  # of OmegaConf's nodes, what they hold
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else None
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if depth and isinstance(value, dict):
        return {_text(key): _plain(element, depth - 1, left) for key, element in dict.items(value)}
    if depth and isinstance(value, list | tuple):
        return [_plain(element, depth - 1, left) for element in value[:MAX_SETTINGS]]
    return None


# settings that only one kind of torch's optimizers has
_KINDS = {"amsgrad": "Adam", "centered": "RMSprop", "nesterov": "SGD", "lr_decay": "Adagrad", "etas": "Rprop"}


def _learning(optimizer: Any) -> Mapping[str, Any]:
    """The scalar settings of an optimizer's first group, and its kind where they tell."""
    groups = optimizer.get("param_groups")
    first = groups[0] if isinstance(groups, list | tuple) and groups else None
    if not isinstance(first, dict):
        return {}
    scalars = {_text(key): settings_of(value) for key, value in dict.items(first) if key != "params"}
    kind = next((kind for setting, kind in _KINDS.items() if setting in scalars), None)
    if kind == "Adam" and scalars.get("decoupled_weight_decay") is True:
        kind = "AdamW"
    told = {"kind": kind} if kind else {}
    return told | {key: value for key, value in scalars.items() if value is not None and not isinstance(value, dict)}
