"""Names that become attributes, keys and folders: a closed grammar, refused and never repaired."""

from __future__ import annotations

import re
from keyword import iskeyword

from archcompile.diagnostics import Code, Span
from archcompile.frontend.findings import finding

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

MODULE_ATTRIBUTES = frozenset(
    [
        "T_destination",
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


def check_layer_name(name: str, span: Span) -> str:
    """A layer's name: an identifier that neither Python nor ``nn.Module`` uses. Else a finding."""
    if not name:
        raise finding(Code.BAD_NAME, "a name cannot be empty", span)
    if "." in name:
        raise finding(
            Code.UNSUPPORTED,
            f"the name `{name}` is a path, and paths as names are not supported yet",
            span,
            help="use a `sequence` of that name, whose members have names of their own",
        )
    if not _IDENTIFIER.match(name):
        raise finding(
            Code.BAD_NAME,
            f"`{name}` is not a name: letters, digits and underscores, no digit first",
            span,
            help=_repaired(name),
        )
    if iskeyword(name) or name in MODULE_ATTRIBUTES or name.startswith("__"):
        owner = "Python" if iskeyword(name) or name.startswith("__") else "torch.nn.Module"
        raise finding(
            Code.BAD_NAME,
            f"`{name}` is a word of {owner}",
            span,
            help=f"write `{name.strip('_')}_1`",
        )
    return name


def _repaired(name: str) -> str | None:
    candidate = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_")
    candidate = f"layer_{candidate}" if candidate[:1].isdigit() else candidate
    return f"write `{candidate}`" if candidate else None
