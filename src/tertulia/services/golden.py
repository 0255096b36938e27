"""Golden queries: questions with the query that was approved as their answer."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType, structs

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.clock import now
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied
from tertulia.core.ids import new_id
from tertulia.core.query import GoldenQuery
from tertulia.services.queries import Queries
from tertulia.store import queries
from tertulia.store.database import Connection, Database

_MOST_QUESTIONS = 50
_LONGEST_QUESTION = 2_000
_LARGEST_SERIAL = 2**63


class GoldenQueries:
    """Reading is for every member, writing for those who may write agents."""

    def __init__(self, database: Database, asked: Queries) -> None:
        self._database = database
        self._asked = asked

    async def of(self, actor: Actor, serials: Sequence[int]) -> list[GoldenQuery]:
        """Those that exist of the ones named, in that order."""
        return await self._database.read(queries.find_golden, actor.project_id, _possible(serials))

    async def create(self, actor: Actor, questions: Sequence[str], *, address: str) -> GoldenQuery:
        """`address` is an Explore URL; its query is saved with it. Raises InvalidInput, PermissionDenied."""
        _require_writer(actor)
        checked = _checked(questions)
        query = await self._asked.resolve(actor, address)

        def work(connection: Connection) -> GoldenQuery:
            moment = now()
            queries.save_query(connection, actor.project_id, query, moment)
            new = GoldenQuery(
                id=new_id(),
                serial=0,
                project_id=actor.project_id,
                questions=checked,
                query=query,
                created_at=moment,
                updated_at=moment,
                creator_id=actor.user_id,
                editor_id=actor.user_id,
                address=address,
            )
            return queries.insert_golden(connection, new)

        return await self._database.write(work)

    async def change(
        self,
        actor: Actor,
        serial: int,
        *,
        questions: Sequence[str] | UnsetType = UNSET,
        address: str | UnsetType = UNSET,
    ) -> GoldenQuery:
        """Replaces what is given. Raises NotFound, InvalidInput, PermissionDenied."""
        _require_writer(actor)
        await self._database.read(_found, actor, serial)
        checked = UNSET if isinstance(questions, UnsetType) else _checked(questions)
        query = UNSET if isinstance(address, UnsetType) else await self._asked.resolve(actor, address)

        def work(connection: Connection) -> GoldenQuery:
            found, moment = _found(connection, actor, serial), now()
            if not isinstance(query, UnsetType):
                queries.save_query(connection, actor.project_id, query, moment)
            changed = structs.replace(
                found,
                questions=found.questions if isinstance(checked, UnsetType) else checked,
                query=found.query if isinstance(query, UnsetType) else query,
                address=found.address if isinstance(address, UnsetType) else address,
                editor_id=actor.user_id,
                updated_at=moment,
            )
            queries.update_golden(connection, changed)
            return changed

        return await self._database.write(work)

    async def delete(self, actor: Actor, serial: int) -> None:
        """Agents that knew it go on without. Raises NotFound, PermissionDenied."""

        def work(connection: Connection) -> None:
            _require_writer(actor)
            if not _possible([serial]) or not queries.delete_golden(connection, actor.project_id, serial):
                raise NotFound

        await self._database.write(work)


def _require_writer(actor: Actor) -> None:
    if not allowed(actor, Verb.WRITE_AGENTS):
        raise PermissionDenied


def _found(connection: Connection, actor: Actor, serial: int) -> GoldenQuery:
    found = queries.find_golden(connection, actor.project_id, _possible([serial]))
    if not found:
        raise NotFound
    return found[0]


def _possible(serials: Sequence[int]) -> list[int]:
    """Without those that no row could have."""
    return [serial for serial in serials if 0 < serial < _LARGEST_SERIAL]


def _checked(questions: Sequence[str]) -> list[str]:
    kept = [each.strip() for each in questions if each.strip()]
    if not kept:
        raise InvalidInput(fields={"questions": ["Give at least one question."]})
    if len(kept) > _MOST_QUESTIONS or any(len(each) > _LONGEST_QUESTION for each in kept):
        limit = f"Give at most {_MOST_QUESTIONS} questions of at most {_LONGEST_QUESTION:,} characters."
        raise InvalidInput(fields={"questions": [limit]})
    return kept
