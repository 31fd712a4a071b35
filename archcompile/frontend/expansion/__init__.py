"""Expansion: a document's layers to nodes and regions, every loop run."""
