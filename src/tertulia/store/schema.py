"""The tables, for SQLite and PostgreSQL alike. Full-text indexes stand in the engine's own file."""

import sqlalchemy as sa

from tertulia.store.columns import (
    Instant,
    Serial,
    count_column,
    created_column,
    id_column,
    metadata,
    project_column,
    updated_column,
)

project = sa.Table(
    "project",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("brief", sa.Text, nullable=False, server_default=""),
    sa.Column("default_model", sa.Text),
    sa.Column("wire_fields", sa.Text, nullable=False, server_default="{}"),
    # grows with every change of the project's index, so that other processes see it
    count_column("index_version"),
    # grows with every change of its LookML and connections, for the same reason
    count_column("data_version"),
    created_column(),
    updated_column(),
)

user_account = sa.Table(
    "user_account",
    metadata,
    id_column(),
    sa.Column("serial", sa.BigInteger, nullable=False, unique=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("email_folded", sa.Text, nullable=False, unique=True),
    sa.Column("is_superuser", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("joined_at", Instant, nullable=False),
)

membership = sa.Table(
    "membership",
    metadata,
    id_column(),
    project_column(),
    sa.Column("user_id", sa.Text, sa.ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("permissions", sa.Text, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    created_column(),
    sa.UniqueConstraint("project_id", "user_id"),
)

token = sa.Table(
    "token",
    metadata,
    id_column(),
    sa.Column("user_id", sa.Text, sa.ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("project_id", sa.Text, sa.ForeignKey("project.id", ondelete="CASCADE")),
    sa.Column("secret_hash", sa.Text, nullable=False, unique=True),
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    created_column(),
    sa.Column("expires_at", Instant),
    sa.Column("last_used_at", Instant),
    sa.Column("revoked_at", Instant),
    # who acts as the user with it
    sa.Column("impersonator_id", sa.Text),
)

api_credential = sa.Table(
    "api_credential",
    metadata,
    id_column(),
    project_column(),
    sa.Column("user_id", sa.Text, sa.ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("client_id", sa.Text, nullable=False, unique=True),
    sa.Column("secret_hash", sa.Text, nullable=False),
    created_column(),
    sa.Column("revoked_at", Instant),
)

audit_entry = sa.Table(
    "audit_entry",
    metadata,
    id_column(),
    sa.Column("project_id", sa.Text),
    sa.Column("actor_id", sa.Text),
    sa.Column("acted_as_id", sa.Text),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default="{}"),
    created_column(),
    sa.Index("ix_audit_entry_project_id_created_at", "project_id", "created_at"),
)

agent = sa.Table(
    "agent",
    metadata,
    id_column(),
    project_column(),
    sa.Column("creator_id", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("instructions", sa.Text, nullable=False, server_default=""),
    sa.Column("starter", sa.Text, nullable=False, server_default=""),
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    sa.Column("tool_ids", sa.Text, nullable=False, server_default="[]"),
    sa.Column("sources", sa.Text, nullable=False, server_default="[]"),
    sa.Column("golden_serials", sa.Text, nullable=False, server_default="[]"),
    sa.Column("synonyms", sa.Text, nullable=False, server_default="{}"),
    sa.Column("can_run_code", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("category", sa.Text),
    # the core value as JSON, null for an agent that is no workflow
    sa.Column("workflow", sa.Text),
    sa.Column("persists_chat", sa.Boolean, nullable=False, server_default=sa.false()),
    # out of use, and may come back; deleted_at is for good
    sa.Column("trashed_at", Instant),
    sa.Column("is_readonly", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("last_conversation_at", Instant),
    sa.Column("wire_fields", sa.Text, nullable=False, server_default="{}"),
    sa.Column("deleted_at", Instant),
    created_column(),
    updated_column(),
    sa.Index("ix_agent_project_id_updated_at", "project_id", "updated_at"),
)

tool = sa.Table(
    "tool",
    metadata,
    id_column(),
    project_column(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("fusion", sa.Text, nullable=False),
    sa.Column("result_limit", sa.Integer, nullable=False),
    sa.Column("scope", sa.Text, nullable=False, server_default="{}"),
    sa.Column("is_readonly", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("settings", sa.Text, nullable=False, server_default="{}"),
    created_column(),
    updated_column(),
    sa.Index("ix_tool_project_id_created_at", "project_id", "created_at"),
)

conversation = sa.Table(
    "conversation",
    metadata,
    id_column(),
    project_column(),
    sa.Column("creator_id", sa.Text, nullable=False),
    sa.Column("agent_id", sa.Text, sa.ForeignKey("agent.id", ondelete="SET NULL")),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sources", sa.Text, nullable=False, server_default="[]"),
    sa.Column("category", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False, server_default="[]"),
    sa.Column("instructions", sa.Text),
    sa.Column("is_shared", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("archived_at", Instant),
    # nobody gave it a name yet
    sa.Column("has_default_name", sa.Boolean, nullable=False, server_default=sa.false()),
    # questions that could follow the newest turn, as JSON
    sa.Column("follow_ups", sa.Text, nullable=False, server_default="[]"),
    count_column("turn_count"),
    count_column("message_count"),
    count_column("tool_call_count"),
    count_column("input_tokens"),
    count_column("output_tokens"),
    created_column(),
    updated_column(),
    sa.Index("ix_conversation_project_id_updated_at_id", "project_id", "updated_at", "id"),
    sa.Index("ix_conversation_open", "project_id", "archived_at", "updated_at", "id"),
    sa.Index("ix_conversation_open_of_creator", "project_id", "creator_id", "archived_at", "updated_at", "id"),
    sa.Index("ix_conversation_agent_id", "agent_id"),
)

conversation_tag = sa.Table(
    "conversation_tag",
    metadata,
    sa.Column("project_id", sa.Text, primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column(
        "conversation_id",
        sa.Text,
        sa.ForeignKey("conversation.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)

message = sa.Table(
    "message",
    metadata,
    sa.Column("pk", Serial, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # the core value as JSON
    sa.Column("body", sa.Text, nullable=False),
    # what a client wrote, in its own words, as JSON; null for what was made here
    sa.Column("wire", sa.Text),
    # folded text; null where there is nothing to search
    sa.Column("search_text", sa.Text),
    created_column(),
    sa.UniqueConstraint("conversation_id", "turn", "position"),
    sqlite_autoincrement=True,
)

run = sa.Table(
    "run",
    metadata,
    id_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    # attempts given back in good order; they do not count against the limit
    sa.Column("handed_back", sa.Integer, nullable=False, server_default="0"),
    sa.Column("owner", sa.Text),
    sa.Column("leased_until", Instant),
    sa.Column("is_cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    # set for a run that is kept out of the history
    sa.Column("question", sa.Text),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("request_hash", sa.Text, nullable=False, server_default=""),
    created_column(),
    sa.Column("ended_at", Instant),
    sa.Index("ix_run_conversation_id_turn", "conversation_id", "turn"),
    sa.Index("ix_run_status_leased_until", "status", "leased_until"),
    sa.Index("ix_run_ended_at", "ended_at"),
    sa.Index(
        "uq_run_running_conversation_id",
        "conversation_id",
        unique=True,
        sqlite_where=sa.text("status IN ('queued', 'running')"),
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    ),
    sa.Index(
        "uq_run_conversation_id_user_id_idempotency_key",
        "conversation_id",
        "user_id",
        "idempotency_key",
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    ),
)

run_event = sa.Table(
    "run_event",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("first_seq", sa.Integer, primary_key=True),
    # a JSON array; the n-th stands at first_seq + n
    sa.Column("events", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

transcript = sa.Table(
    "transcript",
    metadata,
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("turn", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("agent_id", sa.Text, nullable=False),
    # of everything said up to this turn's question
    sa.Column("digest", sa.Text, nullable=False),
    # what the client gave and is given back, as JSON
    sa.Column("given", sa.Text, nullable=False, server_default="{}"),
    sa.Column("hidden_at", Instant),
    sa.Index("ix_transcript_user_id_agent_id_digest", "user_id", "agent_id", "digest"),
)

usage_entry = sa.Table(
    "usage_entry",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    # the name under which the operator configured it
    sa.Column("model", sa.Text, primary_key=True),
    project_column(),
    # no foreign keys: what was spent stays when a conversation is purged
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("agent_id", sa.Text),
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    # the UTC date of created_at
    sa.Column("day", sa.Text, nullable=False),
    count_column("input_tokens"),
    count_column("output_tokens"),
    count_column("cache_read_tokens"),
    count_column("cache_write_tokens"),
    count_column("reasoning_tokens"),
    sa.Column("cost", sa.Float, nullable=False, server_default="0"),
    count_column("retrieval_count"),
    created_column(),
    # each holds all that a budget asks for
    sa.Index("ix_usage_entry_spent", "project_id", "day", "input_tokens", "output_tokens", "cost"),
    sa.Index("ix_usage_entry_spent_by_user", "project_id", "user_id", "day", "input_tokens", "output_tokens", "cost"),
    sqlite_with_rowid=False,
)

budget = sa.Table(
    "budget",
    metadata,
    id_column(),
    project_column(),
    # null: of the whole project
    sa.Column("user_id", sa.Text, sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("limit_cost", sa.Float),
    sa.Column("limit_tokens", sa.BigInteger),
    created_column(),
    sa.UniqueConstraint("project_id", "user_id", "period"),
    sa.Index(
        "uq_budget_whole_project_id_period",
        "project_id",
        "period",
        unique=True,
        sqlite_where=sa.text("user_id IS NULL"),
        postgresql_where=sa.text("user_id IS NULL"),
    ),
)

document = sa.Table(
    "document",
    metadata,
    id_column(),
    project_column(),
    sa.Column("uploader_id", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("failure", sa.Text),
    sa.Column("page_count", sa.Integer),
    count_column("chunk_count"),
    count_column("character_count"),
    sa.Column("metadata", sa.Text, nullable=False, server_default="[]"),
    created_column(),
    updated_column(),
    sa.Index("ix_document_project_id_created_at_id", "project_id", "created_at", "id"),
)

document_text = sa.Table(
    "document_text",
    metadata,
    sa.Column("document_id", sa.Text, sa.ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)

job = sa.Table(
    "job",
    metadata,
    id_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Text, nullable=False, index=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("owner", sa.Text),
    sa.Column("leased_until", Instant),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("problem", sa.Text),
    created_column(),
    sa.Index("ix_job_status_due_at", "status", "due_at"),
)

chunk = sa.Table(
    "chunk",
    metadata,
    sa.Column("pk", Serial, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    project_column(),
    sa.Column("document_id", sa.Text, sa.ForeignKey("document.id", ondelete="CASCADE"), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("first_page", sa.Integer),
    sa.Column("last_page", sa.Integer),
    sa.Column("headings", sa.Text, nullable=False, server_default="[]"),
    sa.UniqueConstraint("document_id", "ordinal"),
    sa.Index("ix_chunk_project_id", "project_id"),
    sqlite_autoincrement=True,
)

chunk_vector = sa.Table(
    "chunk_vector",
    metadata,
    sa.Column("chunk_pk", Serial, sa.ForeignKey("chunk.pk", ondelete="CASCADE"), primary_key=True),
    sa.Column("embedder_id", sa.Text, primary_key=True),
    project_column(),
    sa.Column("dimension", sa.Integer, nullable=False),
    # little-endian 32-bit floats of length 1
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Index("ix_chunk_vector_project_id_embedder_id_chunk_pk", "project_id", "embedder_id", "chunk_pk"),
)
