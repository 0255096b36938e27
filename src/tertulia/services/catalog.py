"""All verbs in one value: what app.py builds once and every dialect is given."""

from msgspec import Struct

from tertulia.services.accounting import Accounting
from tertulia.services.agents import Agents
from tertulia.services.chat import Chat
from tertulia.services.conversations import Conversations
from tertulia.services.credentials import Credentials
from tertulia.services.documents import Documents
from tertulia.services.golden import GoldenQueries
from tertulia.services.history import History
from tertulia.services.identity import Identity
from tertulia.services.naming import Naming
from tertulia.services.projects import Projects
from tertulia.services.queries import Queries
from tertulia.services.query_tasks import QueryTasks
from tertulia.services.rights import Rights
from tertulia.services.tools import Tools
from tertulia.services.transcripts import Transcripts
from tertulia.settings import Settings


class Services(Struct, frozen=True, kw_only=True):
    settings: Settings
    identity: Identity
    projects: Projects
    queries: Queries
    query_tasks: QueryTasks
    rights: Rights
    agents: Agents
    conversations: Conversations
    chat: Chat
    history: History
    naming: Naming
    golden: GoldenQueries
    credentials: Credentials
    documents: Documents
    tools: Tools
    transcripts: Transcripts
    accounting: Accounting
