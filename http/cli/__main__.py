"""`python -m seatkeeper.http.cli`."""

import sys

from seatkeeper.http.cli.main import main

sys.exit(main())
