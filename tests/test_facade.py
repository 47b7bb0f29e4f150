"""``import moniel2``: what a script or a notebook sees."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawError
from moniel2.dims import Dim

NET = "/// A net.\n+Net(width = 16) {\n    image:In[B, 3, H, W] -> conv:Conv(width, 3) -> logits:Out\n}\nNet\n"


def test_counts_and_shapes() -> None:
    model = mn.loads(NET, settings={"H": 32, "W": 32, "B": 1})
    assert (model.name, model.parameters, model.macs) == ("Net", 448, 30 * 30 * 16 * 27)
    assert model.inputs["image"].shape == (1, 3, 32, 32)
    assert model.outputs["logits"] == mn.Port("logits", (1, 16, 30, 30), "float32")
    assert (model.trainable_parameters, model.buffers, model.complete) == (448, 0, True)
    assert model.activation_bytes == 30 * 30 * 16 * 4
    assert repr(model) == "<Model Net: image[1, 3, 32, 32] -> logits[1, 16, 30, 30]>"


def test_symbolic_counts_are_formulas() -> None:
    model = mn.loads(NET)
    assert isinstance(model.macs, Dim) and model.macs.at({"B": 1, "H": 32, "W": 32}) == 30 * 30 * 16 * 27
    assert model.outputs["logits"].shape == ("B", 16, "H - 2", "W - 2")


def test_settings_are_python_values_or_the_languages_own_words() -> None:
    assert mn.loads(NET, settings={"width": 4}).outputs["logits"].shape == ("B", 4, "H - 2", "W - 2")
    text = "widths = [1]\nIn[B, 8] -> Linear(w) for w in widths -> Out\n"
    assert mn.loads(text, settings={"widths": [2, 3]}).outputs["out"].shape == ("B", 3)
    assert mn.loads(text, settings={"widths": "[5]"}).outputs["out"].shape == ("B", 5)


def test_a_sketch_is_counted_from_below() -> None:
    model = mn.loads("In[B, 3, 8, 8] -> Conv -> Linear(4) -> Out\n")
    assert not model.complete and model.outputs["out"].shape is None


def test_errors_carry_their_diagnostics() -> None:
    with pytest.raises(mn.CompileError) as caught:
        mn.loads("In[B, 8] -> Linaer(4) -> Out\n")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.rule, diagnostic.code, diagnostic.severity.value) == ("unknown-type", "E0201", "error")
    assert "error[E0201]" in str(caught.value)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "net.nn"
    path.write_text('from "block.nn" import Block\nIn[B, 8] -> Block -> Out\n')
    (tmp_path / "block.nn").write_text("+Block = Linear(4)\n")
    assert mn.load(path).parameters == 36
    assert mn.check(path) == ()
    with pytest.raises(FileNotFoundError):
        mn.load(tmp_path / "nowhere.nn")
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="UTF-8"):
        mn.check(path)


def test_imports_may_come_from_anywhere() -> None:
    from moniel2.source import Source

    files = {"block.nn": Source("block.nn", "+Block = Linear(4)\n")}
    model = mn.loads('from "block.nn" import Block\nIn[B, 8] -> Block -> Out\n', load=files.get)
    assert model.parameters == 36


def test_graph_and_json() -> None:
    model = mn.loads(NET)
    assert list(model.graph.nodes) == ["image", "conv", "logits"]
    assert model.json().startswith('{\n "schema": "moniel2.graph/1"')
    assert model.json(flat=True).startswith('{\n "schema": "moniel2.flat/1"')
    assert "Conv 3×3, 16" in model.summary()


def test_code_and_module(tmp_path: Path) -> None:
    import torch

    model = mn.loads(NET)
    model.code().save(tmp_path / "net.py")
    assert (tmp_path / "net.py").read_text() == str(model.code())
    module = model.module()
    assert module(torch.zeros(2, 3, 8, 8)).shape == (2, 16, 6, 6)
    assert sum(p.numel() for p in module.parameters()) == model.parameters


def test_a_picture_shows_itself_in_a_notebook(tmp_path: Path) -> None:
    model = mn.loads(NET)
    picture = model.draw(depth=0, hide=["shapes"], title="A <net>")
    picture.save(tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text() == picture.svg
    ElementTree.fromstring(picture.svg)
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"] == picture.svg
    html = str(bundle["text/html"])
    # An image, which an untrusted notebook shows too; then scripts, which it takes out, and nothing else.
    assert html.startswith('<img alt="Net"') and "<svg" not in html
    assert re.sub(r"<script[^>]*>[^<]*</script>", "", html).count("<") == 1
    packed = re.search(r'<script type="text/plain">([^<]*)</script>', html)
    assert packed is not None
    assert gzip.decompress(b64decode(packed[1])) == picture.to("html")
    assert set(model._repr_mimebundle_()) == set(bundle)
    with pytest.raises(DrawError, match="no format `bmp`"):
        picture.save(tmp_path / "net.bmp")
    assert not (tmp_path / "net.bmp").exists()


def test_importing_loads_nothing() -> None:
    code = (
        "import sys, moniel2; print(sorted(n for n in sys.modules if n.startswith(('moniel2', 'torch', 'networkx'))))"
    )
    root = str(Path(mn.__file__).parent.parent)
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root).stdout == "['moniel2']\n"
    )
    assert set(mn.__all__) <= set(dir(mn))
    with pytest.raises(AttributeError, match="nonsense"):
        mn.nonsense  # noqa: B018


@pytest.mark.parametrize("net", ["Linear(8) * n", "(Linear(8) -> ReLU) * n", "Linear(8) for i in 0..n"])
def test_an_unknown_number_of_copies_is_counted_from_below(net: str) -> None:
    text = f"+Net(n) {{ In[B, 8] -> {net} -> Linear(4) -> Out }}\nNet"
    model = mn.loads(text)
    assert not model.complete and model.parameters == 72 + 36
    three = mn.loads(text, settings={"n": 3})
    assert three.complete and three.parameters == 3 * 72 + 36
