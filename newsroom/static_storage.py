"""Static files as they are served: named by their content, compressed, and our scripts without their comments."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

SCRIPTS = "comments/"  # what every reader loads; the desk's are few people's


def lean(script: str) -> str:
    """A script without indentation, empty lines and lines that are a comment. Nothing else: what a line says stays as it was written.

    A text in backquotes that runs over several lines would lose its indentation, so a script that has one is left as it is.
    """
    lines = script.split("\n")
    if any(line.count("`") % 2 for line in lines):
        return script
    stripped = (line.strip() for line in lines)
    return "\n".join(line for line in stripped if line and not line.startswith(("//", "/** "))) + "\n"


class LeanStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """WhiteNoise's storage, which collects the readers' scripts in their lean form."""

    def _save(self, name: str, content: Any) -> str:
        if name.startswith(SCRIPTS) and name.endswith(".js"):
            content.seek(0)  # whoever worked out its hash has read it to the end
            content = ContentFile(lean(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved
