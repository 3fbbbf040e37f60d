#!/usr/bin/env python
"""Balasan's command line: `manage.py up` starts everything, `manage.py help` lists the rest."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (the sentence is for whoever started an older one by hand)
        sys.exit(f"Balasan needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    if sys.argv[1:2] == ["up"]:
        # The settings refuse to load without a secret key, and the first start has none yet.
        from newsroom.embedded import prepare_environment

        prepare_environment(sys.argv[2:])
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"Balasan cannot start: {error}")


if __name__ == "__main__":
    main()
