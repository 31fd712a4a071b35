"""Definitions: the classes of the source, found by walking the text with sizes left symbolic.

A block's body is walked once with its parameters and its input's sizes as symbols; the walk gives
the class that serves every call. Where one class cannot (``NotGeneric``: a name or a number of
attributes depends on a parameter), each distinct call gets a class of its own, all values put in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from archcompile.diagnostics import SpecError
from archcompile.frontend.arguments import bind_block, build_op, default_value
from archcompile.frontend.catalogue import Catalogue
from archcompile.frontend.define_chain import ChainWalk, copies, is_absent
from archcompile.frontend.document import Block, Layer
from archcompile.frontend.expand import body_frame
from archcompile.frontend.frame import Frame, mentioned
from archcompile.frontend.local import Local, NotGeneric, choice, inferred_sizes, symbolic_input
from archcompile.frontend.mentions import dim_words, words
from archcompile.frontend.places import Places
from archcompile.frontend.sizes import is_constant, shape_of, symbol, to_expr
from archcompile.frontend.tree import Scalar
from archcompile.ir.definition import (
    Apply,
    BlockUse,
    Chain,
    ChainMember,
    Definition,
    OpUse,
    Parameter,
    Step,
)
from archcompile.ir.dim import Dim, DimTooLarge
from archcompile.ir.expr import Expr, Literal, Name
from archcompile.ir.op import Op, OpError, Undecided, Unknown
from archcompile.ir.types import TensorType


@dataclass(slots=True)
class Definer:
    """Makes definitions on demand and remembers them. One definer serves one network."""

    catalogue: Catalogue
    made: dict[str, Definition] = field(default_factory=dict)
    by_key: dict[object, Definition | None] = field(default_factory=dict)
    types: dict[object, tuple[TensorType, ...]] = field(default_factory=dict)
    reserved: str = ""
    """The network's own name, which no block's class takes."""

    def network(
        self,
        name: str,
        layers: tuple[Layer, ...],
        parameters: tuple[Parameter, ...],
        frame: Frame,
        inputs: tuple[Local, ...],
        outputs: tuple[tuple[str, Scalar | None], ...],
    ) -> Definition:
        """The network's own class; without a source, outputs are what the last line leaves.

        Raises ``NotGeneric`` if a parameter that is kept decides its structure.
        """
        self.reserved = name
        walk = BodyWalk(self, {parameter.name for parameter in parameters})
        places = walk.body(layers, frame, {each.name: each for each in inputs})
        _words(tuple(walk.steps))
        last = iter(places.current)
        shown = tuple(
            (name, (next(last) if source is None else _read(places, source)).name)
            for name, source in outputs
        )
        return Definition(
            name,
            parameters,
            tuple((each.name, each.type) for each in inputs),
            tuple(walk.steps),
            None,
            shown,
        )

    def reachable(self, network: Definition) -> tuple[Definition, ...]:
        """The network's class behind every class that it needs, each behind those that it needs."""
        ordered: dict[str, Definition] = {}

        def visit(definition: Definition) -> None:
            for name in _callees((*definition.steps, *(definition.chain or ()))):
                if name not in ordered:
                    visit(self.made[name])
            ordered[definition.name] = definition

        visit(network)
        return tuple(ordered.values())

    def call(
        self, block: Block, values: dict[str, Expr], types: tuple[TensorType, ...]
    ) -> tuple[BlockUse, tuple[TensorType, ...]]:
        """How a block is called with these values, and the types it gives."""
        if len(types) != len(input_names(block)):
            raise NotGeneric("no call reads so many values")
        sizes = inferred_sizes(block, types)
        definition = self._generic(block, types)
        if definition is None or _asks_for_open(definition, sizes):
            definition = self._special(block, values, types)
        arguments: list[tuple[str, Expr]] = []
        for parameter in definition.parameters:
            value = to_expr(sizes[parameter.name]) if parameter.inferred else values[parameter.name]
            if parameter.inferred or value != parameter.default:
                arguments.append((parameter.name, value))
        return BlockUse(definition.name, tuple(arguments)), self._types(block, values, types)

    def _generic(self, block: Block, types: tuple[TensorType, ...]) -> Definition | None:
        key = (block.name.text, tuple(each.rank for each in types))
        if key not in self.by_key:
            self.by_key[key] = None  # while it is being made
            values: dict[str, Expr] = {
                parameter.name.text: Name(parameter.name.text) for parameter in block.parameters
            }
            symbolic = symbolic_input(block, types)
            try:
                self.by_key[key] = self._define(block, values, symbolic, _declared(block))
            except (NotGeneric, SpecError):
                return None
        return self.by_key[key]

    def _special(
        self, block: Block, values: dict[str, Expr], types: tuple[TensorType, ...]
    ) -> Definition:
        """A class for calls with these values, if it can be for inputs of any size."""
        if not all(map(is_constant, values.values())):
            raise NotGeneric(f"`{block.name.text}` needs to know its arguments")
        said = tuple(map(str, values.values()))
        ranks = tuple(each.rank for each in types)
        for key, sizes in ((ranks, symbolic_input(block, types)), (types, types)):
            place = (block.name.text, said, key)
            if place not in self.by_key:
                self.by_key[place] = self._attempt(block, values, sizes)
            definition = self.by_key[place]
            given = inferred_sizes(block, types)
            if definition is not None and not _asks_for_open(definition, given):
                return definition
        raise NotGeneric(f"`{block.name.text}` needs to know the size of its input")

    def _attempt(
        self, block: Block, values: dict[str, Expr], types: tuple[TensorType, ...]
    ) -> Definition | None:
        symbols = set().union(*(size.symbols for each in types for size in each.dims[1:]))
        if _depends(frozenset(symbols - set(inferred_sizes(block, types)))):
            return None
        try:
            return self._define(block, values, types, ())
        except (NotGeneric, SpecError):
            return None

    def _define(
        self,
        block: Block,
        values: dict[str, Expr],
        types: tuple[TensorType, ...],
        declared: tuple[Parameter, ...],
    ) -> Definition:
        sizes = inferred_sizes(block, types)
        walk = BodyWalk(self, {*sizes, *(parameter.name for parameter in declared)})
        chain, outputs = walk.block(block, values, types)
        members = (*walk.steps, *(chain or ()))
        said = _words(members)
        inferred = tuple(
            Parameter(name, "int", inferred=True)
            for name, size in sizes.items()
            if name in said and size == symbol(name)
        )
        definition = Definition(
            self._free_name(block.name.text),
            (*inferred, *declared),
            tuple(zip(input_names(block), types, strict=True)),
            tuple(walk.steps),
            chain,
            outputs,
        )
        self.made[definition.name] = definition
        return definition

    def _free_name(self, base: str) -> str:
        name, count = base, 1
        while name in self.made or name == self.reserved:
            count += 1
            name = f"{base}{count}"
        return name

    def _types(
        self, block: Block, values: dict[str, Expr], types: tuple[TensorType, ...]
    ) -> tuple[TensorType, ...]:
        """The types of a call's outputs, by walking the body with the call's own values."""
        key = (block.name.text, tuple(map(str, values.values())), types)
        if key not in self.types:
            said = {word for each in types for size in each.dims for word in dim_words(size)}
            walk = BodyWalk(self, said.union(*map(mentioned, values.values())))
            walk.block(block, values, types)
            results = {
                word for each in walk.results for size in each.dims for word in dim_words(size)
            }
            if results & walk.running:
                raise NotGeneric("what a block gives depends on how often its loop runs")
            self.types[key] = walk.results
        return self.types[key]


@dataclass(slots=True)
class BodyWalk:
    """The walk through one class body: its steps, and the Python names it must not reuse."""

    definer: Definer
    taken: set[str]
    steps: list[Step] = field(default_factory=list)
    results: tuple[TensorType, ...] = ()
    loops: dict[object, tuple[tuple[ChainMember, ...], TensorType]] = field(default_factory=dict)
    """Loops in chains that were walked before, by line and frame."""
    running: set[str] = field(default_factory=set)
    """Sizes that loops carry on: variables of this class, which no caller knows."""

    def block(
        self, block: Block, values: dict[str, Expr], types: tuple[TensorType, ...]
    ) -> tuple[tuple[ChainMember, ...] | None, tuple[tuple[str, str], ...]]:
        """A block's body: its chain if it is a ``sequence``, and its outputs."""
        names = input_names(block)
        known: dict[str, TensorType | None] = dict(zip(names, types, strict=True))
        frame = body_frame(values, known)
        if block.sequence is not None:
            lines = [(frame, line) for line in block.sequence]
            members, result = ChainWalk(self).lines(lines, types[0])
            self.results = (result,)
            return members, ()
        inputs = {name: Local(name, each) for name, each in zip(names, types, strict=True)}
        places = self.body(block.layers or (), frame, inputs)
        shown = tuple(_read(places, output.source) for output in block.outputs) or places.current
        self.results = tuple(value.type for value in shown)
        outputs = [output.name.text for output in block.outputs] or [
            each.name.replace(".", "_") for each in shown
        ]
        return None, tuple((name, each.name) for name, each in zip(outputs, shown, strict=True))

    def body(
        self, layers: tuple[Layer, ...], frame: Frame, inputs: dict[str, Local]
    ) -> Places[Local]:
        """Walk a class body; its steps gather in ``steps``."""
        places: Places[Local] = Places.of(inputs, layers)
        for layer in layers:
            self._entry(layer, frame, places)
        return places

    def _entry(self, layer: Layer, frame: Frame, places: Places[Local]) -> None:
        texts = [_known(frame.text(scalar)) for scalar in layer.sources or ()]
        reads = places.read(layer.sources, texts)
        here = frame.reading(tuple(shape_of(value.type) for value in reads))
        if layer.is_loop and layer.name is None:
            places.current = reads
            for inner, copy in copies(layer, here):
                self._entry(copy, inner, places)
            return
        base = layer.op.text if layer.op is not None else "sequence"
        automatic = places.automatic(base) if layer.name is None else None
        name = automatic or _known(frame.text(layer.name) if layer.name is not None else None)
        places.spans[name] = layer.span
        condition = None if layer.is_loop else condition_of(layer, here)
        if is_absent(condition):
            places.define(name, reads)
            return
        step, types = self.step(layer, name, here, reads, condition)
        if condition is not None:
            if len(reads) != 1 or len(types) != 1:
                raise NotGeneric("a layer of several values is there or not")
            types = (choice(condition, types[0], reads[0].type),)
        self.steps.append(step)
        values = tuple(map(Local, self._value_names(name, step), types))
        places.define(name, values)
        places.values |= {each.name: (each,) for each in values}

    def _value_names(self, name: str, step: Step) -> tuple[str, ...]:
        """A step's name, or the parts of what a block of several outputs gives: ``stage2.low``."""
        if isinstance(step, Apply) and isinstance(step.use, BlockUse):
            outputs = self.definer.made[step.use.definition].outputs
            if len(outputs) > 1:
                return tuple(f"{name}.{output}" for output, _ in outputs)
        return (name,)

    def step(
        self, layer: Layer, name: str, here: Frame, reads: tuple[Local, ...], condition: Expr | None
    ) -> tuple[Step, tuple[TensorType, ...]]:
        """What one line becomes, and the types of its values."""
        types = tuple(value.type for value in reads)
        names = tuple(value.name for value in reads)
        if layer.sequence is not None or layer.is_loop:
            members, result = ChainWalk(self).container(layer, here, types[0])
            return Chain(name, members, names, condition, layer.span), (result,)
        use, results = self.use(layer, here, types)
        is_function = isinstance(use, OpUse) and not use.op.is_module
        if is_function and (condition is not None or _is_open(use)):
            raise NotGeneric("a function in `forward` cannot see the constructor's parameters")
        return Apply(name, use, names, condition, layer.span), results

    def use(
        self, layer: Layer, here: Frame, types: tuple[TensorType, ...]
    ) -> tuple[OpUse | BlockUse, tuple[TensorType, ...]]:
        """A call of an op or block with symbolic sizes."""
        assert layer.op is not None
        callee = self.definer.catalogue.find(layer.op)
        if isinstance(callee, Block):
            values = bind_block(callee, layer.op, layer.arguments, here)
            return self.definer.call(callee, values, types)
        return self._op(callee, layer, layer.op, here, types)

    def _op(
        self, kind: type[Op], layer: Layer, call: Scalar, here: Frame, types: tuple[TensorType, ...]
    ) -> tuple[OpUse, tuple[TensorType, ...]]:
        try:
            built = build_op(kind, call, layer.arguments, here)
            result = built.op.infer(*types)
        except (OpError, Undecided, SpecError, DimTooLarge) as error:
            raise NotGeneric(str(error)) from error
        return OpUse(built.op, types, built.written), (result,)


def input_names(block: Block) -> tuple[str, ...]:
    """The names of a block's inputs."""
    return tuple(scalar.text for scalar in block.inputs) or ("x",)


def condition_of(layer: Layer, here: Frame) -> Expr | None:
    """A layer's condition: ``None`` if it is always there, ``Literal(False)`` if never."""
    if layer.when is None:
        return None
    condition = here.truth(layer.when)
    return None if condition == Literal(True) else condition


def _declared(block: Block) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            each.name.text,
            each.type,
            default_value(each) if each.default is not None else None,
        )
        for each in block.parameters
    )


def _asks_for_open(definition: Definition, sizes: dict[str, Dim]) -> bool:
    """Whether the class wants a size that a network leaves open, which no constructor has."""
    wanted = (sizes[each.name] for each in definition.parameters if each.inferred)
    return any(_is_shape_symbol(name) for size in wanted for name in size.symbols)


def _depends(symbols: frozenset[str]) -> bool:
    """Whether a size depends on more than a network's own shape symbols (``H``, ``W``)."""
    return not all(map(_is_shape_symbol, symbols))


def _is_shape_symbol(name: str) -> bool:
    return len(name) == 1 and name.isupper()


def _is_open(use: OpUse | BlockUse) -> bool:
    """Whether an argument of an op is left for a call to decide."""
    values = dict(use.op).values() if isinstance(use, OpUse) else ()
    return any(
        isinstance(value, Unknown) or (isinstance(value, Dim) and not value.is_constant)
        for value in values
    )


def _known(text: str | None) -> str:
    if text is None:
        raise NotGeneric("a name depends on a parameter")
    return text


def _read(places: Places[Local], source: Scalar) -> Local:
    return places.read((source,), (source.text,))[0]


def _words(members: tuple[ChainMember, ...]) -> set[str]:
    """The names that the class will say; ``NotGeneric`` for a function that Python has not."""
    said = words(members)
    if "make_divisible" in said:
        raise NotGeneric("`make_divisible` is not a function of Python's")
    return said


def _callees(members: tuple[ChainMember, ...]) -> list[str]:
    found: list[str] = []
    for member in members:
        if not isinstance(member, Apply):
            found += _callees(member.members)
        elif isinstance(member.use, BlockUse):
            found.append(member.use.definition)
    return found
