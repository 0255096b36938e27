"""Histories that clients keep: their own words beside ours, chats that add nothing, credentials to log in with."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("agent", sa.Column("category", sa.Text(), nullable=True))
    op.add_column("agent", sa.Column("workflow", sa.Text(), nullable=True))
    op.add_column("agent", sa.Column("persists_chat", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("agent", sa.Column("trashed_at", sa.BigInteger(), nullable=True))
    op.add_column("conversation", sa.Column("sources", sa.Text(), server_default="[]", nullable=False))
    op.add_column("conversation", sa.Column("category", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("wire", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("question", sa.Text(), nullable=True))
    op.add_column("token", sa.Column("impersonator_id", sa.Text(), nullable=True))
    op.create_table(
        "api_credential",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_api_credential_project_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_api_credential_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_credential"),
        sa.UniqueConstraint("client_id", name="uq_api_credential_client_id"),
    )
    op.create_index("ix_api_credential_user_id", "api_credential", ["user_id"], unique=False)
