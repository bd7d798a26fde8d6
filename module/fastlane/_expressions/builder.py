"""Puts a program together: inputs, constants and instructions, each different one once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .promotion import bits_of

__all__ = ["Builder", "Instruction", "Program", "TooLong", "Value"]

_MOST_VALUES = 4096  # as many as the kernels take

Instruction = tuple[str, str, str, tuple[int, ...]]  # operation, operands' type, result's type


class TooLong(Exception):
    """The program would have more values than the kernels take."""


@dataclass(frozen=True, slots=True)
class Value:
    """Something that the program reads or computes."""

    dtype: str
    place: int


class Program(NamedTuple):
    """What the kernels read: values are numbered inputs first, then constants, then results."""

    constants: tuple[tuple[str, int], ...]
    instructions: tuple[Instruction, ...]
    output: int


class Builder:
    """Values are numbered as they come; `program` puts them into the kernels' order."""

    def __init__(self, dtypes: Sequence[str]) -> None:
        self.inputs = [Value(dtype, place) for place, dtype in enumerate(dtypes)]
        self._count = len(self.inputs)
        self._constants: dict[tuple[str, int], Value] = {}
        self._instructions: dict[tuple[str, str, str, tuple[Value, ...]], Value] = {}

    def constant(self, dtype: str, number: int | float) -> Value:
        key = (dtype, bits_of(dtype, number))
        found = self._constants.get(key)
        if found is None:
            found = self._constants[key] = self._value(dtype)
        return found

    def append(self, operation: str, result: str, *operands: Value) -> Value:
        """The result of an operation on operands of one type; of `where`, after the first."""
        key = (operation, operands[-1].dtype, result, operands)
        found = self._instructions.get(key)
        if found is None:
            found = self._instructions[key] = self._value(result)
        return found

    def cast(self, value: Value, dtype: str) -> Value:
        return value if value.dtype == dtype else self.append("cast", dtype, value)

    def program(self, output: Value) -> Program:
        values = [*self.inputs, *self._constants.values(), *self._instructions.values()]
        number = {value: index for index, value in enumerate(values)}
        return Program(
            tuple(self._constants),
            tuple(
                (operation, dtype, result, tuple(number[operand] for operand in operands))
                for operation, dtype, result, operands in self._instructions
            ),
            number[output],
        )

    def _value(self, dtype: str) -> Value:
        if self._count == _MOST_VALUES:
            raise TooLong
        self._count += 1
        return Value(dtype, self._count - 1)
