"""The page for everybody: signing in, small screens, the keyboard alone, a screen reader, a server that goes away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.chromium import Browser
from e2e.conftest import Salon, Visit, found_salon, script
from e2e.test_conversation import SETTLED, WORDS, enter, play
from live.server import LiveServer

NAMELESS = """[...document.querySelectorAll("button, a, input, select, textarea, summary")].filter((each) =>
  !(each.getAttribute("aria-label") || each.innerText?.trim() || each.labels?.length || each.textContent.trim())
).map((each) => each.outerHTML)"""


def test_a_wrong_token_is_asked_for_again(browser: Browser, salon: Salon) -> None:
    tab = browser.open(f"{salon.url}/#token=nonsense")
    tab.until("document.getElementById('sign-in-problem').textContent === 'Invalid token.'")
    tab.write(salon.guest)
    tab.press("Enter")
    tab.until("document.querySelector('#welcome h2')")
    assert tab.run("document.getElementById('sign-in').hidden") is True
    tab.click("#sign-out")
    tab.until("!document.getElementById('sign-in').hidden && sessionStorage.length === 0")
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_360_pixels_nothing_sticks_out(visit: Visit, salon: Salon, scheme: str) -> None:
    tab = visit(salon.address(salon.host), width=360, height=640, scheme=scheme)
    tab.until("document.querySelector('#welcome h2')")
    play(tab, script([{"do": "say", "text": "A " + "verylongword" * 40 + "\n\n|a|b|\n|-|-|\n|" + "x" * 300 + "|y|"}]))
    tab.until("document.querySelector('.turn:not(.running) .turn-foot')")
    assert tab.run("document.documentElement.scrollWidth") == 360
    tab.click("#shelf-open")
    tab.until("document.querySelector('#shelf').getBoundingClientRect().left === 0")
    tab.click("#documents-open")
    tab.until("document.getElementById('documents').open")
    assert tab.run("document.documentElement.scrollWidth") == 360


def test_every_control_has_a_name_and_the_keyboard_reaches_the_message(visit: Visit, salon: Salon) -> None:
    tab = enter(visit, salon, salon.host)
    play(tab, script([{"do": "say", "text": "Yes."}]))
    tab.until(SETTLED)
    assert tab.run(NAMELESS) == []
    assert tab.run("document.getElementById('turns').getAttribute('aria-live')") == "polite"
    tab.run("document.getElementById('project').focus()")
    passed: list[str] = []
    while "message" not in passed and len(passed) < 100:
        tab.press("Tab")
        passed.append(str(tab.run("document.activeElement.id || document.activeElement.className")))
    assert {"agent", "new", "search", "entry", "documents-open", "rename-open", "archive"} <= set(passed)
    assert passed[-1] == "message"


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[LiveServer]:
    """A server of its own, whose runs are taken over soon after it died."""
    server = LiveServer(tmp_path, scripted_model=True, embedder="none", lease_s=1, heartbeat_s=0.2)
    yield server.start()
    server.stop()


def test_an_answer_outlives_the_server_that_gave_it(browser: Browser, mortal: LiveServer) -> None:
    salon = found_salon(mortal)
    tab = enter(browser.open, salon, salon.host)
    play(tab, script([{"do": "tokens", "count": 150, "interval_s": 0.02}]))
    tab.until(f"{WORDS} > 5")
    mortal.kill()
    mortal.start()
    tab.until(SETTLED)
    assert int(tab.run(WORDS)) >= 150
    tab.close()
