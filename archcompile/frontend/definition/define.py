"""Definitions: the classes of the source, found by walking the text with sizes left symbolic.

A block's body is walked once with its parameters and its input's sizes as symbols; the walk gives
the class that serves every call. Where a parameter decides how the class is built (``NotGeneric``:
a name or a number of attributes depends on it), its value is put in, and each distinct value gets
a class of its own; where that is not enough, each distinct call does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from archcompile.diagnostics import SpecError
from archcompile.frontend.calls.block_arguments import Bound, default_value
from archcompile.frontend.calls.catalogue import Catalogue
from archcompile.frontend.calls.passed import Passed
from archcompile.frontend.definition.define_body import DefinedBody, read_value
from archcompile.frontend.definition.equalities import (
    Equalities,
    Pair,
    in_call,
    require_equal,
)
from archcompile.frontend.definition.local import (
    Local,
    NotGeneric,
    Setting,
    inferred_sizes,
    symbolic_input,
)
from archcompile.frontend.definition.mentions import dim_words, words
from archcompile.frontend.document.document import Block, Layer
from archcompile.frontend.expressions.evaluate import evaluate
from archcompile.frontend.expressions.frame import Frame, mentioned
from archcompile.frontend.expressions.scope import Scope
from archcompile.frontend.expressions.sizes import is_constant, symbol, to_expr
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.definition import Apply, BlockUse, ChainMember, Definition, Parameter, building
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, Literal, Name
from archcompile.ir.types import TensorType


@dataclass(slots=True)
class Definer:
    """Makes definitions on demand and remembers them. One definer serves one network."""

    catalogue: Catalogue
    made: dict[str, Definition] = field(default_factory=dict)
    by_key: dict[object, Definition | NotGeneric] = field(default_factory=dict)
    """What each attempt came to: a class, or what must be known for one."""
    fixed: dict[object, frozenset[str]] = field(default_factory=dict)
    """The parameters of a block that are known to decide how its class is built."""
    asked: dict[object, tuple[Expr, ...]] = field(default_factory=dict)
    """Conditions on a block's parameters and input of which a class must know whether they hold."""
    equal: dict[str, tuple[Pair, ...]] = field(default_factory=dict)
    """By class: sizes that are equal in each call that it serves."""
    types: dict[object, tuple[TensorType, ...]] = field(default_factory=dict)
    settled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By block: parameters that every call gives one value, which the class then need not have."""
    taps: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By block (the network's own under ""): paths of values inside modules that its lines read."""
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
        training: frozenset[str],
    ) -> Definition:
        """The network's own class; without a source, outputs are what the last line leaves.

        Raises ``NotGeneric`` if a parameter that is kept decides its structure.
        """
        self.reserved = name
        walk = DefinedBody.of(self, {each.name: each for each in inputs}, layers)
        walk.taken |= {parameter.name for parameter in parameters}
        walk.equal.call = {
            each.name: each.default for each in parameters if each.default is not None
        }
        walk.lines(layers, frame)
        _words(building(walk.steps))
        last = iter(walk.places.current)
        shown = tuple(
            (name, (next(last) if source is None else read_value(walk.places, source)).name)
            for name, source in outputs
        )
        return Definition(
            name,
            parameters,
            tuple((each.name, each.type) for each in inputs),
            tuple(walk.steps),
            None,
            shown,
            training,
        )

    def reachable(self, network: Definition) -> tuple[Definition, ...]:
        """The network's class behind every class that it needs, each behind those that it needs."""
        ordered: dict[str, Definition] = {}

        def visit(definition: Definition) -> None:
            for name in _callees(definition.members):
                if name not in ordered:
                    visit(self.made[name])
            ordered[definition.name] = definition

        visit(network)
        return tuple(ordered.values())

    def call(
        self,
        block: Block,
        bound: Bound,
        types: tuple[TensorType, ...],
        setting: Setting,
        caller: Equalities,
    ) -> tuple[BlockUse, tuple[TensorType, ...]]:
        """How a block is called with these values, and the types it gives.

        ``setting`` is the call's: what is assumed are conditions of the caller's own, which must
        keep the sizes equal that the class takes for equal.
        """
        if len(types) != len(block.input_names):
            raise NotGeneric("no call reads so many values")
        for passed in bound.layers.values():
            _require_known(passed)
        sizes = inferred_sizes(block, types)
        definition = self._general(block, bound, types, setting)
        if definition is None or _asks_for_open(definition, sizes):
            definition = self._special(block, bound, types, setting)
        names = _names(bound, sizes)
        caller.take(in_call(pair, names) for pair in self.equal[definition.name])
        arguments: list[tuple[str, Expr]] = []
        for parameter in definition.parameters:
            given = to_expr(sizes[parameter.name]) if parameter.inferred else None
            value = bound.values[parameter.name] if given is None else given
            if parameter.inferred or value != parameter.default:
                arguments.append((parameter.name, value))
        made = self._types(block, bound, types, setting)
        return BlockUse(definition.name, tuple(arguments)), made

    def _general(
        self, block: Block, bound: Bound, types: tuple[TensorType, ...], setting: Setting
    ) -> Definition | None:
        """A class for calls with these values of the parameters that decide, and any others."""
        ranks = tuple((each.rank, each.parts) for each in types)
        place = (block.name.text, ranks, setting.gpus, setting.wanted)
        sizes = inferred_sizes(block, types)
        call = _names(bound, sizes)
        while True:
            fixed = self.fixed.get(place, self.settled.get(block.name.text, frozenset()))
            asked = self.asked.get(place, ())
            _require_constants(bound.values, fixed)
            assumed = tuple((str(each), _holds(each, call, setting)) for each in asked)
            said = tuple((name, str(bound.values[name])) for name in sorted(fixed))
            key = (place, said, _said(bound.layers), assumed)
            if key not in self.by_key:
                self.by_key[key] = NotGeneric("it is being made")
                self.by_key[key] = self._attempt(
                    block,
                    _with_symbols(bound, fixed),
                    symbolic_input(block, types),
                    tuple(each for each in _declared(block) if each.name not in fixed),
                    Setting(setting.gpus, setting.wanted, assumed),
                    call,
                )
            found = self._serving(self.by_key[key], call)
            if isinstance(found, Definition):
                return found
            condition = _new_condition(found, block, asked, sizes)
            if condition is not None:
                self.asked[place] = (*asked, condition)
                continue
            deciding = found.names & (bound.values.keys() - fixed)
            if not deciding:
                return None
            self.fixed[place] = fixed | deciding

    def _special(
        self,
        block: Block,
        bound: Bound,
        types: tuple[TensorType, ...],
        setting: Setting,
    ) -> Definition:
        """A class for calls with these values, if it can be for inputs of any size."""
        _require_constants(bound.values, bound.values)
        said = (tuple(map(str, bound.values.values())), _said(bound.layers))
        given = inferred_sizes(block, types)
        call = _names(bound, given)
        setting = Setting(setting.gpus, setting.wanted)
        for sizes in (symbolic_input(block, types), types):
            place = (block.name.text, said, sizes, setting)
            if place not in self.by_key:
                self.by_key[place] = NotGeneric("it is being made")
                if not self._has_strangers(block, sizes):
                    self.by_key[place] = self._attempt(block, bound, sizes, (), setting, call)
            definition = self._serving(self.by_key[place], call)
            if isinstance(definition, Definition) and not _asks_for_open(definition, given):
                return definition
        names = {name for each in types for size in each.dims[1:] for name in dim_words(size)}
        raise NotGeneric(f"`{block.name.text}` needs to know the size of its input", names)

    def _serving(
        self, made: Definition | NotGeneric, call: Mapping[str, Expr]
    ) -> Definition | NotGeneric:
        """A class, if the sizes that it takes for equal are so in this call too."""
        if isinstance(made, Definition):
            try:
                for pair in self.equal[made.name]:
                    require_equal(pair, call)
            except NotGeneric as error:
                return error
        return made

    @staticmethod
    def _has_strangers(block: Block, types: tuple[TensorType, ...]) -> bool:
        """Whether the inputs' sizes depend on what the class cannot know."""
        symbols = set().union(*(size.symbols for each in types for size in each.dims[1:]))
        return _depends(frozenset(symbols - set(inferred_sizes(block, types))))

    def _attempt(
        self,
        block: Block,
        bound: Bound,
        types: tuple[TensorType, ...],
        declared: tuple[Parameter, ...],
        setting: Setting,
        call: Mapping[str, Expr],
    ) -> Definition | NotGeneric:
        try:
            return self._define(block, bound, types, declared, setting, call)
        except NotGeneric as error:
            return error
        except SpecError as error:
            return NotGeneric(str(error))

    def _define(
        self,
        block: Block,
        bound: Bound,
        types: tuple[TensorType, ...],
        declared: tuple[Parameter, ...],
        setting: Setting,
        call: Mapping[str, Expr],
    ) -> Definition:
        sizes = inferred_sizes(block, types)
        walk = DefinedBody.of(self, {}, block.layers or (), block.name.text, setting.wanted)
        walk.equal.call = call
        walk.taken |= {*sizes, *(parameter.name for parameter in declared)}
        chain, outputs = walk.block(block, bound, types, setting)
        members = (*building(walk.steps), *(chain or ()))
        said = _words(members)
        inferred = tuple(
            Parameter(name, "int", inferred=True)
            for name, size in sizes.items()
            if name in said and size == symbol(name)
        )
        definition = Definition(
            self._free_name(block.name.text),
            (*inferred, *declared),
            tuple(zip(block.input_names, types, strict=True)),
            tuple(walk.steps),
            chain,
            outputs,
        )
        self.made[definition.name] = definition
        self.equal[definition.name] = tuple(walk.equal.pairs)
        return definition

    def _free_name(self, base: str) -> str:
        name, count = base, 1
        while name in self.made or name == self.reserved:
            count += 1
            name = f"{base}{count}"
        return name

    def _types(
        self, block: Block, bound: Bound, types: tuple[TensorType, ...], setting: Setting
    ) -> tuple[TensorType, ...]:
        """The types of a call's outputs, by walking the body with the call's own values."""
        said = tuple(map(str, bound.values.values()))
        key = (block.name.text, said, _said(bound.layers), types, setting)
        if key not in self.types:
            walk = DefinedBody.of(self, {}, block.layers or (), block.name.text, setting.wanted)
            walk.taken |= {word for each in types for size in each.dims for word in dim_words(size)}
            walk.taken |= set().union(*map(mentioned, bound.values.values()))
            walk.block(block, bound, types, setting)
            results = {
                word for each in walk.results for size in each.dims for word in dim_words(size)
            }
            if results & walk.running:
                raise NotGeneric("what a block gives depends on how often its loop runs")
            self.types[key] = walk.results
        return self.types[key]


def _said(layers: Mapping[str, Passed | None]) -> tuple[str, ...]:
    return tuple(map(str, layers.values()))


def _with_symbols(bound: Bound, fixed: frozenset[str]) -> Bound:
    """The parameters as a class knows them: values where they decide, else their names."""
    values = {name: value if name in fixed else Name(name) for name, value in bound.values.items()}
    return Bound(values, bound.layers)


def _new_condition(
    found: NotGeneric, block: Block, asked: tuple[Expr, ...], sizes: dict[str, Dim]
) -> Expr | None:
    """The condition that decides, if it measures; of flags and words alone values are put in."""
    condition = found.condition
    if condition is None or str(condition) in map(str, asked):
        return None
    numbers = {each.name.text for each in block.parameters if each.type in ("int", "number")}
    flags = {each.name.text for each in block.parameters} - numbers
    names = mentioned(condition)
    is_known = names <= numbers | flags | sizes.keys()
    return condition if is_known and not names <= flags else None


def _names(bound: Bound, sizes: dict[str, Dim]) -> dict[str, Expr]:
    """What a class's names stand for in a call."""
    return {**bound.values, **{name: to_expr(size) for name, size in sizes.items()}}


def _holds(condition: Expr, call: Mapping[str, Expr], setting: Setting) -> bool:
    """Whether a condition of a block's holds in a call; if the caller decides, it is asked."""
    held = evaluate(condition, Scope(call, {}))
    assumed = dict(setting.assumed).get(str(held))
    if assumed is not None:
        return assumed
    if isinstance(held, Literal) and isinstance(held.value, bool):
        return held.value
    raise NotGeneric.on(held, "a block needs to know whether a condition holds")


def _require_constants(values: Mapping[str, Expr], names: Iterable[str]) -> None:
    """What decides in a block decides in whoever hands it on."""
    unknown = [values[name] for name in names if not is_constant(values[name])]
    if unknown:
        deciding = set().union(*map(mentioned, unknown))
        raise NotGeneric("a block needs to know its arguments", deciding)


def _require_known(passed: Passed | None) -> None:
    """A layer that is handed over is built into the class, with all that its arguments name."""
    if passed is not None:
        _require_constants(passed.frame.names, frozenset(passed.mentioned()))


def _declared(block: Block) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            each.name.text,
            "text" if each.type == "choice" else each.type,
            default_value(each) if each.default is not None else None,
        )
        for each in block.parameters
        if each.type != "layer"
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
