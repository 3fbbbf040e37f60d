"""`make lint`: everything about the source that a machine can say without running it. Goes through all steps, then says which failed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
STEPS: dict[str, list[str]] = {
    "form of the source": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "templates": ["djlint", "--check", "--lint", "--quiet", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports"],
    "missing migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "settings for production": ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "message catalogues": ["python", "manage.py", "compile_catalogues"],
}


def main() -> int:
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        # The settings want a key and a place; a lint run must not touch the installation in var/.
        plain = {"SECRET_KEY": "lint-" * 12, "DATA_DIR": folder, "DEBUG": "off"}
        for step, command in STEPS.items():
            extra = dict(plain)
            if step == "types":
                extra["DEBUG"] = "on"
            if step == "settings for production":
                extra |= {"SITE_URL": "https://kabar.example"}
            print(f"--- {step}", flush=True)
            if subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env={**os.environ, **extra}, check=False).returncode:
                failed.append(step)
    print(f"lint FAILED: {', '.join(failed)}" if failed else "lint passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
