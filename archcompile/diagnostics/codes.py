"""The stable codes of findings: once published, a code keeps its meaning.

The first digit is the family: 1 syntax, 2 document, 3 names, 4 expressions, 5 shapes,
6 GPU groups, 7 claims, 8 files, 9 warnings. A code is declared where it stands below and nowhere
else; ``explanations/<code>.md`` says what it means.
"""

from __future__ import annotations

from enum import Enum


class Severity(Enum):
    """How grave a finding is: an error stops the build, a warning does not."""

    __hash__ = object.__hash__  # a member is one object; an enum's own takes six times as long

    ERROR = "error"
    WARNING = "warning"


class Code(Enum):
    """A finding's code; the value is what is printed."""

    __hash__ = object.__hash__

    @property
    def severity(self) -> Severity:
        """What is legal and likely a mistake is a warning; all else is an error."""
        # the value as it is stored: `value` is looked up by two functions
        return Severity.WARNING if self._value_.startswith("AC9") else Severity.ERROR

    # syntax
    YAML_SYNTAX = "AC101"
    ENCODING = "AC102"
    FORBIDDEN_CHARACTER = "AC103"
    MULTIPLE_DOCUMENTS = "AC104"
    TAG = "AC105"
    MERGE_KEY = "AC106"
    ALIAS = "AC107"
    DUPLICATE_KEY = "AC108"
    KEY_NOT_TEXT = "AC109"
    AMBIGUOUS_SCALAR = "AC110"
    NUMBER_RANGE = "AC111"
    TOO_DEEP = "AC112"
    TOO_LARGE = "AC113"
    FLOW_TRAP = "AC114"
    # document
    UNKNOWN_KEY = "AC201"
    MISSING_KEY = "AC202"
    WRONG_TYPE = "AC203"
    UNKNOWN_VERSION = "AC204"
    NO_OP = "AC205"
    SEVERAL_OPS = "AC206"
    EMPTY = "AC207"
    BAD_SHAPE_ENTRY = "AC208"
    NOT_IN_CHAIN = "AC209"
    # names
    UNKNOWN_OP = "AC301"
    UNKNOWN_ARGUMENT = "AC302"
    MISSING_ARGUMENT = "AC303"
    TOO_MANY_ARGUMENTS = "AC304"
    DUPLICATE_ARGUMENT = "AC305"
    BAD_ARGUMENT = "AC306"
    UNKNOWN_LAYER = "AC307"
    LATER_LAYER = "AC308"
    DUPLICATE_NAME = "AC309"
    BAD_NAME = "AC310"
    UNKNOWN_PARAMETER = "AC311"
    UNKNOWN_VARIANT = "AC312"
    RECURSION = "AC313"
    SHADOWED_OP = "AC314"
    # expressions
    EXPRESSION_SYNTAX = "AC401"
    UNKNOWN_NAME = "AC402"
    EXPRESSION_TYPE = "AC403"
    ARITHMETIC = "AC404"
    EXPRESSION_TOO_LARGE = "AC405"
    UNEQUAL_COLUMNS = "AC406"
    TOO_MANY_COPIES = "AC407"
    # shapes
    WRONG_RANK = "AC501"
    SHAPE_MISMATCH = "AC502"
    DOES_NOT_FIT = "AC503"
    NOT_DIVISIBLE = "AC504"
    WRONG_INPUT_COUNT = "AC505"
    UNSUPPORTED = "AC506"
    TOO_BIG = "AC507"
    # GPU groups
    MIXED_GROUPS = "AC601"
    UNSHARED_CHANNELS = "AC602"
    CROSSES_GROUPS = "AC603"
    GROUPS_IN_GROUPS = "AC604"
    EXCHANGE_OUTSIDE = "AC605"
    BAD_GROUP_COUNT = "AC606"
    # claims
    CLAIM_WRONG = "AC701"
    CLAIM_UNKNOWN = "AC702"
    # files
    FILE_NOT_FOUND = "AC801"
    FILE_UNREADABLE = "AC802"
    NOT_OURS = "AC803"
    SAME_OUTPUT = "AC804"
    OUT_OF_DATE = "AC805"
    NO_SPECS = "AC806"
    BAD_WEIGHTS = "AC807"
    LOCKED = "AC809"
    FILE_UNWRITABLE = "AC810"
    # warnings
    UNREAD = "AC901"
    BIAS_BEFORE_NORM = "AC902"
    LOST_ROWS = "AC903"
    DEAD_HEAD = "AC904"
    UNUSED_NAME = "AC905"
    UNUSED_BLOCK = "AC906"
    CEIL_WINDOW_DROPPED = "AC907"
    NEEDLESS_ALLOW = "AC908"
    TORCH_ORDER = "AC909"
    CHANNELS_LAST = "AC910"
