"""Files that appear whole or not at all. Torch-free."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from types import TracebackType

from ganloss_cli.errors import UsageError
from ganloss_cli.io.formats import reason


class OutputFile:
    """A file that is opened before the work and appears only when it is complete.

    The bytes go into a hidden file beside the target, which takes its name at `commit`; until then a file that was
    there before stays as it was. Use it as a context manager: what is not committed when the block is left, by
    whatever way, is removed. A device or a pipe (/dev/stdout) is written to directly.

    Args:
        path: where the file is to appear.

    Raises:
        UsageError: it cannot be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._target = Path(os.path.realpath(path))  # a link stays a link, its target is replaced
        self._temporary: Path | None = None
        try:
            self._descriptor = self._open()
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def commit(self, content: str | bytes) -> None:
        """Write the content and let the file appear.

        Args:
            content: all of it; text is written as UTF-8.

        Raises:
            UsageError: the disk is full, or the place became unwritable.
        """
        data = memoryview(content.encode() if isinstance(content, str) else content)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            if self._temporary is not None:
                os.fsync(self._descriptor)
                self._temporary.replace(self._target)
                self._temporary = None
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave nothing behind; after `commit`, nothing to do."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None

    def _open(self) -> int:
        if not self._target.exists():
            return self._open_beside(0o666)  # the system takes the umask off
        mode = self._target.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(0, "is a folder")
        if not os.access(self._target, os.W_OK):
            raise PermissionError(0, "permission denied")
        if not stat.S_ISREG(mode):
            return os.open(self._target, os.O_WRONLY)
        descriptor = self._open_beside(stat.S_IMODE(mode))
        os.fchmod(descriptor, stat.S_IMODE(mode))
        return descriptor

    def _open_beside(self, mode: int) -> int:
        self._temporary = self._target.with_name(f".ganloss-{secrets.token_hex(8)}.tmp")
        try:
            return os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except OSError:
            self._temporary = None
            raise

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(
            f"{self.path}: cannot be written ({reason(error)})", hint="name a file in a folder you can write to"
        )
