"""Keeps the processes of one installation running: starts them in order, restarts what dies, stops all of them together.

`manage.py up` prepares everything with Django loaded and then turns itself into this program (`exec`), which needs the standard library
alone: a watcher that held Django in memory would cost more than it watches. It is handed its plan as JSON:

    {"data_dir": …, "lock": file descriptor, "ready": {"host", "port", "host_header", "address"}, "parts": [{"name", "command", …}]}

Every part gets a session, and so a process group, of its own: the terminal's Ctrl-C reaches this program only, which stops the parts
in the reverse of their order; and whatever a killed part leaves behind is ended with its group.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

QUICK_SECONDS = 10.0  # a part that lived for less has failed at once
MOST_QUICK_DEATHS = 4  # so many in a row, and everything stops
FIRST_WAIT = 0.5  # seconds before the first restart; doubles with each quick death
LONGEST_WAIT = 30.0
READY_SECONDS = 180.0  # for the whole start; a few are usual, a busy machine needs more
LOG_BYTES = 20_000_000  # of one log file; then it becomes <name>.log.1
LOGS_KEPT = 3
WATCH_SECONDS = 15.0  # between two questions to /readyz
SILENT_SECONDS = 120.0  # a part without a sign of life for so long is ended, and so started again
TICK = 0.1
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """The installation cannot run; the words say which part and why."""


def say(sentence: str) -> None:
    print(sentence, flush=True)


def warn(sentence: str) -> None:
    """For everything after the ready line, which stays the last line of standard output."""
    print(sentence, file=sys.stderr, flush=True)


@dataclass
class Part:
    """One process to keep running. `stop_seconds` is how long it may take to end after SIGTERM."""

    name: str
    command: list[str]
    stop_seconds: float = 10.0
    socket: str = ""  # where given, the part is up once this Unix socket takes a connection
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    restart_at: float | None = None
    log: Path = field(default_factory=Path)

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0


def die_with_parent() -> Callable[[], None]:
    """What a child runs between fork and exec, so that the kernel ends it (SIGTERM) when this program is killed outright.

    Linux only; elsewhere the lock that every part inherits keeps a second installation from starting beside the leftovers.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask


class Supervisor:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.ready = plan["ready"]
        self.data_dir = Path(plan["data_dir"])
        self.lock: int = plan["lock"]
        self.logs = self.data_dir / "logs"
        self.parts = [Part(**part) for part in plan["parts"]]
        for part in self.parts:
            part.log = self.logs / f"{part.name}.log"
        self.stopping = 0  # how often we were asked to stop
        self.last_rotation = self.last_watch = self.answered_at = 0.0
        self.child_setup = die_with_parent()
        self.wakeup_read, self.wakeup_write = socket.socketpair()

    # --- Signals ------------------------------------------------------------------------------------------------------

    def listen(self) -> None:
        """SIGINT and SIGTERM stop; so does SIGHUP, unless `nohup` has switched it off. SIGCHLD only ends a wait early."""
        self.wakeup_read.setblocking(False)
        self.wakeup_write.setblocking(False)
        signal.set_wakeup_fd(self.wakeup_write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.ask_to_stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self.ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping += 1

    def wait(self, seconds: float) -> None:
        """Until a signal comes or the time is over."""
        readable, _, _ = select.select([self.wakeup_read], [], [], seconds)
        if readable:
            with contextlib.suppress(BlockingIOError):
                while self.wakeup_read.recv(512):
                    pass

    # --- One part -----------------------------------------------------------------------------------------------------

    def start(self, part: Part) -> None:
        with part.log.open("ab", buffering=0) as log:
            try:
                part.process = subprocess.Popen(
                    part.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=(self.lock,),
                    preexec_fn=self.child_setup,  # safe: this program has one thread
                )
            except OSError as error:
                raise Failed(f"{part.name} cannot be started: {error.strerror} ({part.command[0]}).") from error
        part.started_at = time.monotonic()
        part.restart_at = None

    def tail(self, part: Part, lines: int = 6) -> str:
        """The last words of a part's log."""
        try:
            with part.log.open("rb") as log:
                log.seek(max(0, part.log.stat().st_size - 8_192))
                words = log.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"    {line[:300]}" for line in [line for line in words if line.strip()][-lines:])

    def kill_group(self, part: Part) -> None:
        """End whatever is left of the part: a worker's children, too, when the worker itself was killed."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(part.pid, signal.SIGKILL)

    def look_after(self, part: Part) -> None:
        """Notice a death, plan the restart, carry it out when its time has come. Raises Failed after several quick deaths."""
        now = time.monotonic()
        if part.restart_at is not None:
            if now >= part.restart_at:
                self.start(part)
                warn(f"{part.name} is started again (process {part.pid}).")
            return
        if part.process is None or (code := part.process.poll()) is None:
            return
        self.kill_group(part)
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        part.quick_deaths = part.quick_deaths + 1 if now - part.started_at < QUICK_SECONDS else 0
        if part.quick_deaths >= MOST_QUICK_DEATHS:
            raise Failed(
                f"{part.name} {how}, {part.quick_deaths} times in a row within {QUICK_SECONDS:.0f} s of its start; "
                f"everything stops. Its last words, from {part.log}:\n{self.tail(part)}"
            )
        wait = min(FIRST_WAIT * 2**part.quick_deaths, LONGEST_WAIT)
        part.restart_at = now + wait
        warn(f"{part.name} (process {part.pid}) {how}; it is started again in {wait:g} s. Its log: {part.log}")

    # --- All of them --------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Until we are asked to stop (0) or a part keeps failing (1)."""
        self.listen()
        self.logs.mkdir(parents=True, exist_ok=True)
        code = 0
        try:
            self.start_all()
            if not self.stopping:
                self.last_watch = self.answered_at = time.monotonic()
                say(f"Balasan is ready at {self.ready['address']}")
            while not self.stopping:
                self.tick()
        except Failed as error:
            warn(f"Balasan stops: {error}")
            code = 1
        finally:
            self.stop_all()
        return code

    def tick(self) -> None:
        for part in self.parts:
            self.look_after(part)
        if time.monotonic() - self.last_rotation > 30:
            self.last_rotation = time.monotonic()
            for part in self.parts:
                rotate(part.log)
        if time.monotonic() - self.last_watch > WATCH_SECONDS:
            self.last_watch = time.monotonic()
            self.watch()
        due = [part.restart_at - time.monotonic() for part in self.parts if part.restart_at is not None]
        self.wait(max(0.0, min([1.0, *due])))

    def start_all(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for part in self.parts:
            if self.stopping:
                return
            rotate(part.log)
            self.start(part)
            say(f"{part.name:<7} started (process {part.pid}), log: {part.log}")
            if part.socket:
                self.poll(lambda part=part: takes_connections(part.socket), deadline, f"{part.name} does not answer")  # type: ignore[misc]
        self.poll(self.answers, deadline, "the site does not answer")

    def poll(self, is_true: Callable[[], bool], deadline: float, otherwise: str) -> None:
        """Ask again and again, looking after the parts meanwhile, until it is true or we are asked to stop."""
        while not self.stopping and not is_true():
            if time.monotonic() > deadline:
                tails = "\n".join(f"  {part.log}:\n{self.tail(part, 3)}" for part in self.parts)
                raise Failed(f"{otherwise} within {READY_SECONDS:.0f} s of the start. The last words of each part:\n{tails}")
            for part in self.parts:
                if part.process is not None:
                    self.look_after(part)
            self.wait(TICK)

    def answers(self) -> bool:
        """Whether the site is ready and a worker has reported: the first comment must not wait for either."""
        status, body = self.ask()
        return status == 200 and body.get("worker", {}).get("seen") is True

    def ask(self) -> tuple[int, dict[str, Any]]:
        """What /readyz says; status 0 where nothing answers. By hand: http.client would bring ssl and e-mail parsers into this process."""
        try:
            with socket.create_connection((self.ready["host"], self.ready["port"]), timeout=3) as connection:
                host = self.ready["host_header"]
                connection.sendall(f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = b""
                while chunk := connection.recv(65_536):
                    answer += chunk
            head, _, body = answer.partition(b"\r\n\r\n")
            return int(head.split()[1]), json.loads(body)
        except (OSError, ValueError, IndexError):
            return 0, {}

    def watch(self) -> None:
        """Notice what is alive and does nothing: a web server that does not answer, a worker or its beat without a sign of life."""
        now = time.monotonic()
        status, body = self.ask()
        if status:
            self.answered_at = now
        silent = {"web": now - self.answered_at}
        for name in ("worker", "beat"):
            # Without Redis nobody knows, and then there is no entry.
            silent["worker"] = max(silent.get("worker", 0.0), float(body.get(name, {}).get("seconds_since", 0)))
        for part in self.parts:
            seconds = silent.get(part.name, 0.0)
            if part.process and part.restart_at is None and min(seconds, now - part.started_at) > SILENT_SECONDS:
                warn(f"{part.name} (process {part.pid}) has given no sign of life for {seconds:.0f} s and is ended.")
                self.end(part)

    def stop_all(self) -> None:
        """In reverse order, so that nobody loses the Redis they still need. A second signal, or the time, ends the patience."""
        asked = self.stopping
        for part in reversed(self.parts):
            self.end(part, patience=lambda: self.stopping <= max(asked, 1))

    def end(self, part: Part, patience: Callable[[], bool] = lambda: True) -> None:
        """SIGTERM, time to finish, SIGKILL for whatever is left of its group."""
        process = part.process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
        deadline = time.monotonic() + part.stop_seconds
        while process.poll() is None and time.monotonic() < deadline and patience():
            self.wait(TICK)
        self.kill_group(part)
        process.wait()


def takes_connections(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def rotate(log: Path) -> None:
    """Keep a log below LOG_BYTES: copied away and emptied in place, since its writer holds it open (for appending)."""
    try:
        if log.stat().st_size < LOG_BYTES:
            return
        for number in range(LOGS_KEPT - 1, 0, -1):
            older = log.with_name(f"{log.name}.{number}")
            if older.exists():
                older.replace(log.with_name(f"{log.name}.{number + 1}"))
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)
    except FileNotFoundError:
        return
    except OSError as error:
        warn(f"{log} cannot be rotated: {error.strerror}.")


# --- The lock: one installation on a folder at a time -----------------------------------------------------------------------


def take_lock(data_dir: Path, patience: float = 20.0) -> IO[str]:
    """The lock on `data_dir`, held until the file and every copy that the parts inherit are closed. Raises Failed.

    Held by a running `up`, it is refused at once; held by what a killed one left behind, which is ending, it is waited for.
    """
    file = (data_dir / "up.lock").open("a+")
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip()
            if is_alive(owner):
                words = f"another `up` (process {owner}) runs on {data_dir}. Stop it first, or give this one its own DATA_DIR."
                raise Failed(words) from None
            if time.monotonic() > deadline:
                words = f"processes that an earlier `up` left behind still run on {data_dir}. End them, then start again."
                raise Failed(words) from None
            time.sleep(TICK)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    os.set_inheritable(file.fileno(), True)
    return file


def is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main() -> int:
    return Supervisor(json.loads(sys.argv[1])).run()


if __name__ == "__main__":
    sys.exit(main())
