"""BigQuery. Points in time are DATETIMEs here; a TIMESTAMP column becomes one in UTC, which must be the stored zone."""

from tertulia.semantic.engines.phrasebook import PART_UNITS, SQL_WORDS, Phrasebook, each_unit, words

# PERCENTILE_CONT is no aggregate there: the value between the two rows on either side of the fraction's place
_PERCENTILE = (
    "ARRAY_AGG(CAST({x} AS FLOAT64) IGNORE NULLS ORDER BY CAST({x} AS FLOAT64))"
    "[SAFE_OFFSET(CAST(FLOOR((COUNT({x}) - 1) * {f}) AS INT64))]"
    " * (1 - ((COUNT({x}) - 1) * {f} - FLOOR((COUNT({x}) - 1) * {f})))"
    " + ARRAY_AGG(CAST({x} AS FLOAT64) IGNORE NULLS ORDER BY CAST({x} AS FLOAT64))"
    "[SAFE_OFFSET(CAST(CEIL((COUNT({x}) - 1) * {f}) AS INT64))]"
    " * ((COUNT({x}) - 1) * {f} - FLOOR((COUNT({x}) - 1) * {f}))"
)

BIGQUERY = Phrasebook(
    dialect="bigquery",
    reserved=SQL_WORDS | words("assert_rows_modified at contains define enum exclude extract hash proto window"),
    has_counted_intervals=True,
    plain_name=r"[A-Za-z_][A-Za-z0-9_]*",
    as_text="CAST({x} AS STRING)",
    as_number="CAST({x} AS FLOAT64)",
    lowered="LOWER({x})",
    is_same="({a}) IS NOT DISTINCT FROM ({b})",
    like_escaped="{x} LIKE {t}",
    escape="\\",
    day="CAST({t} AS DATE)",
    moment="CAST({t} AS DATETIME)",
    moments_from={
        "datetime": "CAST({x} AS DATETIME)",
        "timestamp": "CAST({x} AS DATETIME)",
        "date": "CAST({x} AS DATETIME)",
        "epoch": "DATETIME(TIMESTAMP_MICROS(CAST(CAST({x} AS FLOAT64) * 1000000 AS INT64)))",
        "yyyymmdd": "PARSE_DATETIME('%Y%m%d', CAST({x} AS STRING))",
    },
    converted="DATETIME(TIMESTAMP({x}, {z}), {w})",
    date="CAST({x} AS DATE)",
    truncated=each_unit("DATETIME_TRUNC({x}, [unit])"),
    part=each_unit("EXTRACT([unit] FROM {x})", PART_UNITS),
    milliseconds="EXTRACT(MILLISECOND FROM {x})",
    weekday="MOD(EXTRACT(DAYOFWEEK FROM {x}) + 5, 7) + 1",
    week_of_year="EXTRACT(ISOWEEK FROM {x})",
    day_of_year="EXTRACT(DAYOFYEAR FROM {x})",
    unixtime="UNIX_SECONDS(TIMESTAMP({x}))",
    monday="DATE_TRUNC({d}, WEEK(MONDAY))",
    plus=each_unit("DATETIME_ADD({x}, INTERVAL ({n}) [unit])"),
    plus_days="DATE_ADD({d}, INTERVAL ({n}) DAY)",
    microseconds="DATETIME_DIFF({b}, {a}, MICROSECOND)",
    shown={
        "month": "FORMAT_DATETIME('%Y-%m', {x})",
        "hour": "FORMAT_DATETIME('%F %H', {x})",
        "minute": "FORMAT_DATETIME('%F %H:%M', {x})",
        "second": "FORMAT_DATETIME('%F %T', {x})",
        "time_of_day": "FORMAT_DATETIME('%H:%M', {x})",
        "millisecond": "FORMAT_DATETIME('%F %H:%M:%E3S', {x})",
        "microsecond": "FORMAT_DATETIME('%F %H:%M:%E6S', {x})",
    },
    remainder="MOD({a}, {b})",
    quotient="DIV({a}, {b})",
    percentile=_PERCENTILE,
    distinct_list="STRING_AGG(DISTINCT CAST({x} AS STRING), ', ' ORDER BY CAST({x} AS STRING))",
    approximate_distinct="APPROX_COUNT_DISTINCT({x})",
)
