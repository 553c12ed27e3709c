import pytest
from torch._weights_only_unpickler import _get_allowed_globals

from ganloss_cli.io.checkpoints.pickle.allow_list import DTYPE, STORAGE, forbidden, is_metadata, torch_reads


def test_torch_accepts_everything_that_is_handed_to_torch() -> None:
    of_torch = set(_get_allowed_globals())
    listed = {name for name in of_torch if torch_reads(name)}

    # and what the patterns let through beyond torch's list would have to be a storage or a dtype by name
    assert {
        "torch._utils._rebuild_tensor_v2",
        "collections.OrderedDict",
        "torch.FloatStorage",
        "torch.float8_e5m2",
    } <= listed
    assert all(STORAGE.fullmatch(name) or DTYPE.fullmatch(name) or name in of_torch for name in listed)


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "posix.system",
        "builtins.eval",
        "builtins.getattr",
        "builtins.__import__",
        "functools.partial",
        "torch.load",
        "torch.hub.load",
        "torch.nn.modules.linear.Linear",
        "torch.FloatStorageX",
        "torch.storage._load_from_bytes",
        "numpy.core.multiarray.scalar.x",
        "numpy.f2py.crackfortran.myeval",
        "argparse.FileType",
        "pathlib.Path.write_text",
        "omegaconf.OmegaConf.load",
        "copyreg.__newobj__",
        "a name computed by the pickle",
    ],
)
def test_what_could_run_is_forbidden(name: str) -> None:
    assert forbidden(frozenset({name})) == (name,)


@pytest.mark.parametrize(
    "name",
    [
        "argparse.Namespace",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "numpy.dtype",
        "pathlib.PosixPath",
        "pathlib._local.PosixPath",
        "collections.defaultdict",
        "omegaconf.dictconfig.DictConfig",
        "omegaconf.nodes.AnyNode",
    ],
)
def test_settings_and_records_are_metadata(name: str) -> None:
    assert is_metadata(name)
    assert not torch_reads(name)


def test_what_is_not_torchs_own_is_told_first() -> None:
    names = frozenset({"torch.nn.modules.linear.Linear", "os.system", "torch.Size"})

    assert forbidden(names) == ("os.system", "torch.nn.modules.linear.Linear")
