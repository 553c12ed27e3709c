import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `python tests/golden` finds the modules beside it in the same way
