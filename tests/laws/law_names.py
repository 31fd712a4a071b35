"""Laws on names and on the order of what has none: both say nothing of the network."""

from __future__ import annotations

from random import Random
from typing import Any

from law_holding import Rewritten, Side, Spec
from law_trees import Written, substitution, texts_changed, values_changed
from law_values import without_own_let

LAYER, PARAMETER, BLOCK = "zq_", "zp_", "zb_"
"""What stands before the new names; no name of a random spec starts so."""
NAMES = ("name", "from", "apply", "outputs", "expect", "inputs")
"""Keys under which a text is a name of layers."""


def renamed(before: Side, *, wrong: bool = False) -> Rewritten:
    """Other names for all layers, parameters, values of ``let`` and blocks."""
    spec = _with_layers(_with_blocks(_with_parameters(before.spec)), before)
    if wrong:
        spec["layers"].pop(0)
    return Rewritten(spec, 1, in_order=True)


def _with_parameters(spec: Spec) -> Spec:
    """Parameters and ``let`` of the file and of every block by other names."""
    blocks = {name: without_own_let(held) for name, held in spec.get("blocks", {}).items()}
    own = {name: set(held.get("params", ())) for name, held in blocks.items()}
    found = _own_renamed({key: held for key, held in spec.items() if key != "blocks"})
    if blocks:
        found["blocks"] = {name: _own_renamed(held) for name, held in blocks.items()}
    for key in ("layers", "blocks", "params"):
        if key in found:
            found[key] = _arguments_renamed(found[key], own)
    return found


def _own_renamed(held: dict[str, Any]) -> dict[str, Any]:
    """A file or block whose own parameters have other names."""
    names = {
        key: Written(PARAMETER + key) for part in ("params", "let") for key in held.get(part, ())
    }
    change, found = substitution(names), dict(held)
    for part in ("params", "let"):
        if part in held:
            found[part] = {
                names[key]: values_changed(each, change) if part == "let" else each
                for key, each in held[part].items()
            }
    for key in ("layers", "sequence"):
        if key in held:
            found[key] = [texts_changed(line, change) for line in held[key]]
    for key in ("input", "init"):
        if key in held:
            found[key] = values_changed(held[key], change)
    return found


def _arguments_renamed(tree: Any, own: dict[str, set[str]]) -> Any:
    """Calls of blocks with the new names of their parameters."""
    if isinstance(tree, list):
        return [_arguments_renamed(each, own) for each in tree]
    if not isinstance(tree, dict):
        return tree
    found = {}
    for key, held in tree.items():
        made = _arguments_renamed(held, own)
        if key in own and isinstance(made, dict) and made.keys() <= own[key]:
            made = {PARAMETER + name: each for name, each in made.items()}
        found[key] = made
    return found


def _with_blocks(spec: Spec) -> Spec:
    """Blocks by other names, where they are declared, called, and handed over."""
    names = {name: BLOCK + name for name in spec.get("blocks", ())}

    def change(tree: Any) -> Any:
        if isinstance(tree, str):
            return names.get(tree, tree)
        if isinstance(tree, list):
            return [change(each) for each in tree]
        if not isinstance(tree, dict):
            return tree
        return {
            names.get(key, key): held if key in NAMES else _kept_keys(held, change, key)
            for key, held in tree.items()
        }

    parts = ("blocks", "layers", "params")
    return {key: change(held) if key in parts else held for key, held in spec.items()}


def _kept_keys(held: Any, change: Any, key: str) -> Any:
    """Keys of branches are names of layers."""
    if key == "branches" and isinstance(held, dict):
        return {name: change(each) for name, each in held.items()}
    return change(held)


def _with_layers(spec: Spec, before: Side) -> Spec:
    inputs = {value.name for value in before.program.inputs}
    found = dict(spec)
    found["layers"] = _names_changed(spec["layers"], inputs)
    if "blocks" in spec:
        blocks = {}
        for name, block in spec["blocks"].items():
            own = set(block.get("inputs", ["x"]))
            blocks[name] = _names_changed(block, own)
            if "outputs" in block:
                blocks[name]["outputs"] = _outputs(block["outputs"])
        found["blocks"] = blocks
    held = spec.get("outputs", [spec["layers"][-1]["name"]])
    if isinstance(held, list):
        held = {name.replace(".", "_"): name for name in held}
    found["outputs"] = {key: _shown(each) for key, each in held.items()}
    if "shapes" in spec.get("expect", ()):
        shapes = {path(key, set()): each for key, each in spec["expect"]["shapes"].items()}
        found["expect"] = {**spec["expect"], "shapes": shapes}
    return found


def _outputs(held: Any) -> Any:
    if isinstance(held, list):
        return [path(name, set()) for name in held]
    return {path(key, set()): path(name, set()) for key, name in held.items()}


def _shown(held: Any) -> Any:
    if isinstance(held, dict):
        return {**held, "from": path(held["from"], set())}
    return path(held, set())


def _names_changed(tree: Any, inputs: set[str]) -> Any:
    if isinstance(tree, list):
        return [_names_changed(each, inputs) for each in tree]
    if not isinstance(tree, dict):
        return tree
    found = {}
    for key, held in tree.items():
        if key in ("name", "from", "apply"):
            seen = inputs if key == "from" else set()
            many = isinstance(held, list)
            found[key] = [path(each, seen) for each in held] if many else path(held, seen)
        elif key == "branches" and isinstance(held, dict):
            found[key] = {path(k, set()): _names_changed(each, inputs) for k, each in held.items()}
        else:
            found[key] = _names_changed(held, inputs)
    return found


def path(name: str, inputs: set[str]) -> str:
    """A path with another name for each part that is one."""
    if name in inputs:
        return name
    return ".".join(part if part.isdigit() else LAYER + part for part in name.split("."))


def shuffled(before: Side, rng: Random, *, wrong: bool = False) -> Rewritten:
    """Mappings whose order says nothing, in another order."""
    ordered = ("let", "branches", "outputs", "input")

    def change(tree: Any, key: str = "") -> Any:
        if isinstance(tree, list):
            found = [change(each) for each in tree]
            return found[::-1] if wrong and key == "from" else found
        if not isinstance(tree, dict):
            return tree
        items = [(name, change(held, name)) for name, held in tree.items()]
        if key not in ordered:
            rng.shuffle(items)
        elif wrong:
            items.reverse()
        return dict(items)

    spec = change(before.spec)
    spec.pop("archcompile")  # which stands first
    return Rewritten({"archcompile": 1, **spec}, 1, graph=True)
