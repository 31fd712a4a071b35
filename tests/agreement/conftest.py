"""What the tests of this folder share."""

from uncounted import uncounted

__all__ = ["uncounted"]
