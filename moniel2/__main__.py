"""``python -m moniel2``."""

import sys

from moniel2.tools.cli import main

sys.exit(main())
