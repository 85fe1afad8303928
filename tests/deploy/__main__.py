"""`python -m tests.deploy`: what the image is built from, for real: pinned packages from a registry, and the wheel."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.deploy import dockerfile
from tests.service import Service


def main() -> None:
    """Do the first stage of the Dockerfile, and ask what came out of it whether it is ready."""
    with TemporaryDirectory(prefix="seatkeeper-image-") as name:
        folder = Path(name)
        environment = dockerfile.build(folder, dockerfile.run)
        with Service(folder / "seatkeeper.db", program=[str(environment / "bin/seatkeeper")]) as service:
            service.get("/readyz").raise_for_status()
        print(f"the first stage of deploy/Dockerfile serves, with Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
