"""What ``draw`` says to wrong use: what there is instead, and no file half written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawError, DrawOptions, draw
from moniel2.backends.theme import theme
from moniel2.layout.scene import Box, Scene
from moniel2.tools.cli import main

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
RESNET = str(EXAMPLES / "resnet.nn")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "x"], "what kind of picture? End the output with .svg, .pdf"),
        (["-o", "-"], "what kind of picture?"),
        (["-o", "x.bmp"], "no format `bmp`: there are svg, pdf"),
        (["-o", "x.svg", "--view", "sideways"], "no view `sideways`: there are blocks"),
        (["-o", "x.svg", "--theme", "neon"], "no theme `neon`: there are light"),
        (["-o", "x.svg", "--theme", "drak"], "no theme `drak`: did you mean `dark`? there are light"),
        (["-o", "x.pdf", "--theme", "auto"], "has one look: --theme auto is for .svg, .html"),
        (["-o", "x.svg", "--view", "volums"], "no view `volums`: did you mean `volumes`? there are blocks"),
        (["-o", "x.svg", "--unroll", "-1"], "--unroll -1: it goes from 0 to 24"),
        (["-o", "x.svg", "--engine", "neato"], "no engine `neato`: there are own, dot"),
        (["-o", "x.svg", "--text", "runes"], "no text `runes`: there are text, paths"),
        (["-o", "x.svg", "--show", "shapse"], "nothing called `shapse`"),
        (["-o", "x.svg", "--depth", "-1"], "the least is 0"),
        (["-o", "x.png", "--scale", "1000"], "it goes from 0.05 to 20"),
        (
            ["-o", "x.svg", "--expand", "layer33/0"],
            "no block is at `layer33/0`, and none is a `layer33/0`: did you mean `layer3/0`",
        ),
        (["-o", "x.svg", "--expand", "BasicBlok"], "did you mean `BasicBlock`?"),
        (["-o", "x.svg", "--expand", "layer3/2"], "did you mean `layer3/0`"),
        (["-o", "x.svg", "--collapse", "conv1"], "`conv1` is an operation"),
        (["-o", "x.svg", "--expand", "MaxPool"], "`MaxPool` is an operation: only blocks open and close"),
        (["-o", "x.svg", "--depth", "two"], "moniel2 draw: --depth: `two` is no whole number"),
        (["-o", "x.svg", "--scale", "big"], "moniel2 draw: --scale: `big` is no number"),
        (
            ["-o", "x.svg", "--colapse", "layer1"],
            "moniel2 draw: there is no option `--colapse`: did you mean `--collapse`?\n",
        ),
        (["-o", "x.svg", "--engine", "dot", "--view", "volumes"], "dot places the boxes of the blocks view only"),
        (["-o", "nowhere/x.svg"], "cannot write nowhere/x.svg"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_says_what_there_is(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["draw", RESNET, *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_the_old_picture(tmp_path: Path) -> None:
    picture = tmp_path / "x.svg"
    picture.write_text("old")
    assert main(["draw", RESNET, "-o", str(picture), "--expand", "nothing/there"]) == 2
    assert picture.read_text() == "old"


@pytest.mark.parametrize("text", ["", "// Nothing yet.\n"])
def test_of_an_empty_program_there_is_nothing_to_draw(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.nn").write_text(text)
    for name in ("net.svg", "net.txt", "net.html", "net.dot"):
        assert main(["draw", str(tmp_path / "net.nn"), "-o", str(tmp_path / name)]) == 2
        assert "there is nothing to draw in net" in capsys.readouterr().err
        assert not (tmp_path / name).exists()
    assert list(mn.loads(text)._repr_mimebundle_()) == ["text/plain"]


def test_one_word_does_where_several_may_be() -> None:
    model = mn.load(RESNET)
    assert model.draw(show="params").svg == model.draw(show=["params"]).svg
    assert model.draw(hide="shapes, legend").svg == model.draw(hide=["shapes", "legend"]).svg
    assert model.draw(expand="BasicBlock").svg == model.draw(expand=["BasicBlock"]).svg


def test_expand_opens_what_is_around() -> None:
    """The projection in a block of the second stage is seen although nothing else was asked to be open."""
    model = mn.load(RESNET).ir
    text = draw(model, DrawOptions(depth=0, expand=("layer2/0/downsample",))).decode("utf-8")
    assert 'class="block open" data-path="layer2/0/downsample"' in text
    assert 'class="block open" data-path="layer2/0"' in text
    assert 'class="block closed" data-path="layer3/0"' in text


def test_expand_by_type_opens_what_is_around() -> None:
    model = mn.load(RESNET).ir
    text = draw(model, DrawOptions(expand=("Projection",), compact=False)).decode("utf-8")
    assert 'class="block open" data-path="layer2/0/downsample"' in text
    assert 'class="block closed" data-path="layer2/1"' in text  # there is none in it


def test_collapse_closes_what_its_text_wants_no_frame_around() -> None:
    """The levels of a U-Net are drawn as one U unless they are asked to be closed."""
    model = mn.load(EXAMPLES / "unet.nn").ir
    for kind in ("svg", "txt"):
        told = draw(model, DrawOptions(format=kind, collapse=("Level",))).decode("utf-8")
        assert "Level" in told and "Concat" not in told
        assert "Concat" in draw(model, DrawOptions(format=kind, collapse=("DoubleConv",))).decode("utf-8")


def test_what_is_to_open_need_be_in_one_of_several_models() -> None:
    models = [mn.load(EXAMPLES / f"{name}.nn").ir for name in ("lenet", "alexnet")]
    assert b"coefficient" in draw(models, DrawOptions(expand=("Subsampling",)))
    with pytest.raises(DrawError, match="did you mean `Subsampling`"):
        draw(models, DrawOptions(expand=("Subsamplin",)))


def test_a_u_that_is_to_run_another_way_is_a_row() -> None:
    model = mn.load(EXAMPLES / "unet.nn").ir
    u, row, column = (draw(model, DrawOptions(direction=d)).decode("utf-8") for d in ("down", "right", "up"))
    sizes = [tuple(map(float, re.findall(r'(?:width|height)="([\d.]+)"', text[:400])[:2])) for text in (u, row, column)]
    assert [w > 4 * h for w, h in sizes] == [False, True, False]
    assert [h > 3 * w for w, h in sizes] == [False, False, True]
    assert b"rankdir=LR" in draw(model, DrawOptions(format="dot", direction="right"))
    assert b"DoubleConv" in draw(model, DrawOptions(format="html", direction="right"))


def test_models_of_one_name_are_told_by_their_files(tmp_path: Path) -> None:
    out = tmp_path / "x.svg"
    assert main(["draw", *(str(EXAMPLES / f"{name}.nn") for name in ("unet", "unet_flat")), "-o", str(out)]) == 0
    assert {"UNet (unet)", "UNet (unet_flat)"} <= set(re.findall(">([^<]*)</text>", out.read_text("utf-8")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"x:In[B, 8] -> {' -> '.join(f'Linear({8 + n % 2})' for n in range(3002))} -> Out", "into blocks"),
        ("+A(n) { x:In -> [a:A(n - 1), b:A(n - 1)] -> Add -> Out } if n", "--depth"),
    ],
    ids=["flat", "deep"],
)
def test_too_large_a_picture_is_refused_with_its_size(text: str, said: str) -> None:
    if said == "--depth":
        text = "+A(n) { x:In; if n > 0 { x -> [a:A(n - 1), b:A(n - 1)] -> Add -> Out } else { x -> ReLU -> Out } }"
        text += "\nx:In[B, 8] -> A(12) -> Out"
    with pytest.raises(DrawError) as raised:
        draw(mn.loads(text).ir, DrawOptions(depth=20))
    assert "more than 3,000 boxes (the model has " in str(raised.value)
    assert said in str(raised.value)


def test_dot_text_is_readable_at_night() -> None:
    text = draw(mn.load(RESNET).ir, DrawOptions(format="dot", theme="dark")).decode("utf-8")
    page, words = (theme("dark").ink(key).fill for key in ("page", "text"))
    assert f'bgcolor="{page}"' in text and f'fontcolor="{words}"' in text


def test_several_models_as_text_follow_each_other() -> None:
    models = [mn.load(EXAMPLES / f"{name}.nn").ir for name in ("lenet", "rnn")]
    text = draw(models, DrawOptions(format="txt")).decode("utf-8")
    assert text.index("LeNet5") < text.index("Elman")
    with pytest.raises(DrawError, match="shows one model, not 2"):
        draw(models, DrawOptions(format="dot"))


# ------------------------------------------------------------------------------------- --engine dot


def test_dot_places_the_boxes_where_graphviz_is() -> None:
    """Boxes of one level don't overlap, every wire has its ends; without Graphviz the message names it."""
    from moniel2.backends.draw import scene

    model = mn.load(EXAMPLES / "lstm.nn").ir
    options = DrawOptions(engine="dot", depth=2)
    if shutil.which("dot") is None:
        with pytest.raises(DrawError, match="`dot` of Graphviz is needed"):
            draw(model, options)
        return
    ours, theirs = scene([model], DrawOptions(depth=2)), scene([model], options)
    assert paths(ours) == paths(theirs)
    assert draw(model, options) == draw(model, options)
    leaves = [i for i in theirs.walk() if isinstance(i, Box) and "frame" not in i.css]
    for k, a in enumerate(leaves):
        assert a.x >= 0
        assert a.x + a.w <= theirs.width
        for b in leaves[:k]:
            assert a.x + a.w <= b.x or b.x + b.w <= a.x or a.y + a.h <= b.y or b.y + b.h <= a.y


def paths(picture: Scene) -> set[str]:
    return {path for i in picture.walk() if (path := getattr(i, "path", ""))}
