"""Definition: a document's blocks to the classes of the source, sizes left symbolic."""
