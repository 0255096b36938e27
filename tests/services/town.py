"""Two projects and their people on a real file, without anybody who answers: what is sent waits."""

from pathlib import Path
from typing import Self

from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.agent import AgentChange
from tertulia.core.conversation import Conversation, ConversationDraft
from tertulia.core.project import Permission, User
from tertulia.core.query import GoldenQuery
from tertulia.house import House
from tertulia.services.identity import Caller
from tertulia.settings import Settings

ADMIN, MEMBER, DEPUTY, STRANGER = "ada@example.org", "ben@example.org", "dora@example.org", "sten@example.org"

SHOP = {
    "shop.model.lkml": """
        connection: "shop"
        view: orders {
          dimension: status {}
          measure: count { type: count }
        }
        explore: orders {}
    """
}
ADDRESS = "/explore/shop/orders?fields=orders.count"


class Town:
    """In `here` an admin, a member and a deputy who may act as others; in `elsewhere` a stranger, who is its admin."""

    def __init__(self, folder: Path) -> None:
        lay_schema(folder / "tertulia.db")
        self.house = House(Settings(data=folder, embedder="none", scripted_model=True))
        self.services = self.house.services
        self.here = self.elsewhere = ""
        self.users: dict[str, User] = {}

    async def found(self) -> Self:
        self.here = (await self.house.setup.found("Here", admin_email=ADMIN)).project_id
        self.elsewhere = (await self.house.setup.found("Elsewhere", admin_email=STRANGER)).project_id
        nothing: frozenset[Permission] = frozenset()
        deputy = frozenset({Permission.IMPERSONATE})
        admin = frozenset({Permission.ADMINISTER})
        self.users[ADMIN] = await self.house.people.add(ADMIN, self.here, admin)
        self.users[MEMBER] = await self.house.people.add(MEMBER, self.here, nothing)
        self.users[DEPUTY] = await self.house.people.add(DEPUTY, self.here, deputy)
        self.users[STRANGER] = await self.house.people.add(STRANGER, self.elsewhere, admin)
        return self

    async def actor(self, email: str) -> Actor:
        project_id = self.elsewhere if email == STRANGER else self.here
        _, secret = await self.house.people.create_token(email, project_id=project_id)
        return await self.services.identity.actor(secret, project_id)

    async def caller(self, email: str) -> Caller:
        """Somebody who logged in to their project with API credentials."""
        return await self.services.identity.caller(await self.logged_in(email))

    async def logged_in(self, email: str) -> str:
        """The secret of the token that logging in gave."""
        project_id = self.elsewhere if email == STRANGER else self.here
        credential, secret = await self.services.credentials.create(project_id, email)
        _, opened = await self.services.credentials.login(credential.client_id, secret)
        return opened

    async def agent(self, actor: Actor, name: str = "Scribe") -> str:
        return (await self.services.agents.create(actor, AgentChange(name=name, model="scripted"))).id

    async def golden(self, actor: Actor, *questions: str) -> GoldenQuery:
        """A question with its answer in a shop that is there as LookML, and is not connected."""
        await self.house.modelling.load(actor.project_id, "shop", SHOP)
        return await self.services.golden.create(actor, questions, address=ADDRESS)

    async def begin(self, actor: Actor, agent_id: str, name: str = "Talk") -> Conversation:
        draft = ConversationDraft(agent_id=agent_id, name=name)
        return (await self.services.conversations.create(actor, draft)).conversation
