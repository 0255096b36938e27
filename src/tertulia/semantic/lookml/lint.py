"""What a modeller would like to know of a project that loads."""

from collections.abc import Iterator

from msgspec import Struct

from tertulia.semantic.lookml.fanout import keyless
from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.labels import label_of
from tertulia.semantic.lookml.model import Field, Finding, LookmlProject, Model, Place, View
from tertulia.semantic.lookml.unknown import unknown_references
from tertulia.semantic.lookml.usage import Usage

_SHOWN = 5


class KeyCheck(Struct, frozen=True, kw_only=True):
    """A primary key that ought to be unique in the data; `field` is its name within the view."""

    model: str
    view: str
    field: str


def check(project: LookmlProject) -> list[Finding]:
    """What the loading found, and what the models say that cannot work or is not used."""
    findings = Findings()
    for finding in project.findings:
        findings.keep(finding)
    for model in project.models.values():
        unknown_references(model, findings)
        _unsupported(model, findings)
        keyless(model, findings)
        _same_labels(model, findings)
    _unused(project, findings)
    return findings.all()


def key_checks(project: LookmlProject) -> list[KeyCheck]:
    """The primary keys of all views that explores use and that can be queried, each once for each connection."""
    found: dict[tuple[str, str, str], KeyCheck] = {}
    for model in project.models.values():
        for view in _used_views(model):
            key = view.primary_key
            if key is None or (view.derived_table is not None and view.derived_table.unsupported):
                continue
            place = (model.connection, str(view.place), view.name)
            found.setdefault(place, KeyCheck(model=model.name, view=view.name, field=key.name))
    return list(found.values())


def _used_views(model: Model) -> Iterator[View]:
    names = [
        name
        for explore in model.explores.values()
        for name in (explore.view, *(j.view for j in explore.joins.values()))
    ]
    return (model.views[name] for name in dict.fromkeys(names))


def _unsupported(model: Model, findings: Findings) -> None:
    for view in model.views.values():
        table = view.derived_table
        if table is not None and table.unsupported:
            message = (
                f"The table of {view.name!r} is not supported: {table.unsupported}. Queries that need it are refused."
            )
            findings.warn(view.place, "unsupported_table", view.name, message)
        elif table is not None and _uses_bigquery_ml(table.sql):
            message = f"The table of {view.name!r} asks BigQuery ML: it works on BigQuery alone, with its models built."
            findings.warn(view.place, "bigquery_ml", view.name, message)


def _uses_bigquery_ml(sql: str) -> bool:
    text = sql.upper()
    return "ML." in text and any(
        f"ML.{name}" in text for name in ("PREDICT", "FORECAST", "EVALUATE", "GENERATE", "EXPLAIN")
    )


def _same_labels(model: Model, findings: Findings) -> None:
    """Two fields a reader cannot tell apart."""
    for view in model.views.values():
        first: dict[tuple[str, str, str], Field] = {}
        for field in view.fields.values():
            if field.is_hidden:
                continue
            label = label_of(field)
            known = first.setdefault((field.view_label, field.group_label, label.casefold()), field)
            if known is not field:
                message = f"{known.name!r} and {field.name!r} of {view.name!r} both read {label!r}."
                findings.warn(field.place, "same_label", f"{view.name}.{field.name}", message)


def _unused(project: LookmlProject, findings: Findings) -> None:
    """Views and hidden fields that no model of the project makes use of."""
    usages = [Usage(model) for model in project.models.values()]
    used = {place for usage in usages for place in usage.places()}
    for model in project.models.values():
        for view in model.views.values():
            if not view.needs_extension and view.place not in used:
                message = f"No explore uses the view {view.name!r}."
                findings.warn(view.place, "unused_view", view.name, message)
    touched = {place for usage in usages for place in usage.field_places()}
    for model in project.models.values():
        for view in model.views.values():
            if view.place in used:
                _unused_fields(view, touched, findings)


def _unused_fields(view: View, touched: set[tuple[Place, str]], findings: Findings) -> None:
    groups = {field.group for field in view.fields.values() if field.group and (field.place, field.name) in touched}
    names = dict.fromkeys(
        field.group or field.name
        for field in view.fields.values()
        if field.is_hidden
        and not field.is_primary_key
        and field.group not in groups
        and (field.place, field.name) not in touched
    )
    if names:
        shown = ", ".join(list(names)[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        message = f"Nothing refers to these hidden fields of {view.name!r}: {shown}{more}."
        findings.warn(view.place, "unused_fields", view.name, message)
