"""A conversation as it is lived: streamed, stopped, watched by a guest, named, tagged, put away."""

import json

import pytest

from e2e.chromium import Tab
from e2e.conftest import Salon, Visit, script

SLOW = [{"do": "tokens", "count": 4000, "interval_s": 0.02}]
WORDS = "document.querySelector('.turn:last-child .answer').textContent.split(/\\s+/).length"
SETTLED = "document.querySelector('.turn:last-child:not(.running) .turn-foot .facts')"


def play(tab: Tab, message: str) -> None:
    tab.until("!document.getElementById('rooms').hidden && !document.getElementById('send').classList.contains('stop')")
    tab.click("#message")
    tab.write(message)
    tab.press("Enter")


def enter(visit: Visit, salon: Salon, token: str, conversation_id: str | None = None) -> Tab:
    """A tab in the salon, its agent chosen."""
    tab = visit(salon.address(token, conversation_id))
    tab.until(f"document.querySelector('#agent option[value=\"{salon.agent_id}\"]')")
    tab.until("document.querySelector('#welcome h2')")
    tab.run(
        f"""(() => {{
          const choice = document.getElementById("agent");
          if (choice.value === "{salon.agent_id}") return;
          choice.value = "{salon.agent_id}";
          choice.dispatchEvent(new Event("change"));
        }})()"""
    )
    return tab


def test_an_answer_grows_and_escape_stops_it_with_what_was_said_kept(visit: Visit, salon: Salon) -> None:
    tab = enter(visit, salon, salon.host)
    play(tab, script([{"do": "think", "text": "Let me **see**."}, *SLOW]))
    seen = int(tab.until(f"{WORDS} > 5 && {WORDS}"))
    tab.until(f"{WORDS} > {seen}")
    assert tab.run("document.querySelector('.reply').getAttribute('aria-busy')") == "true"
    assert tab.run("document.querySelector('details.step strong').textContent") == "see"
    tab.press("Escape")
    tab.until(SETTLED)
    assert "stopped" in str(tab.run("document.querySelector('.turn-foot').textContent"))
    assert int(tab.run(WORDS)) >= seen
    assert tab.run("document.querySelector('.reply').getAttribute('aria-busy')") == "false"


def test_a_reload_in_the_middle_of_an_answer_follows_it_on(visit: Visit, salon: Salon) -> None:
    tab = enter(visit, salon, salon.host)
    play(tab, script(SLOW))
    tab.until(f"{WORDS} > 5")
    tab.call("Page.reload")
    seen = int(tab.until(f"document.querySelector('.turn.running') && {WORDS} > 5 && {WORDS}"))
    tab.until(f"{WORDS} > {seen}")
    tab.click("#send")
    tab.until(SETTLED)


def test_a_guest_watches_a_shared_conversation_live_and_cannot_write(visit: Visit, salon: Salon) -> None:
    host = enter(visit, salon, salon.host)
    play(host, script([{"do": "say", "text": "Welcome."}]))
    host.until(SETTLED)
    host.click("#sharing summary")
    host.click("#share-copy")
    host.until("document.querySelector('#sharing.on')")
    conversation_id = str(host.run("new URLSearchParams(location.hash.slice(1)).get('conversation')"))

    guest = visit(salon.address(salon.guest, conversation_id))
    guest.until("document.querySelector('.answer')?.textContent === 'Welcome.'")
    assert guest.run("document.getElementById('message').checkVisibility()") is False
    assert guest.run("document.getElementById('guest-hint').checkVisibility()") is True
    assert guest.run("document.getElementById('actions').hidden") is True

    play(host, script(SLOW))
    guest.until(f"document.querySelectorAll('.turn').length === 2 && {WORDS} > 5")
    seen = int(guest.run(WORDS))
    guest.until(f"{WORDS} > {seen}")
    host.press("Escape")
    host.until(SETTLED)
    guest.until(SETTLED)
    assert guest.run(WORDS) == host.run(WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=\"document.title='broken'\"> <script>document.title='broken'</script>",
        "[click](javascript:document.title='broken') [data](data:text/html,x) ![picture](https://example.org/x.png)",
        "`<b>code</b>` **<i>bold</i>** | <u>cell</u>",
        "[unfinished](https://example.org ** ` [ ]( ![",
    ],
)
def test_an_answer_is_shown_as_text_whatever_it_holds(visit: Visit, salon: Salon, text: str) -> None:
    tab = enter(visit, salon, salon.host)
    play(tab, script([{"do": "say", "text": text}]))
    tab.until(SETTLED)
    made = tab.run("[...document.querySelectorAll('.answer *')].map((each) => each.localName)")
    assert set(made) <= {"p", "code", "strong", "a", "span"}
    links = tab.run("[...document.querySelectorAll('.answer a')].map((each) => `${each.protocol} ${each.rel}`)")
    assert set(links) <= {"https: noopener noreferrer"}
    assert "broken" not in str(tab.run("document.title")).replace(text, "")


def test_markdown_is_read_as_blocks(visit: Visit, salon: Salon) -> None:
    tab = enter(visit, salon, salon.host)
    text = (
        "# Head\nOne **bold** and *soft* `word`.\n\n- a\n  - b\n- c\n\n3. three\n4. four\n\n"
        "| x | y |\n|---|---|\n| 1 | 2 |\n\n```\nlet x = 1;\n```\n> said"
    )
    play(tab, script([{"do": "say", "text": text}]))
    tab.until(SETTLED)
    shape = tab.run(
        """(function shape(node) {
          return node.localName + (node.children.length ? `(${[...node.children].map(shape).join(" ")})` : "");
        })(document.querySelector(".answer"))"""
    )
    assert shape == (
        "div(h3 p(strong em code) ul(li(ul(li)) li) ol(li li) "
        "div(table(thead(tr(th th)) tbody(tr(td td)))) pre(code) blockquote)"
    )
    assert tab.run("document.querySelector('.answer ol').start") == 3


def test_a_failed_turn_says_why_and_can_be_asked_again(visit: Visit, salon: Salon) -> None:
    tab = enter(visit, salon, salon.host)
    play(tab, script([{"do": "say", "text": "So far"}, {"do": "fail", "error": "ProviderTimeout"}]))
    tab.until(SETTLED)
    answer = str(tab.run("document.querySelector('.answer').innerText"))
    assert answer.startswith("So far")
    assert "did not answer in time" in answer
    tab.click(".turn-foot .button")
    tab.until("document.querySelectorAll('.turn').length === 2")
    tab.until(SETTLED)


def test_a_conversation_is_renamed_tagged_archived_and_brought_back(visit: Visit, salon: Salon) -> None:
    tab = enter(visit, salon, salon.host)
    play(tab, script([{"do": "say", "text": "Yes."}]))
    tab.until(SETTLED)
    tab.click("#rename-open")
    tab.write("Evening round")
    tab.press("Enter")
    tab.until("document.getElementById('title').textContent === 'Evening round'")
    tab.click(".tag-field")
    tab.write("winter")
    tab.press("Enter")
    tab.until("document.querySelector('#tags .tag')?.textContent === 'winter'")
    assert salon.conversation("Evening round")["tags"] == ["winter"]
    tab.click("#tags .tag")
    tab.until("document.querySelectorAll('#list .entry').length === 1")
    tab.click("#archive")
    tab.until("document.getElementById('title').textContent === 'New conversation'")
    tab.click(".note button")
    tab.until("document.getElementById('title').textContent === 'Evening round'")
    tab.until("document.querySelector('#list .entry[aria-current] .entry-name')?.textContent === 'Evening round'")


def test_an_answer_brings_a_name_and_questions_to_ask_next(visit: Visit, salon: Salon) -> None:
    next_message = script([{"do": "say", "text": "And yes again."}])
    told = {"name": "A talk about yes", "follow_ups": ["Why?", next_message, "Since when?"]}
    tab = enter(visit, salon, salon.host)
    play(tab, json.dumps({"steps": [[{"do": "say", "text": "Yes."}]], **told}))
    tab.until("document.querySelectorAll('.turn:last-child .follow-up').length === 3")
    tab.until("document.getElementById('title').textContent === 'A talk about yes'")
    tab.until("document.querySelector('#list .entry[aria-current] .entry-name')?.textContent === 'A talk about yes'")
    tab.call("Page.reload")
    tab.until("document.querySelectorAll('.turn:last-child .follow-up').length === 3")
    tab.click(".follow-ups li:nth-child(2) button")
    tab.until("document.querySelectorAll('.turn').length === 2")
    tab.until(SETTLED)
    assert tab.run("document.querySelector('.turn:last-child .bubble').textContent") == next_message
    assert tab.run("document.querySelectorAll('.follow-up').length") == 0
    assert salon.conversation("A talk about yes")["message_count"] == 4


def test_shift_enter_begins_a_new_line(visit: Visit, salon: Salon) -> None:
    tab = enter(visit, salon, salon.host)
    tab.click("#message")
    tab.write("one")
    tab.press("Enter", shift=True)
    tab.write("two")
    assert tab.run("document.getElementById('message').value") == "one\ntwo"
    assert tab.run("document.querySelectorAll('.turn').length") == 0
