"""What ``import moniel2`` offers: load a program, ask it, draw it, have its code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moniel2.diagnostics.diagnostic import Diagnostic, Severity
from moniel2.dims import Dim
from moniel2.ir import model as ir
from moniel2.ir.measure import Measured, measure
from moniel2.ir.plain import plain_size
from moniel2.ir.ports import port_names
from moniel2.source import Source

if TYPE_CHECKING:
    import networkx
    import torch

    from moniel2.backends.torch.keys import Key
    from moniel2.backends.torch.opened import Reopen
    from moniel2.pipeline import Compiled, Load
    from moniel2.verification import Report

Size = int | str
Setting = object
"""A value of the language: a number, a text in its own words, ``None``, a bool, a list."""


class CompileError(Exception):
    """A program with errors. ``diagnostics`` are all that was found, warnings too; the text shows them.

    Each has ``code`` (``"E0304"``), ``severity``, ``message``, ``span``, ``related`` and ``help``.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        from moniel2.diagnostics.render import to_text

        super().__init__("\n" + to_text(diagnostics))
        self.diagnostics = diagnostics


@dataclass(frozen=True)
class Port:
    """An input or output of a model.

    ``shape`` has an int for a known size, a formula's text for a symbolic one, None for an unknown one; it is None when
    not even the rank is known. ``dtype`` is torch's name for it, or None.
    """

    name: str
    shape: tuple[Size | None, ...] | None
    dtype: str | None
    doc: str = ""


def load(
    path: str | Path,
    *,
    block: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    inputs: Mapping[str, tuple[Size, ...]] | None = None,
    strict: bool = False,
) -> Model:
    """The model that a file describes.

    ``block`` chooses a definition, ``"ResNet(BasicBlock, [2, 2, 2, 2])"`` (default: the main graph); ``settings`` give
    values to top-level constants, parameters of the block and symbolic sizes; ``inputs`` give shapes to inputs by name,
    every dimension, the batch too. With ``strict`` nothing unknown may be left.

    Raises ``CompileError`` for a program with errors, ``OSError`` or ``ValueError`` for a file that can't be read.
    """
    return _model(_compile_file(path, block, settings, inputs, strict))


def loads(
    text: str,
    *,
    block: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    inputs: Mapping[str, tuple[Size, ...]] | None = None,
    strict: bool = False,
    name: str = "<text>",
    load: Load | None = None,
) -> Model:
    """The model that a text describes. ``load`` brings the files it imports (default: those below this folder)."""
    from moniel2.tools.disk import Disk

    return _model(_compile(Source(name, text), load or Disk("-").load, block, settings, inputs, strict))


def check(
    path: str | Path,
    *,
    block: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    inputs: Mapping[str, tuple[Size, ...]] | None = None,
    strict: bool = False,
) -> tuple[Diagnostic, ...]:
    """Everything there is to say about a file; nothing if all is well. Raises as ``load``, but for ``CompileError``."""
    return _compile_file(path, block, settings, inputs, strict).diagnostics


def format(text: str) -> str:
    """The text in its one canonical layout. Raises ``CompileError`` if it can't be parsed."""
    from moniel2.diagnostics.render import severity
    from moniel2.tools.format import format_source

    formatted, diagnostics = format_source(Source("<text>", text))
    if any(severity(d) is Severity.ERROR for d in diagnostics):
        raise CompileError(tuple(diagnostics))
    return formatted


class Model:
    """A compiled program. Counts are ints, or formulas (``Dim``) in the symbolic sizes of the inputs.

    A count leaves out what a sketch leaves open; ``model.complete`` says whether there is such a thing.
    """

    def __init__(
        self,
        model: ir.Model,
        diagnostics: tuple[Diagnostic, ...] = (),
        reopen: Reopen = lambda opened, values, doors: None,
    ) -> None:
        """``reopen`` compiles it with parameters left open, which tells code what depends on them."""
        self.ir = model
        self.diagnostics = diagnostics
        self._reopen = reopen

    @property
    def name(self) -> str:
        return self.ir.name

    @property
    def doc(self) -> str:
        """The program's ``///`` text."""
        return self.ir.doc

    @cached_property
    def inputs(self) -> Mapping[str, Port]:
        """Inputs by name; ``in``, ``in2``, … for those without."""
        ports = self.ir.root.inputs
        return {name: _port(name, p.tensor, p.doc) for name, p in zip(port_names(ports), ports, strict=True)}

    @cached_property
    def outputs(self) -> Mapping[str, Port]:
        """Outputs by name; ``out``, ``out2``, … for those without."""
        ports = self.ir.root.outputs
        return {name: _port(name, p.tensor, p.doc) for name, p in zip(port_names(ports), ports, strict=True)}

    @property
    def requirements(self) -> tuple[str, ...]:
        """What must hold of the symbolic sizes: ``"H is a multiple of 16"``."""
        return tuple(requirement.text for requirement in self.ir.requirements)

    @cached_property
    def _measured(self) -> Measured:
        return measure(self.ir.root)

    @property
    def parameters(self) -> int | Dim:
        """Weights that are trained or frozen, each counted once; buffers aren't among them."""
        return self._measured.total.parameters.number

    @property
    def trainable_parameters(self) -> int | Dim:
        return self._measured.total.trainable.number

    @property
    def buffers(self) -> int | Dim:
        """Numbers in the ``state_dict`` that aren't parameters."""
        return self._measured.total.buffers.number

    @property
    def macs(self) -> int | Dim:
        """Multiply-accumulates of one forward pass at the shapes of the inputs, the batch too."""
        return self._measured.total.macs.number

    @property
    def activation_bytes(self) -> int | Dim:
        """Memory of all tensors that operations give out."""
        return self._measured.total.activation_bytes.number

    @property
    def complete(self) -> bool:
        """Whether parameters and MACs are known exactly."""
        total = self._measured.total
        return total.parameters.exact and total.macs.exact

    @cached_property
    def graph(self) -> networkx.MultiDiGraph[str]:
        """Every operation by its path, with ``op``, ``shape``, ``dtype``, ``parameters``, ``macs``.

        Raises ``moniel2.ir.export.TooLarge`` for more operations than can be written out one by one.
        """
        from moniel2.ir.export import to_networkx

        return to_networkx(self.ir)

    def json(self, flat: bool = False) -> str:
        """The text that ``moniel2 graph`` writes."""
        from moniel2.ir.export import to_json

        return to_json(self.ir, flat)

    def summary(self, depth: int | None = None) -> str:
        """The table that ``moniel2 summary`` writes, ``depth`` levels of blocks open."""
        from moniel2.tools.summary import summarize, to_text

        return to_text(summarize(self.ir, depth))

    def draw(self, **options: Any) -> Picture:
        """A picture, shown by notebooks as it is. ``options`` are those of ``moniel2 draw``:

        ``depth``, ``expand``, ``collapse``, ``direction``, ``view``, ``theme``, ``show``, ``hide``, ``title``, ….
        Of ``expand``, ``collapse``, ``show`` and ``hide`` there may be several, in a list.
        """
        return Picture(self, options)

    def code(self) -> Code:
        """The PyTorch module as text."""
        return Code(self)

    def module(self, **parameters: int | float | Sequence[int]) -> torch.nn.Module:
        """The PyTorch module itself, ready to call, with fresh weights. Imports torch.

        ``parameters`` are those of the class in ``code()``, by name: ``module(layers=2, width=64)``. Raises
        ``TypeError`` for one that it doesn't take, or that it needs: a width that an input leaves open.
        """
        from moniel2.backends.torch import module

        return module(self.ir, self._reopen, parameters)

    def verify(
        self,
        reference: Callable[[], torch.nn.Module] | torch.nn.Module | str,
        *,
        bind: Mapping[str, str] | None = None,
        outputs: Mapping[str, str] | None = None,
    ) -> Report:
        """Whether ``reference`` is the network described here: weights, outputs, training. Imports torch.

        ``reference`` makes a module, or is one, or names what makes one (``"package.module:factory"``). ``bind`` are
        its arguments' names with those of the inputs that go there, ``outputs`` names of our outputs with those of its
        results (default: by name, else in order). The report is true if they are equal; its text says where they part.

        Raises ``moniel2.verification.Misuse`` for what can't be compared.
        """
        from moniel2.verification import load_reference, verify

        name = reference if isinstance(reference, str) else getattr(reference, "__name__", "")
        made = load_reference(reference) if isinstance(reference, str) else reference
        return verify(self.ir, made, name=name, bind=bind, outputs=outputs)

    def __repr__(self) -> str:
        shown = ", ".join(f"{p.name}{_listed(p.shape)}" for p in self.inputs.values())
        given = ", ".join(f"{p.name}{_listed(p.shape)}" for p in self.outputs.values())
        return f"<Model {self.name}: {shown} -> {given}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, object]:
        from moniel2.backends.draw import DrawError

        try:
            return self.draw()._repr_mimebundle_()
        except DrawError:
            # Nobody asked for a picture of what is empty or too large for one.
            return {"text/plain": repr(self)}


class Picture:
    """A drawing of a model, made in the format that is asked for."""

    def __init__(self, model: Model, options: Mapping[str, Any]) -> None:
        self.model = model
        self.options: dict[str, Any] = {name: _option(name, value) for name, value in options.items()}

    def to(self, format: str) -> bytes:
        """``svg``, ``pdf``, ``png``, ``html``, ``dot``, ``tex``, ``mmd`` or ``txt``.

        Raises ``moniel2.backends.draw.DrawError`` for what can't be drawn as asked.
        """
        from moniel2.backends.draw import DrawOptions, draw

        return draw(self.model.ir, DrawOptions(format=format, **self.options))

    @cached_property
    def svg(self) -> str:
        return self.to("svg").decode("utf-8")

    def save(self, path: str | Path) -> None:
        """Write the picture; the kind by the suffix. The file is written whole or not at all."""
        from moniel2.tools.output import write_whole

        write_whole(str(path), self.to(Path(path).suffix.lstrip(".").lower()))

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """The picture as an image, which an untrusted notebook shows too, and the page on top of it."""
        from moniel2.tools.notebook import notebook_html

        return notebook_html(self.svg, self.to("html"), self.model.name)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, object]:
        return {"text/plain": repr(self.model), "text/html": self._repr_html_(), "image/svg+xml": self.svg}


class Code:
    """The text of a PyTorch module; ``missing`` says what a sketch leaves open in it, a line each."""

    def __init__(self, model: Model) -> None:
        from moniel2.backends.torch import emit_open

        emitted = emit_open(model.ir, model._reopen)
        self._emitted = emitted
        self.text = emitted.text
        self.missing = tuple(map(str, emitted.missing))
        self.class_name = emitted.class_name

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all."""
        from moniel2.tools.output import write_whole

        write_whole(str(path), self.text)

    def keys(self) -> Iterator[Key]:
        """Every entry of the module's ``state_dict`` in its order: ``name``, ``shape``, ``dtype``."""
        return self._emitted.keys()

    def __str__(self) -> str:
        return self.text


# ---------------------------------------------------------------------------------- compiling


def _compile_file(
    path: str | Path,
    block: str | None,
    settings: Mapping[str, Setting] | None,
    inputs: Mapping[str, tuple[Size, ...]] | None,
    strict: bool,
) -> Compiled:
    from moniel2.tools.disk import Disk, Unreadable, read_source

    try:
        source = read_source(str(path))
    except Unreadable as error:
        raise (FileNotFoundError if error.missing else ValueError)(str(error)) from None
    return _compile(source, Disk(str(path)).load, block, settings, inputs, strict)


def _compile(
    source: Source,
    load: Callable[[str], Source | None],
    block: str | None,
    settings: Mapping[str, Setting] | None,
    inputs: Mapping[str, tuple[Size, ...]] | None,
    strict: bool,
) -> Compiled:
    from moniel2.pipeline import compile_source

    written = {name: _written(value) for name, value in (settings or {}).items()}
    return compile_source(source, load=load, block=block, settings=written, inputs=inputs or {}, strict=strict)


def _written(value: Setting) -> str:
    """A Python value in the language's words; a text is taken to be in them."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_written, value))}]"
    return str(value)


def _model(compiled: Compiled) -> Model:
    from moniel2.diagnostics.render import severity

    if compiled.model is None or any(severity(d) is Severity.ERROR for d in compiled.diagnostics):
        raise CompileError(compiled.diagnostics)
    return Model(compiled.model, compiled.diagnostics, compiled.reopen)


def _port(name: str, tensor: ir.Tensor, doc: str) -> Port:
    shape = None if tensor.shape is None else tuple(plain_size(size) for size in tensor.shape)
    return Port(name, shape, tensor.dtype or None, doc)


def _option(name: str, value: Any) -> Any:
    """A list as a tuple; one word where several may be, as on the command line."""
    if name in ("expand", "collapse") and isinstance(value, str):
        return (value,)
    if name in ("show", "hide") and isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return tuple(value) if isinstance(value, list) else value


def _listed(shape: tuple[Size | None, ...] | None) -> str:
    return "" if shape is None else "[" + ", ".join("?" if s is None else str(s) for s in shape) + "]"
