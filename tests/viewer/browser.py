"""Headless Chromium through ChromeDriver's plain W3C WebDriver protocol: no package beyond the standard library."""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
START_TIMEOUT_S = 60
SCRIPT_TIMEOUT_MS = 120_000


def chromium_programs() -> tuple[str, str] | None:
    """Paths of Chromium and ChromeDriver, or None where either is absent."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


def below(root: int) -> set[int]:
    """A process and all that it started, and so on (Linux)."""
    parents = {int(process.name): _stat(process) for process in Path("/proc").glob("[0-9]*")}
    found = {root}
    while more := {process for process, stat in parents.items() if stat and int(stat[1]) in found} - found:
        found |= more
    return found


def cpu_seconds(root: int) -> float:
    """Processor time of a process and all below it (Linux)."""
    ticks = [sum(map(int, stat[11:13])) for process in below(root) if (stat := _stat(Path(f"/proc/{process}")))]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def _stat(process: Path) -> list[str]:
    """The fields of /proc/N/stat from the state on; none where the process has ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


class Browser:
    """One window of a fresh profile; use it in a `with` statement."""

    def __init__(self, browser: str, driver: str, width: int = 800, height: int = 600) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._driver = subprocess.Popen([driver, f"--port={port}"], **quiet)  # type: ignore[call-overload]
        self._base = f"http://127.0.0.1:{port}"
        self._wait_for_driver()
        flags = [*FLAGS, f"--user-data-dir={self._profile.name}", f"--window-size={width},{height}"]
        options = {"browserName": "chrome", "goog:chromeOptions": {"binary": browser, "args": flags}}
        self._base += (
            "/session/" + self._call("POST", "/session", {"capabilities": {"alwaysMatch": options}})["sessionId"]
        )
        self._call("POST", "/timeouts", {"script": SCRIPT_TIMEOUT_MS})

    @property
    def process(self) -> int:
        """The process of the driver, which started the browser."""
        return self._driver.pid

    def open(self, url: str) -> None:
        """Goes to a page and waits until it has loaded."""
        self._call("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of the body of an async function, run in the page."""
        wrapped = (
            "const done = arguments[arguments.length - 1];"
            f"const body = async (...args) => {{ {script} }};"
            "body(...arguments).then(done, (error) => done({thrown: String(error.stack)}));"
        )
        value = self._call("POST", "/execute/async", {"script": wrapped, "args": list(arguments)})
        assert not (isinstance(value, dict) and "thrown" in value), value["thrown"]
        return value

    def perform(self, *sources: dict[str, Any]) -> None:
        """Pointer and key actions as WebDriver describes them."""
        self._call("POST", "/actions", {"actions": list(sources)})

    def devtools(self, command: str, **parameters: Any) -> Any:
        """A command of the Chrome DevTools Protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def screenshot(self, path: Path) -> None:
        """Writes what the window shows as a PNG."""
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def _wait_for_driver(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                if self._call("GET", "/status")["ready"]:
                    return
            except OSError:
                assert time.monotonic() < deadline, "ChromeDriver did not start"
            time.sleep(0.05)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._call("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait()
            self._profile.cleanup()
