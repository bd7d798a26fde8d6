"""fastlane.h from the outside: a C99 extension uses every function of it, and its errors."""

import ctypes
import gc
import subprocess
import sys
import sysconfig
import threading
import zlib
from pathlib import Path

import numpy as np
import pngs
import pytest
from compilers import CC, CXX, compile_extension, load, needs_compiler

import fastlane
from fastlane import image

pytestmark = needs_compiler

SOURCE = Path(__file__).with_name("client.c")
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")


def system_includes() -> list[str]:
    """Python's own headers are not ours to judge."""
    return [f"-isystem{sysconfig.get_path(name)}" for name in ("include", "platinclude")]


def build_client(folder: Path, *options: object, include: object = None) -> Path:
    folder.mkdir()
    where = fastlane.get_include() if include is None else include
    return compile_extension(
        folder / "client", "-std=c99", *STRICT, f"-I{where}", *system_includes(), *options, SOURCE
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="module")
def client(place):
    return load(build_client(place / "plain"))


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i4", "u8", "f4", "f8"])
@pytest.mark.parametrize("step", [1, -2, 3])
def test_reductions_equal_those_of_python(client, dtype, step):
    x = (np.arange(300) % 97).astype(dtype).reshape(20, 15)[::step, ::step]
    assert client.sum(x) == fastlane.sum(x)
    assert client.describe(x) == pytest.approx(tuple(map(float, fastlane.describe(x))))
    if x.dtype.kind in "iub":
        high, low = client.sum_exact(x)
        assert (high << 64) + low == fastlane.sum(x)


def test_exact_sums_have_128_bits(client):
    high, low = client.sum_exact(np.full(10, -(2**63)))
    assert (high << 64) + low == -10 * 2**63


def test_layout_tensors_bytes_text_and_pictures(client):
    x = np.arange(35.0).reshape(5, 7)[::-1]
    assert np.array_equal(client.transpose(x), x.T)
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    client.normalize_u8(pixels, 8)
    assert pixels.min() == 0 and pixels.max() == 51
    tensor = np.empty((3, 4, 5), np.float32)
    client.normalize(pixels, tensor, 0.5, 0.25, 3, 0)
    expected = image.normalize(pixels, mean=(0.5, 0, 0), std=(0.25, 1, 1))
    assert np.array_equal(tensor, expected)
    data = b"one two one" * 50
    assert client.crc32(data) == zlib.crc32(data)
    assert client.crc32(memoryview(data)) == zlib.crc32(data)
    assert client.search(data, b"two") == (0, data.find(b"two"), data.count(b"two"))
    assert client.search(data, b"three") == (0, -1, 0)
    assert client.search(data, b"") == (0, 0, len(data) + 1)
    for colour, depth in [(2, 8), (0, 16), (6, 8)]:
        file = pngs.sample(colour, depth, 13, 9).encode()
        assert np.array_equal(client.decode(file), image.decode(file))


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda c: c.sum("text"), fastlane.ArgumentTypeError, "client.sum(): argument 'x' must be"),
        (lambda c: c.sum(np.zeros(2, ">f8")), fastlane.ArgumentTypeError, "byte order"),
        (lambda c: c.sum_exact(np.zeros(2)), fastlane.ArgumentTypeError, "'x' must be bool or an"),
        (lambda c: c.describe(np.zeros(0)), fastlane.ArgumentValueError, "an array with elements"),
        (lambda c: c.transpose(np.zeros(3)), fastlane.ArgumentValueError, "of 2 dimensions"),
        (lambda c: c.normalize_u8(b"abc", 1), fastlane.BorrowError, "writable"),
        (lambda c: c.crc32("text"), fastlane.ArgumentTypeError, "data.encode()"),
        (lambda c: c.crc32(np.zeros(8)[::2]), fastlane.ArgumentValueError, "bytes in one piece"),
        (lambda c: c.decode(b"no picture"), fastlane.DecodeError, "client.decode(): "),
        (lambda c: c.moved(5, 16), fastlane.ArgumentValueError, "C-contiguous"),
    ],
)
def test_errors_are_those_of_fastlane(client, call, error, sentence):
    with pytest.raises(error) as caught:
        call(client)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "dtype", "channels", "sentence"),
    [
        ((3, 4, 6), np.float32, 3, "'out' must be of shape (3, 4, 5), got (3, 4, 6)"),
        ((3, 4, 5), np.int32, 3, "'out' must be float32, float16 or uint8, got int32"),
        ((3, 4, 5), np.float32, 2, "'how->channels' must be 0, 1, 3 or 4"),
    ],
)
def test_kernels_check_what_c_gives_them(client, shape, dtype, channels, sentence):
    with pytest.raises(fastlane.FastlaneError) as caught:
        pixels = np.zeros((4, 5, 3), np.uint8)
        client.normalize(pixels, np.empty(shape, dtype), 0.0, 1.0, channels, 0)
    assert sentence in str(caught.value)


def test_borrows_stand_in_the_ledger_and_lock_their_exporter(client):
    x = np.zeros(100_000)
    reading = client.hold(x, 0)
    also_reading = client.hold(x[::2], 0)
    with pytest.raises(fastlane.BorrowError, match=r"client\.hold\(\) has borrowed as 'x'"):
        fastlane.scale_inplace(x, 2.0)
    with pytest.raises(fastlane.BorrowError, match="client.hold"):
        client.hold(x[1:3], 1)
    with pytest.raises(ValueError):
        x.resize(5, refcheck=False)
    client.let_go(reading)
    client.let_go(also_reading)
    writing = client.hold(x[::2], 1)
    fastlane.scale_inplace(x[1::2], 2.0)
    with pytest.raises(fastlane.BorrowError):
        fastlane.sum(x)
    client.let_go(writing)
    x.resize(5, refcheck=False)

    data = bytearray(64)
    held = client.hold(data, 1)
    with pytest.raises(BufferError):
        data.append(1)
    client.let_go(held)
    data.append(1)


def test_a_borrow_keeps_its_exporter_alive_and_may_end_on_another_thread(client):
    x = np.arange(10.0)
    count = sys.getrefcount(x)
    held = client.hold(x, 0)
    assert sys.getrefcount(x) > count
    ender = threading.Thread(target=client.let_go, args=(held,))
    ender.start()
    ender.join()
    assert sys.getrefcount(x) == count


def test_moved_memory_is_freed_once(client):
    before = client.facts()["freed"]
    x = client.moved(1000, 8)
    part = x[10:20]
    assert x.sum() == 499_500 and x.flags.writeable
    del x
    assert client.facts()["freed"] == before
    del part
    assert client.facts()["freed"] == before + 1
    with pytest.raises(fastlane.ArgumentValueError):
        client.moved(5, -8)
    assert client.facts()["freed"] == before + 2


def test_nothing_leaks(client):
    x, data = np.arange(100.0), b"abc" * 99

    def all_of_it():
        client.sum(x), client.transpose(x.reshape(5, 20)), client.crc32(data), client.moved(5, 8)
        for wrong in (lambda: client.sum("text"), lambda: client.describe(x[:0])):
            with pytest.raises(fastlane.FastlaneError):
                wrong()

    growths = []
    for _ in range(3):
        all_of_it()
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(50):
            all_of_it()
        gc.collect()
        growths.append(sys.getallocatedblocks() - before)
    assert min(growths) < 50


# ---- Versions -----------------------------------------------------------------------------------
def edited_header(folder: Path, *edits: tuple[str, str]) -> Path:
    folder.mkdir()
    for header in Path(fastlane.get_include()).glob("*.h"):
        text = header.read_text()
        if header.name == "fastlane.h":
            for old, new in edits:
                assert old in text
                text = text.replace(old, new, 1)
        (folder / header.name).write_text(text)
    return folder


def test_the_table_says_what_it_is(client):
    facts = client.facts()
    assert (facts["major"], facts["minor"]) == (1, 0)
    assert facts["version"] == fastlane.__version__
    assert facts["offers_the_last"]


def test_client_of_an_older_header_loads_and_works(place):
    # A header from before the last function of the table was added.
    last = "  PyObject *(*raise)(const char *, const fln_error *);\n"
    call = "  if (FLN_TABLE != NULL) return FLN_TABLE->raise(function, error);\n"
    include = edited_header(place / "older-include", (last, ""), (call, ""))
    older = load(build_client(place / "older", include=include))
    assert older.sum(np.arange(5.0)) == 10
    assert older.facts()["size"] > 0
    with pytest.raises(RuntimeError):
        older.describe(np.zeros(0))


def test_client_of_a_newer_header_loads_and_sees_what_is_missing(place):
    last = "  PyObject *(*raise)(const char *, const fln_error *);\n"
    include = edited_header(
        place / "newer-include",
        (last, last + "  int (*future)(const fln_array *);\n"),
        ("#define FLN_ABI_MINOR 0", "#define FLN_ABI_MINOR 1"),
    )
    newer = load(build_client(place / "newer", include=include))
    assert newer.sum(np.arange(5.0)) == 10
    assert not newer.facts()["offers_the_last"]


class Table(ctypes.Structure):
    _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("size", ctypes.c_size_t)]


def test_client_loads_beside_a_newer_fastlane(place, monkeypatch):
    # The table of a fastlane that has one function more, as the capsule of the package.
    name = b"fastlane._C_API"
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    known = ctypes.cast(pointer(fastlane._C_API, name), ctypes.POINTER(Table)).contents
    longer = ctypes.create_string_buffer(known.size + 8)
    ctypes.memmove(longer, ctypes.addressof(known), known.size)
    table = ctypes.cast(longer, ctypes.POINTER(Table)).contents
    table.minor, table.size = known.minor + 1, known.size + 8
    make = ctypes.pythonapi.PyCapsule_New
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    monkeypatch.setattr(fastlane, "_C_API", make(ctypes.addressof(longer), name, None))
    client = load(build_client(place / "beside-newer"))
    assert client.facts()["minor"] == 1 and client.sum(np.arange(5.0)) == 10
    monkeypatch.undo()
    again = load(build_client(place / "beside-this"))
    assert again.facts()["minor"] == 0


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("-DFLN_ABI_MAJOR=0", "compile the extension again with this fastlane"),
        ("-DFLN_ABI_MAJOR=2", "python -m pip install --upgrade fastlane-native"),
        ("-DFLN_NEEDS_MINOR=7", "this extension needs version 1.7 of fastlane's C interface"),
    ],
)
def test_a_version_that_does_not_fit_is_an_import_error(place, option, sentence):
    built = build_client(place / option.strip("-"), option)
    with pytest.raises(ImportError) as caught:
        load(built)
    assert sentence in str(caught.value)
    assert f"fastlane {fastlane.__version__} offers" in str(caught.value)


def test_absence_is_an_import_error_that_says_what_to_do(place, client):
    path = client.__file__
    script = (
        "import sys, importlib.util as u\n"
        "sys.modules['fastlane'] = None\n"
        f"spec = u.spec_from_file_location('client', {path!r})\n"
        "u.module_from_spec(spec)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: this extension needs fastlane, which could not be")
    assert last.endswith("python -m pip install --upgrade fastlane-native")


def test_calls_before_the_import_say_so(place):
    without = load(build_client(place / "without", "-DCLIENT_WITHOUT_IMPORT"))
    missing = 6
    assert without.search(b"abc", b"b")[0] == missing
    assert without.sum(np.arange(3.0)) == 3  # a borrow imports by itself


# ---- Languages ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("compiler", "options"),
    [(CC, ["-std=c11", "-xc"]), (CXX, ["-std=c++11", "-xc++"]), (CXX, ["-std=c++20", "-xc++"])],
    ids=["c11", "c++11", "c++20"],
)
def test_header_is_clean_in_other_standards(tmp_path, compiler, options):
    source = tmp_path / "shared.c"
    source.write_text(
        '#define FLN_SHARED_TABLE my_table\n#include "fastlane.h"\n'
        "const fln_api *my_table;\nint begin(void);\nint begin(void) { return fln_import(); }\n"
    )
    strict = [option for option in STRICT if option != "-Wpedantic"]
    includes = [f"-I{fastlane.get_include()}", *system_includes()]
    compile_extension(
        tmp_path / "shared", *options, *strict, *includes, source, compiler=compiler
    )
