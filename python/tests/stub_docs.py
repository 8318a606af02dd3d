"""Writes the docstrings of the native module into its stub, or checks that they are there: `stub_docs.py [--write]`."""

from __future__ import annotations

import ast
import inspect
import pathlib
import sys
import textwrap

STUB = pathlib.Path(__file__).parents[1] / "python" / "ipcsentry" / "_native.pyi"
WIDTH = 120


def text_of(owner: object, name: str) -> str | None:
    """The docstring of a member of the native module, without the signature that the interpreter puts in front."""
    found = inspect.getdoc(getattr(owner, name, None))
    inherited = name.startswith("__") and name not in ("__enter__", "__exit__")
    return None if found is None or inherited else found.strip()


def rendered(text: str, indent: int) -> str:
    """A docstring as source text."""
    pad = " " * indent
    lines: list[str] = []
    for paragraph in text.replace("\\", "\\\\").split("\n\n"):
        joined = " ".join(paragraph.split())
        # The first line has three quotes before it, the last one after it.
        lines += [*textwrap.wrap(joined, WIDTH - indent - 3), ""]
    lines.pop()
    if len(lines) == 1 and len(lines[0]) + indent + 6 <= WIDTH:
        return f'{pad}"""{lines[0]}"""\n'
    body = "\n".join(pad + line if line else "" for line in lines[1:])
    first = f'{pad}"""{lines[0]}\n'
    rest = f"{body}\n" if body else ""
    return f'{first}{rest}{pad}"""\n' if not rest else f'{first}{body}"""\n'


def documented(source: str) -> str:
    """The stub with the docstrings of the module."""
    from ipcsentry import _native

    lines = source.splitlines(keepends=True)
    changes: list[tuple[int, int, str]] = []

    def visit(node: ast.FunctionDef | ast.ClassDef, owner: object) -> None:
        text = text_of(owner, node.name)
        first = node.body[0]
        has_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        is_text = has_text and isinstance(first.value.value, str)  # type: ignore[attr-defined]
        if text is not None:
            indent = node.col_offset + 4
            if is_text:
                changes.append((first.lineno - 1, first.end_lineno or 0, rendered(text, indent)))
            elif isinstance(node, ast.ClassDef):
                changes.append((first.lineno - 1 - _decorators(first), first.lineno - 1 - _decorators(first), rendered(text, indent) + "\n"))
            else:
                # `def f(self) -> int: ...` becomes a block.
                line = lines[(first.end_lineno or 0) - 1]
                changes.append((first.lineno - 1, first.end_lineno or 0, line.rstrip().removesuffix("...").rstrip() + "\n" + rendered(text, indent)))
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    visit(inner, getattr(owner, node.name))

    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            visit(node, _native)
    for begin, end, text in sorted(changes, reverse=True):
        lines[begin:end] = [text]
    return "".join(lines)


def _decorators(node: ast.stmt) -> int:
    """Lines of decorators before a statement."""
    listed = getattr(node, "decorator_list", [])
    return node.lineno - listed[0].lineno if listed else 0


def main() -> int:
    source = STUB.read_text(encoding="utf-8")
    whole = documented(source)
    if "--write" in sys.argv:
        STUB.write_text(whole, encoding="utf-8")
    elif whole != source:
        print("the stub's docstrings are not those of the module: run python/tests/stub_docs.py --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
