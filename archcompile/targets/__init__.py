"""The vocabularies that the code targets are written in, and the tables of their rules."""
