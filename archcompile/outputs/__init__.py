"""The way out: the files of a build reach the disk whole, or not at all.

The unit is one folder, ``generated/<name>/``: staged beside its place, swapped in at once, and
kept from a second build by a lock. What archcompile did not write it does not overwrite.
"""

from archcompile.outputs.compare import compare_folder
from archcompile.outputs.folder import Outcome, write_folder, write_folders
from archcompile.outputs.lock import locked
from archcompile.outputs.ownership import MARK, is_ours
from archcompile.outputs.single import file_output, usual_place

__all__ = [
    "MARK",
    "Outcome",
    "compare_folder",
    "file_output",
    "is_ours",
    "locked",
    "usual_place",
    "write_folder",
    "write_folders",
]
