"""Trino, and Presto and Athena as far as they agree. A timestamp with a zone is read in that zone.

Intervals are counted from whole milliseconds: it has no finer difference.
"""

from tertulia.semantic.engines.phrasebook import PART_UNITS, SQL_WORDS, Phrasebook, each_unit, words

# there is no exact percentile: the sorted values are bound to a name once, then read on either side of the place
_PERCENTILE = (
    "TRANSFORM(ARRAY[ARRAY_SORT(ARRAY_AGG(CAST({x} AS DOUBLE)) FILTER(WHERE NOT {x} IS NULL))], s -> "
    "ELEMENT_AT(s, CAST(FLOOR((CARDINALITY(s) - 1) * {f}) AS INTEGER) + 1)"
    " * (1 - ((CARDINALITY(s) - 1) * {f} - FLOOR((CARDINALITY(s) - 1) * {f})))"
    " + ELEMENT_AT(s, CAST(CEIL((CARDINALITY(s) - 1) * {f}) AS INTEGER) + 1)"
    " * ((CARDINALITY(s) - 1) * {f} - FLOOR((CARDINALITY(s) - 1) * {f})))[1]"
)

TRINO = Phrasebook(
    dialect="trino",
    reserved=SQL_WORDS
    | words("alter auto current_catalog current_path current_role current_schema current_user")
    | words("deallocate execute extract json_array json_exists json_object json_query json_table json_value listagg")
    | words("normalize prepare trim uescape"),
    plain_name=r"[A-Za-z_][A-Za-z0-9_]*",
    as_text="CAST({x} AS VARCHAR)",
    as_number="CAST({x} AS DOUBLE)",
    lowered="LOWER({x})",
    is_same="({a}) IS NOT DISTINCT FROM ({b})",
    day="CAST({t} AS DATE)",
    moment="CAST({t} AS TIMESTAMP(6))",
    moments_from={
        "datetime": "CAST({x} AS TIMESTAMP(6))",
        "timestamp": "CAST({x} AS TIMESTAMP(6))",
        "date": "CAST({x} AS TIMESTAMP(6))",
        "epoch": "CAST(FROM_UNIXTIME(CAST({x} AS DOUBLE), 'UTC') AS TIMESTAMP(6))",
        "yyyymmdd": "CAST(DATE_PARSE(CAST({x} AS VARCHAR), '%Y%m%d') AS TIMESTAMP(6))",
    },
    converted="CAST(AT_TIMEZONE(WITH_TIMEZONE({x}, {z}), {w}) AS TIMESTAMP(6))",
    date="CAST({x} AS DATE)",
    truncated=each_unit("DATE_TRUNC('[unit]', {x})"),
    part=each_unit("EXTRACT([unit] FROM {x})", PART_UNITS),
    milliseconds="MILLISECOND({x})",
    weekday="DAY_OF_WEEK({x})",
    week_of_year="WEEK_OF_YEAR({x})",
    day_of_year="DAY_OF_YEAR({x})",
    unixtime="CAST(FLOOR(TO_UNIXTIME({x})) AS BIGINT)",
    monday="DATE_TRUNC('WEEK', {d})",
    plus=each_unit("DATE_ADD('[unit]', CAST({n} AS BIGINT), {x})"),
    plus_days="DATE_ADD('DAY', CAST({n} AS BIGINT), {d})",
    microseconds="DATE_DIFF('MILLISECOND', {a}, {b}) * 1000",
    shown={
        "month": "DATE_FORMAT({x}, '%Y-%m')",
        "hour": "DATE_FORMAT({x}, '%Y-%m-%d %H')",
        "minute": "DATE_FORMAT({x}, '%Y-%m-%d %H:%i')",
        "second": "DATE_FORMAT({x}, '%Y-%m-%d %T')",
        "time_of_day": "DATE_FORMAT({x}, '%H:%i')",
        "millisecond": "CAST(CAST(DATE_TRUNC('MILLISECOND', {x}) AS TIMESTAMP(3)) AS VARCHAR)",
        "microsecond": "CAST(CAST({x} AS TIMESTAMP(6)) AS VARCHAR)",
    },
    remainder="({a}) % ({b})",
    quotient="({a}) / ({b})",
    percentile=_PERCENTILE,
    distinct_list=(
        "ARRAY_JOIN(ARRAY_SORT(ARRAY_AGG(DISTINCT CAST({x} AS VARCHAR)) FILTER(WHERE NOT {x} IS NULL)), ', ')"
    ),
    approximate_distinct="APPROX_DISTINCT({x})",
)
