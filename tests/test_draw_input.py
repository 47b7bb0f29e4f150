"""What ``draw`` says to wrong use: what there is instead, and no file half written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawError, DrawOptions, draw
from moniel2.layout.scene import Box, Scene
from moniel2.tools.cli import main

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
RESNET = str(EXAMPLES / "resnet.nn")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "x"], "what kind of picture? End the output with .svg, .pdf"),
        (["-o", "-"], "what kind of picture?"),
        (["-o", "x.bmp"], "no format `bmp`: there is svg, pdf"),
        (["-o", "x.svg", "--view", "sideways"], "no view `sideways`: there is blocks"),
        (["-o", "x.svg", "--theme", "neon"], "no theme `neon`: there are light"),
        (["-o", "x.svg", "--engine", "neato"], "no engine `neato`: there is own, dot"),
        (["-o", "x.svg", "--text", "runes"], "no text `runes`: there is text, paths"),
        (["-o", "x.svg", "--show", "shapse"], "nothing called `shapse`"),
        (["-o", "x.svg", "--depth", "-1"], "the least is 0"),
        (["-o", "x.png", "--scale", "1000"], "it goes from 0.05 to 20"),
        (["-o", "x.svg", "--expand", "layer33/0"], "no block at the path and none of the type `layer33/0`"),
        (["-o", "x.svg", "--expand", "BasicBlok"], "did you mean `BasicBlock`?"),
        (["-o", "x.svg", "--expand", "layer3/2"], "did you mean `layer3/0`"),
        (["-o", "x.svg", "--collapse", "conv1"], "`conv1` is an operation"),
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


def test_expand_opens_what_is_around() -> None:
    """The projection in a block of the second stage is seen although nothing else was asked to be open."""
    model = mn.load(RESNET).ir
    text = draw(model, DrawOptions(depth=0, expand=("layer2/0/downsample",))).decode("utf-8")
    assert 'class="block open" data-path="layer2/0/downsample"' in text
    assert 'class="block open" data-path="layer2/0"' in text
    assert 'class="block closed" data-path="layer3/0"' in text


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
