"""The command line's door: help, versions, usage errors, exit codes, colours, closed pipes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcompile import driver
from archcompile.cli import COMMANDS, check, cli, completion
from archcompile.cli.console import has_color
from archcompile.diagnostics import Code, Diagnostic, InternalError, MissingLibrary, SpecError
from archcompile.frontend import Document
from archcompile.version import __version__

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "onnx", "onnxruntime", "numpy", "safetensors", "pydantic", "yaml", "jinja2"}


def run(*arguments: str, **environment: str | None) -> Result:
    return CliRunner(env=environment).invoke(cli, arguments, prog_name="archcompile")


def process(
    *arguments: str, stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archcompile", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def check_does(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Makes ``check`` do something else."""

    def install(action: Callable[[], object]) -> None:
        monkeypatch.setattr(check.command, "callback", lambda **_: action())

    return install


def raising(error: BaseException) -> Callable[[], object]:
    def action() -> object:
        raise error

    return action


def test_help_lists_every_command_and_the_exit_codes() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command.name} +{re.escape(command.summary)}$", result.output, re.M)
    assert "0 clean, 1 findings, 2 usage" in result.output
    assert run("-h").output == result.output


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_each_command_explains_itself(command: str) -> None:
    result = run(command, "-h")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: archcompile {command} ")


def test_the_version_is_the_packages() -> None:
    assert run("--version").output == f"archcompile {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nope",),
        ("--nope",),
        ("check", "--nope"),
        ("build", "--check", "--force"),
        ("build", "--check", "--emit", "ir"),
        ("build", "--emit", "nope"),
        ("export",),
        ("export", "--onnx", "--seed", "-1"),
        ("report",),
        ("report", "a.yaml", "--format", "nope"),
        ("check", "--set", "classes"),
        ("check", "--set", "=3"),
        ("completion",),
        ("completion", "tcsh"),
        ("--color", "sometimes", "check"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: archcompile" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("build", "--help"), ("completion", "bash")],
    ids=" ".join,
)
def test_help_version_and_completion_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not heavy_imports(arguments)


def test_completing_a_command_line_imports_nothing_heavy() -> None:
    words = {"COMP_WORDS": "archcompile build --e", "COMP_CWORD": "2"}
    result = process(_ARCHCOMPILE_COMPLETE="bash_complete", **words)
    assert result.stdout == "plain,--emit\n"
    assert not heavy_imports((), _ARCHCOMPILE_COMPLETE="bash_complete", **words)


def heavy_imports(arguments: tuple[str, ...], **environment: str) -> set[str]:
    """The top-level heavy packages that a process with these arguments imports."""
    result = process(*arguments, PYTHONPROFILEIMPORTTIME="1", **environment)
    assert result.returncode == 0
    names = re.findall(r"^import time:.*\| +([\w.]+)$", result.stderr, re.M)
    assert "click" in names
    return {name.partition(".")[0] for name in names} & HEAVY


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_read_its_completion_script(
    shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.shell_completion.BashComplete._check_version", lambda *_: None)
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_ARCHCOMPILE_COMPLETE={shell}_complete" in result.output


def test_bash_accepts_its_completion_script(tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(process("completion", "bash").stdout)
    syntax = subprocess.run(["bash", "-n", str(script)], capture_output=True, check=False)
    assert (syntax.returncode, syntax.stderr) == (0, b"")


def test_a_shell_that_click_lost_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "get_completion_class", lambda _: None)
    assert run("completion", "fish").exit_code == 2


def test_findings_exit_with_1_and_go_to_stderr(
    check_does: Callable[[Callable[[], object]], None],
) -> None:
    check_does(raising(SpecError([Diagnostic(Code.NO_SPECS, "no specs", None)])))
    result = run("check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error[AC806]: no specs\n\n1 error\n"


def test_a_missing_library_is_one_clear_line(
    check_does: Callable[[Callable[[], object]], None],
) -> None:
    check_does(raising(MissingLibrary("this needs torch: pip install 'archcompile[torch]'")))
    result = run("check")
    assert result.exit_code == 1
    assert result.stderr == "error: this needs torch: pip install 'archcompile[torch]'\n"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InternalError("a value is read before it is made"), "it: a value is read before"),
        (ZeroDivisionError("\x1b[2J"), "it: ZeroDivisionError: \\x1b[2J"),
        (RecursionError("too deep"), "it: RecursionError: too deep"),
    ],
    ids=["ours", "unforeseen", "recursion"],
)
def test_a_bug_says_that_it_is_one_and_shows_no_traceback(
    check_does: Callable[[Callable[[], object]], None], error: Exception, words: str
) -> None:
    check_does(raising(error))
    result = run("check", ARCHCOMPILE_TRACEBACK=None)
    assert (result.exit_code, result.stdout) == (70, "")
    assert f"this is a bug in archcompile, please report {words}" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in run("check", ARCHCOMPILE_TRACEBACK="1").stderr


def test_a_bug_in_one_file_leaves_the_findings_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "archcompile: 1\nname: {0}\ninput: [N, 3]\nlayers: [{1}]\n"
    for name, layer in (("broken", "relu"), ("good", "relu"), ("wrong", "no_such_op")):
        (tmp_path / f"{name}.yaml").write_text(text.format(name, layer))
    elaborate = driver.elaborate

    def faulty(document: Document, *more: object, **named: object) -> object:
        if document.span.file.path.endswith("broken.yaml"):
            raise KeyError("a bug")
        return elaborate(document, *more, **named)

    monkeypatch.setattr(driver, "elaborate", faulty)
    result = run("check", str(tmp_path))
    assert result.exit_code == 70
    assert "AC301" in result.stderr
    assert "please report it: " + str(tmp_path / "broken.yaml") + ": KeyError" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_error_of_the_system_is_one_line(
    check_does: Callable[[Callable[[], object]], None],
) -> None:
    check_does(raising(OSError(28, "No space left on device")))
    result = run("check")
    assert (result.exit_code, result.stderr) == (1, "error: [Errno 28] No space left on device\n")


def test_an_interrupt_ends_quietly(check_does: Callable[[Callable[[], object]], None]) -> None:
    check_does(raising(KeyboardInterrupt()))
    result = run("check")
    assert (result.exit_code, result.output) == (130, "")


def test_a_process_that_is_interrupted_ends_quietly() -> None:
    script = (
        "import signal, time\n"
        # a shell's background jobs are started with the signal ignored
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from archcompile.cli import check, main\n"
        "def wait(**_):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "check.command.callback = wait\n"
        "import sys\n"
        "sys.argv = ['archcompile', 'check']\n"
        "main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert (child.wait(timeout=30), child.stderr.read()) == (130, "")


def test_a_closed_pipe_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = process("completion", "zsh", stdout=writer)
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, "")


@pytest.mark.parametrize("arguments", [("completion", "zsh"), ("--help",)], ids=" ".join)
def test_a_full_disk_behind_standard_output_is_one_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        result = process(*arguments, stdout=full.fileno())
    assert result.returncode == 1
    assert result.stderr == "error: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [
        ((), {}, False),
        ((), {"CLICOLOR_FORCE": "1"}, True),
        ((), {"CLICOLOR_FORCE": "0"}, False),
        ((), {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"CLICOLOR_FORCE": "1"}, False),
        (("--color", "auto"), {"CLICOLOR_FORCE": "1"}, True),
    ],
)
@pytest.mark.parametrize("place", ["before the command", "behind it"])
def test_colour_is_as_asked_for_and_else_as_the_environment_says(
    check_does: Callable[[Callable[[], object]], None],
    arguments: tuple[str, ...],
    environment: dict[str, str],
    colored: bool,
    place: str,
) -> None:
    check_does(raising(SpecError([Diagnostic(Code.NO_SPECS, "no specs", None)])))
    line = (*arguments, "check") if place == "before the command" else ("check", *arguments)
    clean: dict[str, str | None] = {"NO_COLOR": None, "CLICOLOR_FORCE": None}
    result = run(*line, **{**clean, **environment})
    assert ("\x1b[1;31merror[AC806]" in result.stderr) == colored


def test_a_dumb_terminal_gets_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert not has_color()
    monkeypatch.setenv("TERM", "xterm")
    assert has_color()


def test_text_that_a_terminal_lacks_is_escaped() -> None:
    result = process("report", "名.yaml", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.returncode in (1, 2)
    assert "UnicodeEncodeError" not in result.stderr
