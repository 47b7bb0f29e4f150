"""The command line: what goes where, exit statuses, files whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import moniel2
from moniel2.diagnostics.rules import rules
from moniel2.tools.cli import COMMANDS, main
from moniel2.tools.options import input_shape, setting

GOOD = "image:In[B, 3, 32, 32] -> conv:Conv(16, 3) -> ReLU -> features:Out\n"
BAD = "image:In[B, 3, 32, 32] -> Convv(16, 3) -> Out\n"
WARNS = "x:In[B, 8] -> Linear(8) -> h\nx -> Linear(8) -> Out\n"


# A checkout that isn't installed works too, from any folder.
HERE = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(moniel2.__file__).parent.parent), *sys.path])}


@dataclass
class Ran:
    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """The program in this process, in a folder of its own."""

    def call(*arguments: str, **files: str) -> Ran:
        for name, text in files.items():
            (tmp_path / f"{name}.nn").write_text(text, encoding="utf-8")
        capsys.readouterr()
        status = main(arguments)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    before = Path.cwd()
    os.chdir(tmp_path)
    yield call
    os.chdir(before)


def process(
    *arguments: str, input: str = "", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    command = [sys.executable, "-m", "moniel2", *arguments]
    env = HERE | environment
    return subprocess.run(command, input=input, capture_output=True, encoding="utf-8", cwd=cwd, env=env)


def script(code: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """A few lines of Python in a process of their own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=cwd, env=HERE | environment)


# ----------------------------------------------------------------------------- the program itself


def test_version_and_help(run: Run) -> None:
    assert run("--version").out == f"moniel2 {moniel2.__version__}\n"
    ran = run("--help")
    assert ran.status == 0 and all(name in ran.out for name in COMMANDS)
    assert run().status == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run: Run, name: str) -> None:
    ran = run(name, "--help")
    assert ran.status == 0 and f"moniel2 {name}" in ran.out


def test_wrong_use(run: Run) -> None:
    ran = run("chekc", "a.nn")
    assert (ran.status, ran.out) == (2, "") and "did you mean `check`?" in ran.err
    assert run("check").status == 2
    assert run("check", "a.nn", "--nonsense", a=GOOD).status == 2
    assert run("summary", "a.nn", "--depth", "-1", a=GOOD).status == 2
    assert "width=64" not in run("check", "a.nn", "--set", "width", a=GOOD).out


def test_a_version_imports_next_to_nothing() -> None:
    code = "import sys; from moniel2.tools.cli import main; main(['--version']); print(*sorted(sys.modules))"
    found = script(code).stdout
    ours = {name for name in found.split() if name.startswith("moniel2")}
    assert ours == {"moniel2", "moniel2.tools", "moniel2.tools.cli"}
    assert "argparse" not in found.split()


def test_a_check_without_findings_loads_no_texts_of_rules_and_no_backends(tmp_path: Path) -> None:
    (tmp_path / "a.nn").write_text(GOOD)
    code = "import sys; from moniel2.tools.cli import main; main(['check', 'a.nn']); print(*sorted(sys.modules))"
    found = script(code, tmp_path).stdout
    loaded = set(found.split())
    heavy = {
        "torch",
        "networkx",
        "lark",
        "pydot",
        "reportlab",
        "importlib.resources",
        "tempfile",
        "pathlib",
        "shutil",
        "asyncio",
        "typing_extensions",
    }
    assert not loaded & heavy
    assert not {
        name for name in loaded if re.match(r"moniel2\.(diagnostics\.r|backends|layout|ir\.(export|measure))", name)
    }


def test_a_bug_of_ours_is_an_apology_and_a_file(tmp_path: Path) -> None:
    code = (
        "import sys, types\n"
        "from moniel2.tools import cli\n"
        "def boom(options): raise RecursionError\n"
        "cli.COMMANDS['boom'] = ''\n"
        "sys.modules['moniel2.tools.commands.boom'] = types.SimpleNamespace(declare=print, run=boom)\n"
        "sys.exit(cli.main(['boom']))"
    )
    done = script(code, TMPDIR=str(tmp_path))
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr and "sorry" in done.stderr
    (written,) = tmp_path.glob("moniel2-*.txt")
    assert str(written) in done.stderr
    assert "RecursionError" in written.read_text() and "\nmoniel2 boom\n" in written.read_text()


def heed_interrupts() -> None:
    """A process started in the background of a shell ignores them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_interrupted() -> None:
    command = [sys.executable, "-m", "moniel2", "check", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=HERE, preexec_fn=heed_interrupts
    ) as running:
        assert running.stdin and running.stdout and running.stderr
        # More than a pipe holds: when this is written, the program has begun to read.
        running.stdin.write(b" " * 1_000_000)
        running.stdin.flush()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 130
        assert (running.stdout.read(), running.stderr.read()) == (b"", b"")


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.nn").write_text("In[B, 8]" + " -> Linear(8)" * 3000 + " -> Out\n")
    command = f"{sys.executable} -m moniel2 graph a.nn | head -c 10; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, env=HERE)
    assert done.stdout.endswith("0\n") and done.stderr == ""


def in_a_shell(line: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, in which ``moniel2`` is the program."""
    program = f'moniel2() {{ {sys.executable} -m moniel2 "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", program + line], capture_output=True, text=True, cwd=cwd, env=HERE | environment
    )


@pytest.mark.parametrize("command", ["graph a.nn", "ops Conv", "--help", "check --help"])
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
def test_a_result_that_cannot_be_written_is_no_bug_of_ours(tmp_path: Path, command: str, where: str) -> None:
    (tmp_path / "a.nn").write_text(GOOD)
    done = in_a_shell(f"moniel2 {command} {where}", tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("moniel2: cannot write to standard output: ")
    assert done.stderr.count("\n") == 1


def test_closed_descriptors(tmp_path: Path) -> None:
    (tmp_path / "a.nn").write_text(BAD)
    assert in_a_shell("moniel2 check a.nn >&-", tmp_path).returncode == 1
    assert in_a_shell("moniel2 check a.nn 2>&-", tmp_path).returncode == 1
    done = in_a_shell("moniel2 check - <&-", tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("moniel2: cannot read standard input: ")


def test_help_where_not_all_letters_can_be_shown(tmp_path: Path) -> None:
    for command in ("--help", "draw --help"):
        done = in_a_shell(f"moniel2 {command}", tmp_path, PYTHONIOENCODING="ascii")
        assert done.returncode == 0 and "?" in done.stdout


# ----------------------------------------------------------------------------------------- check


def test_check(run: Run) -> None:
    assert run("check", "a.nn", a=GOOD) == Ran(0, "", "")
    ran = run("check", "a.nn", a=BAD)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("error[E0201]") and ran.err.endswith("\n1 error\n")
    ran = run("check", "a.nn", a=WARNS)
    assert ran.status == 0 and "warning[" in ran.err


def test_the_worst_status_of_many_files_counts(run: Run) -> None:
    ran = run("check", "good.nn", "bad.nn", "warns.nn", good=GOOD, bad=BAD, warns=WARNS)
    assert ran.status == 1 and "bad.nn:1:" in ran.err and "warns.nn:1:" in ran.err and "good.nn" not in ran.err
    ran = run("check", "missing.nn", "bad.nn", bad=BAD)
    assert ran.status == 2 and "cannot read missing.nn" in ran.err and "bad.nn:1:" in ran.err


def test_what_cannot_be_read(run: Run, tmp_path: Path) -> None:
    assert run("check", ".").status == 2
    (tmp_path / "latin.nn").write_bytes("// é\n".encode("latin-1"))
    ran = run("check", "latin.nn")
    assert ran.status == 1 and "isn't UTF-8 text (line 1, byte 3)" in ran.err
    (tmp_path / "large.nn").write_bytes(b" " * (4 * 1024 * 1024 + 1))
    assert "larger than" in run("check", "large.nn").err


def test_check_as_json(run: Run) -> None:
    ran = run("check", "a.nn", "b.nn", "--format", "json", a=BAD, b=GOOD)
    (entry,) = json.loads(ran.out)
    assert (ran.status, ran.err) == (1, "")
    assert (entry["file"], entry["code"], entry["severity"]) == ("a.nn", "E0201", "error")
    assert entry["span"]["start"] == {"line": 1, "column": 27, "offset": 26}
    assert json.loads(run("check", "b.nn", "--format", "json").out) == []


def test_check_for_github(run: Run) -> None:
    ran = run("check", "a.nn", "--format", "github", a=BAD)
    assert ran.out.startswith("::error file=a.nn,line=1,endLine=1,col=27,")


def test_an_imported_file_is_reported_once(run: Run) -> None:
    ran = run(
        "check", "a.nn", "b.nn",
        a='from "c.nn" import Net\nIn[B, 8] -> Net -> Out\n', b='from "c.nn" import Net\nIn[B, 8] -> Net -> Out\n',
        c="+Net = Linear(8\n",
    )  # fmt: skip
    assert ran.status == 1 and ran.err.count("--> c.nn:") == 1


def test_standard_input() -> None:
    done = process("check", "-", input=BAD)
    assert done.returncode == 1 and "--> <stdin>:1:27" in done.stderr


def test_settings_and_inputs(run: Run) -> None:
    text = "width = 4\nx:In -> Linear(width) -> y:Out\n"
    ran = run("graph", "a.nn", "--set", "width=16", "--input", "x=2x8", a=text)
    assert json.loads(ran.out)["blocks"]["a"]["outputs"][0]["shape"] == [2, 16]
    blocks = "+A = Linear(4)\n+B(n) { In -> Linear(n) -> Out }\nIn[B, 8] -> A -> Out\n"
    ran = run("graph", "a.nn", "--block", "B(5)", "--input", "2x8", a=blocks)
    assert json.loads(ran.out)["root"] == "B"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image=1x3x224x224", ("image", (1, 3, 224, 224))),
        ("tokens=[B, N]", ("tokens", ("B", "N"))),
        ("B,3,max", ("", ("B", 3, "max"))),
        ("Bx3", ("", ("B", 3))),
        ("s=[]", ("s", ())),
    ],
)
def test_input_shapes(text: str, expected: object) -> None:
    assert input_shape(text) == expected


@pytest.mark.parametrize("text", ["image=", "image=1x", "1xx2", "image=0x3", "a=1x-2"])
def test_what_is_no_shape(text: str) -> None:
    from argparse import ArgumentTypeError

    with pytest.raises(ArgumentTypeError):
        input_shape(text)


def test_a_setting_says_what_is_wrong_with_it(run: Run) -> None:
    for value in ("wide", "1.5", "2**3"):
        ran = run("check", "a.nn", "--set", f"B={value}", a=GOOD)
        assert ran.status == 1 and f"--set B: `{value}` is no size" in ran.err
    ran = run("check", "a.nn", "--set", "B=2", "--input", "image=4x3x32x32")
    assert ran.status == 1 and "--input says the sizes of image" in ran.err
    assert "nothing here is called `Q`" in run("check", "a.nn", "--set", "Q=2").err
    for shape in ("x", "image=", "image=1x", "image=1,,3"):
        ran = run("check", "a.nn", "--input", shape)
        assert ran.status == 2 and "``" not in ran.err


def test_a_shape_alone_is_that_of_the_only_input(run: Run) -> None:
    for text in (GOOD, GOOD.replace("image:", "")):
        assert "[2, 16, 30, 30]" in run("summary", "a.nn", "--input", "2x3x32x32", a=text).out
    ran = run("check", "a.nn", "--input", "2x8", a="[a:In, b:In] -> Add -> Out\n")
    assert ran.status == 1 and "--input names none of the inputs" in ran.err and "inputs: a, b" in ran.err


def test_setting_keeps_what_follows_the_first_equals() -> None:
    assert setting(" a = b == c ") == ("a", "b == c")


# -------------------------------------------------------------------------------- colour, progress


def on_a_terminal(*arguments: str, cwd: Path, **environment: str) -> str:
    """Standard error of the program when it is a terminal."""
    leader, follower = pty.openpty()
    env = {k: v for k, v in HERE.items() if k not in ("NO_COLOR", "TERM")} | environment
    command = [sys.executable, "-m", "moniel2", *arguments]
    subprocess.run(command, cwd=cwd, env=env, stderr=follower, stdout=subprocess.DEVNULL)
    os.close(follower)
    written = b""
    while True:
        try:
            data = os.read(leader, 65536)
        except OSError:
            break
        if not data:
            break
        written += data
    os.close(leader)
    return written.decode()


def test_colour_only_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.nn").write_text(BAD)
    assert "\x1b[1;31merror" in on_a_terminal("check", "a.nn", cwd=tmp_path, TERM="xterm")
    assert "\x1b[1;31m" not in on_a_terminal("check", "a.nn", cwd=tmp_path, TERM="xterm", NO_COLOR="1")
    assert "\x1b[1;31m" not in on_a_terminal("check", "a.nn", cwd=tmp_path, TERM="dumb")
    assert "\x1b" not in process("check", "a.nn", cwd=tmp_path).stderr


# ------------------------------------------------------------------------------- graph, summary


def test_graph(run: Run) -> None:
    ran = run("graph", "a.nn", a=GOOD)
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out)["schema"] == "moniel2.graph/1"
    flat = json.loads(run("graph", "--flat", "a.nn").out)
    assert [n["path"] for n in flat["nodes"]] == ["image", "conv", "relu", "features"]


def test_graph_answers_although_there_are_errors(run: Run) -> None:
    ran = run("graph", "a.nn", "--flat", a=BAD)
    assert ran.status == 1 and "E0201" in ran.err
    assert {"op": "Convv", "undefined": True}.items() <= json.loads(ran.out)["nodes"][1].items()


def test_a_graph_too_large_to_write_out(run: Run) -> None:
    ran = run("graph", "--flat", "a.nn", a="In[B, 8] -> Linear(8) * 2000000 -> Out\n")
    assert (ran.status, ran.out) == (1, "") and "2,000,002 operations" in ran.err and "E0701" in ran.err
    assert run("graph", "a.nn").status == 0


def test_summary(run: Run) -> None:
    text = (
        "/// A net.\n+Net { In[B, 3, 32, 32] -> stem:Conv(8, 3, padding = 1)\n    -> body:Unit(8) * 5 -> Out }\n"
        "+Unit(C) { x:In -> Conv(C, 3, padding = 1) -> y; [x, y] -> Add -> Out }\nNet\n"
    )
    ran = run("summary", "a.nn", a=text)
    assert ran == Ran(
        0,
        "Net\n"
        "input   [B, 3, 32, 32]\n"
        "output  [B, 8, 32, 32]\n"
        "\n"
        "Layer        Operation               Output          Parameters      MACs  Activations\n"
        "──────────────────────────────────────────────────────────────────────────────────────\n"
        "stem         Conv 3×3, 8, padding 1  [B, 8, 32, 32]         224   221 k×B    32.8 kB×B\n"
        "body/0…4 ×5  Unit(8)                 [B, 8, 32, 32]       2,920  2.95 M×B     328 kB×B\n"
        "├─ conv      Conv 3×3, 8, padding 1  [B, 8, 32, 32]         584   590 k×B    32.8 kB×B\n"
        "└─ add       Add                     [B, 8, 32, 32]           –         –    32.8 kB×B\n"
        "\n"
        "Parameters            3,144      12.6 kB\n"
        "Multiply-accumulates  3170304*B  3.17 M×B\n"
        "Activations                      360 kB×B\n",
        "",
    )
    assert "├─" not in run("summary", "a.nn", "--depth", "0").out


def test_summary_for_programs(run: Run) -> None:
    text = "+Unit { In[B, 8] -> Linear(8) -> ReLU -> Out }\nIn[B, 8] -> a:Unit -> b:Unit -> Out\n"
    whole = json.loads(run("summary", "a.nn", "--format", "json", a=text).out)
    first, second = whole["layers"]
    assert [layer["path"] for layer in first["layers"]] == ["a/linear", "a/relu"]
    assert (second["same_as"], second["layers"]) == ("a", [])
    assert whole["totals"]["parameters"] == 144 and whole["totals"]["macs"] == "128*B"
    rows = list(csv.DictReader(io.StringIO(run("summary", "a.nn", "--format", "csv").out)))
    assert [row["path"] for row in rows] == ["a", "a/linear", "a/relu", "b"]
    assert rows[1]["shape"] == "Bx8" and rows[1]["parameters"] == "72"


# ------------------------------------------------------------------------------ draw, code, fmt


def test_draw(run: Run, tmp_path: Path) -> None:
    for kind in ("svg", "pdf", "png", "dot", "tex", "mmd", "txt"):
        assert run("draw", "a.nn", "-o", f"a.{kind}", a=GOOD) == Ran(0, "", "")
        assert (tmp_path / f"a.{kind}").stat().st_size > 100
    assert run("draw", "a.nn", "-o", "-", "--format", "svg").out == (tmp_path / "a.svg").read_text()
    assert run("draw", "a.nn", "b.nn", "-o", "side.svg", b=GOOD).status == 0
    for options in (["--depth", "0"], ["--direction", "right"], ["--theme", "dark"], ["--hide", "shapes,args"]):
        assert run("draw", "a.nn", "-o", "-", "--format", "svg", *options).status == 0


def test_draw_says_what_it_cannot(run: Run, tmp_path: Path) -> None:
    assert "what kind of picture?" in run("draw", "a.nn", "-o", "-", a=GOOD).err
    for options in (["-o", "a.bmp"], ["-o", "a.svg", "--view", "cubist"], ["-o", "a.svg", "--theme", "nowhere.toml"]):
        ran = run("draw", "a.nn", *options)
        assert ran.status == 2 and ran.err.startswith("moniel2: ")
    assert not list(tmp_path.glob("a.[bs]*"))


def test_a_picture_does_not_disappear_because_of_a_bad_name(run: Run, tmp_path: Path) -> None:
    ran = run("draw", "a.nn", "-o", "a.svg", a=BAD)
    assert ran.status == 1 and "E0201" in ran.err
    assert "Convv" in (tmp_path / "a.svg").read_text()


def test_code(run: Run, tmp_path: Path) -> None:
    assert run("code", "a.nn", "-o", "a.py", a=GOOD) == Ran(0, "", "")
    text = (tmp_path / "a.py").read_text()
    assert "nn.Conv2d(3, 16, 3)" in text and run("code", "a.nn").out == text
    assert run("code", "a.nn", "-o", "a.py", "--check") == Ran(0, "", "")
    (tmp_path / "a.py").write_text(text + "\n")
    ran = run("code", "a.nn", "-o", "a.py", "--check")
    assert ran.status == 1 and "a.py isn't what a.nn says now" in ran.err
    assert run("code", "a.nn", "-o", "b.py", "--check").status == 1
    assert run("code", "a.nn", "--check").status == 2


def test_code_lists_keys(run: Run) -> None:
    ran = run("code", "a.nn", "--keys", a="x:In[B, 3, 8, 8] -> stem:Conv(4, 3) -> bn:BN -> Out\n")
    assert ran.status == 0 and ran.out.splitlines()[0].split() == ["stem.weight", *["[4,", "3,", "3,", "3]"], "float32"]
    assert [line.split()[0] for line in ran.out.splitlines()][-1] == "bn.num_batches_tracked"
    many = "+A = Linear(8) * 1000\n+B = A * 1000\nx:In[B, 8] -> B -> Out\n"
    ran = run("code", "b.nn", "--keys", b=many)
    assert ran.status == 1 and ran.out == "" and "too many" in ran.err
    assert run("code", "b.nn", "--keys", "--check", "-o", "b.py").status == 2


def test_code_of_a_program_with_errors_is_not_written(run: Run, tmp_path: Path) -> None:
    assert run("code", "a.nn", "-o", "a.py", a=BAD).status == 1
    assert not (tmp_path / "a.py").exists()


def test_code_says_what_a_sketch_leaves_open(run: Run) -> None:
    ran = run("code", "a.nn", a="In -> Conv -> ReLU -> Out\n")
    assert ran.status == 0 and "moniel2: left open: " in ran.err and "Conv" in ran.err


def test_fmt(run: Run, tmp_path: Path) -> None:
    untidy = "In[B,8]->Linear( 8 )->Out // end\n"
    tidy = "In[B, 8] -> Linear(8) -> Out  // end\n"
    ran = run("fmt", "--check", "a.nn", "b.nn", a=untidy, b=tidy)
    assert ran.status == 1 and "a.nn would change" in ran.err and "b.nn" not in ran.err
    ran = run("fmt", "--diff", "a.nn")
    assert ran.status == 0 and f"-{untidy}+{tidy}" in ran.out
    assert (tmp_path / "a.nn").read_text() == untidy
    assert run("fmt", "a.nn", "b.nn") == Ran(0, "", "")
    assert (tmp_path / "a.nn").read_text() == tidy
    assert process("fmt", "-", input=untidy).stdout == tidy
    ran = run("fmt", "a.nn", a="In -> -> Out\n")
    assert ran.status == 1 and (tmp_path / "a.nn").read_text() == "In -> -> Out\n"


# ---------------------------------------------------------------------------------------- output


def test_an_output_is_written_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert run("graph", "a.nn", "-o", "out.json", a=GOOD) == Ran(0, "", "")
    first = out.read_text()
    assert json.loads(first)["name"] == "a"
    out.chmod(0o640)
    run("graph", "a.nn", "-o", "out.json", "--flat")
    assert out.read_text() != first and out.stat().st_mode & 0o777 == 0o640
    link = tmp_path / "link.json"
    link.symlink_to(out)
    run("graph", "a.nn", "-o", "link.json")
    assert link.is_symlink() and out.read_text() == first
    ran = run("graph", "a.nn", "-o", "nowhere/out.json")
    assert ran.status == 2 and "cannot write nowhere/out.json" in ran.err
    ran = run("graph", "a.nn", "--flat", "-o", "out.json", a="In[B, 8] -> Linear(8) * 2000000 -> Out\n")
    assert ran.status == 1 and out.read_text() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.nn", "link.json", "out.json"]


@pytest.mark.parametrize("command", [["graph"], ["summary"], ["code"], ["code", "--keys"], ["draw", "--format", "svg"]])
def test_an_output_never_takes_the_place_of_the_program(run: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "link.nn").symlink_to("a.nn")
    for out in ("a.nn", "./a.nn", "link.nn"):
        ran = run(*command, "a.nn", "-o", out, a=GOOD)
        assert ran.status == 2 and "it is the program itself" in ran.err
    assert (tmp_path / "a.nn").read_text() == GOOD


def test_a_device_can_be_written_to(run: Run) -> None:
    assert run("graph", "a.nn", "-o", "/dev/null", a=GOOD).status == 0


def test_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    text = "+Unit { x:In -> [Linear(8), ReLU, Tanh] -> Concat -> Out }\nIn[B, 8] -> Unit * 2 -> Unit -> Out\n"
    (tmp_path / "a.nn").write_text(text)
    for command in (["graph"], ["graph", "--flat"], ["summary"], ["check", "--format", "json", "--strict"]):
        outputs = {process(*command, "a.nn", cwd=tmp_path, PYTHONHASHSEED=seed).stdout for seed in "123"}
        assert len(outputs) == 1


# --------------------------------------------------------------------------------------- imports


def test_imports_stay_below_the_root(run: Run, tmp_path: Path) -> None:
    (tmp_path / "project/deep").mkdir(parents=True)
    (tmp_path / "project/pyproject.toml").touch()
    (tmp_path / "project/head.nn").write_text("+Head = Linear(10)\n")
    (tmp_path / "outside.nn").write_text("+Head = Linear(10)\n")
    program = 'from "{}" import Head\nIn[B, 8] -> Head -> Out\n'
    main_file = tmp_path / "project/deep/a.nn"
    main_file.write_text(program.format("../head.nn"))
    assert run("check", "project/deep/a.nn").status == 0
    assert run("check", str(main_file)).status == 0
    for path in ("../../outside.nn", str(tmp_path / "outside.nn"), "link.nn"):
        main_file.write_text(program.format(path))
        if path == "link.nn":
            (tmp_path / "project/deep/link.nn").symlink_to(tmp_path / "outside.nn")
        assert run("check", "project/deep/a.nn").status == 1


# ------------------------------------------------------------------------------------ ops, explain


def test_ops(run: Run) -> None:
    ran = run("ops")
    assert ran.status == 0 and "\nconvolution\n" in "\n" + ran.out and "  Conv " in ran.out
    page = run("ops", "Conv2d").out
    assert page.startswith("Conv(") and "In[N, 4, H, W] -> Conv(6, 3) -> Out[N, 6, H - 2, W - 2]" in page
    assert "+SqueezeExcite(" in run("ops", "SqueezeExcite").out
    assert json.loads(run("ops", "BN", "--format", "json").out)["name"] == "BatchNorm"
    assert json.loads(run("ops", "--format", "json").out)["schema"] == "moniel2.operations/1"
    ran = run("ops", "Conf")
    assert ran.status == 2 and "did you mean" in ran.err
    assert "`Residual`" in run("ops", "Residal").err


def test_explain(run: Run) -> None:
    assert run("explain", "E0304").out == run("explain", "shape-mismatch").out
    assert "1,000,000" in run("explain", "limits").out
    assert "half of what is\n" in run("explain", "counts").out and "explain counts" in run("summary", "--help").out
    ran = run("explain", "E03O4")
    assert ran.status == 2 and "did you mean `E0304`" in ran.err
    assert all(slug in run("explain").out for slug in rules())
