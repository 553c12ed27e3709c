"""Files and folders that appear whole or not at all. Torch-free."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
from pathlib import Path
from types import TracebackType

from ganloss_cli.errors import UsageError
from ganloss_cli.io.formats import reason

_UNFINISHED = ".tmp"


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
            raise _unwritable(self.path, error) from error

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
            raise _unwritable(self.path, error) from error
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


class OutputFolder:
    """A folder that is filled under another name and appears only when it is complete.

    That name is a hidden one beside the target. What a run that was killed has left there, the next run for the same
    target removes; a folder that a living run fills is locked, and left alone. Use it as a context manager.

    Args:
        path: where the folder is to appear: new, or an empty folder.

    Raises:
        UsageError: something lies there, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._target = Path(os.path.realpath(path))
        check_new_folder(path)
        self._lock = -1

    def __enter__(self) -> OutputFolder:
        begins = f".{self._target.name}.ganloss-"
        try:
            for left in self._target.parent.iterdir():
                if left.name.startswith(begins) and left.name.endswith(_UNFINISHED):
                    _remove_unlocked(left)
            self.filling = self._target.with_name(f"{begins}{secrets.token_hex(8)}{_UNFINISHED}")
            self.filling.mkdir()
            self._lock = os.open(self.filling, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.filling, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
        if isinstance(error, OSError):
            raise _unwritable(self.path, error) from error

    def commit(self) -> None:
        """Let the folder appear."""
        check_new_folder(self.path)  # another run may have been faster
        os.fsync(self._lock)
        self.filling.rename(self._target)


def check_new_folder(path: Path) -> None:
    """Refuse a folder in which something lies, or a file of that name.

    Args:
        path: of the folder to be.

    Raises:
        UsageError: there is one.
    """
    if not path.exists():
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}", hint="make it, or name another place")
    elif not path.is_dir():
        raise UsageError(f"{path}: is a file; expected a new or an empty folder", hint="name a new folder")
    elif any(path.iterdir()):
        raise UsageError(f"{path}: the folder is not empty", hint="name a new folder, or an empty one")


def _remove_unlocked(folder: Path) -> None:
    """Remove what no living run fills; the system takes the lock off a run that ends, however it ends."""
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(lock)


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written ({reason(error)})", hint="name a file in a folder you can write to")
