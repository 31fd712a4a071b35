"""From bytes to a tree: YAML as its author wrote it, with every place."""
