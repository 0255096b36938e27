"""Words of withheld text find nothing: neither the conversation nor how many there are."""

import pytest

from services.marina import ANN, BO, PURSER, Marina
from tertulia.core.access import Actor
from tertulia.core.clock import now
from tertulia.core.conversation import ConversationDraft, ConversationFilter, Window
from tertulia.core.message import AssistantMessage, Message, ToolCall, UserMessage
from tertulia.core.query import Query, Source
from tertulia.services.history import Written
from tertulia.services.transcripts import Transcripts

MINE = Query(model="boats", explore="my_hires", fields=["hires.harbour", "hires.takings"])


async def kept(marina: Marina, actor: Actor, *, has_data: bool) -> str:
    """A conversation of two turns; the second speaks of what the first was given."""
    draft = ConversationDraft(name="Takings", sources=[Source("boats", "my_hires")])
    talk = (await marina.services.conversations.create(actor, draft)).conversation
    answer = await marina.services.queries.run(actor, MINE)
    call = ToolCall(turn=0, at=now(), call_id="c", function="f", label="f", arguments={}, result=answer)
    for turn in range(2):
        said: list[Message] = [
            UserMessage(turn=turn, at=now(), text="What did we take?", user_id=actor.user_id),
            *([call] if has_data and turn == 0 else []),
            AssistantMessage(turn=turn, at=now(), text="Straße took 240."),
        ]
        await marina.services.history.add(actor, talk.id, [Written(message=each, wire={}) for each in said])
    return talk.id


async def found(marina: Marina, actor: Actor, text: str, window: Window | None = None) -> tuple[set[str], int]:
    page = await marina.services.conversations.list(actor, ConversationFilter(text=text), window or Window())
    return {each.conversation.id for each in page.items}, page.total


async def test_withheld_words_find_nothing_and_count_for_nothing(marina: Marina) -> None:
    bo, purser = await marina.actor(BO), await marina.actor(PURSER)
    of_data = {await kept(marina, bo, has_data=True) for _ in range(3)}
    plain = {await kept(marina, bo, has_data=False) for _ in range(3)}
    # the purser lists all conversations and may see the rows of other harbours
    for term in ("took 240", "STRASSE", "0."):
        assert await found(marina, bo, term) == (of_data | plain, 6)
        assert await found(marina, purser, term) == (plain, 3)
    assert await found(marina, purser, "what did we") == (of_data | plain, 6)
    for window in (Window(limit=1), Window(limit=2, offset=2), Window(limit=2, offset=90)):
        shown, total = await found(marina, purser, "took 240", window)
        assert shown <= plain
        assert total == 3
    pages = [await found(marina, purser, "took 240", Window(limit=1, offset=offset)) for offset in range(3)]
    assert {each for shown, _ in pages for each in shown} == plain


async def test_words_that_are_shown_find_as_they_did(marina: Marina) -> None:
    bo, purser = await marina.actor(BO), await marina.actor(PURSER)
    talk = await kept(marina, bo, has_data=True)
    assert await found(marina, purser, "may not see") == (set(), 0)
    await marina.attribute(PURSER, "harbour", "South")
    assert await found(marina, purser, "took 240") == ({talk}, 1)


@pytest.mark.parametrize("turn", [0, 1])
async def test_one_turn_alone_shows_no_more_than_the_whole(marina: Marina, turn: int) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    talk = await kept(marina, bo, has_data=True)
    await marina.services.conversations.share(bo, talk)
    transcripts: Transcripts = marina.services.transcripts
    own, hers = [(await transcripts.get(actor, talk, turn)).messages for actor in (bo, ann)]
    assert {each.turn for each in hers} == {turn}
    assert [each.text for each in own if isinstance(each, AssistantMessage)] == ["Straße took 240."]
    assert all("240" not in each.text for each in hers if isinstance(each, AssistantMessage))
    assert hers[0] == own[0]
