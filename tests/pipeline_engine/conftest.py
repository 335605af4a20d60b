"""Makes the toy stages importable here and, since the engine hands its import path on, in its workers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
