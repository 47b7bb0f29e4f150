"""``package.module:factory(arguments)``: finding the module to compare with."""

from __future__ import annotations

import ast
import importlib
import os
import sys
from collections.abc import Callable

from torch import nn

Factory = Callable[[], nn.Module]


class Misuse(Exception):
    """What was given can't be compared; the text says why, in one or two lines."""


def load_reference(spec: str) -> Factory:
    """The factory that ``spec`` names; its module is imported, from this folder or where packages are installed.

    The arguments are literals: nothing else in ``spec`` is evaluated. Raises ``Misuse``.
    """
    module_name, colon, rest = spec.partition(":")
    if not colon or not rest.strip() or not all(p.isidentifier() for p in module_name.split(".")):
        raise Misuse(f"`{spec}` isn't of the form package.module:factory")
    path, arguments, named = _parsed(rest.strip(), spec)
    target = _imported(module_name)
    for i, name in enumerate(path):
        if not hasattr(target, name):
            where = ".".join((module_name, *path[:i]))
            raise Misuse(f"{where} has no `{name}`{_nearest(name, target)}")
        target = getattr(target, name)
    if isinstance(target, nn.Module) and not rest.rstrip().endswith(")"):
        found: nn.Module = target
        return lambda: found
    if not callable(target):
        raise Misuse(f"{spec} is no function or class, and no torch.nn.Module")
    return lambda: target(*arguments, **named)


def made(factory: Factory, name: str) -> nn.Module:
    """What a factory makes. Raises ``Misuse`` if it fails or makes something else."""
    try:
        module = factory()
    except (Exception, SystemExit) as error:
        raise Misuse(f"{name} raises {said(error)}") from error
    if not isinstance(module, nn.Module):
        raise Misuse(f"{name} gives {type(module).__name__}, not a torch.nn.Module")
    return module


def _parsed(text: str, spec: str) -> tuple[list[str], list[object], dict[str, object]]:
    try:
        tree: ast.expr = ast.parse(text, mode="eval").body
    except SyntaxError:
        raise Misuse(f"`{text}` in `{spec}` isn't of the form factory or factory(arguments)") from None
    arguments: list[object] = []
    named: dict[str, object] = {}
    if isinstance(tree, ast.Call):
        arguments = [_literal(a) for a in tree.args]
        for keyword in tree.keywords:
            if keyword.arg is None:
                raise Misuse("the factory's arguments are literals: no ** among them")
            named[keyword.arg] = _literal(keyword.value)
        tree = tree.func
    path: list[str] = []
    while isinstance(tree, ast.Attribute):
        path.insert(0, tree.attr)
        tree = tree.value
    if not isinstance(tree, ast.Name):
        raise Misuse(f"`{text}` in `{spec}` isn't of the form factory or factory(arguments)")
    return [tree.id, *path], arguments, named


def _literal(tree: ast.expr) -> object:
    try:
        return ast.literal_eval(tree)
    except ValueError:
        raise Misuse(
            f"the factory's arguments are literals, `{ast.unparse(tree)}` is none; "
            "write a function of your own that makes the module, and name that"
        ) from None


def _imported(name: str) -> object:
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise Misuse(f"there is no module `{error.name}`, neither in this folder nor installed") from None
        raise Misuse(f"importing {name} raises {said(error)}") from error
    except (Exception, SystemExit) as error:
        raise Misuse(f"importing {name} raises {said(error)}") from error


def said(error: BaseException) -> str:
    """The error on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def _nearest(name: str, target: object) -> str:
    from moniel2.diagnostics.suggest import did_you_mean

    help = did_you_mean(name, [n for n in dir(target) if not n.startswith("_")])
    return f"; {help}" if help is not None else ""
