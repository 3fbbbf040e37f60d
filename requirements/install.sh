#!/bin/sh
# Makes .venv and installs the pinned packages of one list into it: `sh requirements/install.sh run|dev`. Called by the Makefile.
set -eu
cd "$(dirname "$0")/.."
list=$1

usable() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 &&
        "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_python() {
    names="python3 python3.13 python3.12 python3.11 python3.14 python"
    # The wheel that brings Redis along exists up to Python 3.12; where no Redis is installed, such a Python is the better choice.
    if ! command -v redis-server >/dev/null 2>&1 && ! command -v valkey-server >/dev/null 2>&1; then
        if usable python3 && python3 -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then
            names="python3"
        else
            names="python3.12 python3.11 $names"
        fi
    fi
    for name in $names; do
        if usable "$name"; then
            echo "$name"
            return
        fi
    done
}

# A folder that was moved or whose Python was removed leaves an environment that does not start.
if ! .venv/bin/python -c '' >/dev/null 2>&1; then
    python=$(find_python)
    if [ -z "$python" ]; then
        echo "Balasan needs Python 3.11 or newer with its venv module, and found none on the PATH (python3, python3.11 to python3.14)." >&2
        echo "On Debian and Ubuntu: apt-get install python3 python3-venv" >&2
        exit 1
    fi
    echo "Making .venv with $("$python" -c 'import sys; print("Python", sys.version.split()[0])')"
    "$python" -m venv --clear .venv
fi
echo "Installing requirements/$list.txt into .venv (needed once, and after a change of that file)"
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --requirement "requirements/$list.txt"; then
    echo "The packages could not be installed; see pip's words above. Is the network there?" >&2
    exit 1
fi
touch ".venv/installed-$list"
# The longer list holds the shorter one.
if [ "$list" = dev ]; then touch .venv/installed-run; fi
