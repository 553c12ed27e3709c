"""Finds the networks in what a checkpoint holds, and sets aside what is none.

Torch-free: anything with a shape and a dtype counts as a tensor, so that records of unread tensors do too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.contents.naming import Name, is_averaged, read_name
from ganloss_cli.io.checkpoints.pickle.objects import Inert, tensor_record

MAX_DEPTH = 4
MAX_ENTRIES = 200_000  # a few shared mappings can stand for more than any file holds
MAX_SETTINGS = 10_000
SETTINGS_DEPTH = 8  # models in models, as latent diffusion's first stage; none of 941 public files has more
MAX_TEXT = 10_000
_WRAPPERS = ("module.", "_orig_mod.")  # DataParallel, torch.compile
_OWN_NAMES = re.compile(r"model\.(?!model\.)[A-Za-z_]")  # what Lightning trains is mostly called model
_LEAVES = {"weight", "bias", "weight_g", "weight_v", "weight_orig"}
_OPTIMIZER = re.compile(r"optim", re.IGNORECASE)
_ASIDE = re.compile(r"optim|augment_pipe|sched|scaler|callbacks|loops|(?:^|_)lr(?:_|$)", re.IGNORECASE)
_CONFIG = re.compile(
    r"args|config|cfg|opts?|options|hparams|hyper_parameters|(?:\w+_)?kwargs|metadata|settings", re.IGNORECASE
)
# most telling first: a Lightning file counts epochs and steps, HiFi-GAN's both "steps" and "epoch"
_COUNTERS = ("steps", "step", "global_step", "iterations", "iteration", "iter", "it", "epochs", "epoch", "last_epoch")

# running means of penalties, as StyleGAN2 trainings call them -> the setting of a loss
_RUNNING = dict.fromkeys(("mean_path_length", "path_length_mean", "pl_mean", "mean_path"), "mean_path_length")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One network of a file: how it is called there, by nested keys, and its tensors."""

    path: tuple[str, ...]
    tensors: Mapping[str, Any]
    averaged: bool = False

    @property
    def called(self) -> str:
        """The file's own name for it; empty where the file is nothing but the network."""
        return ".".join(self.path)

    @property
    def name(self) -> Name | None:
        """What its name says, from the innermost key outwards."""
        return next((name for key in reversed(self.path) if (name := read_name(key))), None)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What was found in a file.

    Args:
        parts: its networks.
        step: its training step.
        config: its settings, by their names in it.
        left_over: names of the rest.
        optimizers: those of the rest that are states of optimizers, with the settings of each.
        running: running means of penalties, by the setting of the loss that takes them: numbers, or tensors of one.
    """

    parts: tuple[Part, ...]
    step: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    left_over: tuple[str, ...] = ()
    optimizers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    running: Mapping[str, Any] = field(default_factory=dict)


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
        walk.visit(root, ())
    parts = [piece for part in walk.parts for piece in _pieces(part, walk.left_over)]
    step = next((walk.counters[name] for name in _COUNTERS if name in walk.counters), None)
    return Contents(
        parts=tuple(parts),
        step=step,
        config=walk.config,
        left_over=tuple(walk.left_over),
        optimizers=walk.optimizers,
        running=walk.running,
    )


@dataclass
class _Walk:
    where: str
    n_visited: int = 0
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
        tensors = {key: value for key, value in entries if isinstance(key, str) and _is_tensor(value)}
        is_raw = not path and len(tensors) == len(entries)
        if tensors and (is_raw or any("." in key or key in _LEAVES for key in tensors)):
            self.parts.append(Part(path=path, tensors=tensors, averaged=any(map(is_averaged, path))))
            entries = [(key, value) for key, value in entries if key not in tensors]
        for key, value in entries:
            name = _text(key)
            self._sort(name, value, (*path, name))

    def _sort(self, key: str, value: object, path: tuple[str, ...]) -> None:
        if key in _COUNTERS and isinstance(value, int | float) and _is_count(value):
            self.counters.setdefault(key, int(value))
        elif isinstance(value, dict) and self._holds_networks(key, value, path):
            pass
        elif key in _RUNNING and _is_one_number(value):
            self.running.setdefault(_RUNNING[key], value)
        elif _CONFIG.fullmatch(key):
            self.config[key] = settings_of(value)
        elif not key.endswith("_extra_state"):
            self.left_over.append(".".join(path))
            if isinstance(value, dict) and ("param_groups" in value or _OPTIMIZER.search(key)):
                self.optimizers[".".join(path)] = _learning(value)

    def _holds_networks(self, key: str, mapping: dict[Any, Any], path: tuple[str, ...]) -> bool:
        if "param_groups" in mapping or _ASIDE.search(key) or len(path) > MAX_DEPTH:
            return False
        inner = _Walk(where=self.where, n_visited=self.n_visited)
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
        return True


def _is_tensor(value: object) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype") and hasattr(value, "stride")


def _is_one_number(value: object) -> bool:
    if _is_tensor(value):
        return all(size == 1 for size in value.shape)  # type: ignore[attr-defined]
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(key: object) -> str:
    """A key as text; what may hold anything at all is not spelled out."""
    return str(key)[:MAX_TEXT] if isinstance(key, str | int | float) else type(key).__name__


def _is_count(value: float) -> bool:
    return 0 <= value < 2**63 and value == int(value)


def settings_of(value: object) -> Any:
    """Settings as plain data; what is none of it becomes None, and so does what is too much of it."""
    return _plain(value, SETTINGS_DEPTH, [MAX_SETTINGS])


def _plain(value: object, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0:
        return None
    if isinstance(value, Inert):
        value = value.fields()
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


def _learning(optimizer: dict[Any, Any]) -> Mapping[str, Any]:
    """The scalar settings of an optimizer's first group."""
    groups = optimizer.get("param_groups")
    first = groups[0] if isinstance(groups, list | tuple) and groups else None
    if not isinstance(first, dict):
        return {}
    scalars = {_text(key): settings_of(value) for key, value in dict.items(first) if key != "params"}
    return {key: value for key, value in scalars.items() if value is not None and not isinstance(value, dict)}


def _pieces(part: Part, left_over: list[str]) -> list[Part]:
    """The networks of one state dict: several where its keys begin with roles, as Lightning and safetensors have it."""
    tensors = dict(part.tensors)
    averaged = part.averaged or tensors.pop("n_averaged", None) is not None  # torch's AveragedModel counts itself
    tensors = _unwrapped(tensors)
    if part.path[-1:] == ("state_dict",) and tensors and all(map(_OWN_NAMES.match, tensors)):
        tensors = {key.removeprefix("model."): value for key, value in tensors.items()}
    groups = _grouped(tensors)
    if "loss" in groups and any(key.startswith("discriminator.") for key in groups["loss"]):
        return _with_judge(part, tensors, groups["loss"], left_over)
    if {"G", "D", "GE"} <= groups.keys():
        return _lucidrains(part, groups, left_over)
    names = {head: read_name(head, whole=True) for head in groups}
    kinds = {name.kind for name in names.values() if name}
    if all(names.values()) or len(kinds) > 1:
        left_over += [".".join((*part.path, head)) for head, name in names.items() if not name]
        return [
            Part(path=(*part.path, head), tensors=_unwrapped(groups[head]), averaged=averaged or name.averaged)
            for head, name in names.items()
            if name
        ]
    if len(groups) == 1:
        [(head, inner)] = groups.items()
        if {name.kind for key in _grouped(inner) if (name := read_name(key, whole=True))} == {
            "generator",
            "discriminator",
        }:
            return _pieces(Part(path=(*part.path, head), tensors=inner, averaged=averaged), left_over)
    return [Part(path=part.path, tensors=tensors, averaged=averaged)]


def _with_judge(part: Part, tensors: Mapping[str, Any], of_loss: Mapping[str, Any], left_over: list[str]) -> list[Part]:
    """A network that was trained by a loss which holds the discriminator, as taming-transformers' VQGAN."""
    judge = {key.removeprefix("discriminator."): value for key, value in of_loss.items()
             if key.startswith("discriminator.")}  # fmt: skip
    rest = {key.partition(".")[0] for key in of_loss} - {"discriminator"}
    left_over += [".".join((*part.path, "loss", name)) for name in sorted(rest)]
    maker = {key: value for key, value in tensors.items() if not key.startswith("loss.")}
    return [
        Part(path=part.path, tensors=maker, averaged=part.averaged),
        Part(path=(*part.path, "loss", "discriminator"), tensors=judge),
    ]


def _lucidrains(part: Part, groups: Mapping[str, Mapping[str, Any]], left_over: list[str]) -> list[Part]:
    """G and its average GE as lucidrains saves them, behind S and SE where latents become styles first, and D."""
    parts = []
    for name, styles in (("G", "S"), ("GE", "SE")):
        tensors = dict(groups[name])
        if styles in groups:
            joined = {"G": tensors, "S": groups[styles]}
            tensors = {f"{head}.{key}": value for head, inner in joined.items() for key, value in inner.items()}
        parts.append(Part(path=(*part.path, name), tensors=tensors, averaged=name == "GE"))
    parts.append(Part(path=(*part.path, "D"), tensors=dict(groups["D"])))
    left_over += [".".join((*part.path, head)) for head in groups if head not in ("G", "D", "GE", "S", "SE")]
    return parts


def _unwrapped(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The same tensors without the prefixes of wrapping modules, where every key has them."""
    tensors = dict(tensors)
    while prefix := next(
        (wrap for wrap in _WRAPPERS if tensors and all(key.startswith(wrap) for key in tensors)), None
    ):
        tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return tensors


def _grouped(tensors: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Tensors by the first component of their keys; a key without a dot is a group of its own, which has no role."""
    groups: dict[str, dict[str, Any]] = {}
    for key, value in tensors.items():
        head, dot, rest = key.partition(".")
        groups.setdefault(head if dot else f"{key}.", {})[rest or key] = value
    return groups
