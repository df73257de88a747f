"""``python -m sparklime_core``: the command line."""

import sys

from sparklime_core.cli import main

sys.exit(main())
