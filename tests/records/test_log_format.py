"""LogFormat and log_format texts: which columns they give, where tokens end, and what cannot be
read back.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

import fastlane
from fastlane import records as fr


def test_the_columns_of_the_named_formats() -> None:
    common = (
        "host",
        "ident",
        "user",
        "time",
        "request",
        "method",
        "path",
        "protocol",
        "status",
        "bytes",
    )
    assert fr.apache("common").names == common
    assert fr.apache("combined").names == (*common, "referer", "user_agent")
    assert fr.nginx("combined").names == (
        "remote_addr",
        "remote_user",
        "time_local",
        "request",
        "method",
        "path",
        "protocol",
        "status",
        "body_bytes_sent",
        "http_referer",
        "http_user_agent",
    )


@pytest.mark.parametrize(
    ("format", "names"),
    [
        ("%h", ["host"]),
        ("%h %% %D", ["host", "duration_us"]),
        ("%v:%p %a %A %f", ["vhost", "port", "client", "local_address", "filename"]),
        ("%m %U%%%q %H", ["method", "path", "query", "protocol"]),
        ("%T %{ms}T %{us}T %{s}T", ["duration_s", "duration_ms", "duration_us", "duration_s_2"]),
        ("%s %>s", ["status", "status_2"]),
        ("%b %B", ["bytes", "bytes_2"]),
        (
            "%{X-Forwarded-For}i %{Content-Type}o %{a.b}C %{UNIQUE_ID}e %{n}n",
            ["x_forwarded_for", "out_content_type", "cookie_a_b", "env_unique_id", "note_n"],
        ),
        ("%{1x}i", ["_1x"]),
        ("%400,501{Referer}i %!200s %<s", ["referer", "status", "status_2"]),
        ("%{%Y-%m-%d}t", ["time"]),
        ("%hx%u", ["host", "user"]),
        ('\\"%r\\"\\t%s', ["request", "method", "path", "protocol", "status"]),
        ("%r", ["request"]),
        ('%m "%r"', ["method", "request", "path", "protocol"]),
    ],
)
def test_apache_names(format: str, names: list[str]) -> None:
    assert list(fr.apache(format).names) == names


def test_nginx_names() -> None:
    source = fr.nginx('$host ${upstream_addr}x [$time_iso8601] "$request" $request_time')
    assert list(source.names) == [
        "host",
        "upstream_addr",
        "time_iso8601",
        "request",
        "method",
        "path",
        "protocol",
        "request_time",
    ]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fr.apache("comon"), "'common' or 'combined', or a format's text"),
        (lambda: fr.apache(""), "'common' or 'combined'"),
        (lambda: fr.apache(None), "'common' or 'combined'"),  # type: ignore[arg-type]
        (lambda: fr.apache("%h %Q"), "'%Q' at character 3"),
        (lambda: fr.apache("%h %{x}Q"), "'%{x}Q' at character 3"),
        (lambda: fr.apache("%h %"), "at character 3"),
        (lambda: fr.apache("%%"), "at least one token"),
        (lambda: fr.apache("%h%u"), "host directly followed by user"),
        (lambda: fr.apache("%h\\n%u"), "one line"),
        (lambda: fr.apache("%{}i"), "tokens of an Apache LogFormat"),
        (lambda: fr.nginx("main"), "'combined', or a format's text"),
        (lambda: fr.nginx("$a$b"), "a directly followed by b"),
        (lambda: fr.nginx("$a $"), "a variable's name after each $"),
        (lambda: fr.nginx("log_format main '$a $b';"), "leave out the word log_format"),
    ],
)
def test_what_cannot_be_read_back(make: Callable[[], object], said: str) -> None:
    with pytest.raises(fastlane.SchemaError) as caught:
        make()
    assert said in str(caught.value)


def test_sources_are_values() -> None:
    assert (
        fr.apache("combined")
        == pickle.loads(pickle.dumps(fr.apache("combined")))
        != fr.apache("common")
    )
    assert repr(fr.apache("combined")) == "apache('combined')"
    assert repr(fr.nginx("$a")) == "nginx('$a')"
    assert len({fr.apache("combined"), fr.apache("combined"), fr.nginx("combined")}) == 2


def run_one(source: fr.LogSource, line: bytes, *names: str) -> dict[str, list[object]]:
    schema = fr.Schema(**{name: fr.String() for name in names})
    return fr.Plan(source, schema).run(line).to_dict()


def test_lines_of_other_formats_are_read() -> None:
    vhost = '%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"'
    line = (
        b"www.example.org:443 10.0.0.1 - bob [17/May/2015:10:05:03 +0000] "
        b'"GET /a HTTP/2.0" 200 12 "-" "a b"\n'
    )
    assert run_one(
        fr.apache(vhost), line, "vhost", "port", "user", "time", "path", "bytes_out", "user_agent"
    ) == {
        "vhost": ["www.example.org"],
        "port": ["443"],
        "user": ["bob"],
        "time": ["17/May/2015:10:05:03 +0000"],
        "path": ["/a"],
        "bytes_out": ["12"],
        "user_agent": ["a b"],
    }
    nginx = (
        b'10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET /\\x22 HTTP/1.1" 200 12 "http://x/" "a"\n'
    )
    assert run_one(fr.nginx("combined"), nginx, "remote_addr", "path", "http_referer") == {
        "remote_addr": ["10.0.0.1"],
        "path": ['/"'],
        "http_referer": ["http://x/"],
    }
    assert run_one(fr.apache("%h %r"), b"h GET / HTTP/1.1\n", "request") == {
        "request": ["GET / HTTP/1.1"]
    }
