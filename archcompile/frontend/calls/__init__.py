"""Calls: what a line names, and which value each argument has."""
