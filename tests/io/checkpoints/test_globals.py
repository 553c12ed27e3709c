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
        "module.name",
        "foreign.mark",
        "collections.ChainMap",
        "collections.Counter.x",
        "xcollections.Counter",
        "statistics.NormalDist",
        "builtins.sorted",
        "torch.ones",
        "torch.nn.modules.linear.Linear",
        "torch.nn.parameter",
        "torch.FloatStorageX",
        "xtorch.FloatStorage",
        "torch.float32x",
        "torch.float31",
        "numpy.core.multiarray.scalar.x",
        "numpy.core.multiarray",
        "numpy.mean",
        "numpy.float64x",
        "argparse.Action",
        "argparse.Namespace.x",
        "pathlib.Path.name",
        "pathlib.PosixPathX",
        "omegaconf.OmegaConf",
        "omegaconf.nodes.AnyNodeX",
        "AttrDict",
        "utils.AttrDictX",
        "a name computed by the pickle",
    ],
)
def test_what_is_on_no_list_is_forbidden(name: str) -> None:
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
    names = frozenset({"torch.nn.modules.linear.Linear", "zeta.name", "torch.Size"})

    assert forbidden(names) == ("zeta.name", "torch.nn.modules.linear.Linear")
