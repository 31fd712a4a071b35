"""Which of the comparisons a seed has: the number says, so that a run can be repeated.

Every seed has, of one network of its spec or (in the long run) of all: state_dict, initialisers and
the report's rows one to one; counts and MACs row by row; the shape of every call and every value of
the graph at two image sizes, stated and in fact; and the numbers of every call of torch in float64,
of every value of the graph, and of all outputs, in training and in evaluation, against the
reference. What costs as much again is for one seed in so many:
"""

from __future__ import annotations

SIZES = 4
"""The numbers at a second image size and batch too."""

SINGLE = 4
"""The module in float32 too."""

USERS = 4
"""The graph as users run it too, without the many outputs, and optimised."""

MOVES = 4
"""Whether what is compared depends on each input and weight, so that the comparison counts."""

FIELDS = 8
"""Receptive fields, as they are in the module."""

EXACT = 8
"""Bit by bit on integers."""

DEAR = 8
"""Each of FLOPs, gradients, the graph's text, and the report's other forms: at rest 0, 1, 2, 3."""
