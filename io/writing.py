"""Files and folders that appear whole or not at all, and never in the place of what this run reads. Torch-free."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
from pathlib import Path
from types import TracebackType

from ganloss_cli.errors import UsageError
from ganloss_cli.io.formats import reason

# device and inode of what outputs will replace, or the path where nothing is yet; whoever opens an input asks here
_TO_BE_REPLACED: dict[tuple[int, int] | Path, OutputFile] = {}


def refuse_output(path: Path, status: os.stat_result) -> None:
    """Refuse to read what this run is about to replace, by whatever name.

    Args:
        path: of the input.
        status: of the file itself.

    Raises:
        UsageError: an output will take its place.
    """
    output = _TO_BE_REPLACED.get(_identity(status))
    if output is not None:
        output.is_input = True
        raise output.overwrites(path)


def discard_all() -> None:
    """Leave nothing of outputs that are not complete, where the process ends at once."""
    for output in list(_TO_BE_REPLACED.values()):
        output.discard()


_UNFINISHED = ".tmp"


class OutputFile:
    """A file that is opened before the work and appears only when it is complete.

    The bytes go into a hidden file beside the target, which takes its name at `commit`; until then a file that was
    there before stays as it was. Use it as a context manager: what is not committed when the block is left, by
    whatever way, is removed, and what a killed run left there is by the next one. A device or a pipe (/dev/stdout) is
    written to directly.

    Args:
        path: where the file is to appear.

    Raises:
        UsageError: it cannot be written there, or another output will.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.is_input = path, False
        self._target = Path(os.path.realpath(path))  # a link stays a link, its target is replaced
        self._temporary: Path | None = None
        self._descriptor = -1
        try:
            self._descriptor = self._open()
        except OSError as error:
            self.discard()
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
            UsageError: the disk is full, the place became unwritable, or the file was read meanwhile.
        """
        data = memoryview(content.encode() if isinstance(content, str) else content)
        try:
            if self.is_input:  # whoever was refused it went on without
                raise self.overwrites(self.path)
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
        for identity in [known for known, output in _TO_BE_REPLACED.items() if output is self]:
            del _TO_BE_REPLACED[identity]
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None
        if self._descriptor >= 0:  # and with it the lock
            os.close(self._descriptor)
            self._descriptor = -1

    def overwrites(self, path: Path) -> UsageError:
        """The error that this output would take the place of an input.

        Args:
            path: by which it is read.
        """
        what = "what is read" if path == self.path else f"{path}, which is read"
        return UsageError(f"{self.path}: would overwrite {what}", hint="name another file behind --output")

    def _open(self) -> int:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self._claim(self._target)
            return self._open_beside(0o666)  # the system takes the umask off
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(0, "is a folder")
        if not os.access(self.path, os.W_OK):
            raise PermissionError(0, "permission denied")
        if not stat.S_ISREG(status.st_mode):
            return _open_special(self.path)
        self._claim(_identity(status))
        descriptor = self._open_beside(stat.S_IMODE(status.st_mode))
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        return descriptor

    def _claim(self, file: tuple[int, int] | Path) -> None:
        if (other := _TO_BE_REPLACED.setdefault(file, self)) is not self:
            raise OSError(0, f"{other.path} is the same file and an output already")

    def _open_beside(self, mode: int) -> int:
        """A hidden file beside the target, locked as long as this process lives."""
        _clean(self._target.parent)
        while True:
            temporary = self._target.with_name(f".ganloss-{os.urandom(8).hex()}.tmp")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with contextlib.suppress(OSError):  # a file system without locks: nobody cleans there
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if temporary.exists():
                self._temporary = temporary
                return descriptor
            os.close(descriptor)  # another run took it for left behind, before it was locked


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _open_special(path: Path) -> int:
    """A device or a pipe; one that nobody reads would be waited for without end."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(0, "a pipe that nobody reads") from error
        raise
    os.set_blocking(descriptor, True)
    return descriptor


def _clean(folder: Path) -> None:
    """Remove what runs left behind that were killed: of those that still work, the file is locked."""
    for left in folder.glob(".ganloss-*.tmp"):
        with contextlib.suppress(OSError):
            descriptor = os.open(left, os.O_WRONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
            finally:
                os.close(descriptor)


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
            self.filling = self._target.with_name(f"{begins}{os.urandom(8).hex()}{_UNFINISHED}")
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
