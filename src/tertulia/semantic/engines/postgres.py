"""PostgreSQL. The connection must have its time zone set to the stored zone: a TIMESTAMPTZ is read in it.

There is no approximate count of distinct values: it counts exactly.
"""

from tertulia.semantic.engines.phrasebook import PART_UNITS, Phrasebook, each_unit, words

POSTGRES_WORDS = words(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
    concurrently constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from
    full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
    returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
    unique user using variadic verbose when where window with
    """
)

POSTGRES = Phrasebook(
    dialect="postgres",
    reserved=POSTGRES_WORDS,
    as_text="CAST({x} AS TEXT)",
    as_number="CAST({x} AS DOUBLE PRECISION)",
    lowered="LOWER({x})",
    is_same="({a}) IS NOT DISTINCT FROM ({b})",
    day="CAST({t} AS DATE)",
    moment="CAST({t} AS TIMESTAMP)",
    moments_from={
        "datetime": "CAST({x} AS TIMESTAMP)",
        "timestamp": "CAST({x} AS TIMESTAMP)",
        "date": "CAST({x} AS TIMESTAMP)",
        "epoch": "TO_TIMESTAMP(CAST({x} AS DOUBLE PRECISION)) AT TIME ZONE 'UTC'",
        "yyyymmdd": "CAST(TO_DATE(CAST({x} AS TEXT), 'YYYYMMDD') AS TIMESTAMP)",
    },
    converted="({x}) AT TIME ZONE {z} AT TIME ZONE {w}",
    date="CAST({x} AS DATE)",
    truncated=each_unit("DATE_TRUNC('[unit]', {x})"),
    part=each_unit("CAST(EXTRACT([unit] FROM {x}) AS INT)", PART_UNITS),
    milliseconds="CAST(EXTRACT(MILLISECONDS FROM {x}) AS INT)",
    weekday="CAST(EXTRACT(ISODOW FROM {x}) AS INT)",
    week_of_year="CAST(EXTRACT(WEEK FROM {x}) AS INT)",
    day_of_year="CAST(EXTRACT(DOY FROM {x}) AS INT)",
    unixtime="CAST(FLOOR(EXTRACT(EPOCH FROM {x})) AS BIGINT)",
    monday="CAST(DATE_TRUNC('WEEK', CAST({d} AS TIMESTAMP)) AS DATE)",
    plus=each_unit("({x}) + ({n}) * INTERVAL '1 [unit]'"),
    plus_days="({d}) + {n}",
    microseconds="CAST(EXTRACT(EPOCH FROM ({b}) - ({a})) * 1000000 AS BIGINT)",
    shown={
        "month": "TO_CHAR({x}, 'YYYY-MM')",
        "hour": "TO_CHAR({x}, 'YYYY-MM-DD HH24')",
        "minute": "TO_CHAR({x}, 'YYYY-MM-DD HH24:MI')",
        "second": "TO_CHAR({x}, 'YYYY-MM-DD HH24:MI:SS')",
        "time_of_day": "TO_CHAR({x}, 'HH24:MI')",
        "millisecond": "TO_CHAR({x}, 'YYYY-MM-DD HH24:MI:SS.MS')",
        "microsecond": "TO_CHAR({x}, 'YYYY-MM-DD HH24:MI:SS.US')",
    },
    remainder="({a}) % ({b})",
    quotient="({a}) / ({b})",
    percentile="PERCENTILE_CONT({f}) WITHIN GROUP (ORDER BY CAST({x} AS DOUBLE PRECISION))",
    distinct_list="STRING_AGG(DISTINCT CAST({x} AS TEXT), ', ' ORDER BY CAST({x} AS TEXT))",
    approximate_distinct="COUNT(DISTINCT {x})",
)
