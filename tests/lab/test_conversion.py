"""A dict and a TOML document as configurations: right ones, and every mistake with its place."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastlane
from fastlane import ArgumentTypeError, DecodeError, RecordError, lab

RIGHT = {"host": "localhost", "port": 5432, "timeout_ms": 3000}


def problems_of(config) -> dict[str, tuple[str, str]]:
    with pytest.raises(RecordError) as caught:
        lab.connect(config)
    assert caught.value.__class__.__mro__[1] is fastlane.FastlaneError
    for path, expected, got in caught.value.errors:
        assert f"{path}: expected {expected}, got {got}" in str(caught.value)
    return {path: (expected, got) for path, expected, got in caught.value.errors}


def test_a_right_configuration_connects():
    assert lab.connect(RIGHT) == "Connecting to localhost:5432"
    assert lab.connect({**RIGHT, "port": 65535, "host": "a"}) == "Connecting to a:65535"


def test_all_mistakes_are_said_at_once():
    found = problems_of({"host": "", "port": 70_000, "timeout": 3000})
    assert found == {
        "host": ("a host name in ASCII", "''"),
        "port": ("an int from 1 to 65535", "70000"),
        "timeout_ms": ("an int from 0 to 86400000", "nothing"),
        "timeout": ("host, port, timeout_ms", "another name"),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", None), ("host", b"localhost"), ("host", 3), ("host", "caf\xe9"), ("host", "\ud800"),
        ("host", "a b"), ("host", "a\0b"), ("host", "a\n"),
        ("port", "5432"), ("port", 5432.0), ("port", True), ("port", 0), ("port", 65536),
        ("port", 10**30), ("port", None), ("timeout_ms", -1), ("timeout_ms", 86_400_001),
        ("timeout_ms", float("nan")),
    ],
)  # fmt: skip
def test_each_mistake_is_found_alone(name, value):
    assert list(problems_of({**RIGHT, name: value})) == [name]


@given(st.dictionaries(st.text(max_size=5) | st.integers() | st.none(), st.text() | st.integers()))
def test_no_dict_connects_but_a_right_one(config):
    found = problems_of(config)
    assert {"host", "port", "timeout_ms"} <= set(found) | set(config)


def test_names_that_need_escapes_are_told_escaped():
    assert "\\ud800" in problems_of({**RIGHT, "\ud800": 1})
    assert "int" in problems_of({**RIGHT, 3: 1})


@pytest.mark.parametrize("config", [None, [("host", "a")], "host", 3])
def test_what_is_no_dict_is_an_argument_of_the_wrong_type(config):
    with pytest.raises(ArgumentTypeError, match="'config' must be a dict"):
        lab.connect(config)


def test_what_a_field_raises_comes_out_as_it_is():
    class Port:
        def __index__(self):
            raise LookupError("injected")

    with pytest.raises(LookupError, match="injected"):
        lab.connect({**RIGHT, "port": Port()})

    class Key(str):
        def __eq__(self, other):
            raise LookupError("injected")

        __hash__ = str.__hash__

    with pytest.raises(LookupError, match="injected"):
        lab.connect({Key("host"): "a"})


def test_a_field_may_change_the_dict_while_it_is_read():
    config: dict = dict(RIGHT)

    class Port:
        def __index__(self):
            config.clear()
            return 80

    config["port"] = Port()
    assert list(problems_of(config)) == ["timeout_ms"]


def test_no_time_at_all_is_a_timeout_of_the_database():
    with pytest.raises(lab.ConnectionTimeout) as caught:
        lab.connect({**RIGHT, "timeout_ms": 0})
    assert isinstance(caught.value, lab.DatabaseError)
    assert isinstance(caught.value, (fastlane.FastlaneError, TimeoutError))
    assert caught.value.argument == "config['timeout_ms']"
    assert caught.value.hint == "1000 for a second"


def test_the_errors_stand_where_a_user_would_look():
    assert lab.DatabaseError.__bases__ == (fastlane.FastlaneError, RuntimeError)
    assert lab.ConnectionTimeout.__bases__ == (lab.DatabaseError, TimeoutError)
    for error in (lab.DatabaseError, lab.ConnectionTimeout):
        assert error.__module__ == "fastlane.lab" and error.__doc__
        again = pickle.loads(pickle.dumps(error("why")))
        assert type(again) is error and again.args == ("why",)


def test_toml_becomes_tables():
    text = '[server]\nhost = "localhost"\nports = [80, 443]\n[server.tls]\non = true\n'
    assert lab.parse_config(text) == {
        "server": {"host": "localhost", "ports": [80, 443], "tls": {"on": True}}
    }
    assert lab.parse_config("") == {}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("port = ", 1, 8),
        ("[server]\nhost = 'a'\nport = 54 32\n", 3, 11),
        ("a = 1\na = 2\n", 2, 6),
        ("\n\n  = 1\n", 3, 3),
        ("text = '''never ended\n", 2, 1),
    ],
)
def test_a_mistake_in_toml_has_line_and_column(text, line, column):
    with pytest.raises(DecodeError) as caught:
        lab.parse_config(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"parse_config(): line {line}, column {column}: ")
    assert "(at " not in str(caught.value)


@pytest.mark.parametrize("text", [b"a = 1", None, 3])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(ArgumentTypeError, match="'text' must be a str"):
        lab.parse_config(text)
