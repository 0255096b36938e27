"""From models, explores and fields to what this API shows of them."""

import re

from tertulia.core.access import Actor
from tertulia.dialects.looker.encode_fields import explore_field
from tertulia.dialects.looker.wire_models import (
    LookmlModel,
    LookmlModelExplore,
    LookmlModelExploreAccessFilter,
    LookmlModelExploreAlwaysFilter,
    LookmlModelExploreConditionallyFilter,
    LookmlModelExploreFieldset,
    LookmlModelExploreJoins,
    LookmlModelExploreSet,
    LookmlModelExploreSupportedMeasureType,
    LookmlModelNavExplore,
)
from tertulia.semantic.lookml.labels import explore_label, model_label
from tertulia.semantic.lookml.model import Explore, FieldKind, Join, Model
from tertulia.services.queries import ExploreView, ModelView

_COUNTED = ("count_distinct", "list")
_SUMMED = ("count_distinct", "sum", "average", "min", "max", "median", "list")
_MEASURE_TYPES = [
    LookmlModelExploreSupportedMeasureType(dimension_type="string", measure_types=list(_COUNTED)),
    LookmlModelExploreSupportedMeasureType(dimension_type="number", measure_types=list(_SUMMED)),
]


def model(view: ModelView, *, exclude_hidden: bool = False) -> LookmlModel:
    explores = [each for each in view.explores if not (exclude_hidden and each.is_hidden)]
    return LookmlModel(
        can={"show": True, "index": True, "explore": bool(explores)},
        allowed_db_connection_names=[view.model.connection],
        explores=[_navigated(view.model, each) for each in explores],
        has_content=bool(explores),
        label=model_label(view.model),
        name=view.model.name,
        project_name=view.project,
    )


def explore(actor: Actor, view: ExploreView) -> LookmlModelExplore:
    """LookML itself, SQL above all, is shown to those who administer the project."""
    found, sees_lookml = view.explore, actor.is_admin
    source_view = view.model.views.get(found.view)
    table = found.sql_table_name or (source_view.sql_table_name if source_view else "")
    scopes = list(dict.fromkeys([found.base, *(each.seen.alias for each in view.fields)]))
    return LookmlModelExplore(
        id=f"{view.model.name}::{found.name}",
        name=found.name,
        description=found.description or None,
        label=explore_label(found),
        title=explore_label(found),
        scopes=scopes,
        can_see_lookml=sees_lookml,
        has_timezone_support=True,
        connection_name=view.model.connection,
        dialect_name=view.engine or None,
        files=sorted({found.place.file, view.model.place.file, *(each.seen.field.place.file for each in view.fields)}),
        source_file=found.place.file,
        project_name=view.project,
        model_name=view.model.name,
        view_name=found.view,
        hidden=found.is_hidden,
        sql_table_name=table.strip() or None if sees_lookml else None,
        access_filter_fields=[each.field for each in found.access_filters],
        access_filters=[
            LookmlModelExploreAccessFilter(field=each.field, user_attribute=each.user_attribute)
            for each in found.access_filters
        ],
        aliases=[],
        always_filter=[
            LookmlModelExploreAlwaysFilter(name=each.field, value=each.expression) for each in found.always_filters
        ],
        conditionally_filter=[
            LookmlModelExploreConditionallyFilter(name=each.field, value=each.expression)
            for each in found.conditional_filters
        ],
        index_fields=[],
        sets=_sets(view),
        tags=found.tags,
        errors=[],
        fields=_fieldset(view, sees_lookml=sees_lookml),
        joins=[_join(each, sees_lookml=sees_lookml) for each in found.joins.values() if each.name in scopes],
        group_label=found.group_label or model_label(view.model),
        supported_measure_types=_MEASURE_TYPES,
        always_join=found.always_join,
    )


def _navigated(found: Model, each: Explore) -> LookmlModelNavExplore:
    return LookmlModelNavExplore(
        name=each.name,
        description=each.description or None,
        label=explore_label(each),
        hidden=each.is_hidden,
        group_label=each.group_label or model_label(found),
    )


def _sets(view: ExploreView) -> list[LookmlModelExploreSet]:
    """The sets of the explore's views, with the fields that may be asked."""
    known = {each.seen.name for each in view.fields}
    views = {each.seen.alias: each.seen.view for each in view.fields}
    return [
        LookmlModelExploreSet(
            name=f"{alias}.{name}",
            value=[full for full in (f"{alias}.{field}" for field in fields) if full in known],
        )
        for alias, each in views.items()
        for name, fields in each.sets.items()
    ]


def _join(join: Join, *, sees_lookml: bool) -> LookmlModelExploreJoins:
    return LookmlModelExploreJoins(
        name=join.name,
        dependent_fields=list(dict.fromkeys(re.findall(r"\$\{\s*(\w+\.\w+)\s*\}", join.sql_on))) if sees_lookml else [],
        fields=join.fields,
        foreign_key=join.foreign_key or None,
        from_=join.view,
        outer_only=join.is_outer_only,
        relationship=join.relationship,
        required_joins=join.required_joins,
        sql_on=join.sql_on.strip() or None if sees_lookml else None,
        sql_table_name=join.sql_table_name.strip() or None if sees_lookml else None,
        type=join.type,
        view_label=join.view_label or None,
    )


def _fieldset(view: ExploreView, *, sees_lookml: bool) -> LookmlModelExploreFieldset:
    made = [(each.seen.kind, explore_field(view, each, sees_lookml=sees_lookml)) for each in view.fields]
    return LookmlModelExploreFieldset(
        dimensions=[each for kind, each in made if kind is FieldKind.DIMENSION],
        measures=[each for kind, each in made if kind is FieldKind.MEASURE],
        filters=[each for kind, each in made if kind is FieldKind.FILTER],
        parameters=[each for kind, each in made if kind is FieldKind.PARAMETER],
    )
