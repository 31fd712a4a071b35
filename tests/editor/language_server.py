"""A YAML language server, the one that VS Code and most editors run, driven over its protocol."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

VERSION = "1.25.0"
"""Of yaml-language-server, from npm."""
_PATIENCE = 30
"""Seconds for one answer."""
_SETTINGS = {
    "yaml": {
        "schemaStore": {"enable": False, "url": ""},
        "validate": True,
        "hover": True,
        "completion": True,
        "format": {"enable": False},
        "disableDefaultProperties": False,
    },
    "redhat": {"telemetry": {"enabled": False}},
    "http": {"proxy": "http://127.0.0.1:9", "proxyStrictSSL": True},
}
"""Nothing is fetched: the catalogue is off, and the only way out leads nowhere."""


@dataclass(frozen=True, slots=True)
class Squiggle:
    """What an editor underlines: the text under it, where it stands (from 1), and what it says."""

    text: str
    line: int
    column: int
    message: str


def install(folder: Path) -> Path:
    """The server's program, freshly installed into a folder. Fails where there is no node."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.fail("the editor's tests need node 20 and npm (CONTRIBUTING.md says how)")
    result = subprocess.run(
        [
            *(npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"),
            *("--prefix", str(folder), f"yaml-language-server@{VERSION}"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if result.returncode != 0:
        pytest.fail(f"npm could not install yaml-language-server:\n{result.stderr[-2000:]}")
    return folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


@dataclass(slots=True)
class LanguageServer:
    """One running server; files are opened by their text, and need not be on the disk."""

    process: subprocess.Popen[bytes]
    folder: Path
    _messages: queue.Queue[dict[str, Any] | None] = field(default_factory=queue.Queue)
    _count: int = 0
    _files: int = 0

    def squiggles(self, text: str) -> list[Squiggle]:
        """What the server finds in a file with this text, in order."""
        uri = self._show(text)
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics":
                found = message["params"]
                if found["uri"] == uri:
                    squiggles = (_squiggle(text, each) for each in found["diagnostics"])
                    return sorted(squiggles, key=lambda each: (each.line, each.column))

    def completions(self, text: str) -> dict[str, str]:
        """What is offered where ``|`` stands in the text: labels, with what would be inserted."""
        place, text = _place(text)
        uri = self._show(text)
        where = {"textDocument": {"uri": uri}, "position": place}
        items = self._ask("textDocument/completion", where)["items"]
        return {each["label"]: each.get("insertText", each["label"]) for each in items}

    def hover(self, text: str) -> str:
        """What is shown where the mouse rests on ``|``, as Markdown; empty if nothing."""
        place, text = _place(text)
        uri = self._show(text)
        shown = self._ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": place})
        return "" if shown is None else str(shown["contents"]["value"])

    def start(self) -> None:
        """Shakes hands; from then on the server knows its settings."""
        threading.Thread(target=self._listen, daemon=True).start()
        workspace = {"configuration": True, "didChangeConfiguration": {}}
        capabilities = {"workspace": workspace, "textDocument": {"completion": {}, "hover": {}}}
        root = self.folder.as_uri()
        hello = {"processId": os.getpid(), "rootUri": root, "capabilities": capabilities}
        self._ask("initialize", hello)
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": _SETTINGS})

    def stop(self) -> None:
        """Says goodbye, and sees to it that the process is gone."""
        try:
            self._ask("shutdown", None)
            self._tell("exit", None)
            self.process.wait(_PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()

    def _show(self, text: str) -> str:
        """Opens a new file: what is said of it later is about this text and no other."""
        self._files += 1
        uri = (self.folder / f"file{self._files}.yaml").as_uri()
        opened = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": opened})
        return uri

    def _ask(self, method: str, params: object) -> Any:
        self._count += 1
        number = self._count
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    pytest.fail(f"{method}: {message['error']}")
                return message["result"]

    def _tell(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def _next(self) -> dict[str, Any]:
        """The next message; requests of the server are answered here, and passed over."""
        while True:
            try:
                message = self._messages.get(timeout=_PATIENCE)
            except queue.Empty:
                pytest.fail(f"the language server has said nothing for {_PATIENCE} s")
            if message is None:
                pytest.fail("the language server has ended")
            if "id" not in message or "method" not in message:
                return message
            self._send({"id": message["id"], "result": _answer(message)})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for message in _received(self.process.stdout):
            self._messages.put(message)
        self._messages.put(None)


@contextmanager
def running(program: Path, folder: Path) -> Iterator[LanguageServer]:
    """A server whose workspace is a folder; it is gone when the block ends."""
    process = subprocess.Popen(
        ["node", str(program), "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    with process:
        server = LanguageServer(process, folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _received(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    while True:
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length == 0:
            return
        yield json.loads(stream.read(length))


def _answer(request: dict[str, Any]) -> object:
    """The settings that the server asks for; to anything else, nothing."""
    if request["method"] != "workspace/configuration":
        return None
    return [_SETTINGS.get(each.get("section", ""), {}) for each in request["params"]["items"]]


def _place(text: str) -> tuple[dict[str, int], str]:
    """The line and column of ``|``, from 0, and the text without it."""
    before, _, after = text.partition("|")
    line = before.count("\n")
    return {"line": line, "character": len(before) - before.rfind("\n") - 1}, before + after


def _squiggle(text: str, finding: dict[str, Any]) -> Squiggle:
    start, end = finding["range"]["start"], finding["range"]["end"]
    lines = text.split("\n")
    if start["line"] == end["line"]:
        marked = lines[start["line"]][start["character"] : end["character"]]
    else:
        first, *middle = lines[start["line"] : end["line"]]
        last = lines[end["line"]][: end["character"]]
        marked = "\n".join((first[start["character"] :], *middle, last))
    return Squiggle(marked, start["line"] + 1, start["character"] + 1, finding["message"])
