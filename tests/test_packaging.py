"""The program works from a wheel, from an editable install and from a plain checkout, with all its files."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = "from std.vision import SqueezeExcite\nimage:In[B, 16, 32, 32] -> SqueezeExcite(4) -> out:Out\n"


def python(*arguments: str, **options: object) -> str:
    """Run this Python; its standard output."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


# Building in this environment is quicker; where the builder isn't there, pip fetches it.
ISOLATION = ["--no-build-isolation"] if find_spec("hatchling") and find_spec("editables") else []


def pip_install(target: Path, *what: str) -> None:
    python("-m", "pip", "install", "--quiet", "--no-deps", *ISOLATION, "--target", str(target), *what)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    python("-m", "pip", "wheel", "--quiet", "--no-deps", *ISOLATION, "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


def works_from(where: Path, folder: Path) -> None:
    """Everything that needs files besides modules: the grammar's tables, the library, the schemas."""
    (folder / "a.nn").write_text(PROGRAM)
    code = (
        "import json, moniel2\n"
        "from moniel2.ir.export import schema\n"
        "from moniel2.tools.cli import main\n"
        f"assert moniel2.__file__.startswith({str(where)!r}), moniel2.__file__\n"
        "assert schema('graph')['title'] and schema('flat')['title']\n"
        "assert main(['check', 'a.nn']) == 0\n"
        "print(moniel2.load('a.nn').outputs['out'].shape)"
    )
    env = {**os.environ, "PYTHONPATH": str(where)}
    assert python("-c", code, cwd=folder, env=env).strip() == "('B', 16, 32, 32)"


def test_a_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as files:
        names = set(files.namelist())
    assert {"moniel2/py.typed", "moniel2/grammar/moniel2.lark", "moniel2/std/prelude.nn"} <= names
    assert not [name for name in names if name.split("/")[0] in ("tests", "examples", "benchmarks")]
    pip_install(tmp_path / "site", str(wheel))
    works_from(tmp_path / "site", tmp_path)


def test_an_editable_install(tmp_path: Path) -> None:
    pip_install(tmp_path / "site", "--editable", str(ROOT))
    (tmp_path / "a.nn").write_text(PROGRAM)
    code = f"import site; site.addsitedir({str(tmp_path / 'site')!r}); import moniel2; print(moniel2.__file__)"
    assert python("-c", code, cwd=tmp_path).strip() == str(ROOT / "moniel2" / "__init__.py")


def test_a_plain_checkout(tmp_path: Path) -> None:
    works_from(ROOT, tmp_path)


def test_the_version_is_the_same_everywhere() -> None:
    import moniel2

    text = (ROOT / "pyproject.toml").read_text()
    assert f'\nversion = "{moniel2.__version__}"\n' in text
    assert f"## {moniel2.__version__}" in (ROOT / "CHANGELOG.md").read_text()
