"""A plan as a query, and as a question that is understood the same way when it is sent back."""

from tertulia.core.query import Query
from tertulia.semantic.interpret.catalogue import Seen, is_date
from tertulia.semantic.interpret.plan import Plan


def query_of(plan: Plan) -> Query:
    dynamic = [each.dynamic for each in plan.measures if each.dynamic is not None]
    return Query(
        model=plan.stage.source.model,
        explore=plan.stage.source.explore,
        fields=[*(each.name for each in plan.breakdowns), *(each.name for each in plan.measures)],
        filters={each.name: each.expression for each in plan.conditions},
        sorts=[f"{name} desc" if is_descending else name for name, is_descending in plan.sorts],
        limit=plan.limit or None,
        dynamic_fields=dynamic,
    )


def question_of(plan: Plan) -> str:
    """Fields by their full labels, values in quotation marks."""
    measures = " and ".join(_capital(each.spoken) for each in plan.measures if not _is_filter_only(plan, each.name))
    fields = [_spoken(seen) for seen in plan.breakdowns]
    ranked = plan.limit and plan.sorts
    if ranked:
        extremes = "top" if plan.sorts[0][1] else "bottom"
        by = next((f"by {each.spoken}" for each in plan.measures if each.name == plan.sorts[0][0]), "")
        by = by or next((f"ranked by {seen.label}" for seen in plan.breakdowns if seen.name == plan.sorts[0][0]), "")
        names = [name for seen, name in zip(plan.breakdowns, fields, strict=True) if seen.name != plan.sorts[0][0]]
        text = f"{extremes} {plan.limit} {' and '.join(names)} {by}"
    elif not plan.measures:
        text = f"list {' and '.join(fields)}"
    else:
        text = f"{measures} by {' and '.join(fields)}" if fields else measures
    wheres = [each.spoken for each in plan.conditions if each.spoken and not each.is_date]
    times = [each.spoken for each in plan.conditions if each.is_date]
    if wheres:
        text += f" where {' and '.join(wheres)}"
    if times:
        said = " and ".join(time.removeprefix("with ") for time in times)
        text += f" {said}" if said.startswith("without ") else f" with {said}"
    if plan.is_together and not any("together" in time for time in times):
        text += " together"
    return _capital(text)


def _is_filter_only(plan: Plan, name: str) -> bool:
    return any(each.is_measure and each.name == name for each in plan.conditions) and len(plan.measures) > 1


def _spoken(seen: Seen) -> str:
    if is_date(seen) and seen.field.timeframe == "date":
        return seen.label
    return seen.label


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
