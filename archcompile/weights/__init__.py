"""Weights: what a network's tensors are, how they start, how they are read and written."""

from archcompile.weights.files import load_weights, save_weights
from archcompile.weights.fit import fit
from archcompile.weights.initial import initial_weights, uniform
from archcompile.weights.tensors import Tensor, tensors
from archcompile.weights.variance import random_tensor

__all__ = [
    "Tensor",
    "fit",
    "initial_weights",
    "load_weights",
    "random_tensor",
    "save_weights",
    "tensors",
    "uniform",
]
