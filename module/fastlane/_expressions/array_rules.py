"""What each operation of the language is on arrays: the types that it takes and gives, and the
kernels' operations that do it. Types follow NEP 50; what NumPy refuses is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from . import powers
from .builder import Builder, Program, Value
from .language import FLOAT_FUNCTIONS
from .literals import CannotCompute, computed
from .promotion import float_of, holds, is_float, is_signed, promoted
from .tree import Node, Tree

__all__ = ["ArrayRules"]

Number = int | float  # a number of the expression, which has no type yet
Operand = Value | Number


class ArrayRules:
    """Goes through the nodes of one tree, in order, with the types of one call."""

    def __init__(self, tree: Tree, dtypes: dict[str, str]) -> None:
        self.tree = tree
        self.builder = Builder(list(dtypes.values()))
        self._variables = dict(zip(dtypes, self.builder.inputs, strict=True))
        self._results: list[Operand] = []

    def program(self) -> Program:
        for node in self.tree.nodes:
            operands = [self._results[place] for place in node.operands]
            self._results.append(self._result(node, operands))
        return self.builder.program(self._typed(self.tree.nodes[-1], self._results[-1]))

    def _result(self, node: Node, operands: list[Operand]) -> Operand:
        match node.operation:
            case "number":
                return node.value  # type: ignore[no-any-return]
            case "boolean":
                return self.builder.constant("bool", node.value)
            case "name":
                return self._variables[node.value]
        if node.operation in FLOAT_FUNCTIONS:
            return self._float_function(node, operands[0])
        if node.operation in self._ON_NUMBERS and not any(
            isinstance(operand, Value) for operand in operands
        ):
            return self._computed(node, operands)  # type: ignore[arg-type]
        return self._RULES[node.operation](self, node, *operands)

    def _computed(self, node: Node, numbers: list[Number]) -> Operand:
        try:
            result = computed(node.operation, *numbers)
        except CannotCompute as reason:
            raise self.tree.error(node, str(reason)) from None
        return self.builder.constant("bool", result) if isinstance(result, bool) else result

    # ---- Operands of one type -------------------------------------------------------------------

    def _typed(self, node: Node, operand: Operand) -> Value:
        """A number by itself has the type that NumPy gives it."""
        if isinstance(operand, Value):
            return operand
        if isinstance(operand, float):
            return self.builder.constant("float64", operand)
        for dtype in ("int64", "uint64"):
            if holds(dtype, operand):
                return self.builder.constant(dtype, operand)
        raise self.tree.error(node, "the integer is too large for every type")

    def as_type(self, node: Node, operand: Operand, dtype: str) -> Value:
        if isinstance(operand, Value):
            return self.builder.cast(operand, dtype)
        if not is_float(dtype):
            assert isinstance(operand, int)
            if not holds(dtype, operand):
                raise self.tree.error(node, f"{operand} is out of range for {dtype}")
            return self.builder.constant(dtype, operand)
        try:
            return self.builder.constant(dtype, float(operand))
        except OverflowError:
            raise self.tree.error(node, "the integer is too large for a float") from None

    def common(self, node: Node, left: Operand, right: Operand) -> str:
        """The type in which two operands meet."""
        if isinstance(left, Value) and isinstance(right, Value):
            return promoted(left.dtype, right.dtype)
        if not isinstance(left, Value) and not isinstance(right, Value):
            return promoted(self._typed(node, left).dtype, self._typed(node, right).dtype)
        value, number = (left, right) if isinstance(left, Value) else (right, left)
        assert isinstance(value, Value)
        if is_float(value.dtype):
            return value.dtype
        if isinstance(number, float):
            return "float64"
        return "int64" if value.dtype == "bool" else value.dtype

    def _both(
        self, node: Node, left: Operand, right: Operand, dtype: str
    ) -> tuple[Value, Value]:
        return self.as_type(node, left, dtype), self.as_type(node, right, dtype)

    def _refusal(self, node: Node, takes: str, got: str, hint: str | None = None) -> Exception:
        sign = "-" if node.operation == "negative" else node.operation
        return self.tree.error(node, f"{sign} takes {takes}, not {got}", hint)

    # ---- Rules ----------------------------------------------------------------------------------

    def _arithmetic(self, node: Node, left: Operand, right: Operand) -> Value:
        dtype = self.common(node, left, right)
        operation = {"+": "add", "-": "subtract", "*": "multiply"}[node.operation]
        if dtype == "bool":
            if operation == "subtract":
                raise self._refusal(node, "numbers", "booleans", "a != b")
            operation = "bit_or" if operation == "add" else "bit_and"
        return self.builder.append(operation, dtype, *self._both(node, left, right, dtype))

    def _divide(self, node: Node, left: Operand, right: Operand) -> Value:
        dtype = self.common(node, left, right)
        dtype = dtype if is_float(dtype) else "float64"
        return self.builder.append("divide", dtype, *self._both(node, left, right, dtype))

    def _floor_divide(self, node: Node, left: Operand, right: Operand) -> Value:
        dtype = self.common(node, left, right)
        dtype = "int8" if dtype == "bool" else dtype
        operation = "floor_divide" if node.operation == "//" else "remainder"
        return self.builder.append(operation, dtype, *self._both(node, left, right, dtype))

    def _power(self, node: Node, base: Operand, exponent: Operand) -> Value:
        dtype = self.common(node, base, exponent)
        dtype = "int8" if dtype == "bool" else dtype
        if not isinstance(exponent, Value):
            if not is_float(dtype) and exponent < 0:
                raise self._refusal(node, "integers to powers of at least 0", str(exponent))
            short = powers.of_number(self.builder, self.as_type(node, base, dtype), exponent)
            if short is not None:
                return short
        return self.builder.append("power", dtype, *self._both(node, base, exponent, dtype))

    def _negative(self, node: Node, operand: Value) -> Value:
        if operand.dtype == "bool":
            raise self._refusal(node, "numbers", "booleans", "~a")
        return self.builder.append("negative", operand.dtype, operand)

    def _bits(self, node: Node, left: Operand, right: Operand) -> Value:
        dtype = self.common(node, left, right)
        if is_float(dtype):
            raise self._refusal(node, "integers or booleans", dtype)
        operation = "bit_and" if node.operation == "&" else "bit_or"
        return self.builder.append(operation, dtype, *self._both(node, left, right, dtype))

    def _invert(self, node: Node, operand: Value) -> Value:
        if is_float(operand.dtype):
            raise self._refusal(node, "integers or booleans", operand.dtype)
        return self.builder.append("invert", operand.dtype, operand)

    def _boolean(self, node: Node, operand: Operand) -> Value:
        dtype = self._typed(node, operand).dtype
        if not isinstance(operand, Value) or dtype != "bool":
            raise self._refusal(node, "booleans", dtype, "a != 0")
        return operand

    def _logic(self, node: Node, left: Operand, right: Operand) -> Value:
        operation = "bit_and" if node.operation == "and" else "bit_or"
        both = self._boolean(node, left), self._boolean(node, right)
        return self.builder.append(operation, "bool", *both)

    def _not(self, node: Node, operand: Operand) -> Value:
        return self.builder.append("invert", "bool", self._boolean(node, operand))

    def _comparison(self, node: Node, left: Operand, right: Operand) -> Value:
        if node.operation in (">", ">="):
            left, right = right, left
        operation = {
            "<": "less", ">": "less", "<=": "less_equal", ">=": "less_equal",
            "==": "equal", "!=": "not_equal",
        }[node.operation]  # fmt: skip
        beyond = self._compared_beyond_range(node, operation, left, right)
        if beyond is not None:
            return beyond
        dtype = self.common(node, left, right)
        if isinstance(left, Value) and isinstance(right, Value) and dtype == "float64":
            if is_signed(left.dtype) and right.dtype == "uint64":
                return self._compared_with_unsigned(operation, left, right, signed_first=True)
            if left.dtype == "uint64" and is_signed(right.dtype):
                return self._compared_with_unsigned(operation, right, left, signed_first=False)
        return self.builder.append(operation, "bool", *self._both(node, left, right, dtype))

    def _compared_beyond_range(
        self, node: Node, operation: str, left: Operand, right: Operand
    ) -> Value | None:
        """An integer that the array's type cannot hold is less or greater than all of it."""
        if isinstance(left, Value) == isinstance(right, Value):
            return None
        value, number = (left, right) if isinstance(left, Value) else (right, left)
        dtype = self.common(node, left, right)
        if is_float(dtype) or not isinstance(number, int) or holds(dtype, number):
            return None
        is_less = (number < 0) is not (value is left)
        return self.builder.constant(
            "bool", is_less if operation.startswith("less") else operation == "not_equal"
        )

    def _compared_with_unsigned(
        self, operation: str, signed: Value, unsigned: Value, *, signed_first: bool
    ) -> Value:
        """Exact, though no integer type holds both: a negative number is less than all others."""
        append, cast = self.builder.append, self.builder.cast
        wide = cast(signed, "int64")
        below = append("less", "bool", wide, self.builder.constant("int64", 0))
        bits = cast(wide, "uint64")
        operands = (bits, unsigned) if signed_first else (unsigned, bits)
        compared = append(operation, "bool", *operands)
        is_less = operation.startswith("less")
        if (is_less and signed_first) or operation == "not_equal":
            return append("bit_or", "bool", below, compared)
        return append("bit_and", "bool", append("invert", "bool", below), compared)

    def _where(self, node: Node, condition: Operand, chosen: Operand, other: Operand) -> Value:
        condition = self._boolean(node, condition)
        dtype = self.common(node, chosen, other)
        both = self._both(node, chosen, other, dtype)
        return self.builder.append("where", dtype, condition, *both)

    def _extreme(self, node: Node, left: Operand, right: Operand) -> Value:
        dtype = self.common(node, left, right)
        operation = "minimum" if node.operation == "min" else "maximum"
        return self.builder.append(operation, dtype, *self._both(node, left, right, dtype))

    def _float_function(self, node: Node, operand: Operand) -> Value:
        value = self._typed(node, operand)
        dtype = float_of(value.dtype)
        operation = FLOAT_FUNCTIONS[node.operation]
        return self.builder.append(operation, dtype, self.builder.cast(value, dtype))

    def _float_function_of_two(self, node: Node, left: Operand, right: Operand) -> Value:
        dtype = float_of(self.common(node, left, right))
        return self.builder.append(node.operation, dtype, *self._both(node, left, right, dtype))

    def _absolute(self, node: Node, operand: Operand) -> Value:
        value = self._typed(node, operand)
        if is_float(value.dtype) or is_signed(value.dtype):
            return self.builder.append("absolute", value.dtype, value)
        return value

    def _rounded(self, node: Node, operand: Operand) -> Value:
        value = self._typed(node, operand)
        if is_float(value.dtype):
            return self.builder.append(node.operation, value.dtype, value)
        if node.operation == "round" and value.dtype == "bool":
            return self.builder.cast(value, "float32")
        return value

    def _tested(self, node: Node, operand: Operand) -> Value:
        value = self._typed(node, operand)
        if is_float(value.dtype):
            return self.builder.append(node.operation, "bool", value)
        return self.builder.constant("bool", node.operation == "isfinite")

    _RULES: ClassVar[dict[str, Callable[..., Value]]] = {
        **dict.fromkeys(("+", "-", "*"), _arithmetic),
        "/": _divide,
        **dict.fromkeys(("//", "%"), _floor_divide),
        "**": _power,
        "negative": _negative,
        **dict.fromkeys(("&", "|"), _bits),
        "~": _invert,
        **dict.fromkeys(("and", "or"), _logic),
        "not": _not,
        **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), _comparison),
        "where": _where,
        **dict.fromkeys(("min", "max"), _extreme),
        **dict.fromkeys(("atan2", "hypot"), _float_function_of_two),
        "abs": _absolute,
        **dict.fromkeys(("floor", "ceil", "trunc", "round"), _rounded),
        **dict.fromkeys(("isnan", "isfinite"), _tested),
    }
    _ON_NUMBERS = frozenset(
        ("+", "-", "*", "/", "//", "%", "**", "negative", "&", "|", "~",
         "<", "<=", ">", ">=", "==", "!=")
    )  # fmt: skip
