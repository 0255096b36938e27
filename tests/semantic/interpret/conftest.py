"""The evaluation stands beside the tests: its examination is held here over other questions."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
