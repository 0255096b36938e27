"""Golden queries: questions with the query that was approved as their answer."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType, structs

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.clock import now
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied
from tertulia.core.ids import new_id
from tertulia.core.query import GoldenQuery, Query
from tertulia.store import queries
from tertulia.store.database import Connection, Database

_MOST_QUESTIONS = 50
_LONGEST_QUESTION = 2_000
_LARGEST_SERIAL = 2**63


class GoldenQueries:
    """Reading is for every member, writing for those who may write agents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, actor: Actor, serials: Sequence[int]) -> list[GoldenQuery]:
        """Those that exist of the ones named, in that order."""
        return await self._database.read(queries.find_golden, actor.project_id, _possible(serials))

    async def create(self, actor: Actor, questions: Sequence[str], query: Query, *, address: str) -> GoldenQuery:
        """`address` is the Explore URL as the client wrote it. Raises InvalidInput, PermissionDenied."""

        def work(connection: Connection) -> GoldenQuery:
            _require_writer(actor)
            moment = now()
            new = GoldenQuery(
                id=new_id(),
                serial=0,
                project_id=actor.project_id,
                questions=_checked(questions),
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
        query: Query | UnsetType = UNSET,
        address: str | UnsetType = UNSET,
    ) -> GoldenQuery:
        """Replaces what is given. Raises NotFound, InvalidInput, PermissionDenied."""

        def work(connection: Connection) -> GoldenQuery:
            _require_writer(actor)
            found = queries.find_golden(connection, actor.project_id, _possible([serial]))
            if not found:
                raise NotFound
            changed = structs.replace(
                found[0],
                questions=found[0].questions if isinstance(questions, UnsetType) else _checked(questions),
                query=found[0].query if isinstance(query, UnsetType) else query,
                address=found[0].address if isinstance(address, UnsetType) else address,
                editor_id=actor.user_id,
                updated_at=now(),
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
