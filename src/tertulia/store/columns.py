"""What all tables share: their metadata, the columns that recur, and how a time is stored."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, stored as whole microseconds since 1970: exact, sortable, the same on both engines."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002 - signature of SQLAlchemy
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - signature of SQLAlchemy
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def id_column() -> sa.Column[str]:
    return sa.Column("id", sa.Text, primary_key=True)


def project_column() -> sa.Column[str]:
    return sa.Column("project_id", sa.Text, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False)


def created_column() -> sa.Column[datetime]:
    return sa.Column("created_at", Instant, nullable=False)


def updated_column() -> sa.Column[datetime]:
    return sa.Column("updated_at", Instant, nullable=False)


def count_column(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
