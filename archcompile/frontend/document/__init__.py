"""From a tree to a document: which keys a spec has, and what stands under each."""
