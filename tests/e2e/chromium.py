"""A headless Chromium and its tabs, driven over the DevTools protocol."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 20.0
_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
)
_KEYS = {
    "Enter": {"code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Escape": {"code": "Escape", "windowsVirtualKeyCode": 27},
    "Tab": {"code": "Tab", "windowsVirtualKeyCode": 9},
}
_SHIFT = 8


class ScriptFailed(Exception):
    """What a script in the page threw."""


class Browser:
    """One Chromium process; each tab lives in a context of its own, as another person's browser would."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._calls = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, params: dict[str, Any] | None = None, session: str | None = None) -> dict[str, Any]:
        """The result of a command of the protocol; events that come meanwhile are kept."""
        self._calls += 1
        message: dict[str, Any] = {"id": self._calls, "method": method, "params": params or {}}
        if session is not None:
            message["sessionId"] = session
        self._connection.send(json.dumps(message))
        while True:
            answer: dict[str, Any] = json.loads(self._connection.recv(timeout=PATIENCE_S))
            if answer.get("id") != self._calls:
                self.events.append(answer)
                continue
            assert "error" not in answer, f"{method}: {answer['error']}"
            return answer["result"]

    def open(self, url: str, *, width: int = 1280, height: int = 800, scheme: str = "light") -> "Tab":
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        tab = Tab(self, session, context)
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.call(f"{domain}.enable")
        tab.resize(width, height)
        tab.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        tab.go(url)
        return tab


class Tab:
    """A page as a person uses it: looks, clicks, types."""

    def __init__(self, browser: Browser, session: str, context: str) -> None:
        self._browser = browser
        self._session = session
        self._context = context

    def close(self) -> None:
        self._browser.call("Target.disposeBrowserContext", {"browserContextId": self._context})

    def call(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._browser.call(method, params, self._session)

    def go(self, url: str) -> None:
        self.call("Page.navigate", {"url": url})
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def run(self, script: str) -> Any:
        """The value of an expression in the page. Raises ScriptFailed."""
        wanted = {"expression": script, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self.call("Runtime.evaluate", wanted)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise ScriptFailed(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def until(self, condition: str, seconds: float = PATIENCE_S) -> Any:
        """Polls until the expression is true (an element counts) and gives its value; fails where it never is."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                value = self.run(condition)
            except ScriptFailed:
                value = None
            if value not in (None, False, 0, ""):
                return value
            assert time.monotonic() < deadline, f"never true: {condition}\n{self.text()[-2000:]}\n{self.problems()}"
            time.sleep(0.03)

    def text(self) -> str:
        return str(self.run("document.body.innerText"))

    def click(self, selector: str) -> None:
        """Clicks the first visible element with a real mouse."""
        place = self.until(
            f"""(() => {{
              const found = [...document.querySelectorAll({json.dumps(selector)})].find((each) => each.checkVisibility());
              if (!found) return null;
              found.scrollIntoView({{ block: "nearest" }});
              const box = found.getClientRects()[0];
              return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", {**place, "type": kind, "button": "left", "clickCount": 1})

    def write(self, text: str) -> None:
        self.call("Input.insertText", {"text": text})

    def press(self, key: str, *, shift: bool = False) -> None:
        known = {"key": key, "modifiers": _SHIFT if shift else 0, **_KEYS[key]}
        self.call("Input.dispatchKeyEvent", {"type": "keyDown", **known})
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", **known})

    def choose_files(self, selector: str, *paths: Path) -> None:
        found = self.call("Runtime.evaluate", {"expression": f"document.querySelector({json.dumps(selector)})"})
        files = [str(path) for path in paths]
        self.call("DOM.setFileInputFiles", {"objectId": found["result"]["objectId"], "files": files})

    def screenshot(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot", {"format": "png"})["data"])

    def events(self) -> list[dict[str, Any]]:
        """What the protocol reported of this tab up to now."""
        self.call("Target.getTargetInfo")
        return [event for event in self._browser.events if event.get("sessionId") == self._session]

    def problems(self) -> list[str]:
        """What the page complained about: exceptions, violations of its policy, errors on its console."""
        found: list[str] = []
        for event in self.events():
            params = event["params"]
            match event["method"]:
                case "Runtime.exceptionThrown":
                    details = params["exceptionDetails"]
                    found.append(details.get("exception", {}).get("description", details["text"]))
                case "Log.entryAdded" if params["entry"]["level"] == "error":
                    found.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
                case "Runtime.consoleAPICalled" if params["type"] in ("error", "assert"):
                    found.append(str(params["args"]))
                case _:
                    pass
        return found


def find_chromium() -> str | None:
    """The browser's program, where one is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def running_browser(profile: Path) -> Generator[Browser]:
    """Chromium with a profile of its own, ended by its process when the block ends."""
    program = find_chromium()
    assert program is not None, "Chromium is not installed (Debian: apt-get install chromium)"
    command = [program, *_SWITCHES, f"--user-data-dir={profile}", "about:blank"]
    with (
        (profile.parent / "chromium.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            with connect(_address(profile, process), max_size=None, proxy=None) as connection:
                yield Browser(connection)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the browser listens; it writes that into its profile when it is ready."""
    written = profile / "DevToolsActivePort"
    deadline = time.monotonic() + PATIENCE_S
    while not (written.is_file() and written.read_text().count("\n")):
        assert process.poll() is None, "Chromium ended at once"
        assert time.monotonic() < deadline, "Chromium does not start"
        time.sleep(0.05)
    port, path = written.read_text().split("\n")[:2]
    return f"ws://127.0.0.1:{port}{path}"
