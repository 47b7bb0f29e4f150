"""The gallery: what is committed is what the commands beside it draw today."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))

import figures  # noqa: E402

FOLDER = ROOT / "examples" / "figures"


@pytest.mark.parametrize("figure", figures.commands())
def test_a_figure_is_what_its_command_draws(
    figure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    figures.draw(figure, str(tmp_path / "figure.svg"))
    assert capsys.readouterr().err == ""
    assert (tmp_path / "figure.svg").read_bytes() == (ROOT / figure).read_bytes(), (
        "python examples/figures.py draws anew"
    )


def test_every_figure_has_a_command_and_is_shown() -> None:
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"!\[[^]]+\]\(figures/([\w-]+)\.svg\)", text))
    assert shown == {Path(figure).stem for figure in figures.commands()} == {p.stem for p in FOLDER.glob("*.svg")}


def test_every_link_leads_somewhere() -> None:
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([\w./-]+)\)", text):
        assert (ROOT / "examples" / link).exists(), link
