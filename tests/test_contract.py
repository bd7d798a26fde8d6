"""What every public name owes its reader: an entry in the table, a signature, a docstring, a stub."""

import ast
import importlib
import inspect
import pathlib
import pkgutil
import re
import types

import pytest
from call_kinds import Call, resolve
from calls import CALLS, table

import fastlane

ROOT = pathlib.Path(__file__).resolve().parent.parent
NATIVE_FUNCTIONS = (types.BuiltinFunctionType, types.MethodDescriptorType)


def public_modules() -> list[types.ModuleType]:
    """The package and the modules directly below it; the command line is no import surface."""
    names = [
        module.name
        for module in pkgutil.iter_modules(fastlane.__path__, "fastlane.")
        if not module.name.split(".")[1].startswith("_") and module.name != "fastlane.cli"
    ]
    return [fastlane, *(importlib.import_module(name) for name in names)]


def is_native_type(value: object) -> bool:
    return (
        isinstance(value, type)
        and not issubclass(value, BaseException | tuple)
        and isinstance(value.__dict__.get("__doc__"), str)
        and "__dict__" not in value.__dict__
        and any(isinstance(member, NATIVE_FUNCTIONS) for member in value.__dict__.values())
    )


def native_callables() -> dict[str, object]:
    """Every native function, type and method that a user can name, by its public name."""
    found: dict[str, object] = {}
    for module in public_modules():
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, types.BuiltinFunctionType):
                found[f"{module.__name__}.{name}"] = value
            elif is_native_type(value):
                found[f"{module.__name__}.{name}"] = value
                for member, method in value.__dict__.items():
                    if isinstance(method, NATIVE_FUNCTIONS) and not member.startswith("_"):
                        found[f"{module.__name__}.{name}.{member}"] = method
    return found


NATIVE = native_callables()


def test_every_module_lists_its_public_names():
    missing = [module.__name__ for module in public_modules() if not hasattr(module, "__all__")]
    assert not missing
    for module in public_modules():
        assert all(hasattr(module, name) for name in module.__all__), module


def test_every_native_callable_has_an_entry():
    assert set(NATIVE) - set(table()) == set()


def test_no_entry_is_left_over():
    assert len(table()) == sum(1 + len(call.aliases) for call in CALLS), "a name stands twice"
    for name in table():
        assert callable(resolve(name)), name


def shape_of(parameters: inspect.Signature) -> list[tuple[str, str, str]]:
    return [
        (parameter.name, parameter.kind.name, repr(parameter.default))
        for parameter in parameters.parameters.values()
        if parameter.name != "self"
    ]


@pytest.mark.parametrize("name", NATIVE)
def test_signature_can_be_read(name: str):
    assert inspect.signature(NATIVE[name]) is not None
    call = table()[name]
    kinds = {parameter: kind for parameter, kind, _ in shape_of(inspect.signature(NATIVE[name]))}
    takes_any = "VAR_KEYWORD" in kinds.values()
    names = [parameter for parameter, kind in kinds.items() if kind != "VAR_KEYWORD"]
    own = [parameter for parameter in call.parameters if parameter not in ("self", *call.named)]
    assert names == own
    assert takes_any == bool(call.named)
    assert {name for name, kind in kinds.items() if kind == "KEYWORD_ONLY"} == call.keyword_only


@pytest.mark.parametrize("name", NATIVE)
def test_docstring_begins_with_a_sentence_and_tells_about_memory(name: str):
    doc = NATIVE[name].__doc__
    first = doc.split("\n\n")[0]
    assert re.fullmatch(r"\S[^\n]*(\n[^\n]+)*[.?]", first), first
    assert re.search(r"^\*\*Memory:\*\* \w", doc, re.MULTILINE), doc


def stub_of(module: str) -> ast.Module:
    found = resolve(module)
    path = pathlib.Path(found.__file__).with_suffix(".pyi")
    assert path.exists(), f"{module} has no stub"
    return ast.parse(path.read_text())


def signature_in_stub(node: ast.FunctionDef) -> list[tuple[str, str, str]]:
    """The signature that the stub gives, read by Python itself from the same text."""
    bare = ast.FunctionDef(
        name=node.name,
        args=ast.parse(f"def f({ast.unparse(node.args)}): ...").body[0].args,
        body=[ast.Pass()],
        decorator_list=[],
    )
    for argument in ast.walk(bare):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    scope: dict = {}
    exec(ast.unparse(ast.fix_missing_locations(bare)), scope)
    return shape_of(inspect.signature(scope[node.name]))


def function_in(body: list[ast.stmt], name: str) -> ast.FunctionDef | None:
    return next(
        (node for node in body if isinstance(node, ast.FunctionDef) and node.name == name), None
    )


@pytest.mark.parametrize("name", NATIVE)
def test_stub_says_the_same_as_the_text_signature(name: str):
    module = name.rpartition(".")[0]
    body, last = None, name.rpartition(".")[2]
    if inspect.ismodule(resolve(module)):
        body = stub_of(module).body
    else:
        module, _, owner = module.rpartition(".")
        body = next(
            node.body
            for node in stub_of(module).body
            if isinstance(node, ast.ClassDef) and node.name == owner
        )
    if isinstance(NATIVE[name], type):
        body = next(n.body for n in body if isinstance(n, ast.ClassDef) and n.name == last)
        last = "__new__" if function_in(body, "__new__") else "__init__"
    node = function_in(body, last)
    assert node is not None, f"{name} is not in the stub"
    stub = [entry for entry in signature_in_stub(node) if entry[0] != "cls"]
    assert stub == shape_of(inspect.signature(NATIVE[name]))
    assert node.returns is not None, f"{name} has no return annotation"
    assert all(
        argument.annotation is not None
        for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if argument.arg not in ("self", "cls")
    ), f"{name} has a parameter without an annotation"


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_stub_has_every_public_name(module: types.ModuleType):
    path = pathlib.Path(module.__file__).with_suffix(".pyi")
    if not path.exists():
        assert not any(name.startswith(module.__name__ + ".") for name in NATIVE)
        return
    named = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            named.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            named.add(node.target.id)
        elif isinstance(node, ast.Assign):
            named |= {target.id for target in node.targets}
        elif isinstance(node, ast.ImportFrom | ast.Import):
            named |= {alias.asname or alias.name for alias in node.names}
    assert set(module.__all__) <= named


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_kernel_bears_a_name_that_can_be_found(call: Call):
    if not call.kernel:
        return
    pattern = re.compile(rf"\b{re.escape(call.kernel)}\b")
    headers = list((ROOT / "kernels").rglob("*.hpp"))
    assert any(pattern.search(path.read_text()) for path in headers), call.kernel


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_wrong_calls_are_type_errors(call: Call):
    error = TypeError if call.plain_errors or isinstance(call.function, type) else (
        fastlane.ArgumentTypeError
    )  # fmt: skip
    right = call.make()
    own = [] if "self" not in right else [right["self"]]
    by_name = call.keyword_only | call.named
    positional = [name for name in call.parameters if name not in by_name]
    with pytest.raises(error):
        call.function(*own, *[object()] * (len(positional) - len(own) + 1))
    with pytest.raises(error):
        call.function(*right.values(), no_such_keyword=1)
    with pytest.raises(error):
        call.function(*right.values(), **{"\udc80 bad name\0": 1})
    if len(right) > len(own):
        with pytest.raises((error, fastlane.ExpressionError) if call.named else error):
            call.function(*own)
    if right and not call.named and not isinstance(call.function, type):
        last = [name for name in right if name not in call.keyword_only][-1]
        with pytest.raises((error, TypeError)):
            call.function(*list(right.values())[:-1], **{last: right[last]})


def test_every_error_carries_its_facts_and_survives_pickling():
    import pickle

    with pytest.raises(fastlane.ArgumentTypeError) as caught:
        fastlane.testing.buffer_length("text")
    error = caught.value
    assert (error.argument, error.expected, error.got) == ("data", "bytes-like", "str")
    assert error.hint == "data.encode()"
    assert str(error) == (
        "buffer_length(): argument 'data' must be bytes-like, got str; write data.encode()"
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize(
    ("name", "parents"),
    [
        ("ArgumentTypeError", (TypeError,)),
        ("ArgumentValueError", (ValueError,)),
        ("BorrowError", (BufferError,)),
        ("CopyError", (ValueError, BufferError)),
        ("ExpressionError", (ValueError,)),
        ("SchemaError", (ValueError,)),
        ("RecordError", (ValueError,)),
        ("DecodeError", (ValueError,)),
        ("Overloaded", (RuntimeError,)),
        ("ForkedError", (RuntimeError,)),
    ],
)
def test_errors_are_what_a_user_would_catch(name: str, parents: tuple[type, ...]):
    error = getattr(fastlane, name)
    assert error.__bases__ == (fastlane.FastlaneError, *parents)
    assert error.__module__ == "fastlane" and error.__doc__
    made = error("why")
    assert (made.argument, made.expected, made.got, made.hint) == (None, None, None, None)
