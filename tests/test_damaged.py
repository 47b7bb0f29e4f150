"""Programs that slips of the hand have damaged: every command answers, whatever the text says."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moniel2.backends.draw import DrawError
from moniel2.diagnostics.diagnostic import Severity
from moniel2.diagnostics.render import severity, to_json, to_text
from moniel2.facade import Model
from moniel2.ir.hierarchy import hierarchy
from moniel2.ir.verify import verify
from moniel2.pipeline import compile_source
from moniel2.source import Source
from moniel2.syntax.parse import parse
from moniel2.tools.format import format_source
from tests.test_docs import Snippet, snippets

TEXTS = [
    *(s.values[0].text for s in snippets() if isinstance(s.values[0], Snippet)),  # type: ignore[attr-defined]
    "+F { In[B, D] -> layers:L * 3 -> Out }\n+L { In -> ReLU }\nIn[B, 3] -> F -> Out",
    "+S(C) { x:In[B, K]; if K > C { x -> Tanh -> y:Out } else if C > 3 { x -> z } ; z -> Out }\nx:In -> S(16) -> Out",
    '@color("red")\n@side("left") memory:In[B, N, D] -> l:Linear(D, weight = l.weight) -> Out',
    "In[B, D] -> Reshape[B, D / 1000000007, 1000000007] -> Out",
    "+Level(C, n) { In -> Conv(C, 3) -> x; if n > 0 { x -> Level(C, n - 1) -> Out } else { x -> Out } }",
]
_TOKEN = re.compile(r"\s+|//[^\n]*|\"[^\"\n]*\"|[^\W\d]\w*|\d+(?:\.\d+)?|->|\*\*|\.\.|[^\w\s]")
_NUMBERS = ["0", "1", "-1", "7", "0.5", "1/3", "1e400", "9" * 40, "none", "true", '"a"', "[1, 2]", "x", "()", "1x2"]
_ODD = ["\ufeff", "\0", "\t", "\r\n", "\r", "\u2028", "é", "\u0301", "٣", "²", "\U0001f600", "\x0c", "\x1b[31m", "\\"]
_SIGNS = "[ ] { } ( ) -> @ + = : ; ? _ ... / // /* */ /// * , . .. if else for in import from as not none In Out"
_WORDS = [
    *_SIGNS.split(),
    *("* 0", "* 1000000", "for i in 0..3", "if x", "State[B, 4]", "Scan(axis = 1)", "[_]", "{}", "()", "1/0", "** 99"),
    *('"', "@hide\n", "@collapse\n", '@layout("u")\n', "+F = F\n", 'from "x.nn" import Y\n', "weight = x.weight"),
]


def damaged(text: str, choice: random.Random) -> str:
    """The text with a few of its words left out, doubled, swapped, or replaced."""
    for _ in range(choice.choice([1, 1, 1, 2, 3, 6])):
        words = _TOKEN.findall(text) or ["x"]
        i, j = choice.randrange(len(words)), choice.randrange(len(words))
        match choice.randrange(8):
            case 0:
                del words[i]
            case 1:
                words.insert(i, words[j])
            case 2:
                words[i], words[j] = words[j], words[i]
            case 3:
                words.insert(i, choice.choice(_WORDS))
            case 4:
                words[i] = choice.choice(_WORDS)
            case 5:
                words.insert(i, choice.choice(_ODD))
            case 6:
                numbers = [k for k, word in enumerate(words) if word[0].isdigit()] or [i]
                words[choice.choice(numbers)] = choice.choice(_NUMBERS)
            case _:
                names = [k for k, word in enumerate(words) if word[0].isalpha()] or [i]
                words[choice.choice(names)] = words[choice.choice(names)]
        text = "".join(words)
    return text


@st.composite
def damages(draw: st.DrawFn) -> str:
    return damaged(draw(st.sampled_from(TEXTS)), random.Random(draw(st.integers(0, 1 << 32))))


@given(damages())
@example(TEXTS[-5])
@example(TEXTS[-4])
@example(TEXTS[-3])
@example(TEXTS[-2])
@example(TEXTS[-1])
@example("")
@example("\ufeff\r\n")
@example("if a { x -> y } else if b { x  z }")
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_command_answers(text: str) -> None:
    source = Source("main.nn", text)
    compiled = compile_source(source)
    for diagnostic in compiled.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(diagnostic.span.source.text)
    assert to_text(compiled.diagnostics) or not compiled.diagnostics
    to_json(compiled.diagnostics)
    if compiled.model is None:
        return
    assert hierarchy(compiled.model)["root"]
    model = Model(compiled.model, compiled.diagnostics)
    assert model.summary()
    if model.ir.root.nodes or model.ir.root.inputs or model.ir.root.outputs:
        assert model.draw(depth=9).svg.startswith("<svg")
    else:
        with pytest.raises(DrawError, match="nothing to draw"):
            model.draw(depth=9).to("svg")
    if not any(severity(d) is Severity.ERROR for d in compiled.diagnostics):
        assert list(verify(compiled.model)) == []
        assert "nn.Module" in model.code().text


@given(damages())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_formatter_keeps_what_it_can_read(text: str) -> None:
    source = Source("main.nn", text)
    laid_out, problems = format_source(source)
    if any(severity(p) is Severity.ERROR for p in problems):
        assert laid_out == text
        return
    assert format_source(Source("main.nn", laid_out))[0] == laid_out
    before, after = parse(source)[0], parse(Source("main.nn", laid_out))[0]
    assert before == after
    assert [_words(c.text) for c in before.comments] == [_words(c.text) for c in after.comments]


def _words(comment: str) -> list[str]:
    return comment.split()
