"""Parameters nobody knows: most are misspelled, and what they were to say is lost."""

from collections import Counter

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.tree import Node, break_last


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


_FIELD = _words(
    "type sql label label_short group_label group_item_label view_label description hidden tags synonyms value_format",
    "value_format_name required_fields drill_fields required_access_grants html link action case_sensitive can_filter",
    "alias order_by_field label_from_parameter suggestions suggest_dimension suggest_explore suggestable",
    "suggest_persist_for full_suggestions bypass_suggest_restrictions skip_drill_filter drill_persist_for",
    "fanout_on expression convert_tz datatype allow_fill style units string_datatype map_layer_name hidden_in_drill",
)
_DIMENSION = _FIELD | _words(
    "primary_key primarykey case sql_case tiers bins map_layer timeframes intervals sql_start sql_end sql_latitude",
    "sql_longitude start_location_field end_location_field timeframe",
)
_MEASURE = _FIELD | _words(
    "filters filter sql_distinct_key approximate approximate_threshold percentile list_field precision direction",
    "based_on based_on_time period kind value_to_date",
)
_ASKED = _FIELD | _words("default_value allowed_value allowed_values")
_BUILD = _words(
    "datagroup_trigger sql_trigger_value interval_trigger persist_for publish_as_db_view create_process sql_create",
    "distribution distribution_style sortkeys indexes sortkey_type partition_keys cluster_keys table_compression",
    "table_format increment_key increment_offset materialized_view materialized max_billing_gigabytes type",
)
_COMMON = _words("extends extension final label description tags required_access_grants fields")
_KNOWN = {
    "view": _COMMON
    | _words(
        "sql_table_name derived_table view_label suggestions fields_hidden_by_default drill_fields set dimension",
        "dimension_group measure filter parameter test",
    ),
    "explore": _COMMON
    | _words(
        "view_name from view_label group_label hidden join always_filter always_join conditionally_filter",
        "sql_always_where sql_always_having sql_table_name access_filter access_filter_fields case_sensitive synonyms",
        "persist_for persist_with symmetric_aggregates cancel_grouping_fields query aggregate_table sql_preamble",
    ),
    "join": _words(
        "type relationship sql_on foreign_key sql_foreign_key sql sql_where sql_table_name from view_name view_label",
        "fields required_joins required_access_grants outer_only fanout_on label",
    ),
    "dimension": _DIMENSION,
    "dimension_group": _DIMENSION,
    "measure": _MEASURE,
    "filter": _ASKED,
    "parameter": _ASKED,
    "set": _words("fields"),
    "derived_table": _BUILD | _words("sql explore_source"),
    "explore_source": _words(
        "column derived_column filters bind_filters bind_all_filters dev_filters sorts sort limit timezone",
        "expression_custom_filter",
    ),
    "always_filter": _words("filters"),
    "conditionally_filter": _words("filters unless"),
    "access_filter": _words("field user_attribute"),
    "access_grant": _words("user_attribute allowed_values"),
    "named_value_format": _words("value_format strict_value_format"),
}
_REPEATED = _words(
    "dimension dimension_group measure filter parameter set join access_filter filters link action allowed_value query",
    "aggregate_table bind_filters dev_filters column derived_column sorts sort extends test option when conditionally_filter",
)
# what makes no sense at the top of a file, where a parameter stands when what it belongs to was closed too early
_INSIDE = (_KNOWN["view"] | _KNOWN["explore"] | _KNOWN["join"]) - _words(
    "label description test tags persist_for persist_with case_sensitive query type"
)
# what LookML has and this server does not use, and what has no parameters of its own: nothing inside is looked at
_PASSED_OVER = _words("query aggregate_table test link action create_process filters bind_filters dev_filters case")
# what can be left out by itself; a fault elsewhere costs what it stands in
_UNITS = _words("dimension dimension_group measure filter parameter join view explore")
_WEIGHTY = _words(
    "sql filter access always condition where having limit sort grant unless case tier type relationship primary",
    "distinct percentile foreign bind zone tz interval timeframe",
)


def spelled(nodes: list[Node], findings: Findings) -> list[Node]:
    """Warns of unknown parameters, and of those written twice where one can count. An unknown parameter that sounds as
    if it changed numbers or narrowed rows down breaks the field, join, view or explore it stands in.
    """
    found: list[Node] = []
    for node in nodes:
        if node.key in _INSIDE:
            message = f"{node.key} stands outside of any view or explore: was one closed too early?"
            findings.error(node.place, "misplaced_parameter", node.key, message)
            break_last(found)
        else:
            found.append(_checked(node, node.text.lstrip("+") or node.key, findings))
    return found


def _checked(node: Node, subject: str, findings: Findings) -> Node:
    known = _KNOWN.get(node.key)
    if known is None or node.block is None or node.is_broken:
        return node
    written = Counter(child.key for child in node.block)
    is_broken = False
    block: list[Node] = []
    for child in node.block:
        if child.key not in known:
            is_broken |= _report(child, node, subject, findings)
        elif written.pop(child.key, 1) > 1 and child.key not in _REPEATED:
            message = f"{child.key} is written more than once here: the last one counts."
            findings.warn(child.place, "repeated_parameter", subject, message)
        inner = child
        if child.key not in _PASSED_OVER:
            inner = _checked(child, f"{subject}.{child.text}" if child.text else subject, findings)
            is_broken |= inner.is_broken and child.key not in _UNITS
        block.append(inner)
    if not is_broken and all(new is old for new, old in zip(block, node.block, strict=True)):
        return node
    return Node(key=node.key, place=node.place, text=node.text, block=block, is_broken=is_broken)


def _report(child: Node, within: Node, subject: str, findings: Findings) -> bool:
    """Whether what is not understood here matters to numbers."""
    if any(word in child.key.lower() for word in _WEIGHTY):
        message = f"A {within.key} has no parameter {child.key!r}, and it may matter to numbers."
        findings.error(child.place, "unknown_parameter", subject, message)
        return True
    message = f"A {within.key} has no parameter {child.key!r}: it is passed over."
    findings.warn(child.place, "unknown_parameter", subject, message)
    return False
