"""The expression language: text to a tree, and a tree to the program that the kernels run.

`parser` knows the syntax and no types; `arrays` gives a tree the types of arrays. Other families
parse with a `Language` of their own and type the same trees by their own rules.
"""

from .arrays import ArrayExpression, parse_for_arrays

__all__ = ["ArrayExpression", "parse_for_arrays"]
