"""aio.fetch against a server that is slow, cuts connections, sends garbage, redirects in circles."""

import asyncio
import contextlib
import os
import socketserver
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from bridges import needs_threads_after_a_fork, run_with_bridge

import fastlane as fl
from fastlane import aio

BODY = bytes(range(256)) * 400


class Handler(socketserver.StreamRequestHandler):
    """One request: the path says how it is answered."""

    def handle(self) -> None:
        request = self.rfile.readline().decode("latin-1").split(" ")
        while self.rfile.readline() not in (b"\r\n", b"\n", b""):
            pass
        if len(request) < 2:
            return
        name = request[1].strip("/").split("/")[0]
        self.server.asked.append(request[1])
        with contextlib.suppress(OSError):
            getattr(self, name.replace("-", "_"))(request[1])

    def say(self, status: str, *headers: str, body: bytes = b"") -> None:
        head = "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""])
        self.wfile.write(head.encode("latin-1") + body)

    def ok(self, path: str) -> None:
        self.say("200 OK", f"Content-Length: {len(BODY)}", body=BODY)

    def empty(self, path: str) -> None:
        self.say("204 No Content")

    def missing(self, path: str) -> None:
        self.say("404 Not Found", "Content-Length: 4", body=b"none")

    def slow(self, path: str) -> None:
        self.say("200 OK", "Content-Length: 1000000")
        while True:
            self.wfile.write(b".")
            time.sleep(0.01)

    def silent(self, path: str) -> None:
        self.rfile.read(1)  # until the other side closes
        self.server.closed.set()

    def cut(self, path: str) -> None:
        self.say("200 OK", "Content-Length: 1000", body=b"only this")

    def at_once(self, path: str) -> None:
        pass

    def garbage(self, path: str) -> None:
        self.wfile.write(b"\0\xff\xfe no answer at all \r\n\r\n" * 100)

    def garbled(self, path: str) -> None:
        self.say("200 OK", "Transfer-Encoding: chunked", body=b"zz\r\nno chunk\r\n")

    def large(self, path: str) -> None:
        self.say("200 OK", "Content-Length: 1000000000", body=BODY)

    def endless(self, path: str) -> None:
        self.say("200 OK")
        while True:
            self.wfile.write(BODY)

    def headers(self, path: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-Header: " + b"x" * 1000 + b"\r\n")

    def circle(self, path: str) -> None:
        self.say("302 Found", f"Location: {path}")

    def hop(self, path: str) -> None:
        left = int(path.split("/")[2]) - 1
        self.say("302 Found", f"Location: /hop/{left}" if left else "Location: /ok")

    def file(self, path: str) -> None:
        self.say("302 Found", "Location: file:///etc/passwd")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.closed = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module", autouse=True)
def library() -> None:
    """Where libcurl is not installed, that is said and nothing else can be asked."""

    async def ask() -> None:
        await aio.fetch("http://127.0.0.1:1/")

    os.environ["no_proxy"] = "127.0.0.1"
    try:
        asyncio.run(ask())
    except aio.FetchError:
        pass
    except RuntimeError as error:
        assert "libcurl" in str(error)
        pytest.skip(str(error))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def run(body: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(body())


def test_it_fetches_many_at_once(server: Server):
    async def body() -> None:
        assert await aio.fetch(server.url + "/ok", timeout=60) == BODY
        assert await aio.fetch(server.url + "/empty") == b""
        replies = [aio.fetch(f"{server.url}/ok/{number}", timeout=60) for number in range(100)]
        assert await asyncio.gather(*replies) == [BODY] * 100

    run(body)
    assert len(server.asked) == 102


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/missing", "404"),
        ("/cut", "transfer closed|end of response"),
        ("/at-once", "Empty reply"),
        ("/garbage", "HTTP/0.9|Nul byte|Weird"),
        ("/garbled", "chunk|hex"),
        ("/circle", "redirects"),
        ("/file", "rotocol"),
        ("/headers", "eader"),
    ],
)
def test_what_goes_wrong_is_a_fetch_error(server: Server, path: str, says: str):
    async def body() -> None:
        with pytest.raises(aio.FetchError, match=says) as caught:
            await aio.fetch(server.url + path, timeout=60)
        assert caught.value.url == server.url + path
        assert caught.value.status == {"/missing": 404, "/circle": 302, "/file": 302}.get(
            path, caught.value.status
        )
        assert isinstance(caught.value, OSError | fl.FastlaneError)

    run(body)


def test_nobody_listens(server: Server):
    async def body() -> None:
        with pytest.raises(aio.FetchError, match="onnect") as caught:
            await aio.fetch("http://127.0.0.1:1/")
        assert caught.value.status is None

    run(body)


@pytest.mark.parametrize("path", ["/large", "/endless", "/ok"])
def test_an_answer_that_is_too_large_is_given_up(server: Server, path: str):
    async def body() -> None:
        with pytest.raises(aio.FetchError, match=f"more than {len(BODY) - 1} bytes"):
            await aio.fetch(server.url + path, max_bytes=len(BODY) - 1, timeout=60)
        assert await aio.fetch(server.url + "/ok", max_bytes=len(BODY)) == BODY
        assert await aio.fetch(server.url + "/empty", max_bytes=0) == b""

    run(body)


@pytest.mark.parametrize("path", ["/slow", "/silent"])
def test_it_gives_up_after_its_time(server: Server, path: str):
    async def body() -> None:
        began = time.monotonic()
        with pytest.raises(TimeoutError, match="0.1 s"):
            await aio.fetch(server.url + path, timeout=0.1)
        assert time.monotonic() - began < 10

    run(body)


def test_redirects_are_bounded(server: Server):
    async def body() -> None:
        assert await aio.fetch(server.url + "/hop/3", max_redirects=3) == BODY
        with pytest.raises(aio.FetchError, match="redirects"):
            await aio.fetch(server.url + "/hop/3", max_redirects=2)
        with contextlib.suppress(aio.FetchError):
            assert await aio.fetch(server.url + "/hop/1", max_redirects=0) == b""

    run(body)


def test_cancelling_closes_the_socket(server: Server):
    async def body() -> None:
        task = asyncio.create_task(wait())
        while not server.asked:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.closed.wait, 10)
        assert await aio.fetch(server.url + "/ok") == BODY

    async def wait() -> bytes:
        return await aio.fetch(server.url + "/silent", timeout=None)

    run(body)


def test_a_loop_that_ends_takes_its_fetches_along(server: Server):
    async def body() -> None:
        aio.fetch(server.url + "/silent")
        while not server.asked:
            await asyncio.sleep(0.001)

    run(body)
    assert server.closed.wait(10)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"url": "gopher://127.0.0.1/"}, "http"),
        ({"url": "file:///etc/passwd"}, "http"),
        ({"url": "http://"}, "."),
        ({"url": 7}, "url"),
        ({"url": "http://a\0b"}, "url"),
        ({"url": "http://127.0.0.1", "timeout": 0}, "timeout"),
        ({"url": "http://127.0.0.1", "max_bytes": -1}, "max_bytes"),
        ({"url": "http://127.0.0.1", "max_redirects": -1}, "max_redirects"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], says: str):
    async def body() -> None:
        with pytest.raises(fl.ArgumentValueError, match=says):
            await aio.fetch(**arguments)

    run(body)


SILENT = """
import socket
silent = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
os.environ["no_proxy"] = "127.0.0.1"
"""

EXITS = {
    "under way": "asyncio.run(main())",
    "loop left open": "loop = asyncio.new_event_loop(); loop.run_until_complete(main())",
    "exception": "asyncio.run(main()); sys.exit(3)",
}


@pytest.mark.parametrize("state", EXITS)
def test_every_exit_is_quick_and_silent(state: str):
    script = SILENT + "async def main():\n    aio.fetch(url)\n    await asyncio.sleep(0.05)\n"
    ended = run_with_bridge(script + EXITS[state], timeout=10)
    assert ended.returncode == (3 if state == "exception" else 0), ended.stderr
    assert ended.stderr == ""


@needs_threads_after_a_fork
def test_the_child_of_a_fork_fetches_anew(server: Server):
    ended = run_with_bridge(SILENT + f"""
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads, from Python 3.12 on
async def main():
    reply = aio.fetch(url, timeout=None)
    await asyncio.sleep(0.05)
    child = os.fork()
    if child == 0:
        assert isinstance(reply.exception(), fl.ForkedError)
        async def again(): return len(await aio.fetch({server.url + "/ok"!r}))
        result = []
        thread = threading.Thread(target=lambda: result.append(asyncio.run(again())))
        thread.start(); thread.join()
        os._exit(7 if result == [{len(BODY)}] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert not reply.done()
    reply.cancel()
asyncio.run(main())
""")
    assert (ended.returncode, ended.stderr) == (0, "")
