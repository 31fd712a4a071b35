"""YAML's syntax errors in words that an author can act on, with the edit where one is sure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from archcompile.diagnostics import Code, Related, SpecError
from archcompile.frontend.findings import finding
from archcompile.frontend.text.faults import Fault, FaultIn, Guess, Trial
from archcompile.frontend.text.faults_in_brackets import (
    choice_as_in_c,
    comma_before_key,
    comma_missing,
    not_closed,
    other_closer,
    surplus,
    unquoted_brackets,
)
from archcompile.frontend.text.faults_in_lines import (
    colon_before_value,
    colon_missing,
    directive,
    document_ended,
    indented,
    key_in_value,
    list_in_line,
    space_missing,
    tabs,
)
from archcompile.frontend.text.faults_in_texts import (
    escape,
    foreign_start,
    foreign_tag,
    quote_inside,
    quote_missing,
)

_Guesser: TypeAlias = Callable[[Fault], Iterator[Guess]]


@dataclass(frozen=True, slots=True)
class _Explanation:
    """What is said of a problem where no guess at the author's meaning holds."""

    problem: str
    message: str
    help: str | None = None
    code: Code = Code.YAML_SYNTAX
    at_start: bool = False
    """Whether the author's mistake is where libyaml began, not where it gave up."""
    guessers: tuple[_Guesser, ...] = ()


_BRACKETS = (
    comma_before_key,
    choice_as_in_c,
    unquoted_brackets,
    colon_before_value,
    comma_missing,
    other_closer,
    quote_inside,
    not_closed,
    surplus,
)
_CLOSE = "close the bracket, or quote a text that holds any of , [ ] { }"
_INDENT = ("indent it as the keys above it", "indent the line as the list's other entries")
_NO_KEY = "put a key before the colon"
_QUOTE = "put a text that starts with a quote or a bracket between quotes as a whole"
_LINES = (
    colon_before_value,
    surplus,
    unquoted_brackets,
    quote_inside,
    quote_missing,
    list_in_line,
    indented,
)

_TABS = _Explanation(
    "violates indentation",
    "a tab cannot indent a line in YAML",
    "indent with spaces",
    guessers=(tabs,),
)
_EXPLANATIONS = (
    _TABS,
    replace(_TABS, problem="a tab character where an indentation space"),
    _Explanation(
        "mapping values are not allowed",
        "a second `:` is not possible here",
        "quote a text that holds a colon and a space, or start a new line for a new key",
        guessers=(
            space_missing,
            colon_missing,
            colon_before_value,
            choice_as_in_c,
            comma_before_key,
            indented,
            key_in_value,
            comma_missing,
        ),
    ),
    _Explanation(
        "did not find expected ',' or '}'", "expected `,` or `}` here", _CLOSE, guessers=_BRACKETS
    ),
    _Explanation(
        "did not find expected ',' or ']'", "expected `,` or `]` here", _CLOSE, guessers=_BRACKETS
    ),
    _Explanation(
        "found unexpected end of stream",
        "this quoted text is not closed",
        "add the closing quote",
        at_start=True,
        guessers=(quote_missing,),
    ),
    _Explanation(
        "found unexpected document indicator",
        "this quoted text is not closed",
        "add the closing quote",
        at_start=True,
        guessers=(quote_missing,),
    ),
    _Explanation(
        "unknown escape character",
        "this escape is not known in double quotes",
        "double the backslash, or use single quotes",
        guessers=(escape,),
    ),
    _Explanation(
        "expected hexdecimal number",
        "this escape needs hexadecimal digits: 2 behind `\\x`, 4 behind `\\u`, 8 behind `\\U`",
        "double the backslash, or use single quotes",
        guessers=(escape,),
    ),
    _Explanation(
        "invalid Unicode character escape code",
        "this escape is no character",
        "write the character itself",
        guessers=(escape,),
    ),
    _Explanation(
        "did not find expected alphabetic or numeric character",
        "`*` and `&` start a reference in YAML, and a name must follow",
        "put a text that starts with `*` or `&` between quotes",
        guessers=(unquoted_brackets, foreign_start),
    ),
    _Explanation(
        "could not find expected ':'",
        "a key without `:`",
        "a key is followed by a colon and a space; a list entry starts with `- `",
        at_start=True,
        guessers=(space_missing, colon_missing, colon_before_value, quote_missing, indented),
    ),
    _Explanation(
        "found unexpected ':'",
        "a key must be followed by a colon, a space and a value",
        "put a space behind the colon",
        guessers=(space_missing,),
    ),
    _Explanation(
        "did not find expected key",
        "this line does not fit what is around it",
        _INDENT[0],
        guessers=_LINES,
    ),
    _Explanation(
        "did not find expected '-' indicator",
        "expected a list entry, `- `, here",
        _INDENT[1],
        guessers=_LINES,
    ),
    _Explanation(
        "did not find expected <document start>",
        "the document has ended before this",
        "indent the line as the keys above it",
        guessers=(document_ended, surplus, quote_inside, indented),
    ),
    _Explanation(
        "did not find expected node content",
        "expected a value here",
        "a text that starts with a bracket or a comma stands between quotes",
        guessers=(surplus, not_closed),
    ),
    _Explanation(
        "expected comment or line break",
        "behind `|` or `>` the line must end",
        "the text follows on the next lines, indented; or put all of it between quotes",
    ),
    _Explanation(
        "block sequence entries are not allowed",
        "a list entry, `- `, cannot start here",
        "start the list on a line of its own",
        guessers=(unquoted_brackets, list_in_line),
    ),
    _Explanation(
        "mapping keys are not allowed",
        "a text cannot start with `? `",
        "put the text between quotes",
        guessers=(unquoted_brackets, foreign_start),
    ),
    _Explanation("exceeded maximum nesting depth", "this is nested too deep", code=Code.TOO_DEEP),
    _Explanation(
        "found incompatible YAML document",
        "this version of YAML is not known",
        guessers=(directive,),
    ),
    _Explanation(
        "duplicate %YAML directive", "YAML's version is said a second time", guessers=(directive,)
    ),
    _Explanation(
        "found unknown directive name",
        "a line that starts with `%` is a directive, and this one is not known",
        guessers=(directive,),
    ),
    _Explanation(
        "found undefined tag handle",
        "tags (`!`) are not allowed",
        "say `not` for negation",
        code=Code.TAG,
        guessers=(foreign_tag,),
    ),
    _Explanation(
        "cannot start any token",
        "an unquoted text cannot start with this character",
        "put the text between quotes",
        guessers=(unquoted_brackets, foreign_start),
    ),
)


def explained(fault: Fault, fault_in: FaultIn) -> SpecError:
    """The finding of a fault. ``fault_in`` reads a text anew, to try what the author may mean."""
    unknown = _Explanation("", f"this is not YAML: {fault.problem}")
    known = (each for each in _EXPLANATIONS if each.problem in fault.problem)
    explanation = _TABS if fault.character() == "\t" else next(known, unknown)
    trial = Trial(fault, fault_in)
    guess = trial.surest(each for guesser in explanation.guessers for each in guesser(fault))
    if guess is not None:
        related = _begun(fault) if guess.span.line != fault.at.line else ()
        related = tuple(each for each in related if each.span.start() != guess.span.start())
        return finding(
            guess.code, guess.message, guess.span, help=guess.help, related=related, fix=guess.fix
        )
    return _without_guess(fault, explanation)


def _without_guess(fault: Fault, explanation: _Explanation) -> SpecError:
    message, help, span, related = explanation.message, explanation.help, fault.at, _begun(fault)
    behind_all = not fault.character()
    if related and (explanation.at_start or behind_all):  # the file's end says nothing
        span, related = related[0].span, ()
    if behind_all and help == _CLOSE:
        message, help = "this bracket is not closed", "close it"
    if fault.character() == ":" and not _starts_quoted(fault):
        code, message, help, related = Code.KEY_NOT_TEXT, "a key is empty", _NO_KEY, ()
        return finding(code, message, span, help=help)
    if help in _INDENT and fault.line()[: fault.at.column - 1].strip(" -"):
        message, help, related = "nothing more can stand behind this value", _QUOTE, ()
    return finding(explanation.code, message, span, help=help, related=related)


def _starts_quoted(fault: Fault) -> bool:
    """Whether anything that could be a key stands before the fault."""
    return bool(fault.line()[: fault.at.column - 1].rstrip(" -")[-1:].strip("[{,"))


def _begun(fault: Fault) -> tuple[Related, ...]:
    """Where that began which could not be finished."""
    if fault.begun is None:
        return ()
    return (Related(fault.begun, f"{fault.context} starts here"),)
