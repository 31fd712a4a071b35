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
    owner = _owner(name)
    if owner is not None:
        raise finding(
            Code.BAD_NAME,
            f"`{name}` is a word of {owner}",
            span,
            help=f"write `{name.strip('_')}_1`",
        )
    return name


def _owner(name: str) -> str | None:
    """Who uses the word already; one rule for class bodies and chains."""
    if iskeyword(name) or name.startswith("__"):
        return "Python"
    if name in MODULE_ATTRIBUTES:
        return "torch.nn.Module"
    return "torch.nn.Sequential" if name in SEQUENTIAL_ATTRIBUTES else None


def _repaired(name: str) -> str | None:
    candidate = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_")
    candidate = f"layer_{candidate}" if candidate[:1].isdigit() else candidate
    return f"write `{candidate}`" if candidate else None
