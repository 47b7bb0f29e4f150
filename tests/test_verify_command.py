"""``moniel2 verify``: the command, its options and its exit status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from torch import nn

from moniel2.tools.cli import main
from moniel2.verification import Misuse
from tests.comparing import Net, compare

REFERENCES = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, width=4, act=True):
        super().__init__(nn.Linear(3, width), nn.ReLU() if act else nn.Identity(), nn.Linear(width, 2))

class Two(nn.Module):
    def forward(self, a, b):
        return a - b

class Batched(Net):
    def forward(self, batch):
        return {"loss": None, "logits": super().forward(batch["x"])}

class Silent(Net):
    def forward(self, x):
        return None

class Chatty(Net):
    def forward(self, x):
        print("here I am")
        return super().forward(x)

class Exits(Net):
    def forward(self, x):
        raise SystemExit(3)

def leaves():
    raise SystemExit(4)

class Picky(Net):
    def forward(self, x):
        assert len(x) == 2, "two at a time"
        return super().forward(x)

def nowhere():
    return Net().to("meta")

def fails():
    raise ValueError("no weights here")

def five():
    return 5

class models:
    net = Net()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "verify_references.py").write_text(REFERENCES)
    (tmp_path / "verify_broken.py").write_text("import torch.nowhere")
    (tmp_path / "net.nn").write_text(
        "+Net(width = 4) { x:In[B, 3] -> Linear(width) -> ReLU -> Linear(2) -> Out }\nNet\n"
    )
    (tmp_path / "two.nn").write_text("a:In[B, 3] -> x; b:In[B, 3] -> y; [y, x] -> Sub -> Out\n")
    return tmp_path


def ran(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["verify", *arguments])
    shown = capfd.readouterr()
    return status, shown.out, shown.err


def test_the_command(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = ran(capfd, "net.nn", "--against", "verify_references:Net")
    assert (status, err) == (0, "") and out.startswith("Net equals verify_references:Net\n")
    assert ran(capfd, "net.nn", "--against", "verify_references:models.net")[0] == 0
    assert ran(capfd, "net.nn", "--set", "width=7", "--against", "verify_references:Net(width = 7)")[0] == 0
    assert ran(capfd, "net.nn", "--block", "Net(7)", "--against", "verify_references:Net(7)")[0] == 0
    status, out, err = ran(capfd, "net.nn", "--against", "verify_references:Net(act=False)")
    assert status == 1 and err == ""
    assert "they part here" in out and re.search(r"description +ReLU\(\) +at net.nn:1:50", out)


def test_inputs_are_bound_by_name_or_as_told(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ran(capfd, "two.nn", "--against", "verify_references:Two")[0] == 1
    swapped = ("--bind", "a=b", "--bind", "b=a")
    assert ran(capfd, "two.nn", "--against", "verify_references:Two", *swapped)[0] == 0
    (folder / "shaped.nn").write_text("x:In[B, 3]; y:In[B, 4]; [x -> Linear(4), y] -> Sub -> Out\n")
    _, _, err = ran(capfd, "shaped.nn", "--against", "verify_references:Two")
    assert err.endswith("; --bind a=INPUT says which input is which\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify_references:Nett",), "verify_references has no `Nett`; did you mean `Net`?"),
        (("verify_nowhere:Net",), "there is no module `verify_nowhere`, neither in this folder nor installed"),
        (("verify_broken:Net",), "importing verify_broken raises ModuleNotFoundError: No module named 'torch.nowhere'"),
        (("verify_references:fails",), "verify_references:fails raises ValueError: no weights here"),
        (("verify_references:five",), "verify_references:five gives int, not a torch.nn.Module"),
        (("verify_references",), "`verify_references` isn't of the form package.module:factory"),
        (("verify_references:Net(print(1))",), "the factory's arguments are literals, `print(1)` is none"),
        (("verify_references:Net(1", ), "isn't of the form factory or factory(arguments)"),
        (("verify_references:leaves",), "verify_references:leaves raises SystemExit: 4"),
        (("verify_references:Exits",), "verify_references:Exits can't be called with in[2, 3]: SystemExit: 3"),
        (("verify_references:Silent",), "verify_references:Silent gives NoneType and no tensor in it"),
        (("verify_references:nowhere",), "verify_references:nowhere has weights on the meta device"),
        (("verify_references:Batched",), "; if it takes a dict, --bind batch.in=in puts in into it"),
        (("verify_references:Two",), "verify_references:Two can't be called with in[2, 3]: TypeError"),
        (("verify_references:Net", "--bind", "x=in"), "the reference has no input `x`"),
        (("verify_references:Net", "--bind", "input=image"), "the description has no input `image`"),
    ],
)  # fmt: skip
def test_wrong_use(folder: Path, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str) -> None:
    text = folder / "plain.nn"
    text.write_text("In[B, 3] -> Linear(4) -> ReLU -> Linear(2) -> Out\n")
    status, out, err = ran(capfd, "plain.nn", "--against", *arguments)
    assert (status, out) == (2, "")
    assert said in err and err.count("\n") == 1


def test_an_input_in_a_dict_and_what_a_reference_prints(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ran(capfd, "net.nn", "--against", "verify_references:Batched", "--bind", "batch.x=x")[0] == 0
    status, out, err = ran(capfd, "net.nn", "--against", "verify_references:Chatty")
    assert status == 0 and out.startswith("Net equals") and "here I am" not in out and "here I am" in err


def test_what_goes_wrong_at_a_second_size_is_a_difference(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = ran(capfd, "net.nn", "--against", "verify_references:Picky")
    assert (status, err) == (1, "")
    assert re.search(r"≠ other sizes +verify_references:Picky can't be called with x\[3, 3\]: .*two at a time", out)


def test_outputs_of_other_shapes_are_shown() -> None:
    report = compare("x:In[B, 4, 6] -> Linear(3) -> Out", lambda: nn.Sequential(nn.Linear(6, 3), nn.Flatten(1)))
    assert [c.found.split(", on")[0] for c in report.checks if not c.equal] == ["[2, 4, 3], the reference's is [2, 12]"]


def test_a_sketch_cannot_be_compared() -> None:
    with pytest.raises(Misuse, match="the shape of in isn't known"):
        compare("In -> Linear(3) -> Out", Net)
    with pytest.raises(Misuse, match="leaves something open"):
        compare("In[B, 4] -> Linear -> Out", Net)
