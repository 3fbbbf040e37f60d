"""`manage.py up`: one command starts everything, says so, heals what dies, and leaves nothing behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from newsroom import supervisor
from newsroom.supervisor import Failed, Supervisor, rotate, take_lock
from tests.newsroom.conftest import Installation, own_database
from tests.processes import ROOT, free_port, wait_for


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


class TestStart:
    def test_the_last_line_says_where_it_answers(self, installation: Installation) -> None:
        lines = installation.process.log.strip().splitlines()
        assert lines[-1] == f"Balasan is ready at {installation.url}/"
        assert httpx.get(f"{installation.url}/").status_code == 200

    def test_a_worker_and_its_beat_are_at_work(self, installation: Installation) -> None:
        assert wait_for(installation.ready)["worker"]["seen"] is True
        wait_for(lambda: installation.ready().get("beat", {}).get("seen"), every=0.5)

    def test_the_moderator_may_enter_and_edit_the_rules_but_make_no_users(self, installation: Installation) -> None:
        login = re.search(r"^Moderator login: (\S+) (\S+)$", installation.process.log, re.MULTILINE)
        assert login is not None
        with httpx.Client(base_url=installation.url, follow_redirects=True) as client:
            page = client.get("/admin/login/")
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert token is not None
            data = {"username": login[1], "password": login[2], "csrfmiddlewaretoken": token[1], "next": "/admin/"}
            client.post("/admin/login/", data=data)
            assert "sessionid" in client.cookies
            assert client.get("/admin/moderation/queue/").status_code == 200
            assert client.get("/admin/moderation/rules/new/").status_code == 200
            assert client.get("/admin/auth/user/").status_code == 403

    def test_secrets_are_closed_to_others(self, installation: Installation) -> None:
        for name in ("moderator", "secret_key"):
            assert stat.S_IMODE((installation.data_dir / name).stat().st_mode) == 0o600
        assert stat.S_IMODE(installation.data_dir.stat().st_mode) == 0o700

    def test_nothing_listens_but_the_site(self, installation: Installation) -> None:
        ports = {
            connection.laddr.port
            for process in installation.everybody()
            for connection in process.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert ports == {installation.port}

    def test_every_log_line_of_ours_is_json_or_a_library_s_banner(self, installation: Installation) -> None:
        httpx.get(f"{installation.url}/")
        lines = [line for line in (installation.data_dir / "logs" / "web.log").read_text().splitlines() if line.startswith("{")]
        assert {json.loads(line)["logger"] for line in lines} >= {"granian", "newsroom.requests"}


class TestHealing:
    @pytest.mark.parametrize("name", ["redis", "worker", "web"])
    def test_a_killed_part_is_started_again_and_leaves_no_orphan(self, installation: Installation, name: str) -> None:
        part = installation.parts()[name]
        family = [part, *part.children(recursive=True)]
        part.kill()
        wait_for(lambda: gone(family))
        wait_for(lambda: name in installation.parts() and installation.ready(), every=0.2)
        assert f"{name} (process {part.pid}) was ended by SIGKILL" in installation.process.log


class TestRefusals:
    def refused(self, **environment: str) -> str:
        command = [sys.executable, "manage.py", "up"]
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False)
        assert result.returncode != 0
        assert "Traceback" not in result.stderr
        return result.stderr

    def test_a_second_one_on_the_same_folder(self, installation: Installation) -> None:
        words = self.refused(**installation.environment | {"PORT": str(free_port())})
        assert f"another `up` (process {installation.process.pid}) runs on" in words
        wait_for(installation.ready)

    def test_a_port_in_use(self, installation: Installation, folder: Path) -> None:
        words = self.refused(**installation.environment | {"DATA_DIR": str(folder / "other")})
        assert f"cannot listen on 127.0.0.1:{installation.port}: Address already in use" in words

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("PORT", "http", "PORT must be a number"),
            ("PORT", "70000", "PORT must be a number"),
            ("HOST", "no-such-host.invalid", "HOST must be an address or name of this machine"),
            ("DATA_DIR", "/dev/null/var", "cannot be written"),
            ("TRUSTED_PROXIES", "all", "TRUSTED_PROXIES must be"),
        ],
    )
    def test_a_wrong_value(self, install: Callable[..., Installation], name: str, value: str, sentence: str) -> None:
        assert sentence in self.refused(**install("refused").environment | {name: value})

    def test_no_redis_to_start(self, install: Callable[..., Installation]) -> None:
        code = (
            "import importlib.util as u; u.find_spec = lambda name: None; from newsroom.management.commands import up; up.redis_program()"
        )
        prelude = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'newsroom.settings'; django.setup(); "
        environment = {**install("no redis").environment, "PATH": "/nowhere", "SECRET_KEY": "x" * 50}
        result = subprocess.run(
            [sys.executable, "-c", prelude + code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False
        )
        assert "No redis-server was found. Install Redis or Valkey" in result.stderr


class TestEnd:
    def test_a_second_copy_beside_the_first_and_sigterm_ends_it_whole(
        self, installation: Installation, install: Callable[..., Installation]
    ) -> None:
        other = install("second", **own_database()).start().wait_until_ready()
        family = other.everybody()
        assert len(family) >= 5
        other.process.signal(signal.SIGTERM)
        assert other.wait_for_the_end() == 0
        wait_for(lambda: gone(family))
        wait_for(installation.ready)

        # And again, on what it left: nothing is loaded twice, and a kill -9 takes everybody along.
        other.start().wait_until_ready()
        assert "Demo data" not in other.process.log
        family = other.everybody()
        other.process.signal(signal.SIGKILL)
        wait_for(lambda: gone(family))


class TestSupervisor:
    def plan(self, folder: Path, *parts: dict[str, Any]) -> dict[str, Any]:
        ready = {"host": "127.0.0.1", "port": free_port(), "host_header": "127.0.0.1", "address": ""}
        self.lock = take_lock(folder)
        return {"data_dir": str(folder), "lock": self.lock.fileno(), "ready": ready, "parts": list(parts)}

    def test_a_part_that_keeps_failing_stops_everything_with_its_last_words(self, tmp_path: Path) -> None:
        steady = {"name": "redis", "command": [sys.executable, "-c", "import time; time.sleep(60)"]}
        broken = {"name": "worker", "command": [sys.executable, "-c", "print('the model is gone'); raise SystemExit(3)"]}
        plan = self.plan(tmp_path, steady, broken)
        command = [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(plan)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, pass_fds=[plan["lock"]])
        assert result.returncode == 1
        assert "worker ended with exit code 3, 4 times in a row" in result.stderr
        assert "the model is gone" in result.stderr

    def test_a_program_that_is_not_there(self, tmp_path: Path) -> None:
        watcher = Supervisor(self.plan(tmp_path, {"name": "redis", "command": ["/no/such/program"]}))
        watcher.logs.mkdir()
        with pytest.raises(Failed, match="redis cannot be started: No such file"):
            watcher.start(watcher.parts[0])

    @pytest.mark.parametrize("silent", ["worker", "beat"])
    def test_a_part_without_a_sign_of_life_is_ended(self, tmp_path: Path, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
        watcher = Supervisor(self.plan(tmp_path, {"name": "worker", "command": [sys.executable, "-c", "import time; time.sleep(60)"]}))
        watcher.logs.mkdir()
        part = watcher.parts[0]
        watcher.start(part)
        signs = {"worker": {"seconds_since": 1}, "beat": {"seconds_since": 1}} | {silent: {"seconds_since": 500}}
        monkeypatch.setattr(watcher, "ask", lambda: (503, signs))
        watcher.watch()
        assert part.process is not None
        assert part.process.poll() is None, "it was started just now"
        part.started_at -= 500
        watcher.watch()
        assert part.process.poll() is not None

    def test_a_log_that_grew_is_put_aside(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor, "LOG_BYTES", 10)
        log = tmp_path / "web.log"
        for turn in range(5):
            with log.open("a") as file:
                file.write(f"turn {turn}, more than ten bytes\n")
            rotate(log)
        assert log.read_text() == ""
        assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
        assert "turn 4" in (tmp_path / "web.log.1").read_text()

    def test_the_lock_waits_for_what_a_killed_one_left(self, tmp_path: Path) -> None:
        code = (
            "import os, sys, time; sys.path.insert(0, '.'); from pathlib import Path; from newsroom.supervisor import take_lock;"
            f"lock = take_lock(Path({str(tmp_path)!r})); os.fork() and os._exit(0); print('held', flush=True); time.sleep(2)"
        )
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as leftover:
            assert leftover.stdout is not None
            assert leftover.stdout.readline() == b"held\n"
            leftover.wait(5)
            began = time.monotonic()
            take_lock(tmp_path, patience=10).close()
            assert 0.5 < time.monotonic() - began < 8

    def test_no_answer_counts_as_silence(self, tmp_path: Path) -> None:
        plan = self.plan(tmp_path)
        watcher = Supervisor(plan)
        assert watcher.ask() == (0, {})
        with socket.create_server(("127.0.0.1", plan["ready"]["port"])):
            plan["ready"]["port"] = 1
            assert watcher.answers() is False
