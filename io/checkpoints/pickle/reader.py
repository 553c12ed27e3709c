"""Our own pickle reader: containers become plain containers, tensors records of where they lie, all else inert stubs.

Torch-free. Nothing named in the file is imported and nothing of it is called. What a stream says must have been scanned
(scan.py) before it is read here; what reaches the C unpickler is the scan's thin copy.
"""

from __future__ import annotations

import io
import pickle
import struct
import warnings
from collections.abc import Callable
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.pickle.allow_list import DTYPE, PATH, STORAGE, is_metadata, python3_name, torch_reads
from ganloss_cli.io.checkpoints.pickle.functions import OF_STUBS, PATH_STAND_IN, STAND_INS
from ganloss_cli.io.checkpoints.pickle.objects import Inert, PlainDict, StandIn, inert_class
from ganloss_cli.io.checkpoints.pickle.scan import Scan
from ganloss_cli.io.checkpoints.pickle.tensor_places import Span, StorageRecord

_STORAGE_DTYPES = {
    "BFloat16": "bfloat16", "Bool": "bool", "Byte": "uint8", "Char": "int8", "ComplexDouble": "complex128",
    "ComplexFloat": "complex64", "Double": "float64", "Float": "float32", "Half": "float16", "Int": "int32",
    "Long": "int64", "QInt32": "qint32", "QInt8": "qint8", "QUInt8": "quint8", "Short": "int16",
}  # fmt: skip
# what the C unpickler raises on a stream that is well formed but makes no sense
_BROKEN = (
    pickle.UnpicklingError, AttributeError, EOFError, IndexError, KeyError, MemoryError, OverflowError, RecursionError,
    TypeError, ValueError, struct.error,
)  # fmt: skip

NestedReader = Callable[[object], object]


def _no_nested(_content: object) -> object:
    raise pickle.UnpicklingError("a torch file inside a torch file")


class InertUnpickler(pickle.Unpickler):
    """Reads one pickle; see the module's docstring.

    Args:
        scan: of the pickle.
        where: the file, for errors.
        stubs: make an inert stub of every class and function that is not known, instead of failing.
        nested: reads the storage in `torch.storage._load_from_bytes(...)`, which is a torch file of its own.
    """

    def __init__(self, scan: Scan, where: str, *, stubs: bool = False, nested: NestedReader = _no_nested) -> None:
        super().__init__(io.BytesIO(scan.thin), encoding="latin-1")
        self.where = where
        self.storages: dict[str, StorageRecord] = {}
        self._spans = scan.spans
        self._stubs = stubs
        self._nested = nested
        self._known: dict[str, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Our own stand-in for a global; what is not allowed never gets one."""
        full_name = python3_name(module, name)
        if full_name not in self._known:
            self._known[full_name] = self._stand_in(full_name)
        return self._known[full_name]

    def _stand_in(self, full_name: str) -> Any:
        if full_name == "builtins.dict":
            return PlainDict
        if full_name in STAND_INS:
            return StandIn(STAND_INS[full_name])
        if PATH.fullmatch(full_name):
            return StandIn(PATH_STAND_IN)
        if match := STORAGE.fullmatch(full_name):
            return inert_class(full_name, dtype=_STORAGE_DTYPES[match[1]])
        if match := DTYPE.fullmatch(full_name):
            return match[1]
        if self._stubs and full_name == "torch.storage._load_from_bytes":
            return StandIn(self._nested)
        if self._stubs and full_name in OF_STUBS:
            return StandIn(OF_STUBS[full_name])
        if self._stubs or torch_reads(full_name) or is_metadata(full_name):
            return inert_class(full_name)
        raise pickle.UnpicklingError(f"{full_name} is not allowed")

    def persistent_load(self, reference: Any) -> Any:
        """A storage or, in old files, a module's class, by the tuple that torch writes; a long string by its number."""
        if type(reference) is int:
            return self._span(reference)
        kind, named, *rest = reference
        if kind == "module" and isinstance(named, type) and issubclass(named, Inert):
            return named  # beside it stands its source code
        key, _, count, *view = rest
        if kind != "storage" or not isinstance(key, str) or type(count) is not int or not 0 <= count < 2**63:
            raise pickle.UnpicklingError("not a storage")
        dtype = getattr(named, "dtype", "uint8")
        record = StorageRecord(key=key, dtype=dtype, count=count)
        known = self.storages.setdefault(key, record)
        if known.n_bytes != record.n_bytes:
            raise pickle.UnpicklingError(f"storage {key[:40]} is declared twice, with different sizes")
        if view and view[0] is not None:
            _, start, _ = view[0]
            return StorageRecord(key=key, dtype=dtype, count=count, offset=_natural(start))
        return record

    def _span(self, number: int) -> Span:
        if not 0 <= number < len(self._spans):
            raise pickle.UnpicklingError("not a storage")
        return self._spans[number]

    def read(self) -> Any:
        """The object.

        Raises:
            InputError: the stream is broken.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about escapes in the strings of protocol 0
                return self.load()
        except _BROKEN as error:
            reason = _printable(str(error)) or type(error).__name__
            raise InputError(f"{self.where}: the pickle in it cannot be read: {reason}") from error


def _natural(number: object) -> int:
    if type(number) is not int or not 0 <= number < 2**63:
        raise pickle.UnpicklingError("not a storage")
    return number


def _printable(message: str, most: int = 200) -> str:
    return message.partition("\n")[0][:most].encode("unicode_escape").decode()
