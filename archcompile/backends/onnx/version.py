"""What every emitted model says of itself, beside the opset."""

from __future__ import annotations

IR_VERSION = 10
"""The file format's version: onnxruntime reads it, with the opset, from 1.21 on."""
PRODUCER = "archcompile"
"""No version beside it: a graph's bytes change when the graph does, not with every release."""
DOMAIN = "archcompile"
"""The domain of the functions that blocks become."""
DOMAIN_VERSION = 1
