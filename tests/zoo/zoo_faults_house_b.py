"""Faults outside the ops, second half: the PyTorch source, and the frontend."""

from __future__ import annotations

from zoo_fault import Fault

_NAMES = "backends/pytorch/names.py"
_STARTS = "backends/pytorch/starts.py"
_CHAINS = "backends/pytorch/chains.py"
_LAID_OUT = "backends/pytorch/expressions.py"
_ATTRIBUTES = "backends/pytorch/attributes.py"
_FORWARD = "backends/pytorch/forward.py"
_SCALARS = "frontend/text/scalars.py"
_READER = "frontend/text/reader.py"
_ARITHMETIC = "frontend/expressions/arithmetic.py"
_FUNCTIONS = "frontend/expressions/functions.py"
_EVALUATE = "frontend/expressions/evaluate.py"
_GRAMMAR = "frontend/expressions/grammar.py"
_SIZES = "frontend/expressions/sizes.py"
_CLASS_BODY = "frontend/expansion/class_body.py"
_PLACES = "frontend/expansion/places.py"
_INIT = "frontend/expansion/starts.py"
_GROUPS = "frontend/expansion/gpu_groups.py"
_LINE = "frontend/expansion/expand_line.py"
_ELABORATE = "frontend/elaborate.py"
_CHAIN = "frontend/definition/define_chain.py"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "names: a number behind a number has no line between",
        _NAMES,
        old='result += f"_{part}" if is_number_after_number else part',
        new="result += part",
    ),
    Fault(
        "names: a class borrows as little of the title as it can",
        _NAMES,
        old="for count in range(len(words), 0, -1):",
        new="for count in range(1, len(words) + 1):",
    ),
    Fault(
        "names: the network's class name goes to the first block",
        _NAMES,
        old="return (*chosen[1:], chosen[0])",
        new="return tuple(chosen)",
    ),
    Fault(
        "names: the rest of a name loses its capitals",
        _NAMES,
        old="part[0].upper() + part[1:] for part in _WORDS.findall(name[length:])",
        new="part.capitalize() for part in _WORDS.findall(name[length:])",
    ),
    Fault(
        "statements: training outputs stand where the author has them",
        "backends/pytorch/statements.py",
        old="return tuple(sorted(definition.outputs, "
        "key=lambda each: each[0] in definition.training))",
        new="return definition.outputs",
    ),
    Fault(
        "statements: the pieces of a value are read from the second on",
        "backends/pytorch/statements.py",
        old="wanted = [_without_index(steps[0], index) for index in range(count)]",
        new="wanted = [_without_index(steps[0], index + 1) for index in range(count)]",
        ops=("chunk",),
    ),
    Fault(
        "statements: a buffer in a module is asked for as a parameter",
        "backends/pytorch/statements.py",
        old='module_path(step.name), "parameter" if form.is_trained else "buffer"',
        new='module_path(step.name), "parameter"',
        ops=("constant",),
    ),
    Fault(
        "printer: a tuple of one is no tuple",
        "backends/pytorch/printer.py",
        old='return f"({listed},)" if len(items) == 1 else f"({listed})"',
        new='return f"({listed})"',
        ops=("layer_norm",),
    ),
    Fault(
        "printer: a broken expression has no parentheses around it",
        "backends/pytorch/printer.py",
        old='whole = group(IfBroken("("), Nest((Break(), inner)), Break(), IfBroken(")"))',
        new="whole = group(Nest((Break(), inner)), Break())",
    ),
    Fault(
        "expressions: the right operand of a difference loses its parentheses",
        _LAID_OUT,
        old='f"{sign} ", _operand(other, level + 1)]',
        new='f"{sign} ", _operand(other, level)]',
    ),
    Fault(
        "expressions: an `or` inside an `and` loses its parentheses",
        _LAID_OUT,
        old="return [_operand(operand, _NEGATION)]",
        new="return [_operand(operand, 1)]",
    ),
    Fault(
        "expressions: `>=` is written `>`",
        _LAID_OUT,
        old='ast.GtE: ">=",',
        new='ast.GtE: ">",',
    ),
    Fault(
        "expressions: a condition in the place of a value loses its parentheses",
        _LAID_OUT,
        old='[_operand(node.body, 2), Break(" "), "if ", _operand(node.test, 2)]',
        new='[_operand(node.body, 1), Break(" "), "if ", _operand(node.test, 1)]',
    ),
    Fault(
        "expressions: a power binds to the left",
        _LAID_OUT,
        old="left = _operand(node.left, _POSTFIX)",
        new="left = _operand(node.left, _POSTFIX - 1)",
    ),
    Fault(
        "literals: a small number loses the sign of its exponent",
        "backends/pytorch/literals.py",
        old='return f"{mantissa}e{int(exponent)}" if mark else mantissa',
        new='return f"{mantissa}e{abs(int(exponent))}" if mark else mantissa',
        ops=("batch_norm2d", "local_response_norm", "layer_norm"),
    ),
    Fault(
        "attributes: a constant is saved with the weights",
        _ATTRIBUTES,
        old="{made}, persistent=False)'",
        new="{made})'",
        ops=("constant",),
    ),
    Fault(
        "attributes: the identity stands where the condition holds",
        _ATTRIBUTES,
        old='return f"{made} if {said(step.condition)} else {_absent(step)}"',
        new='return f"{_absent(step)} if {said(step.condition)} else {made}"',
    ),
    Fault(
        "attributes: members of a list are put in by name",
        _ATTRIBUTES,
        old='kind = "List" if container.is_list else "Dict"',
        new='kind = "Dict"',
    ),
    Fault(
        "layout: a space at which a line could break is lost",
        "backends/pytorch/layout.py",
        old="                else:\n                    lines[-1] += flat\n",
        new="",
    ),
    Fault(
        "layout: what stands one a line starts with the last",
        "backends/pytorch/layout.py",
        old="stack += [(level, breaks, each) for each in reversed(inner)]",
        new="stack += [(level, breaks, each) for each in (inner if exploded else inner[::-1])]",
    ),
    Fault(
        "chains: a running size starts only where it has its value already",
        _CHAINS,
        old="if str(carry.start) != carry.variable:",
        new="if str(carry.start) == carry.variable:",
    ),
    Fault(
        "chains: a loop's running sizes are never carried on",
        _CHAINS,
        old="due = [carry for carry in loop.carries if not _is_done(carry, loop)]",
        new="due = [carry for carry in loop.carries if _is_done(carry, loop)]",
    ),
    Fault(
        "chains: members with a name are appended by number",
        _CHAINS,
        old='body.add(f"{target}.add_module({_key(member.name)}, {_made(member, body)})")',
        new='body.add(f"{target}.append({_made(member, body)})")',
    ),
    Fault(
        "construct: a list of one item is a bare item",
        "backends/pytorch/construct.py",
        old='return f"({items[0]},)" if len(items) == 1 else f"({\', \'.join(items)})"',
        new="return f\"({', '.join(items)})\"",
    ),
    Fault(
        "construct: a size is said by any expression of the author's",
        "backends/pytorch/construct.py",
        old="return str(written[dim] if dim in written and not dim.is_constant else dim)",
        new="return str(next(iter(written.values()), dim) if not dim.is_constant else dim)",
    ),
    Fault(
        "conditions: a condition that is known takes the other side",
        "backends/pytorch/conditions.py",
        old="self.visit(node.body if yes in self._known else node.orelse)",
        new="self.visit(node.body if no in self._known else node.orelse)",
    ),
    Fault(
        "segments: a slice ends as many members behind its start",
        "backends/pytorch/segments.py",
        old="{'' if segment.is_whole else stop}]",
        new="{'' if segment.is_whole else stop - start}]",
    ),
    Fault(
        "variables: `x` takes a new value while the old one is needed",
        "backends/pytorch/variables.py",
        old="                if name not in needed:",
        new="                if name not in chosen:",
    ),
    Fault(
        "variables: a value lives until its first reader",
        "backends/pytorch/variables.py",
        old="return bool(self.reads[value]) and self.reads[value][-1] > place",
        new="return bool(self.reads[value]) and self.reads[value][0] > place",
    ),
    Fault(
        "forward: a shortcut that is there is passed over",
        _FORWARD,
        old="if {called} is None else {text}",
        new="if {called} is not None else {text}",
    ),
    Fault(
        "forward: training is taken for evaluation",
        _FORWARD,
        old='guard = header("if not self.training:", 2 * INDENT)',
        new='guard = header("if self.training:", 2 * INDENT)',
    ),
    Fault(
        "starts: a mean is left out",
        _STARTS,
        old='            yield from () if mean == 0 else (f"mean={literal(float(mean))}",)\n',
        new="",
    ),
    Fault(
        "starts: torch's default mode is taken for fan_out",
        _STARTS,
        old='yield from () if init.mode == "fan_in" else',
        new='yield from () if init.mode == "fan_out" else',
    ),
    Fault(
        "starts: torch's default nonlinearity is taken for ReLU",
        _STARTS,
        old='default = init.nonlinearity == "leaky_relu"',
        new='default = init.nonlinearity == "relu"',
    ),
    Fault(
        "starts: a loop sets weights that the spec leaves to torch",
        _STARTS,
        old="if len(inits) < len(kind.keys) or len(inits) < 2:",
        new="if len(inits) < 2:",
    ),
    Fault(
        "starts: what differs from the loop is not set behind it",
        _STARTS,
        old="if covered.get(key) != init:",
        new="if key not in covered:",
    ),
    Fault(
        "starts: a loop takes every module of the class for one with that weight",
        _STARTS,
        old="        kind.is_optional |= len(kind.keys) < count[kind.of]\n",
        new="        pass\n",
        ops=("batch_norm2d", "layer_norm", "group_norm"),
    ),
    Fault(
        "starts: the bounds of a uniform start are exchanged",
        _STARTS,
        old="yield from (literal(float(low)), literal(float(high)))",
        new="yield from (literal(float(high)), literal(float(low)))",
    ),
    Fault(
        "scalars: a number with a plus sign is real",
        _SCALARS,
        old='_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")',
        new='_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")',
    ),
    Fault(
        "scalars: TRUE is a text",
        _SCALARS,
        old='**dict.fromkeys(("true", "True", "TRUE"), True),',
        new='**dict.fromkeys(("true", "True"), True),',
    ),
    Fault(
        "reader: a quoted number is a number",
        _READER,
        old="return Scalar(span, text, text, plain=False, inner=inner)",
        new="return Scalar(span, text, self._plain_value(text, span), plain=False, inner=inner)",
    ),
    Fault(
        "reader: an alias repeats the last anchor",
        _READER,
        old="        target = self.anchored.get(name)\n",
        new="        known = list(self.anchored.values())\n"
        "        target = known[-1] if name in self.anchored else None\n",
    ),
    Fault(
        "expressions: `//` rounds towards zero",
        _ARITHMETIC,
        old='"//": operator.floordiv,',
        new='"//": lambda a, b: int(a / b),',
    ),
    Fault(
        "expressions: `<=` is evaluated as `<`",
        _ARITHMETIC,
        old='"<=": operator.le,',
        new='"<=": operator.lt,',
    ),
    Fault(
        "expressions: make_divisible rounds down",
        _FUNCTIONS,
        old="nearest = max(step, int(size + step / 2) // step * step)",
        new="nearest = max(step, int(size) // step * step)",
    ),
    Fault(
        "expressions: make_divisible may lose more than a tenth",
        _FUNCTIONS,
        old="return bounded(nearest + step if nearest < 0.9 * size else nearest)",
        new="return bounded(nearest)",
    ),
    Fault(
        "expressions: make_divisible may come to zero",
        _FUNCTIONS,
        old="nearest = max(step, int(size + step / 2) // step * step)",
        new="nearest = int(size + step / 2) // step * step",
    ),
    Fault(
        "expressions: the sum of a list leaves the first item out",
        _FUNCTIONS,
        old='for item in _list(value, "`sum`"):',
        new='for item in _list(value, "`sum`")[1:]:',
    ),
    Fault(
        "evaluate: `a and b` of two that hold does not",
        _EVALUATE,
        old="return left[0] if left else Literal(not decisive, expr.span)",
        new="return left[0] if left else Literal(decisive, expr.span)",
    ),
    Fault(
        "evaluate: a chain of comparisons compares all with the first",
        _EVALUATE,
        old="            left = right\n",
        new="",
    ),
    Fault(
        "evaluate: `0 - x` is x",
        _EVALUATE,
        old='return right if _is_number(left, {"*": 1, "+": 0}.get(operator)) else None',
        new='return right if _is_number(left, {"*": 1, "+": 0, "-": 0}.get(operator)) else None',
    ),
    Fault(
        "evaluate: height and width are exchanged",
        "frontend/expressions/blame.py",
        old='"height": 2, "width": 3,',
        new='"height": 3, "width": 2,',
    ),
    Fault(
        "evaluate: an undecided condition with one side known is that side",
        _EVALUATE,
        old="        if then == otherwise:\n            return then\n",
        new="        if then == otherwise or isinstance(then, Literal):\n            return then\n",
    ),
    Fault(
        "grammar: a sign binds more tightly than a power",
        _GRAMMAR,
        old='"-": ("-", _SIGN),',
        new='"-": ("-", _POWER + 1),',
    ),
    Fault(
        "grammar: a power binds to the left",
        _GRAMMAR,
        old="right = self._operand(_SIGN if level == _POWER else level + 1)",
        new="right = self._operand(level + 1)",
    ),
    Fault(
        "grammar: a difference binds to the right",
        _GRAMMAR,
        old="right = self._operand(_SIGN if level == _POWER else level + 1)",
        new="right = self._operand(_SIGN if level == _POWER else level)",
    ),
    Fault(
        "grammar: `%` binds like a sum",
        _GRAMMAR,
        old='"%": ("%", 6),',
        new='"%": ("%", 5),',
    ),
    Fault(
        "grammar: `not` binds more tightly than a comparison",
        _GRAMMAR,
        old='{"not": ("not", _NOT),',
        new='{"not": ("not", _COMPARISON + 1),',
    ),
    Fault(
        "sizes: the maximum of open arguments is their minimum",
        _SIZES,
        old="return Dim.maximum(*map(to_dim, arguments))",
        new="return Dim.minimum(*map(to_dim, arguments))",
    ),
    Fault(
        "frame: `in` is the last value that a line reads",
        "frontend/expressions/frame.py",
        old="first = shapes[0] if shapes else None",
        new="first = shapes[-1] if shapes else None",
    ),
    Fault(
        "frame: a loop's variable does not hide a name outside",
        "frontend/expressions/frame.py",
        old="return replace(self, names={**self.names, **names})",
        new="return replace(self, names={**names, **self.names})",
    ),
    Fault(
        "residual: the body stands before the shortcut",
        _CLASS_BODY,
        old="self._join(residual.join, here, (*self.places.current, *body), loops=loops)",
        new="self._join(residual.join, here, (*body, *self.places.current), loops=loops)",
    ),
    Fault(
        "residual: the shortcut starts where the body ends",
        _CLASS_BODY,
        old="        self.places.current = reads\n        if residual.shortcut is not None:",
        new="        self.places.current = reads if residual.shortcut is None else body\n"
        "        if residual.shortcut is not None:",
    ),
    Fault(
        "residual: an absent shortcut from inside the body passes on what it names",
        _CLASS_BODY,
        old="self.line(shortcut, inside, own, loops=loops, otherwise=reads)",
        new="self.line(shortcut, inside, own, loops=loops)",
    ),
    Fault(
        "branches: each branch starts where the one before ends",
        _CLASS_BODY,
        old="            self.places.current = reads\n            self.lines(branch.lines,",
        new="            self.lines(branch.lines,",
    ),
    Fault(
        "branches: they are joined from the last to the first",
        _CLASS_BODY,
        old="ends += self.places.current",
        new="ends = self.places.current + ends",
    ),
    Fault(
        "when: unnamed lines of an absent structure are not counted",
        _CLASS_BODY,
        old="if layer.name is not None or not (layer.is_structure or layer.apply is not None):",
        new="if layer.name is not None:",
    ),
    Fault(
        "loops: each round of an unnamed loop starts at the loop's input",
        _CLASS_BODY,
        old="        for inner, copy in lines or ():\n"
        "            self.entry(copy, inner, loops=True)",
        new="        for inner, copy in lines or ():\n"
        "            self.places.current = reads\n"
        "            self.entry(copy, inner, loops=True)",
    ),
    Fault(
        "gpu groups: `exchange` leaves a tensor split",
        _CLASS_BODY,
        old="self.places.current = self.made_whole(reads)",
        new="self.places.current = reads",
    ),
    Fault(
        "names: automatic names are counted over all named structures",
        _PLACES,
        old='place = f"{self.level}{base}"',
        new="place = base",
    ),
    Fault(
        "names: a line without `from` at the start of a body reads the first input only",
        _PLACES,
        old="return cls(inputs, later, tuple(inputs.values()))",
        new="return cls(inputs, later, tuple(inputs.values())[:1])",
    ),
    Fault(
        "when: an absent line with `from` leaves the line before as it is",
        _PLACES,
        old="        self.define(path, reads)\n        self.absent.add(path)",
        new="        self.keep(path, reads)\n        self.absent.add(path)",
    ),
    Fault(
        "names: a name means the outermost structure's layer",
        _PLACES,
        old="for kept in range(len(parts), 0, -1):",
        new="for kept in range(1, len(parts) + 1):",
    ),
    Fault(
        "init: a rule for whatever has a kernel goes before one for the op",
        _INIT,
        old="for rule in (*general, *named):",
        new="for rule in (*named, *general):",
    ),
    Fault(
        "init: a rule without an op holds for normalisations too",
        _INIT,
        old="has_kernel = any(len(weight.shape) > 1 for weight in weights)",
        new="has_kernel = bool(weights)",
        ops=("batch_norm2d", "group_norm", "prelu"),
    ),
    Fault(
        "init: the outermost `init` wins",
        _INIT,
        old="for scope in around:",
        new="for scope in reversed(tuple(around)):",
    ),
    Fault(
        "init: a lone bound is the upper one of a start at 0",
        _INIT,
        old="return Uniform(-bound, bound)",
        new="return Uniform(0.0, bound)",
    ),
    Fault(
        "init: Kaiming without a mode is fan_out",
        _INIT,
        old='mode = given.word("mode", tuple(_MODES), "fan_in", first=True)',
        new='mode = given.word("mode", tuple(_MODES), "fan_out", first=True)',
    ),
    Fault(
        "init: uniform Xavier is normal",
        _INIT,
        old='Xavier("uniform", given.number("gain", 1.0, first=True))',
        new='Xavier("normal", given.number("gain", 1.0, first=True))',
    ),
    Fault(
        "gpu groups: a layer that reads a split tensor sees all of it",
        _GROUPS,
        old="return op.divided(gpus), gpus",
        new="return op, gpus",
    ),
    Fault(
        "gpu groups: a layer that reads a whole tensor leaves it whole",
        _GROUPS,
        old="return op, gpus if op.owns_channels(*types) else 1",
        new="return op, 1",
    ),
    Fault(
        "repeat: `index` counts from 1",
        _LINE,
        old='return [frame.binding({"index": Literal(index)}) for index in copies]',
        new='return [frame.binding({"index": Literal(index + 1)}) for index in copies]',
    ),
    Fault(
        "loops: a `when` beside `layers` is read once for all rounds",
        _LINE,
        old="if layer.layers is None or self.present(layer, inner):",
        new="if layer.layers is None or self.present(layer, frames[0]):",
    ),
    Fault(
        "blocks: two outputs are given in the order of their layers' names",
        _LINE,
        old="for output in block.outputs for value in",
        new="for output in sorted(block.outputs, key=lambda each: each.source.text) for value in",
    ),
    Fault(
        "blocks: inputs are bound from the last to the first",
        _LINE,
        old="inputs = dict(zip(names, reads, strict=True))",
        new="inputs = dict(zip(names, reversed(reads), strict=True))",
    ),
    Fault(
        "chains: a named line takes no number",
        "frontend/expansion/expand_chain.py",
        old="number, self.number = self.number, self.number + 1",
        new="number, self.number = self.number, self.number + (layer.name is None)",
    ),
    Fault(
        "apply: a second use runs on as many GPUs as the first",
        "frontend/expansion/expand_body.py",
        old="return replace(first, gpus=here.gpus).reading(shapes(reads))",
        new="return first.reading(shapes(reads))",
    ),
    Fault(
        "apply: the second use has the name of the third",
        "frontend/expansion/expand.py",
        old='return path if number == 1 else f"{path}#{number}"',
        new='return path if number == 1 else f"{path}#{number + 1}"',
    ),
    Fault(
        "variants: the parent's values go over those of the child",
        "frontend/calls/parameters.py",
        old="return tuple(reversed(line.values()))",
        new="return tuple(line.values())",
    ),
    Fault(
        "variants: the file's claim goes before the variant's",
        _ELABORATE,
        old="every[claim.subject, claim.layer, claim.inference] = claim",
        new="every.setdefault((claim.subject, claim.layer, claim.inference), claim)",
    ),
    Fault(
        "variants: the file's title goes before the variant's",
        _ELABORATE,
        old="title=(variant.title if variant is not None else None) or document.title,",
        new="title=document.title or (variant.title if variant is not None else None),",
    ),
    Fault(
        "outputs: the weight of a loss is dropped",
        _ELABORATE,
        old="made = ProgramOutput(name, value, output.training, output.loss_weight)",
        new="made = ProgramOutput(name, value, output.training)",
    ),
    Fault(
        "outputs: an absent last line gives its output the name of the layer before",
        _ELABORATE,
        old="label = names[-1] if names and len(places.current) == 1 else value.name",
        new="label = names[0] if names and len(places.current) == 1 else value.name",
    ),
    Fault(
        "classes: the network's class does not know what only training needs",
        _ELABORATE,
        old="frozenset(output.name for output, _ in shown if output.training),",
        new="frozenset[str](),",
    ),
    Fault(
        "classes: a loop behind a first round runs once too often",
        _CHAIN,
        old="count = Literal(len(others))",
        new="count = Literal(len(rounds))",
    ),
    Fault(
        "classes: a loop carries on what it started with",
        _CHAIN,
        old="carry = Carry(variable, kind.channels, result.channels)",
        new="carry = Carry(variable, kind.channels, kind.channels)",
    ),
    Fault(
        "classes: a loop in a class counts from 1",
        _CHAIN,
        old='return tuple({"index": Literal(index)} for index in range(count.value))',
        new='return tuple({"index": Literal(index + 1)} for index in range(count.value))',
    ),
    Fault(
        "classes: the size behind a conditional layer is that of its absence",
        "frontend/definition/local.py",
        old='return symbol(f"({Conditional(condition, to_expr(size), to_expr(other))})")',
        new='return symbol(f"({Conditional(condition, to_expr(other), to_expr(size))})")',
    ),
    Fault(
        "classes: a call leaves out what differs from the default",
        "frontend/definition/define.py",
        old="if parameter.inferred or value != parameter.default:",
        new="if parameter.inferred or value == parameter.default:",
    ),
    Fault(
        "classes: the pieces of a value all have the first one's number",
        "frontend/definition/define_body.py",
        old='replace(use, op=use.op.updated({"index": index})),',
        new='replace(use, op=use.op.updated({"index": 0})),',
        ops=("chunk",),
    ),
)
