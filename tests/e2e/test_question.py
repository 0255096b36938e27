"""The main path in a browser: a real question, a cited answer, its proof."""

from conftest import Demo
from e2e.conftest import Visit
from live.server import wait_until

QUESTION = "How many days do I have to claim travel expenses?"
ANSWERED = "document.querySelector('.turn:not(.running) .sources .chip')"


def test_a_question_gets_an_answer_whose_citation_opens_the_marked_words(visit: Visit, demo: Demo) -> None:
    tab = visit(demo.page(demo.admin_token))
    tab.until("document.querySelector('#welcome h2')")
    assert "token" not in str(tab.run("location.href"))
    tab.click("#message")
    tab.write(QUESTION)
    tab.press("Enter")
    tab.until(ANSWERED)
    tab.until(f"document.getElementById('title').textContent === {QUESTION.rstrip('?')!r}")
    tab.until("document.querySelector('.follow-up')")
    assert "passages" in str(
        tab.run("[...document.querySelectorAll('.step summary')].map((each) => each.textContent).join()")
    )

    tab.click(".answer .chip")
    tab.until("document.querySelector('#passage mark')?.checkVisibility()")
    marked = str(tab.run("document.querySelector('#passage mark').textContent"))
    assert marked in str(tab.run("document.querySelector('.answer').textContent"))
    assert marked in str(tab.run("document.querySelector('#passage blockquote').textContent"))
    page = str(tab.run("document.querySelector('#passage .panel-foot a').href"))

    tab.press("Escape")
    tab.until("document.getElementById('passage').hidden")
    tab.call("Emulation.setScriptExecutionDisabled", {"value": True})
    tab.go(page)
    assert tab.run("document.querySelector('mark').textContent") == marked


def test_a_conversation_is_found_again_by_what_was_said_in_it(visit: Visit, demo: Demo) -> None:
    tab = visit(demo.page(demo.member_token))
    tab.until("document.querySelector('#welcome h2')")
    tab.click("#message")
    tab.write("Ottokar asks: what does a day with a Heron cargo bike cost for guests?")
    tab.press("Enter")
    tab.until(ANSWERED)
    tab.click("#search")
    tab.write("zzz-never-said")
    tab.until("document.getElementById('list-note').textContent === 'Nothing found.'")
    tab.run("document.getElementById('search').select()")
    tab.write("OTTOKAR ASKS")
    tab.until("document.querySelectorAll('#list .entry').length === 1")
    tab.click("#new")
    tab.until("!document.querySelector('.turn')")
    tab.click("#list .entry")
    tab.until(ANSWERED)


def test_a_document_is_added_read_and_removed_in_the_drawer(visit: Visit, demo: Demo) -> None:
    paper = demo.server.data / "tandem-rules.txt"
    paper.write_text("Tandem rules\n\nA tandem is ridden by exactly two people.\n", encoding="utf-8")
    tab = visit(demo.page(demo.admin_token))
    tab.until("document.querySelector('#welcome h2')")
    tab.click("#documents-open")
    tab.until("document.querySelectorAll('.document.active').length > 0")
    before = int(tab.run("document.querySelectorAll('.document').length"))
    tab.choose_files("#upload", paper)
    tab.until("[...document.querySelectorAll('.document.active')].some((row) => row.innerText.includes('tandem'))")

    def has_asked() -> object:
        return any("Page.javascriptDialogOpening" in str(event) for event in tab.events())

    tab.run("setTimeout(() => document.querySelector('[aria-label=\"Delete tandem-rules.txt\"]').click()) && null")
    wait_until(has_asked)
    tab.call("Page.handleJavaScriptDialog", {"accept": True})
    tab.until(f"document.querySelectorAll('.document').length === {before}")
    assert "tandem" not in str(tab.run("document.getElementById('documents-list').innerText"))


def test_a_question_about_numbers_shows_rows_a_picture_and_the_sql(visit: Visit, demo: Demo) -> None:
    tab = visit(demo.page(demo.admin_token))
    tab.until("document.querySelector('#welcome h2')")
    tab.click("#message")
    tab.write("Revenue by product category in 2025")
    tab.press("Enter")
    tab.until("document.querySelector('.turn:not(.running) .figures svg rect')")
    answer = str(tab.run("document.querySelector('.answer').textContent"))
    assert "Bikes" in answer
    assert tab.run("document.querySelectorAll('.answer tbody tr').length") == 7
    assert tab.run("document.querySelectorAll('.figures svg rect').length") == 7
    assert "SELECT" in str(tab.run("document.querySelector('.proof pre').textContent"))


def test_the_address_says_which_agent_is_asked_and_the_choice_stands_in_it(visit: Visit, demo: Demo) -> None:
    tab = visit(demo.page(demo.admin_token).replace(demo.mixed_agent_id, demo.data_agent_id))
    tab.until("document.querySelector('#welcome h2')")
    assert tab.run("document.getElementById('agent').value") == demo.data_agent_id
    tab.run(f"document.getElementById('agent').value = '{demo.agent_id}'")
    tab.run("document.getElementById('agent').dispatchEvent(new Event('change')) && null")
    tab.until(f"location.hash === '#project={demo.project_id}&agent={demo.agent_id}'")
    tab.run("location.reload()")
    tab.until(f"document.querySelector('#welcome h2') && document.getElementById('agent').value === '{demo.agent_id}'")
    tab.run(f"location.hash = 'project={demo.project_id}&agent={demo.mixed_agent_id}'")
    tab.until(f"document.getElementById('agent').value === '{demo.mixed_agent_id}'")
