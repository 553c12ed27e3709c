"""What checkpoint files hold, by role, read without running anything of them."""

from ganloss_cli.io.checkpoints.contents.folders import Chosen, checkpoint_files, choose_files
from ganloss_cli.io.checkpoints.contents.naming import Name, Naming, read_name
from ganloss_cli.io.checkpoints.contents.resolver import UNKNOWN_ROLE
from ganloss_cli.io.checkpoints.contents.trajectories import State, states_of
from ganloss_cli.io.checkpoints.formats.groups import size_of
from ganloss_cli.io.checkpoints.opening import Checkpoint, Network, open_checkpoint, with_concluded_roles

__all__ = [
    "UNKNOWN_ROLE",
    "Checkpoint",
    "Chosen",
    "Name",
    "Naming",
    "Network",
    "State",
    "checkpoint_files",
    "choose_files",
    "open_checkpoint",
    "read_name",
    "size_of",
    "states_of",
    "with_concluded_roles",
]
