"""Networks recognised from the names and shapes of their tensors, and rebuilt from them.

Torch-free until one is rebuilt: `ganloss inspect` recognises without torch.
"""

from ganloss_cli.io.architectures.table import FAMILIES, rebuild, recognise
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task

__all__ = ["FAMILIES", "Family", "Match", "Shapes", "Task", "rebuild", "recognise"]
