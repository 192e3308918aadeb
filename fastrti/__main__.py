"""`python -m fastrti`: the same as the command `fastrti`."""

import sys

from fastrti.cli import main

sys.exit(main())
