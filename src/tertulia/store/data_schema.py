"""The tables of governed data: connections, LookML, queries, what users may see."""

import sqlalchemy as sa

from tertulia.store.columns import (
    Serial,
    created_column,
    id_column,
    metadata,
    project_column,
    updated_column,
)

connection = sa.Table(
    "connection",
    metadata,
    id_column(),
    project_column(),
    # as LookML models name it
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    created_column(),
    updated_column(),
    sa.UniqueConstraint("project_id", "name"),
)

lookml_project = sa.Table(
    "lookml_project",
    metadata,
    id_column(),
    project_column(),
    sa.Column("name", sa.Text, nullable=False),
    created_column(),
    updated_column(),
    sa.UniqueConstraint("project_id", "name"),
)

lookml_file = sa.Table(
    "lookml_file",
    metadata,
    sa.Column("lookml_project_id", sa.Text, sa.ForeignKey("lookml_project.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)

saved_query = sa.Table(
    "saved_query",
    metadata,
    sa.Column("serial", Serial, primary_key=True),
    project_column(),
    sa.Column("slug", sa.Text, nullable=False),
    # the core value as JSON
    sa.Column("body", sa.Text, nullable=False),
    created_column(),
    sa.UniqueConstraint("project_id", "slug"),
    sqlite_autoincrement=True,
)

golden_query = sa.Table(
    "golden_query",
    metadata,
    sa.Column("serial", Serial, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    project_column(),
    sa.Column("questions", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    # the Explore URL a client gave
    sa.Column("address", sa.Text, nullable=False, server_default=""),
    sa.Column("creator_id", sa.Text),
    sa.Column("editor_id", sa.Text),
    created_column(),
    updated_column(),
    sa.Index("ix_golden_query_project_id", "project_id"),
    sqlite_autoincrement=True,
)

user_attribute = sa.Table(
    "user_attribute",
    metadata,
    sa.Column("project_id", sa.Text, sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user_id", sa.Text, sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("values", sa.Text, nullable=False),
    sa.Column("is_expression", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_user_attribute_user_id", "user_id"),
)
