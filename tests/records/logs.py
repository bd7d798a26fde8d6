"""A seeded writer of access logs in which some lines are broken, each in a way of its own."""

from __future__ import annotations

import random

AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "curl/8.5.0",
    'Agent \\"quoted\\" \\\\ \\x41\\xc3\\xa9',
    "-",
]
PATHS = ["/", "/index.html", "/a/b?c=d&e=%20", "/caf\u00e9", "/" + "x" * 300]


def good_line(draw: random.Random) -> bytes:
    host = ".".join(str(draw.randrange(256)) for _ in range(4))
    day, second = draw.randrange(1, 29), draw.randrange(86400)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    time = f"{day:02}/May/2015:{clock} +0{draw.randrange(10)}00"
    method = draw.choice(["GET", "GET", "GET", "POST", "HEAD"])
    status = draw.choice([200, 200, 200, 304, 404, 500])
    size = "-" if status == 304 else str(draw.randrange(10 ** draw.randrange(1, 8)))
    line = (
        f'{host} - {draw.choice(["-", "frank"])} [{time}] "{method} {draw.choice(PATHS)} HTTP/1.1" '
        f'{status} {size} "http://example.org/" "{draw.choice(AGENTS)}"'
    )
    return line.encode()


def broken_line(draw: random.Random) -> bytes:
    line = good_line(draw)
    return draw.choice(
        [
            lambda: line[: draw.randrange(1, len(line))],
            lambda: line.replace(b"HTTP/1.1", b"HTTP/1.1 extra"),
            lambda: line.replace(b" HTTP/1.1", b""),
            lambda: line.replace(b"[", b"(", 1),
            lambda: line.replace(b'" 200 ', b'" 999 '),
            lambda: line.replace(b'" 200 ', b'" 2o0 ').replace(
                b'" 304 ', b'" 99999999999999999999 '
            ),
            lambda: line.replace(b"/May/", b"/Mai/"),
            lambda: line.replace(b":", b":99:", 1),
            lambda: line.replace(b"GET", b"BREW").replace(b"POST", b"BREW"),
            lambda: line.replace(b"/", b"\xff/", 3),
            lambda: line + b" trailing",
            lambda: line.replace(b"example", b"ex\x00mple"),
            lambda: line.replace(b"0 ", b"-5 ", 1),
            lambda: line[:-1] + b'\\"',
            lambda: b"\x00" * 20,
            lambda: b"\\" * draw.randrange(1, 9),
            lambda: b'"' * draw.randrange(1, 9),
        ]
    )()


def access_log(
    lines: int, seed: int, *, broken: float = 0.05, blank: float = 0.01, final_newline: bool = True
) -> bytes:
    draw = random.Random(seed)
    parts = []
    for _ in range(lines):
        choice = draw.random()
        if choice < blank:
            parts.append(draw.choice([b"", b"\r"]))
        elif choice < blank + broken:
            parts.append(broken_line(draw))
        else:
            parts.append(good_line(draw) + (b"\r" if draw.random() < 0.05 else b""))
    return b"\n".join(parts) + (b"\n" if final_newline else b"")
