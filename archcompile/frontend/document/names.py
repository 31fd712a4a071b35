"""Names that become attributes, keys and folders: a closed grammar, refused and never repaired."""

from __future__ import annotations

import re
from keyword import iskeyword

from archcompile.diagnostics import Code, Edit, Fix, Span, SpecError
from archcompile.frontend.document.identifiers import character_fault, nearest_identifier
from archcompile.frontend.findings import finding

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

MODULE_ATTRIBUTES = frozenset(
    [
        "T_destination",
        "_apply",
        "_backward_hooks",
        "_backward_pre_hooks",
        "_buffers",
        "_call_impl",
        "_compiled_call_impl",
        "_forward_hooks",
        "_forward_hooks_always_called",
        "_forward_hooks_with_kwargs",
        "_forward_pre_hooks",
        "_forward_pre_hooks_with_kwargs",
        "_get_backward_hooks",
        "_get_backward_pre_hooks",
        "_get_name",
        "_is_full_backward_hook",
        "_load_from_state_dict",
        "_load_state_dict_post_hooks",
        "_load_state_dict_pre_hooks",
        "_maybe_warn_non_full_backward_hook",
        "_modules",
        "_named_members",
        "_non_persistent_buffers_set",
        "_parameters",
        "_register_load_state_dict_pre_hook",
        "_register_state_dict_hook",
        "_replicate_for_data_parallel",
        "_save_to_state_dict",
        "_slow_forward",
        "_state_dict_hooks",
        "_state_dict_pre_hooks",
        "_version",
        "_wrapped_call_impl",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    ]
)
"""What torch.nn.Module has: a layer of that name would break the module (a test holds the list)."""

SEQUENTIAL_ATTRIBUTES = frozenset(["_get_item_by_idx", "append", "extend", "insert", "pop"])
"""What torch.nn.Sequential has beside that (the same test holds it)."""


CONTAINER_ATTRIBUTES = frozenset(["clear", "items", "keys", "pop", "update", "values"])
"""What torch.nn.ModuleDict has beside ``nn.Module`` (the same test holds it)."""


def check_layer_name(name: str, span: Span, *, chain: bool = False) -> str:
    """A layer's name: an identifier that neither Python nor ``nn.Module`` uses. Else a finding.

    In a class body it may be a path, whose further parts are words or numbers; in a chain it is
    one part, in which ``-`` may stand.
    """
    if not name:
        raise finding(Code.BAD_NAME, "a name cannot be empty", span)
    if chain and "." in name:
        raise finding(
            Code.BAD_NAME,
            f"`{name}` is a path, and a member of a `sequence` has a name of one part",
            span,
            help=f"a name without points, e.g. `{name.replace('.', '_')}`"
            if "{" in span.text()
            else f"write `{name.replace('.', '_')}`",
            fix=renamed(span, name, name.replace(".", "_")),
        )
    first, *rest = name.split(".")
    fault = character_fault(first, "_-" if chain else "_")
    if fault is not None:
        raise _no_name(name, fault, span, _repaired(name, chain=chain))
    for part in rest:
        _check_part(name, part, span)
    for part in (first, *rest):
        owner = _owner(part) or _owner_of_part(part, is_inner=part is not first)
        if owner is not None:
            free = ".".join(
                f"{each.strip('_')}_1" if each == part else each for each in name.split(".")
            )
            raise finding(
                Code.BAD_NAME,
                f"`{part}` is a word of {owner}",
                span,
                help=f"write `{free}`" if renamed(span, name, free) else "a template makes it here",
                fix=renamed(span, name, free),
            )
    return name


def _no_name(name: str, fault: str, span: Span, near: str | None) -> SpecError:
    """The finding that this names nothing, with a name that is near."""
    written = span.text()
    if "{" in written:
        return _no_template(written, fault, span)
    return finding(
        Code.BAD_NAME,
        f"`{name}` is not a name: {fault}",
        span,
        help=f"write `{near}`" if near else "a name has letters, digits and `_`, a letter first",
        fix=renamed(span, name, near) if near else (),
    )


def _no_template(written: str, fault: str, span: Span) -> SpecError:
    """The finding that a template makes no names, once however many it makes."""
    inner = written.strip("'\"")
    near = f'"layer_{inner}"' if "digit" in fault and "\\" not in written else None
    return finding(
        Code.BAD_NAME,
        f"`{inner}` makes no name: {fault}",
        span,
        help=f"write `{near}`" if near else "a name has letters, digits and `_`, a letter first",
        fix=(Edit(span, near),) if near else (),
    )


def renamed(span: Span, name: str, near: str) -> Fix:
    """Another name in its place; a name that a template made stands in no text."""
    return (Edit(span, near),) if span.text().strip("'\"") == name else ()


def _check_part(name: str, part: str, span: Span) -> None:
    """A part behind the first: a word or a number as a list counts."""
    if _IDENTIFIER.match(part) or re.fullmatch("0|[1-9][0-9]*", part):
        return
    fault = f"each part of a path is a word or a number, got `{part}`"
    raise _no_name(name, fault, span, _repaired(name))


def _owner_of_part(part: str, *, is_inner: bool) -> str | None:
    return "torch.nn.ModuleDict" if is_inner and part in CONTAINER_ATTRIBUTES else None


def _owner(name: str) -> str | None:
    """Who uses the word already; one rule for class bodies and chains."""
    if iskeyword(name) or name.startswith("__"):
        return "Python"
    if name in MODULE_ATTRIBUTES:
        return "torch.nn.Module"
    return "torch.nn.Sequential" if name in SEQUENTIAL_ATTRIBUTES else None


def _repaired(name: str, *, chain: bool = False) -> str | None:
    """The nearest path of names; parts behind the first may be numbers."""
    first, *rest = name.split(".")
    near = [nearest_identifier(first, "layer", "_-" if chain else "_")]
    near += [
        str(int(part)) if part.isdecimal() and part.isascii() else nearest_identifier(part)
        for part in rest
    ]
    found = [part for part in near if part]
    return ".".join(found) or None
