"""A LookML project from its files.

Nothing a modeller may write raises: what cannot be used is left out, and a finding says so.
"""

from collections.abc import Iterable, Mapping
from posixpath import basename

from tertulia.semantic.lookml.explores import Explores
from tertulia.semantic.lookml.findings import Findings, Unusable
from tertulia.semantic.lookml.includes import IMPORTED, Files, root_of
from tertulia.semantic.lookml.inherit import Inheritance
from tertulia.semantic.lookml.manifest import Manifest, filled, manifest_of
from tertulia.semantic.lookml.model import AccessGrant, LookmlProject, Model, NamedFormat, Place
from tertulia.semantic.lookml.numbers import whole
from tertulia.semantic.lookml.reader import read
from tertulia.semantic.lookml.spelling import spelled
from tertulia.semantic.lookml.tree import Node
from tertulia.semantic.lookml.views import Views

_MODEL = ".model.lkml"
_MANIFEST = "manifest.lkml"
_DAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})


def load_project(files: Mapping[str, str], *, name: str = "") -> LookmlProject:
    """`files` maps paths from the project's root, with `/`, to texts."""
    findings = Findings()
    parsed = {path: read(text, path, findings) for path, text in files.items() if _is_lookml(path, findings)}
    manifest = manifest_of(parsed.get(_MANIFEST, []))
    parsed = _with_constants(parsed, manifest, findings)
    parsed = {path: spelled(nodes, findings) for path, nodes in parsed.items()}
    known = Files(parsed, project=manifest.name, findings=findings)
    models: dict[str, Model] = {}
    for path in parsed:
        if not path.endswith(_MODEL) or path.startswith(f"{IMPORTED}/"):
            continue
        model = _model(path, known.reached(path), findings)
        if model is None:
            continue
        if model.name in models:
            message = f"There is a model {model.name!r} already, at {models[model.name].place.file}."
            findings.error(model.place, "duplicate", model.name, message)
            continue
        models[model.name] = model
    return LookmlProject(name=name or manifest.name, models=models, findings=findings.all())


def _is_lookml(path: str, findings: Findings) -> bool:
    if path.endswith(".lkml"):
        return not path.endswith(".dashboard.lkml")
    if path.endswith((".view.lookml", ".model.lookml")):
        message = "This file is in the old LookML, which is not read: convert it to .lkml."
        findings.error(Place(path), "old_lookml", path, message)
    return False


def _with_constants(parsed: Mapping[str, list[Node]], manifest: Manifest, findings: Findings) -> dict[str, list[Node]]:
    """An imported project has its own constants, but for those this project overrides."""
    known: dict[str, Mapping[str, str]] = {"": manifest.constants}
    found: dict[str, list[Node]] = {}
    for path, nodes in parsed.items():
        project = root_of(path)
        if project not in known:
            own = manifest_of(parsed.get(f"{IMPORTED}/{project}/{_MANIFEST}", []))
            known[project] = {**own.constants, **manifest.overrides.get(project, {})}
        found[path] = nodes if basename(path) == _MANIFEST else filled(nodes, known[project], findings)
    return found


def _model(path: str, nodes: list[Node], findings: Findings) -> Model | None:
    name = basename(path).removesuffix(_MODEL)
    root = Node(key="model", place=Place(path, 1), text=name, block=nodes)
    try:
        model = _settings(root)
    except Unusable as unusable:
        findings.refuse(name, unusable)
        return None
    if not model.connection:
        findings.warn(model.place, "no_connection", name, f"The model {name!r} names no connection.")
    grants = _grants(root.all("access_grant"), findings)
    views = Views(Inheritance(nodes, kind="view", findings=findings).all(), grants=grants, findings=findings)
    explores = Explores(views, model=name, grants=grants, findings=findings)
    return Model(
        name=name,
        connection=model.connection,
        place=model.place,
        label=model.label,
        explores=explores.all(Inheritance(nodes, kind="explore", findings=findings).all()),
        views=views.all,
        access_grants=grants,
        formats=_formats(root.all("named_value_format")),
        week_start_day=model.week_start_day,
        fiscal_month_offset=model.fiscal_month_offset,
        is_case_sensitive=model.is_case_sensitive,
    )


def _settings(root: Node) -> Model:
    """The model without what it includes. Raises Unusable: a calendar that is not understood makes wrong numbers."""
    day = root.value("week_start_day", "monday").lower()
    if day not in _DAYS:
        raise Unusable(root.place, "unknown_day", f"week_start_day is no day: {day!r}.")
    return Model(
        name=root.text,
        connection=root.value("connection"),
        place=root.place,
        label=root.value("label"),
        week_start_day=day,
        fiscal_month_offset=whole(root, "fiscal_month_offset") or 0,
        is_case_sensitive=root.yes("case_sensitive", default=True),
    )


def _grants(nodes: Iterable[Node], findings: Findings) -> dict[str, AccessGrant]:
    found: dict[str, AccessGrant] = {}
    for node in nodes:
        attribute = node.value("user_attribute")
        if not node.text or not attribute or node.is_broken:
            message = "An access_grant needs a name and a user_attribute."
            findings.error(node.place, "invalid_grant", node.text, message)
        elif node.text in found:
            message = f"There is an access_grant {node.text!r} already. Both are left out."
            findings.error(node.place, "duplicate", node.text, message)
            found[node.text] = AccessGrant(name=node.text, user_attribute=attribute, allowed_values=[])
        else:
            found[node.text] = AccessGrant(
                name=node.text, user_attribute=attribute, allowed_values=node.values("allowed_values")
            )
    return found


def _formats(nodes: Iterable[Node]) -> dict[str, NamedFormat]:
    return {
        node.text: NamedFormat(
            name=node.text, value_format=node.value("value_format"), is_strict=node.yes("strict_value_format")
        )
        for node in nodes
        if node.text
    }
