"""The pages docs/aio-*.md: their examples behind the real servers, on the loopback interface."""

import contextlib
import http.client
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY

MANY = int(os.environ.get("FASTLANE_CASES", "200")) > 200
CLIENTS = 8


def need(*modules: str) -> None:
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install {module}")


def write_example(page: str, folder: Path) -> None:
    """All Python of a page as the module `app`."""
    text = (REPOSITORY / "docs" / page).read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (folder / "app.py").write_text("\n".join(blocks))


@contextlib.contextmanager
def serving(command: list[str], folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """The server on a socket that listens already; it must end well when it is asked to."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        port = listener.getsockname()[1]
        words = [word.replace("FD", str(listener.fileno())) for word in command]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
        server = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore::DeprecationWarning", "-m", *words],
            pass_fds=[listener.fileno()],
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield port, server
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            said, _ = server.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            said, _ = server.communicate()
            pytest.fail(f"the server did not end:\n{said}")
    assert "Traceback" not in said, said
    # uvicorn ends by the signal that asked it to, once everything is over.
    assert server.returncode in (0, -signal.SIGTERM), said


def in_clients(requests: int, ask: Callable[[http.client.HTTPConnection, int], None], port: int):
    """Shares the requests among clients that keep their connections."""
    failed: list[BaseException] = []

    def client(first: int) -> None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            for number in range(first, requests, CLIENTS):
                ask(connection, number)
            connection.close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=client, args=(first,)) for first in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]


BODIES = [np.full(size, size % 251, "u1").tobytes() for size in (0, 10, 5_000, 200_000)]
CHECKSUMS = [zlib.crc32(body) for body in BODIES]


def expect_json(connection: http.client.HTTPConnection, number: int) -> None:
    kind = number % len(BODIES)
    connection.request("POST", "/crc32", BODIES[kind])
    reply = connection.getresponse()
    assert (reply.status, json.load(reply)) == (200, {"crc32": CHECKSUMS[kind]})


def expect_text(connection: http.client.HTTPConnection, number: int) -> None:
    kind = number % len(BODIES)
    connection.request("POST", "/", BODIES[kind])
    reply = connection.getresponse()
    assert (reply.status, reply.read()) == (200, b"%d\n" % CHECKSUMS[kind])


@pytest.mark.parametrize("name", ["app", "starlette_app"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_uvicorn_serves_the_page_for_fastapi(name: str, loop: str, tmp_path: Path):
    need("uvicorn", "fastapi", *(["uvloop"] if loop == "uvloop" else []))
    write_example("aio-fastapi.md", tmp_path)
    command = ["uvicorn", f"app:{name}", "--fd", "FD", "--loop", loop, "--no-access-log"]
    with serving(command, tmp_path) as (port, _):
        in_clients(10_000 if MANY else 200, expect_json, port)
        if name == "app":
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/stats")
            stats = json.load(connection.getresponse())
            assert stats["under_way"] == stats["bytes"] == 0 and stats["done"] > 0
            connection.close()


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["plain", "preload"])
def test_gunicorn_serves_the_page_for_wsgi_with_four_workers(preload: list[str], tmp_path: Path):
    need("gunicorn")
    write_example("aio-gunicorn.md", tmp_path)
    command = ["gunicorn", "app:app", "--bind", "fd://FD", "--workers", "4", *preload]
    command += ["--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
    with serving(command, tmp_path) as (port, server):
        in_clients(10_000 if MANY else 400, expect_text, port)
        assert len(children_of(server.pid)) == 4
        # One that dies is forked anew, from a parent that may have threads.
        victim = children_of(server.pid)[0]
        os.kill(victim, signal.SIGKILL)
        end = time.monotonic() + 20
        while len(set(children_of(server.pid)) - {victim}) < 4:
            assert time.monotonic() < end, "no new worker"
            time.sleep(0.05)
        in_clients(100, expect_text, port)


def children_of(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def test_a_full_bridge_answers_503(tmp_path: Path):
    need("uvicorn", "fastapi")
    write_example("aio-fastapi.md", tmp_path)
    with (tmp_path / "app.py").open("a") as file:
        file.write(
            """
import numpy as np

endless = np.broadcast_to(1.0, 1 << 40)

@app.get("/fill")
async def fill(request: Request) -> int:
    app.state.reply = app.state.bridge.run(fl.sum, endless)  # borrows 8 TiB, as far as it knows
    return 1

@app.get("/free")
async def free(request: Request) -> bool:
    return app.state.reply.cancel()
"""
        )
    command = ["uvicorn", "app:app", "--fd", "FD", "--no-access-log"]
    with serving(command, tmp_path) as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

        def ask(method: str, path: str, body: bytes | None = None) -> http.client.HTTPResponse:
            connection.request(method, path, body)
            reply = connection.getresponse()
            reply.read()
            return reply

        assert ask("GET", "/fill").status == 200
        refused = ask("POST", "/crc32", BODIES[3])
        assert refused.status == 503 and int(refused.headers["Retry-After"]) >= 1
        assert ask("GET", "/free").status == 200
        end = time.monotonic() + 20
        while ask("POST", "/crc32", BODIES[3]).status != 200:
            assert time.monotonic() < end, "the bridge stays full"
        connection.close()
