"""What a reader asks of a view is done, or refused with what there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

import moniel2 as mn
from moniel2.backends.draw import VIEWS, DrawError, DrawOptions, ThemeError, draw, scene
from moniel2.backends.views import KNOWN
from moniel2.layout.picture import SHOWN, SHOWN_BY_DEFAULT
from moniel2.layout.scene import Box, Circle, Polygon, TextRun
from moniel2.layout.views.options import Refused
from tests.view_laws import faults
from tests.views.figures import model


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (DrawOptions(view="volume"), "overview"),
        (DrawOptions(theme="blue"), "dark"),
        (DrawOptions(format="bmp"), "svg"),
        (DrawOptions(show=("weights",)), "params"),
        (DrawOptions(view="volumes", direction="up"), "right"),
        (DrawOptions(view="overview", direction="right"), "down"),
        (DrawOptions(view="tensors", format="mmd"), "blocks"),
        (DrawOptions(unroll=1000), "24"),
        (DrawOptions(view="volumes", show=("params",)), "shapes, legend"),
        (DrawOptions(view="overview", compact=True), "blocks"),
        (DrawOptions(view="overview", unroll=3), "other views"),
        (DrawOptions(format="txt", view="overview"), "blocks"),
        (DrawOptions(format="txt", direction="right"), "down"),
        (DrawOptions(format="txt", show=("legend",)), "legend"),
        (DrawOptions(format="mmd", theme="dark"), "--theme"),
        (DrawOptions(format="dot", show=("legend",)), "legend"),
        (DrawOptions(format="dot", engine="dot"), "--engine"),
        (DrawOptions(format="pdf", text="paths"), "svg"),
        (DrawOptions(format="svg", scale=3.0), "png"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cant_be_drawn_is_refused_with_what_there_is(options: DrawOptions, words: str) -> None:
    with pytest.raises((DrawError, ThemeError), match=words):
        draw([model("vgg")], options)


@pytest.mark.parametrize("view", ["tensors", "volumes"])
def test_what_is_asked_of_a_view_is_done(view: str) -> None:
    """Blocks open and close by path and by type, and copies are written out; what fits a page doesn't matter then."""

    def paths(name: str, **options: object) -> set[str]:
        found = scene([model(name)], DrawOptions(view=view, **options))  # type: ignore[arg-type]
        assert faults(found) == []
        return {i.path for i in found.walk() if isinstance(i, Box | Circle | Polygon) and i.path}

    assert "layer2/0/conv1" not in paths("resnet") and "layer2/0/conv1" in paths("resnet", expand=("layer2/0",))
    assert "layer3/0/conv1" in paths("resnet", expand=("BasicBlock",))
    assert {f"layer3/{k}" for k in range(6)} <= paths("resnet", unroll=6)
    assert "layer3/4/conv1" in paths("resnet", unroll=6, expand=("BasicBlock",))
    assert "level/down" in paths("unet", collapse=("DoubleConv",))
    # What would stay closed for want of room opens around it.
    assert "transformer/h/11/attn" in paths("gpt2", unroll=12, expand=("Block",))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (DrawOptions(expand=("Block",)), "--unroll 12"),
        (DrawOptions(expand=("CausalSelfAttention",)), "--expand that one too"),
        (DrawOptions(unroll=3), "nothing here is repeated 3 times or less"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("view", ["tensors", "volumes", "neurons"])
def test_what_a_view_cant_do_is_said(view: str, options: DrawOptions, words: str) -> None:
    with pytest.raises(DrawError, match=words):
        draw([model("gpt2")], replace(options, view=view))


def test_what_an_overview_cant_open_is_said() -> None:
    with pytest.raises(DrawError, match="--expand it too"):
        draw([model("gpt2")], DrawOptions(view="overview", expand=("CausalSelfAttention",)))
    both = scene([model("gpt2")], DrawOptions(view="overview", expand=("Block", "CausalSelfAttention")))
    assert faults(both) == []


def test_a_legend_below_the_blocks() -> None:
    plain, told = (scene([model("lenet")], DrawOptions(show=show)) for show in ((), ("legend",)))
    words = {i.text for i in told.walk() if isinstance(i, TextRun)} - {
        i.text for i in plain.walk() if isinstance(i, TextRun)
    }
    assert {"convolution", "linear"} <= words
    assert faults(told) == []


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_that_is_asked_for_is_ignored(view: str) -> None:
    """What is to be shown or hidden changes the picture, is so already, or is refused."""
    text = "In[B, 3, 8, 8] -> conv1:Conv(8, 3, padding = 1) -> BN -> ReLU -> Dropout(0.2) -> MaxPool(2) -> Out"
    models = [mn.loads(text).ir]
    plain = scene(models, DrawOptions(view=view))
    known = SHOWN if view == "blocks" else KNOWN
    already = SHOWN_BY_DEFAULT if view == "blocks" else KNOWN
    for word in SHOWN:
        for asked, same in (({"show": (word,)}, word in already), ({"hide": (word,)}, word not in already)):
            options = replace(DrawOptions(view=view), **asked)
            if word in known:
                assert (scene(models, options) == plain) is same, asked
            else:
                with pytest.raises(Refused, match=", ".join(known)):
                    scene(models, options)


@pytest.mark.parametrize("form", ["svg", "txt", "mmd"])
def test_what_cant_be_written_out_is_said(form: str) -> None:
    """The layers of a Transformer are six each; those of a ResNet-34 three, four, five and two; an LSTM is a loop."""
    with pytest.raises(DrawError, match="repeated 5 times or less"):
        draw([model("transformer")], DrawOptions(format=form, unroll=5))
    for name in ("resnet", "char_rnn", "lstm"):
        assert draw([model(name)], DrawOptions(format=form, unroll=5)) != draw([model(name)], DrawOptions(format=form))
