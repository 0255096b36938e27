"""The scripted model plays exactly what it is told."""

import asyncio
import time

import msgspec
import pytest

from providers.library import AT, SEARCH
from tertulia.core.errors import ProviderFailed, ProviderTimeout, RateLimited
from tertulia.core.message import AssistantMessage, Message, ToolCall, Usage, UserMessage
from tertulia.core.tool import ChunkHits
from tertulia.providers.model import CallWanted, ModelEvent, ModelRequest, ReasoningChunk, StepUsage, TextChunk
from tertulia.providers.scripted import Call, Fail, Hang, Say, Script, Scripted, Spend, Think, Wait, tokens

LOOKS_UP = Script(steps=[[Say("Let me look."), Call(arguments={"query": "x"})], [Say("Found it.")]])


def user(text: str, turn: int = 0) -> UserMessage:
    return UserMessage(turn=turn, at=AT, text=text, user_id="u")


def finished(turn: int = 0, call_id: str = "c") -> ToolCall:
    return ToolCall(
        turn=turn,
        at=AT,
        call_id=call_id,
        function=SEARCH.name,
        label=SEARCH.label,
        arguments={},
        result=ChunkHits(hits=[]),
    )


async def played(script: Script, *messages: Message) -> list[ModelEvent]:
    request = ModelRequest(instructions="", messages=list(messages) or [user("go")], functions=[SEARCH])
    return [event async for event in Scripted(script).stream(request)]


async def test_a_step_is_played_action_by_action() -> None:
    script = Script(
        steps=[[Think("Hm."), Say("One. "), Wait(0.0), Say("Two."), Spend(input_tokens=3, output_tokens=4)]]
    )
    assert await played(script) == [
        ReasoningChunk("Hm."),
        TextChunk("One. "),
        TextChunk("Two."),
        StepUsage(Usage(input_tokens=3, output_tokens=4)),
    ]


async def test_a_call_without_a_function_goes_to_the_agents_first() -> None:
    assert await played(LOOKS_UP) == [
        TextChunk("Let me look."),
        CallWanted(call_id="scripted-0-0-1", function=SEARCH.name, arguments={"query": "x"}),
    ]


async def test_the_next_step_follows_once_the_call_has_its_result() -> None:
    assert await played(LOOKS_UP, user("go"), finished()) == [TextChunk("Found it.")]


async def test_a_step_waits_for_all_of_its_calls() -> None:
    script = Script(steps=[[Call(), Call()], [Call()], [Say("Done.")]])
    for done, count in ((2, 1), (3, 0)):
        calls = [finished(call_id=str(at)) for at in range(done)]
        events = await played(script, user("go"), *calls)
        assert sum(isinstance(event, CallWanted) for event in events) == count


async def test_calls_of_earlier_turns_do_not_count() -> None:
    earlier = [user("a"), finished(), AssistantMessage(turn=0, at=AT, text="Found it.")]
    assert (await played(LOOKS_UP, *earlier, user("b", turn=1)))[0] == TextChunk("Let me look.")


async def test_the_last_step_is_played_again_when_there_are_no_more() -> None:
    calls = [finished(call_id=str(at)) for at in range(5)]
    assert await played(LOOKS_UP, user("go"), *calls) == [TextChunk("Found it.")]


async def test_a_message_that_is_a_script_is_played_instead() -> None:
    text = msgspec.json.encode(Script(steps=[[Say("from the message")]])).decode()
    assert await played(LOOKS_UP, user(text)) == [TextChunk("from the message")]


@pytest.mark.parametrize("text", ["", "{", '{"steps": 3}', '{"steps": [[{"do": "dance"}]]}', "[]", "{}"])
async def test_any_other_message_leaves_the_script_as_it_is(text: str) -> None:
    assert await played(Script(steps=[[Say("own")]]), user(text)) == [TextChunk("own")]


async def test_every_action_survives_json() -> None:
    script = Script(
        steps=[
            [
                Say("a"),
                Think("b"),
                Call(function="f"),
                Spend(),
                Wait(0.1),
                tokens(2).steps[0][0],
                Fail(error="X"),
                Hang(),
            ]
        ]
    )
    assert msgspec.json.decode(msgspec.json.encode(script), type=Script) == script


async def test_it_fails_with_the_error_it_names() -> None:
    with pytest.raises(RateLimited, match="slow down"):
        await played(Script(steps=[[Fail(error="RateLimited", message="slow down")]]))


@pytest.mark.parametrize("name", ["NoSuchError", "Mapping", "re"])
async def test_an_unknown_error_is_a_failure_of_the_provider(name: str) -> None:
    with pytest.raises(ProviderFailed):
        await played(Script(steps=[[Fail(error=name)]]))


async def test_what_was_said_before_a_failure_is_heard() -> None:
    script = Script(steps=[[Say("half"), Fail(error="ProviderTimeout")]])
    stream = Scripted(script).stream(ModelRequest(instructions="", messages=[user("go")], functions=[]))
    assert await anext(stream) == TextChunk("half")
    with pytest.raises(ProviderTimeout):
        await anext(stream)


async def test_a_call_without_any_function_to_call_fails() -> None:
    request = ModelRequest(instructions="", messages=[user("go")], functions=[])
    with pytest.raises(ProviderFailed):
        _ = [event async for event in Scripted(LOOKS_UP).stream(request)]


async def test_calls_are_passed_over_where_none_may_be_made() -> None:
    request = ModelRequest(instructions="", messages=[user("go")], functions=[SEARCH], may_call=False)
    assert [event async for event in Scripted(LOOKS_UP).stream(request)] == [TextChunk("Let me look.")]


async def test_hanging_ends_only_when_cancelled() -> None:
    task = asyncio.create_task(played(Script(steps=[[Hang()]])))
    done, _ = await asyncio.wait([task], timeout=0.05)
    assert not done
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_tokens_come_one_by_one_at_their_pace() -> None:
    began = time.monotonic()
    events = await played(tokens(5, 0.01))
    assert time.monotonic() - began >= 0.045
    assert [event.text.strip() for event in events if isinstance(event, TextChunk)] == [
        f"word{at}" for at in range(1, 6)
    ]
    assert events[-1] == StepUsage(Usage(output_tokens=5))


async def test_an_empty_script_says_nothing() -> None:
    assert await played(Script(steps=[])) == []
