"""Questions of clients that keep the transcript themselves: which stored conversation one continues, and how it begins."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from tertulia.core.access import Actor, Verb
from tertulia.core.agent import Agent
from tertulia.core.clock import now
from tertulia.core.conversation import Conversation
from tertulia.core.errors import Archived, InvalidInput, NotFound, RunInProgress, TertuliaError
from tertulia.core.ids import new_id
from tertulia.core.message import AssistantMessage, Interim, Message, Outcome, Usage, UserMessage
from tertulia.core.run import Folded, Run
from tertulia.services.chat import Chat
from tertulia.services.conversations import require
from tertulia.services.identity import Caller
from tertulia.services.rights import Rights
from tertulia.store import agents, conversations, runs, transcripts
from tertulia.store.database import Connection, Database
from tertulia.store.transcripts import Asked, OpenAgent, Turn

KIND = "openai"
"""The kind of conversations that begin here."""
_CANDIDATES = 100
_NAME_CHARACTERS = 80


class EarlierTurn(Struct, frozen=True):
    """A turn as its client tells it; `answer` is all that was said, in one text."""

    question: str
    answer: str


class Question(Struct, frozen=True, kw_only=True):
    """What a client asks. `earlier` is what it says came before; `given` is kept and read back with the turn.

    Without an `agent_id` the agent of the conversation that is gone on with answers.
    """

    text: str
    agent_id: str = ""
    earlier: list[EarlierTurn] = []
    instructions: str | None = None
    given: dict[str, Any] = {}


class StoredTurn(Struct, frozen=True, kw_only=True):
    """One turn as it stands now. `run` is None for a turn that was not asked here but brought along."""

    conversation: Conversation
    turn: int
    messages: list[Message]
    run: Run | None
    given: dict[str, Any]


class Transcripts:
    """The conversation a question lands in is the actor's own; what it was told must be just what is stored there."""

    def __init__(self, database: Database, chat: Chat, rights: Rights) -> None:
        self._database = database
        self._chat = chat
        self._rights = rights

    async def open_agents(self, caller: Caller) -> list[OpenAgent]:
        """The agents of all projects the caller's token opens, oldest first."""
        return await self._database.read(transcripts.open_agents, caller.user, only=caller.token.project_id)

    async def project_of(self, conversation_id: str) -> str:
        """The project to enter for a conversation. Raises NotFound."""
        found = await self._database.read(transcripts.find_project_of, conversation_id)
        if found is None:
            raise NotFound
        return found

    async def ask(self, actor: Actor, question: Question) -> Run:
        """Goes on with the conversation whose transcript `earlier` is, else begins one with these turns in it.

        Raises InvalidInput for an unknown agent, and what Chat.send raises.
        """
        return await self._ask(actor, question, lambda connection: _place(connection, actor, question))

    async def ask_after(self, actor: Actor, conversation_id: str, turn: int, question: Question) -> Run:
        """Goes on after a turn; where that is not the newest, or not the actor's, in a copy that ends with it.

        Raises NotFound, PermissionDenied, Archived; RunInProgress while that turn is being answered.
        """
        return await self._ask(
            actor, question, lambda connection: _place_after(connection, actor, (conversation_id, turn), question)
        )

    async def ask_in(self, actor: Actor, conversation_id: str, question: Question) -> Run:
        """Goes on at the end of a conversation. Raises NotFound, PermissionDenied, Archived, RunInProgress.

        InvalidInput for another agent than the conversation's, or instructions where they are fixed.
        """
        return await self._ask(
            actor, question, lambda connection: _place_in(connection, actor, conversation_id, question)
        )

    async def get(self, actor: Actor, conversation_id: str, turn: int) -> StoredTurn:
        """Raises NotFound for a turn that is not there, hidden or archived; PermissionDenied."""

        def work(connection: Connection) -> StoredTurn:
            found = _readable(connection, actor, conversation_id, turn)
            asked = transcripts.find_asked(connection, found.id, turn)
            # what an earlier turn was given decides what this one may show
            messages = [each for each in conversations.messages_of(connection, found.id) if each.turn <= turn]
            if not any(each.turn == turn for each in messages):
                raise NotFound
            run = runs.find_run_of_turn(connection, found.id, turn)
            return StoredTurn(
                conversation=found, turn=turn, messages=messages, run=run, given=asked.given if asked else {}
            )

        stored = await self._database.read(work)
        shown = await self._rights.messages(actor, stored.messages)
        return msgspec.structs.replace(stored, messages=[each for each in shown if each.turn == turn])

    async def hide(self, actor: Actor, conversation_id: str, turn: int) -> None:
        """Makes `get` and `ask_after` not find a turn; a conversation begun here is archived with the last of them."""

        def work(connection: Connection) -> None:
            require(connection, actor, conversation_id, Verb.ARCHIVE_CONVERSATION)
            found = _readable(connection, actor, conversation_id, turn)
            if transcripts.find_asked(connection, found.id, turn) is None:
                asked = Asked(
                    conversation_id=found.id, turn=turn, user_id=actor.user_id, agent_id=found.agent_id or "", digest=""
                )
                transcripts.insert_asked(connection, asked)
            moment = now()
            transcripts.hide_asked(connection, found.id, turn, moment)
            if found.kind == KIND and not transcripts.has_shown(connection, found.id):
                archived = msgspec.structs.replace(found, archived_at=moment, updated_at=moment)
                conversations.update_conversation(connection, archived)

        await self._database.write(work)

    async def _ask(self, actor: Actor, question: Question, place: "Callable[[Connection], _Place]") -> Run:
        try:
            return await self._send(actor, question, await self._database.write(place))
        except RunInProgress:
            # somebody else spoke there between the two transactions; placed again, it lands elsewhere or is refused
            return await self._send(actor, question, await self._database.write(place))

    async def _send(self, actor: Actor, question: Question, place: "_Place") -> Run:
        try:
            return await self._chat.send(actor, place.asked.conversation_id, question.text)
        except TertuliaError:
            await self._database.write(_take_back, place)
            raise


def said(messages: Sequence[Message]) -> str:
    """All that an agent said in one turn: text on the way and the answer, with a blank line between."""
    return "\n\n".join(each.text for each in messages if isinstance(each, Interim | AssistantMessage) and each.text)


class _Place(NamedTuple):
    """Where a question goes, announced but not sent."""

    asked: Asked
    is_new: bool


def _place(connection: Connection, actor: Actor, question: Question) -> _Place:
    known = _known_turns(connection, actor, question)
    newest = [each for each in known if each.is_newest]
    if newest:
        same = [each for each in newest if each.instructions == (question.instructions or None)]
        found = require(connection, actor, (same or newest)[0].conversation_id, Verb.SEND_MESSAGE)
        return _go_on(connection, actor, found, question, question.earlier)
    if known:
        copied = conversations.messages_of(connection, known[0].conversation_id)
        return _begin(connection, actor, question, [each for each in copied if each.turn <= known[0].turn], ())
    return _begin(connection, actor, question, (), question.earlier)


def _place_after(connection: Connection, actor: Actor, spot: tuple[str, int], question: Question) -> _Place:
    conversation_id, turn = spot
    found = _readable(connection, actor, conversation_id, turn)
    question = msgspec.structs.replace(question, agent_id=question.agent_id or found.agent_id or "")
    messages = [each for each in conversations.messages_of(connection, found.id) if each.turn <= turn]
    if not any(each.turn == turn for each in messages):
        raise NotFound
    if not any(isinstance(each, AssistantMessage) and each.turn == turn for each in messages):
        raise RunInProgress("That response is still in progress. Wait for it or cancel it first.")
    is_end = turn + 1 == transcripts.count_turns(connection, found.id)
    is_own = found.creator_id == actor.user_id and found.agent_id == question.agent_id
    is_announced = transcripts.find_asked(connection, found.id, turn + 1) is not None
    _agent(connection, actor, question)
    if is_end and is_own and not is_announced and not _conflicts(found, question):
        _bring(connection, actor, found.id, question.earlier)
        return _go_on(connection, actor, found, question, [*_told(messages), *question.earlier])
    return _begin(connection, actor, question, messages, question.earlier)


def _place_in(connection: Connection, actor: Actor, conversation_id: str, question: Question) -> _Place:
    found = require(connection, actor, conversation_id, Verb.SEND_MESSAGE)
    if found.is_archived:
        raise Archived
    if question.agent_id not in ("", found.agent_id):
        raise InvalidInput(fields={"model": ["The conversation has another agent, and keeps it."]})
    if _conflicts(found, question):
        raise InvalidInput(
            fields={"instructions": ["This conversation's instructions were fixed when it was created."]}
        )
    if runs.find_active_run(connection, found.id) is not None:
        raise RunInProgress
    question = msgspec.structs.replace(question, agent_id=found.agent_id or "")
    _agent(connection, actor, question)
    messages = conversations.messages_of(connection, found.id)
    _bring(connection, actor, found.id, question.earlier)
    # one that announced itself here may have died before it sent: it must not close the conversation for good
    transcripts.delete_announced(connection, found.id, transcripts.count_turns(connection, found.id))
    return _go_on(connection, actor, found, question, [*_told(messages), *question.earlier])


def _agent(connection: Connection, actor: Actor, question: Question) -> Agent:
    """Raises InvalidInput where the agent that should answer is gone."""
    found = agents.find_agent(connection, actor.project_id, question.agent_id)
    if found is None:
        raise InvalidInput(fields={"model": ["This agent was deleted. Name another one."]})
    return found


def _conflicts(found: Conversation, question: Question) -> bool:
    """Only a conversation that began here is told something else from one turn to the next."""
    return found.kind != KIND and question.instructions not in (None, "", found.instructions)


def _known_turns(connection: Connection, actor: Actor, question: Question) -> list[Turn]:
    """The newest of `earlier` where it is stored: asked after the same words, and answered in the same words."""
    if not question.earlier:
        return []
    *before, last = question.earlier
    found = transcripts.find_turns(
        connection,
        user_id=actor.user_id,
        agent_id=question.agent_id,
        digest=_digest(before, last.question),
        limit=_CANDIDATES,
    )
    answers: dict[str, list[Message]] = {}
    for conversation_id, message in transcripts.said_in(connection, found):
        answers.setdefault(conversation_id, []).append(message)
    return [
        each
        for each in found
        if each.conversation_id in answers and _plain(said(answers[each.conversation_id])) == _plain(last.answer)
    ]


def _go_on(
    connection: Connection, actor: Actor, found: Conversation, question: Question, earlier: Sequence[EarlierTurn]
) -> _Place:
    instructions = question.instructions or None
    if found.kind == KIND and instructions != found.instructions:
        transcripts.set_instructions(connection, found.id, instructions)
    asked = Asked(
        conversation_id=found.id,
        turn=transcripts.count_turns(connection, found.id),
        user_id=actor.user_id,
        agent_id=question.agent_id,
        digest=_digest(earlier, question.text),
        given=question.given,
    )
    transcripts.insert_asked(connection, asked)
    return _Place(asked, is_new=False)


def _begin(
    connection: Connection,
    actor: Actor,
    question: Question,
    copied: Sequence[Message],
    earlier: Sequence[EarlierTurn],
) -> _Place:
    """A new conversation in which stored turns are copied, and then what the client says came after them."""
    agent = _agent(connection, actor, question)
    moment = now()
    told = [*_told(copied), *earlier]
    new = Conversation(
        id=new_id(),
        project_id=actor.project_id,
        creator_id=actor.user_id,
        name=_name([each.question for each in told] + [question.text]),
        created_at=moment,
        updated_at=moment,
        agent_id=agent.id,
        agent_name=agent.name,
        kind=KIND,
        instructions=question.instructions or None,
    )
    conversations.insert_conversation(connection, new)
    _copy(connection, new.id, copied)
    _bring(connection, actor, new.id, earlier)
    place = _go_on(connection, actor, new, question, told)
    return place._replace(is_new=True)


def _copy(connection: Connection, conversation_id: str, messages: Sequence[Message]) -> None:
    """Tokens were spent where the turns were answered, and are not counted again."""
    for question in (each for each in messages if isinstance(each, UserMessage)):
        turn = conversations.next_turn(connection, conversation_id)
        rest = [
            msgspec.structs.replace(each, turn=turn, usage=Usage())
            if isinstance(each, AssistantMessage)
            else msgspec.structs.replace(each, turn=turn)
            for each in messages
            if each.turn == question.turn and each is not question
        ]
        conversations.add_user_message(connection, conversation_id, msgspec.structs.replace(question, turn=turn))
        folded = Folded(messages=rest, usage=Usage(), outcome=Outcome.COMPLETED)
        conversations.add_folded(connection, conversation_id, folded, rest[-1].at if rest else question.at)


def _bring(connection: Connection, actor: Actor, conversation_id: str, earlier: Sequence[EarlierTurn]) -> None:
    for each in earlier:
        moment = now()
        turn = conversations.next_turn(connection, conversation_id)
        question = UserMessage(turn=turn, at=moment, text=each.question, user_id=actor.user_id)
        answer = AssistantMessage(turn=turn, at=moment, text=each.answer)
        conversations.add_user_message(connection, conversation_id, question)
        folded = Folded(messages=[answer], usage=Usage(), outcome=Outcome.COMPLETED)
        conversations.add_folded(connection, conversation_id, folded, moment)


def _take_back(connection: Connection, place: _Place) -> None:
    """Undoes an announcement: nothing was sent."""
    if place.is_new:
        conversations.delete_conversation(connection, place.asked.conversation_id)
    else:
        transcripts.delete_asked(connection, place.asked)


def _readable(connection: Connection, actor: Actor, conversation_id: str, turn: int) -> Conversation:
    found = require(connection, actor, conversation_id, Verb.READ_CONVERSATION)
    asked = transcripts.find_asked(connection, found.id, turn)
    if found.is_archived or (asked is not None and asked.is_hidden):
        raise NotFound
    return found


def _told(messages: Sequence[Message]) -> list[EarlierTurn]:
    """Stored turns as a client would tell them."""
    return [
        EarlierTurn(question.text, said([each for each in messages if each.turn == question.turn]))
        for question in messages
        if isinstance(question, UserMessage)
    ]


def _digest(earlier: Sequence[EarlierTurn], question: str) -> str:
    texts = [_plain(text) for each in earlier for text in (each.question, each.answer)]
    return hashlib.sha256(msgspec.json.encode([*texts, _plain(question)])).hexdigest()


def _plain(text: str) -> str:
    """Text as clients give it back: they trim it, and change how its lines end."""
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def _name(questions: Sequence[str]) -> str:
    words = " ".join(next((text for text in questions if text.strip()), "").replace("\x00", "").split())
    return words if len(words) <= _NAME_CHARACTERS else f"{words[: _NAME_CHARACTERS - 1]}…"
