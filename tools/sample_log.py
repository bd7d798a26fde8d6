"""sample_log.py [--lines N] [--seed N] FILE: writes an access log in Apache's combined format.

The same seed gives the same bytes on every machine. About one line in a thousand is broken on
purpose, each time in one of several ways, as logs in the field are. An existing FILE is replaced.
"""

import argparse
import bisect
import itertools
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST_SECOND = datetime(2025, 3, 1, tzinfo=UTC)
BROKEN_ONE_IN = 1000

METHODS = {"GET": 86, "POST": 9, "HEAD": 5}
STATUSES = {200: 780, 304: 110, 404: 50, 301: 25, 206: 12, 302: 10, 403: 6, 500: 5, 503: 2}
NO_BODY = {304}

SECTIONS = ["articles", "blog", "docs", "projects", "images", "downloads", "presentations", "tags"]
WORDS = ["quick", "notes", "on", "parsing", "logs", "with", "small", "tools", "winter", "release"]
ENDINGS = {"": 40, ".html": 30, ".png": 12, ".css": 6, ".js": 6, ".xml": 3, ".tar.gz": 3}
REFERRERS = {"-": 55, "https://example.org/": 20, "https://search.example.com/?q=logs": 25}
USERS = {"-": 97, "alice": 1, "bob": 1, "j.d\\xc3\\xb6e": 1}
AGENTS = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": 25,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36": 38,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1": 22,
    "ExampleBot/2.1 (+https://bot.example.com/about)": 9,
    "curl/8.5.0": 4,
    'Strange \\"quoted\\" agent': 1,
    "-": 1,
}



class Draws:
    """Random choices that need nothing but `random()`, the one draw that no Python changes."""

    def __init__(self, seed: int) -> None:
        self.fraction = random.Random(seed).random

    def near_zero(self) -> float:
        """A fraction, small more often than large; by products, as `pow` differs by machine."""
        fraction = self.fraction()
        return fraction * fraction * fraction

    def below(self, limit: int) -> int:
        return int(self.fraction() * limit)

    def one(self, values: list[str]) -> str:
        return values[self.below(len(values))]

    def chooser(self, weights: dict) -> Callable[[], object]:
        """A function that draws a key of `weights` as often as its weight says."""
        values = list(weights)
        limits = list(itertools.accumulate(weights.values()))
        return lambda: values[bisect.bisect(limits, self.fraction() * limits[-1])]


def some_hosts(draws: Draws, how_many: int) -> list[str]:
    """IPv4 addresses from the ranges kept for documentation, some IPv6 and some names."""
    hosts = []
    for number in range(how_many):
        kind = draws.below(20)
        if kind == 0:
            hosts.append(f"2001:db8::{draws.below(65536):x}:{number:x}")
        elif kind == 1:
            hosts.append(f"crawler-{number}.bot.example.com")
        else:
            hosts.append(f"{draws.one(['192.0.2', '198.51.100', '203.0.113'])}.{draws.below(256)}")
    return hosts


def some_paths(draws: Draws, how_many: int) -> list[str]:
    ending = draws.chooser(ENDINGS)
    paths = ["/", "/robots.txt", "/favicon.ico"]
    while len(paths) < how_many:
        words = "-".join(draws.one(WORDS) for _ in range(1 + draws.below(4)))
        query = f"?page={1 + draws.below(40)}" if draws.below(12) == 0 else ""
        paths.append(f"/{draws.one(SECTIONS)}/{words}-{draws.below(5000)}{ending()}{query}")
    return paths


def sound_lines(draws: Draws) -> Iterator[bytes]:
    """Endless lines in the combined format; a few visitors and paths make most of the traffic."""
    hosts, paths = some_hosts(draws, 4000), some_paths(draws, 6000)
    method, status = draws.chooser(METHODS), draws.chooser(STATUSES)
    referrer, user, agent = draws.chooser(REFERRERS), draws.chooser(USERS), draws.chooser(AGENTS)
    second = 0
    moment = ""
    while True:
        step = draws.below(3)
        if step or not moment:
            second += step
            moment = (FIRST_SECOND + timedelta(seconds=second)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        host = hosts[int(len(hosts) * draws.near_zero())]
        path = paths[int(len(paths) * draws.near_zero())]
        verb, code, came_from = method(), status(), referrer()
        has_body = verb != "HEAD" and code not in NO_BODY
        size = str(100 + int(1e6 * draws.near_zero())) if has_body else "-"
        if came_from == "https://example.org/":
            came_from += paths[draws.below(len(paths))][1:]
        line = (
            f'{host} - {user()} [{moment}] "{verb} {path} HTTP/1.1" {code} {size} '
            f'"{came_from}" "{agent()}"'
        )
        yield line.encode("ascii")


def cut_short(line: bytes, draws: Draws) -> bytes:
    return line[: 1 + draws.below(len(line) // 2)]


def with_status(status: bytes) -> Callable[[bytes, Draws], bytes]:
    def replaced(line: bytes, _: Draws) -> bytes:
        head, request, rest = line.split(b'"', 2)
        return b'"'.join([head, request, b" " + status + b" " + rest.split(b" ", 2)[2]])

    return replaced


def with_size(size: bytes) -> Callable[[bytes, Draws], bytes]:
    def replaced(line: bytes, _: Draws) -> bytes:
        head, request, rest = line.split(b'"', 2)
        status, after = rest.split(b" ", 2)[1:]
        return b'"'.join([head, request, b" ".join([b"", status, size, after.split(b" ", 1)[1]])])

    return replaced


def with_request(request: bytes) -> Callable[[bytes, Draws], bytes]:
    def replaced(line: bytes, _: Draws) -> bytes:
        head, _request, rest = line.split(b'"', 2)
        return b'"'.join([head, request, rest])

    return replaced


def with_moment(moment: bytes) -> Callable[[bytes, Draws], bytes]:
    def replaced(line: bytes, _: Draws) -> bytes:
        head, after = line.split(b"[", 1)
        return head + b"[" + moment + b"]" + after.split(b"]", 1)[1]

    return replaced


def without_a_quote(line: bytes, _: Draws) -> bytes:
    return line.replace(b'"', b"", 1)


WAYS_TO_BREAK: list[Callable[[bytes, Draws], bytes]] = [
    cut_short,
    without_a_quote,
    with_status(b"2OO"),
    with_status(b"999"),
    with_size(b"twelve"),
    with_size(b"99999999999999999999"),
    with_request(b"-"),
    with_request(b"\\x16\\x03\\x01"),
    with_request(b"BREW /coffee HTTP/1.1"),
    with_request(b"GET index.html HTTP/1.1"),
    with_request(b"GET /caf\xe9 HTTP/1.1"),
    with_moment(b"31/Feb/2025:10:00:00 +0000"),
    with_moment(b"yesterday"),
]


def lines(count: int, seed: int) -> Iterator[bytes]:
    draws = Draws(seed)
    for line in itertools.islice(sound_lines(draws), count):
        if draws.below(BROKEN_ONE_IN) == 0:
            line = WAYS_TO_BREAK[draws.below(len(WAYS_TO_BREAK))](line, draws)
        yield line + b"\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("file", type=Path)
    wanted = parser.parse_args()
    wanted.file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = wanted.file.with_name(wanted.file.name + ".unfinished")
    with unfinished.open("wb") as output:
        output.writelines(lines(wanted.lines, wanted.seed))
    unfinished.replace(wanted.file)


if __name__ == "__main__":
    main()
