"""Where an installation keeps its state, and the secret key and Redis address that follow. Imports no Django: the settings need it."""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

BASE_DIR = Path(__file__).resolve().parent.parent
# sun_path holds 108 bytes on Linux, 104 on BSD and macOS; a longer socket path cannot be bound.
LONGEST_SOCKET_PATH = 100


def find_data_dir() -> Path:
    """`DATA_DIR` as an absolute path; relative ones count from the project's root, whatever the working directory is."""
    return (BASE_DIR / os.environ.get("DATA_DIR", "") if os.environ.get("DATA_DIR") else BASE_DIR / "var").absolute()


def redis_socket(data_dir: Path) -> Path:
    """The Unix socket of the embedded Redis: in `data_dir`, or, where that path is too long, in a folder of its own named after it."""
    socket = data_dir / "redis" / "redis.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH:
        return socket
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"balasan-{os.getuid()}-{digest}" / "redis.sock"


def default_redis_url(data_dir: Path) -> str:
    """The address of the embedded Redis, for `REDIS_URL` when none is given."""
    return f"unix://{quote(str(redis_socket(data_dir)))}?db=0"


def secret_key_file(data_dir: Path) -> Path:
    return data_dir / "secret_key"


def read_secret_key(data_dir: Path) -> str:
    """The key that `up` made at the first start, or an empty string."""
    try:
        return secret_key_file(data_dir).read_text().strip()
    except FileNotFoundError:
        return ""


def make_secret_key(data_dir: Path) -> str:
    """Make the key once, readable by the owner only; a second process that starts at the same time gets the same one."""
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = data_dir / f"secret_key.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, secret_key_file(data_dir))  # atomic, and never overwrites
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return read_secret_key(data_dir)


def prepare_data_dir(data_dir: Path) -> None:
    """Make the folder, closed to others: it holds the secret key, mails, and a database with addresses. Ends the process with a sentence
    where it cannot be written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data_dir / f"probe.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        sys.exit(f"DATA_DIR {data_dir} cannot be written: {error.strerror}. Give another one: make run DATA_DIR=...")


def prepare_environment(arguments: list[str]) -> None:
    """What must stand in the environment before the settings are read by `up`, and so by every process that it starts."""
    data_dir = find_data_dir()
    os.environ["DATA_DIR"] = str(data_dir)
    prepare_data_dir(data_dir)
    if not os.environ.get("SECRET_KEY"):
        make_secret_key(data_dir)
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    for position, word in enumerate(arguments):
        name, _, value = word.partition("=")
        value = value or (arguments[position + 1] if position + 1 < len(arguments) else "")
        host = value if name == "--host" else host
        port = value if name == "--port" else port
    os.environ["HOST"], os.environ["PORT"] = host, port
    if not os.environ.get("SITE_URL"):
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  (compared, not bound)
        os.environ["SITE_URL"] = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
