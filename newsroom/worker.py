"""The worker that `manage.py up` starts: `python -m newsroom.worker` is `celery -A newsroom worker -B` without the command line.

Celery's command line loads an interactive shell into the worker, and Django's checks load every page; `up` has run the checks, and
the three processes of a worker (main, child, beat) are 27 MB smaller without either.
"""

from __future__ import annotations

import gc
import os
import sys

from newsroom.celery import app

NICENESS = 5


def main() -> int:
    os.environ.setdefault("CELERY_SKIP_CHECKS", "true")
    # Readers before checks: on a machine with too much to do the answer to a reply must not wait for the verdicts on others.
    os.nice(NICENESS)
    # Gossip, mingle and heartbeats are for many workers that watch each other; here they would only wake Redis.
    worker = app.Worker(beat=True, quiet=True, loglevel="INFO", without_gossip=True, without_mingle=True, without_heartbeat=True)
    # Whatever is loaded by now stays. Off the garbage collector's rounds, its pages are not written to by them, and so remain shared by
    # the processes that the worker forks.
    gc.collect()
    gc.freeze()
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main())
