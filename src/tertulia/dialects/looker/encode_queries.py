"""From saved queries and their tasks to what this API shows of them."""

import msgspec

from tertulia.core.query import Query
from tertulia.dialects.looker import wire_queries
from tertulia.semantic.explore_url import explore_url
from tertulia.services.query_tasks import QueryTask, TaskStatus
from tertulia.store.queries import SavedQuery

_RUNS = ("run", "see_results", "explore", "create", "see_sql", "download", "render")


def query(saved: SavedQuery, *, can_run: bool) -> wire_queries.Query:
    """Without addresses to share: nobody serves a page for a query. `can_run` where the caller may."""
    asked = saved.query
    return wire_queries.Query(
        can={"show": True, **dict.fromkeys(_RUNS, can_run)},
        id=str(saved.serial),
        model=asked.model,
        view=asked.explore,
        fields=asked.fields or None,
        pivots=asked.pivots or None,
        fill_fields=asked.fill_fields or None,
        filters=asked.filters or None,
        filter_expression=asked.filter_expression or None,
        sorts=asked.sorts or None,
        limit=_text(asked.limit),
        column_limit=_text(asked.column_limit),
        total=asked.has_total or None,
        row_total=asked.row_total or None,
        subtotals=asked.subtotals or None,
        vis_config=asked.vis_config or None,
        slug=saved.slug,
        dynamic_fields=dynamic_fields(asked),
        client_id=saved.slug,
        url=explore_url(asked),
        query_timezone=asked.timezone or None,
        has_table_calculations=any("table_calculation" in each for each in asked.dynamic_fields),
    )


def query_task(task: QueryTask) -> wire_queries.QueryTask:
    return wire_queries.QueryTask(
        can={"show": True, "see_results": True},
        id=task.id,
        query_id=str(task.saved.serial),
        query=query(task.saved, can_run=True),
        status=task.status.value,
        source="api",
        runtime=round(task.seconds, 3),
        result_source="query" if task.status is TaskStatus.COMPLETE else None,
        result_format=task.shape.format,
    )


def dynamic_fields(asked: Query) -> str | None:
    return msgspec.json.encode(asked.dynamic_fields).decode() if asked.dynamic_fields else None


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
