"""Governed data: connections, LookML, queries and what users may see of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("project", sa.Column("data_version", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("agent", sa.Column("sources", sa.Text(), server_default="[]", nullable=False))
    op.add_column("agent", sa.Column("golden_serials", sa.Text(), server_default="[]", nullable=False))
    op.add_column("agent", sa.Column("synonyms", sa.Text(), server_default="{}", nullable=False))
    op.add_column("agent", sa.Column("can_run_code", sa.Boolean(), server_default=sa.false(), nullable=False))
    _models()
    _queries()
    _attributes()


def _models() -> None:
    op.create_table(
        "connection",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_connection_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_connection"),
        sa.UniqueConstraint("project_id", "name", name="uq_connection_project_id_name"),
    )
    op.create_table(
        "lookml_project",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_lookml_project_project_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lookml_project"),
        sa.UniqueConstraint("project_id", "name", name="uq_lookml_project_project_id_name"),
    )
    op.create_table(
        "lookml_file",
        sa.Column("lookml_project_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lookml_project_id"],
            ["lookml_project.id"],
            name="fk_lookml_file_lookml_project_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lookml_project_id", "path", name="pk_lookml_file"),
    )


def _queries() -> None:
    op.create_table(
        "saved_query",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_saved_query_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("serial", name="pk_saved_query"),
        sa.UniqueConstraint("project_id", "slug", name="uq_saved_query_project_id_slug"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "golden_query",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("creator_id", sa.Text(), nullable=True),
        sa.Column("editor_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_golden_query_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("serial", name="pk_golden_query"),
        sa.UniqueConstraint("id", name="uq_golden_query_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_golden_query_project_id", "golden_query", ["project_id"], unique=False)


def _attributes() -> None:
    op.create_table(
        "user_attribute",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("is_expression", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_user_attribute_project_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_attribute_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "user_id", "name", name="pk_user_attribute"),
    )
    op.create_index("ix_user_attribute_user_id", "user_attribute", ["user_id"], unique=False)
