"""What an operator does before anybody talks: found a project, bring in documents, make the demo."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from tertulia.core.access import Actor
from tertulia.core.agent import Agent
from tertulia.core.clock import now
from tertulia.core.conversation import Window
from tertulia.core.document import Document, DocumentState
from tertulia.core.errors import NotFound
from tertulia.core.ids import new_id
from tertulia.core.project import Membership, Permission, Project
from tertulia.core.query import Source, UserAttribute
from tertulia.services.credentials import create_credential
from tertulia.services.documents import Documents, Upload
from tertulia.services.identity import issue_token
from tertulia.services.ingestion import Ingestion
from tertulia.services.modelling import Modelling
from tertulia.services.projects import People, create_project
from tertulia.store import agents, models, projects
from tertulia.store.database import Connection, Database

DEMO_NAME = "Osier Wheel Co-operative"
DEMO_BRIEF = (
    "Osier Wheel is a co-operative that lends bicycles and cargo bikes to its members. These documents are its "
    "handbooks, terms, prices, manuals and minutes."
)
DEMO_ADMIN = "admin@osierwheel.test"
DEMO_MEMBER = "member@osierwheel.test"
DEMO_CONNECTION, DEMO_LOOKML = "shop", "osier_wheel"
DEMO_EXPLORES = (
    "order_items",
    "orders",
    "customers",
    "products",
    "returns",
    "reviews",
    "stock",
    "visits",
    "campaigns",
    "sites",
    "daily_sales",
)
DEMO_SOURCES = [Source("shop", explore) for explore in DEMO_EXPLORES]


class AgentDraft(Struct, frozen=True, kw_only=True):
    name: str
    description: str
    starter: str
    reads_documents: bool


DATA_AGENT = AgentDraft(
    name="Shop figures",
    description="Answers questions about the shop's numbers and shows the query behind each.",
    starter="Ask me about sales, customers, products, stock or visits.",
    reads_documents=False,
)
MIXED_AGENT = AgentDraft(
    name="Documents and figures",
    description="Answers from the shop's numbers and from the co-operative's documents.",
    starter="Ask me about the shop's figures or about anything in our documents.",
    reads_documents=True,
)


class DemoData(Struct, frozen=True, kw_only=True):
    """The demo's governed data: LookML by path, and the URL of the database it reads."""

    lookml: dict[str, str]
    url: str


class Founded(Struct, frozen=True, kw_only=True):
    """A project that is ready to use. Tokens and secrets are shown only here; None where there are none."""

    project_id: str
    project_name: str
    agent_settings_id: str
    admin_token: str | None
    member_token: str | None = None
    data_agent_settings_id: str | None = None
    mixed_agent_settings_id: str | None = None
    looker_client_id: str | None = None
    looker_client_secret: str | None = None

    def as_json(self) -> dict[str, Any]:
        shown = {
            "project_id": self.project_id,
            "agent_settings_id": self.agent_settings_id,
            "data_agent_settings_id": self.data_agent_settings_id,
            "mixed_agent_settings_id": self.mixed_agent_settings_id,
            "admin_token": self.admin_token,
            "member_token": self.member_token,
            "looker_client_id": self.looker_client_id,
            "looker_client_secret": self.looker_client_secret,
        }
        return {name: value for name, value in shown.items() if value is not None}


class Setup:
    """The operator's verbs. No actor is asked: who can run a command here holds the data anyway."""

    def __init__(
        self, database: Database, *, people: People, documents: Documents, ingestion: Ingestion, modelling: Modelling
    ) -> None:
        self._database = database
        self._people = people
        self._modelling = modelling
        self._documents = documents
        self._ingestion = ingestion

    async def found(self, name: str, *, admin_email: str, brief: str = "") -> Founded:
        """A new project with this person as its admin, and a token for them."""
        return await self._database.write(_found, name, admin_email, brief)

    async def find_demo(self) -> Project | None:
        return await self._database.read(projects.find_project_by_name, DEMO_NAME)

    async def demo(self, documents: Sequence[Path], data: DemoData) -> Founded:
        """The demo project with these documents indexed and this data; made once, with new tokens each time."""
        found = await self.find_demo()
        if found is None:
            founded = await self.found(DEMO_NAME, admin_email=DEMO_ADMIN, brief=DEMO_BRIEF)
            member = frozenset({Permission.VIEW_DATA})
            await self._people.add(DEMO_MEMBER, founded.project_id, member)
        else:
            founded = await self._database.write(_reopen, found)
        await self._fill(founded.project_id, documents)
        await self._modelling.connect(founded.project_id, DEMO_CONNECTION, data.url)
        await self._modelling.load(founded.project_id, DEMO_LOOKML, data.lookml)
        return await self._database.write(_completed, founded)

    async def ingest(self, name_or_id: str, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """Uploads files into a project and waits until each can be searched or has failed. Raises NotFound."""
        project = await self._people.find_project(name_or_id)
        uploaded = await self._upload(project.id, paths)
        await self._ingestion.drain()
        actor = _operator(project.id)
        after = {each.id: each for each in await self._documents.indexing_status(actor, [each.id for each in uploaded])}
        return [_outcome(after[each.id]) for each in uploaded]

    async def _fill(self, project_id: str, paths: Sequence[Path]) -> None:
        present = await self._documents.list(_operator(project_id), Window(limit=1000))
        names = {document.name for document in present.items}
        missing = [path for path in paths if path.name not in names]
        if missing:
            await self._upload(project_id, missing)
        await self._ingestion.drain()

    async def _upload(self, project_id: str, paths: Sequence[Path]) -> list[Document]:
        with ExitStack() as stack:
            uploads = [Upload(name=path.name, content=stack.enter_context(path.open("rb"))) for path in paths]
            return await self._documents.upload(_operator(project_id), uploads)


def files_under(paths: Iterable[Path]) -> list[Path]:
    """The files among and below these paths, hidden ones left out, by name."""
    found: list[Path] = []
    for path in paths:
        if path.is_file():
            found.append(path)
            continue
        below = (each for each in path.rglob("*") if each.is_file())
        found.extend(each for each in below if not any(part.startswith(".") for part in each.relative_to(path).parts))
    return sorted(set(found))


def _operator(project_id: str) -> Actor:
    return Actor(user_id="", email="", project_id=project_id, is_superuser=True)


def _found(connection: Connection, name: str, admin_email: str, brief: str) -> Founded:
    user = projects.find_user_by_email(connection, admin_email)
    if user is None:
        user = projects.insert_user(connection, admin_email, now(), is_superuser=False)
    project = create_project(connection, user, name=name, brief=brief)
    _, secret = issue_token(connection, user, name="first token")
    return _founded(connection, project, secret)


def _reopen(connection: Connection, project: Project) -> Founded:
    user = projects.find_user_by_email(connection, DEMO_ADMIN)
    if user is None:
        raise NotFound(f"The demo project has lost its admin. Run: tertulia user add {DEMO_ADMIN} --admin")
    if projects.find_membership(connection, project.id, user) is None:
        membership = Membership(
            id=new_id(), project_id=project.id, user=user, permissions=frozenset({Permission.ADMINISTER})
        )
        projects.put_membership(connection, membership, now())
    _, secret = issue_token(connection, user, name="demo admin")
    return _founded(connection, project, secret)


def _founded(connection: Connection, project: Project, secret: str) -> Founded:
    listed = agents.list_agents(connection, project.id, Window(limit=1000)).items
    default = next((agent for agent in listed if agent.is_readonly), listed[0])
    return Founded(project_id=project.id, project_name=project.name, agent_settings_id=default.id, admin_token=secret)


def _completed(connection: Connection, founded: Founded) -> Founded:
    """With the agents for data, what the member may see, a token for the member and API credentials for the admin."""
    data = _agent_named(connection, founded.project_id, DATA_AGENT)
    mixed = _agent_named(connection, founded.project_id, MIXED_AGENT)
    secret = None
    member = projects.find_user_by_email(connection, DEMO_MEMBER)
    if member is not None:
        seen = UserAttribute(name="site", values=["Quayside"])
        models.put_attributes(connection, founded.project_id, member.id, [seen])
        _, secret = issue_token(connection, member, name="demo member")
    credential, credential_secret = create_credential(connection, founded.project_id, DEMO_ADMIN)
    return structs.replace(
        founded,
        member_token=secret,
        data_agent_settings_id=data.id,
        mixed_agent_settings_id=mixed.id,
        looker_client_id=credential.client_id,
        looker_client_secret=credential_secret,
    )


def _agent_named(connection: Connection, project_id: str, draft: AgentDraft) -> Agent:
    """The project's agent of that name, made where there is none."""
    listed = agents.list_agents(connection, project_id, Window(limit=1000)).items
    found = next((agent for agent in listed if agent.name == draft.name), None)
    if found is not None:
        return found
    moment = now()
    made = Agent(
        id=new_id(),
        project_id=project_id,
        name=draft.name,
        description=draft.description,
        starter=draft.starter,
        sources=DEMO_SOURCES,
        tool_ids=[
            tool.id
            for tool in agents.all_tools(connection, project_id)
            if tool.kind.reads_data or draft.reads_documents
        ],
        created_at=moment,
        updated_at=moment,
    )
    agents.insert_agent(connection, made)
    return made


def _outcome(document: Document) -> dict[str, Any]:
    state = "ready" if document.state is DocumentState.ACTIVE else str(document.state)
    return {"id": document.id, "name": document.name, "state": state, "failure": document.failure}
