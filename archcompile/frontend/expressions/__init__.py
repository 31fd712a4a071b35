"""Expressions: an author's text to a value or a size, and what is wrong with one."""
