"""The documents keep their word: every snippet compiles, or gives the error it announces."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from moniel2.backends.draw import DrawOptions, draw
from moniel2.diagnostics.render import to_text
from moniel2.diagnostics.rules import rules
from moniel2.pipeline import compile_source
from moniel2.source import Source
from moniel2.tools.cli import main

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "grammar/LANGUAGE.md")
_FENCE = re.compile(r"^```nn(?: (?P<what>error|warning)\[(?P<slug>[\w-]+)\])?\n(?P<body>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Snippet:
    name: str
    text: str
    announced: str | None


def snippets() -> list[object]:
    found: list[object] = []
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            name = f"{document}:{text.count(chr(10), 0, match.start()) + 1}"
            found.append(pytest.param(Snippet(name, match["body"], match["slug"]), id=name))
    return found


@pytest.mark.parametrize("snippet", snippets())
def test_a_snippet(snippet: Snippet) -> None:
    compiled = compile_source(Source(snippet.name, snippet.text))
    said = [(d.rule, d.message, str(d.span)) for d in compiled.diagnostics]
    if snippet.announced is None:
        assert said == [] and compiled.model is not None
    else:
        kind = rules()[snippet.announced].severity
        assert {rule for rule, _, _ in said if rules()[rule].severity is kind} == {snippet.announced}, said


def test_the_mistake_in_the_readme_is_shown_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    snippet, shown = readme.split("```nn error[shape-mismatch]\n")[1].split("```")[:2], readme.split("says\n\n```\n")[1]
    diagnostics = compile_source(Source("mistake.nn", snippet[0])).diagnostics
    assert to_text(diagnostics) == shown.split("```")[0]


def test_the_path_from_sketch_to_running_model_is_as_the_readme_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every snippet of it, one after the other, in an empty folder."""
    part = (
        (ROOT / "README.md").read_text(encoding="utf-8").split("## From sketch to running model\n")[1].split("\n## ")[0]
    )
    sketch, program, written, shown, training = [body for body in re.split(r"```\w*\n", part)[1:] if body.strip()][
        :10:2
    ]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.nn").write_text(sketch.split("$ cat net.nn\n")[1].split("$")[0])
    assert main(["code", "net.nn", "-o", "net.py"]) == 0
    assert capsys.readouterr().err == sketch.split("-o net.py\n")[1]
    (tmp_path / "net.nn").write_text(program)
    assert main(["code", "net.nn", "-o", "net.py"]) == 0
    assert capsys.readouterr().err == ""
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == written
    (tmp_path / "train.py").write_text(f"{training}print(loss.isfinite().item(), model.conv.weight.grad is not None)\n")
    for file, output in (("net.py", shown.split("$ python net.py\n")[1]), ("train.py", "True True\n")):
        run = subprocess.run([sys.executable, file], capture_output=True, text=True)
        assert (run.stdout, run.returncode) == (output, 0), run.stderr


def test_the_picture_in_the_readme_is_that_of_its_program(update: bool) -> None:
    program = (ROOT / "README.md").read_text(encoding="utf-8").split("```nn\n")[1].split("```")[0]
    model = compile_source(Source("small.nn", program)).model
    assert model is not None
    picture, shown = draw(model, DrawOptions(view="overview")), ROOT / "examples" / "readme.svg"
    if update:
        shown.write_bytes(picture)
    assert picture == shown.read_bytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capfd: pytest.CaptureFixture[str], command: str) -> tuple[int, str, str]:
    status = main(command.removeprefix("$ moniel2 ").split())
    shown = capfd.readouterr()
    return status, shown.out, shown.err


def fenced(kind: str, start: str) -> str:
    """The block of the README that begins so."""
    parts = re.split(r"^```(.*)\n", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M)
    # Text, what opens a block, the block, what closes it (nothing), text, …
    blocks = zip(parts[1::4], parts[2::4], strict=True)
    (found,) = [body for opens, body in blocks if opens == kind and body.startswith(start)]
    return found


def test_the_sketch_in_the_readme_says_what_it_leaves_open(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    show, text, command, *said = fenced("", "$ cat net.nn").splitlines()
    assert show == "$ cat net.nn"
    (folder / "net.nn").write_text(text + "\n")
    assert run(capfd, command) == (0, "", "".join(f"{line}\n" for line in said))


def test_verify_in_the_readme_prints_what_is_shown(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "net.nn").write_text(fenced("nn", "image:In[B, 3, 32, 32]\n-> conv:"))
    theirs = fenced("python", "import torch.nn.functional")
    (folder / "theirs.py").write_text(theirs)
    command, _, shown = fenced("", "$ moniel2 verify").partition("\n")
    assert run(capfd, command) == (1, shown, "")
    (folder / "mended.py").write_text(theirs.replace("F.gelu", "F.relu"))
    status, out, _ = run(capfd, command.replace("theirs", "mended"))
    assert status == 0 and out.startswith("net equals mended:Net\n")


def test_links_lead_somewhere() -> None:
    for document in (*DOCUMENTS, "ARCHITECTURE.md", "CHANGELOG.md"):
        path = ROOT / document
        text = path.read_text(encoding="utf-8")
        anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)}
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("#"):
                assert target[1:] in anchors, f"{document}: {target}"
            elif not target.startswith(("http:", "https:", "mailto:")):
                assert (path.parent / target.split("#")[0]).exists(), f"{document}: {target}"
