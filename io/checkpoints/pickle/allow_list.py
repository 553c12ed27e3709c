"""Which globals of a pickle are let through, and to whom."""

from __future__ import annotations

import re
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Iterable

# What torch's own weights_only unpickler accepts and checkpoints hold; a test compares it with torch's list.
_OF_TORCH = frozenset(
    {
        "_codecs.encode",
        "builtins.bytearray",
        "builtins.complex",
        "builtins.set",
        "collections.Counter",
        "collections.OrderedDict",
        "torch.Size",
        "torch.Tensor",
        "torch._tensor._rebuild_from_type_v2",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state",
        "torch._utils._rebuild_qtensor",
        "torch._utils._rebuild_sparse_tensor",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor_v3",
        "torch.device",
        "torch.nn.parameter.Parameter",
        "torch.per_channel_affine",
        "torch.per_tensor_affine",
        "torch.serialization._get_layout",
        "torch.storage.TypedStorage",
        "torch.storage.UntypedStorage",
    }
)
STORAGE = re.compile(
    r"torch\.(?:cuda\.)?(BFloat16|Bool|Byte|Char|ComplexDouble|ComplexFloat|Double|Float|Half|Int|Long|QInt32|QInt8|QUInt8|Short)Storage"
)
DTYPE = re.compile(
    r"torch\.(bfloat16|bool|complex(?:32|64|128)|float(?:16|32|64)|float8_e4m3fn(?:uz)?|float8_e5m2(?:fnuz)?"
    r"|float8_e8m0fnu|u?int(?:8|16|32|64)|q(?:u?int8|int32))"
)

# Classes whose instances are settings and records: read as inert stubs, never imported. Each is named for a kind of
# file that holds it: training arguments, numpy scalars in logs, paths, OmegaConf and Lightning configurations.
_METADATA = frozenset(
    {
        "argparse.Namespace",
        "builtins.Ellipsis",
        "builtins.bytes",
        "builtins.dict",
        "builtins.float",
        "builtins.frozenset",
        "builtins.int",
        "builtins.list",
        "builtins.object",
        "builtins.range",
        "builtins.slice",
        "builtins.str",
        "builtins.tuple",
        "collections.defaultdict",
        "collections.deque",
        "copyreg._reconstructor",
        "datetime.date",
        "datetime.datetime",
        "datetime.time",
        "datetime.timedelta",
        "datetime.timezone",
        "decimal.Decimal",
        "fractions.Fraction",
        "lightning.fabric.utilities.data.AttributeDict",
        "lightning_fabric.utilities.data.AttributeDict",
        "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
        "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
        "pytorch_lightning.utilities.parsing.AttributeDict",
        "lightning.pytorch.callbacks.early_stopping.EarlyStopping",
        "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
        "lightning.pytorch.utilities.parsing.AttributeDict",
        "torch._C.Generator",
        "torch._utils._rebuild_device_tensor_from_cpu_tensor",
        "torch._utils._rebuild_device_tensor_from_numpy",
        "torch._utils._rebuild_meta_tensor_no_storage",
        "torch._utils._rebuild_nested_tensor",
        "torch._utils._rebuild_wrapper_subclass",
        "types.SimpleNamespace",
        "typing.Any",
        "uuid.UUID",
    }
)
PATH = re.compile(r"pathlib(?:\._local)?\.(?:Pure)?(?:Posix|Windows)?Path")
# dictionaries with attributes: HiFi-GAN's env.AttrDict, VITS's utils.HParams, NVlabs' dnnlib.util.EasyDict ...
_ATTRIBUTE_DICTIONARIES = re.compile(
    r"(?:[A-Za-z_]\w*\.)+(?:Attr(?:ibute)?Dict|CfgNode|ConfigDict|[Dd]ot[Dd]ict|EasyDict|HParams|Munch|dotdict)"
)
_ARRAYS = re.compile(
    r"numpy\._?core\.multiarray\.(?:scalar|_reconstruct|_frombuffer)|numpy\._?core\.numeric\._frombuffer"
    r"|numpy\.(?:dtype|ndarray)"
)
_METADATA_FAMILIES = re.compile(
    r"numpy\.(?:float|int|uint|complex)\d+|numpy\.bool_?|numpy\.dtypes\.\w+"
    r"|numpy\.random\._pickle\.__(?:bit_generator|generator|randomstate)_ctor"
    r"|numpy\.random\._(?:mt19937\.MT19937|pcg64\.PCG64(?:DXSM)?|philox\.Philox|sfc64\.SFC64)"
    r"|numpy\.random\.bit_generator\.__pyx_unpickle_SeedSequence|numpy\.random\.bit_generator\.SeedSequence"
    r"|torch\.distributed\.(?:tensor|_tensor)\.(?:DTensor|_dtensor_spec\.\w+|placement_types\.\w+)"
    r"|torch\.distributed\.(?:device_mesh\.DeviceMesh|_mesh_layout\.\w+)"
    r"|omegaconf\.(?:dictconfig\.DictConfig|listconfig\.ListConfig|base\.(?:Container)?Metadata|nodes\.\w+Node)"
)


def torch_reads(name: str) -> bool:
    """Whether torch.load with weights_only=True accepts this global."""
    return name in _OF_TORCH or bool(STORAGE.fullmatch(name) or DTYPE.fullmatch(name))


def is_metadata(name: str) -> bool:
    """Whether our own reader takes this global for a harmless record and makes an inert stub of it."""
    return name in _METADATA or any(
        family.fullmatch(name) for family in (_ARRAYS, _ATTRIBUTE_DICTIONARIES, _METADATA_FAMILIES, PATH)
    )


def is_array(name: str) -> bool:
    """Whether numpy pickles its arrays and numbers with this global."""
    return bool(_ARRAYS.fullmatch(name))


def forbidden(names: frozenset[str]) -> tuple[str, ...]:
    """Those that nobody lets through; what is not torch's own comes first, because it tells more."""
    refused = (name for name in names if not torch_reads(name) and not is_metadata(name))
    return tuple(sorted(refused, key=lambda name: (name.startswith("torch."), name)))


def is_of_tensorflow(names: Iterable[str]) -> bool:
    """Whether a pickle holds networks of NVlabs' code for TensorFlow, which none of torch's conventions fit."""
    return any(name.endswith("tflib.network.Network") for name in names)


def way_out(names: Iterable[str], *, can_be_rescued: bool) -> str:
    """What to do about a file that is refused.

    Args:
        names: of the forbidden globals.
        can_be_rescued: whether `--rescue` is still to be tried.
    """
    if is_of_tensorflow(names):
        return (
            "it is a StyleGAN of TensorFlow: where you trust the file, convert it with legacy.py of "
            "NVlabs/stylegan2-ada-pytorch and pass --rescue for what that writes"
        )
    rescue = "pass --rescue to recover its tensors without running anything, or " if can_be_rescued else ""
    return f"{rescue}save the weights alone with torch.save(network.state_dict(), path) where you trust the file"


def python3_name(module: str, name: str) -> str:
    """The dotted name of a global, with Python 2's spelling mapped as unpickling does."""
    module, name = NAME_MAPPING.get((module, name), (module, name))
    return f"{IMPORT_MAPPING.get(module, module)}.{name}"
