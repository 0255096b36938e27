"""What a result says of a query that the database did not run."""

from msgspec import Struct


class QueryProblem(Struct, frozen=True, kw_only=True):
    """One of a result's `errors`. Clients join the two texts; where in the SQL it stands is not known."""

    message: str
    message_details: str | None = None
    sql_error_loc: None = None


class ErrorRow(Struct, frozen=True, kw_only=True):
    """Stands where the rows would, as the only one."""

    looker_error: str
