"""`make lock`: compile pyproject.toml into requirements/run.txt, social.txt and dev.txt, for every platform, with hashes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTS = {
    "run.txt": [],
    "social.txt": ["--extra", "social"],
    "dev.txt": ["--extra", "dev", "--extra", "training", "--extra", "social"],
}


def main() -> None:
    uv = Path(sys.executable).with_name("uv")
    for name, extras in LISTS.items():
        command = [
            *[str(uv), "pip", "compile", "pyproject.toml", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"],
            # No address of an index and no list of who needs what: a pin reads the same wherever it was made.
            *["--no-emit-index-url", "--no-emit-find-links", "--no-annotate"],
            *["--output-file", f"requirements/{name}", *extras, *sys.argv[1:]],
        ]
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"})


if __name__ == "__main__":
    main()
