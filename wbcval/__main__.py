"""``python -m wbcval``."""

import sys

from wbcval.cli import main

sys.exit(main())
