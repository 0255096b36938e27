"""DuckDB. The connection must have its TimeZone set to the stored zone: a TIMESTAMPTZ is read in it."""

from tertulia.semantic.engines.phrasebook import PART_UNITS, Phrasebook, each_unit, words

DUCKDB = Phrasebook(
    dialect="duckdb",
    reserved=words(
        """
        all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check
        collate collation column columns concurrently constraint create cross default deferrable desc describe distinct do
        else end except false fetch for foreign freeze from full generated glob group having ilike in initially inner
        intersect into is isnull join lambda lateral leading left like limit map natural not notnull null offset on only or
        order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning right
        select semi show similar some struct summarize symmetric table tablesample then to trailing true try_cast tuple
        union unique unpack unpivot using variadic verbose when where window with
        """
    ),
    as_text="CAST({x} AS TEXT)",
    as_number="CAST({x} AS DOUBLE)",
    lowered="LOWER({x})",
    is_same="({a}) IS NOT DISTINCT FROM ({b})",
    day="CAST({t} AS DATE)",
    moment="CAST({t} AS TIMESTAMP)",
    moments_from={
        "datetime": "CAST({x} AS TIMESTAMP)",
        "timestamp": "CAST({x} AS TIMESTAMP)",
        "date": "CAST({x} AS TIMESTAMP)",
        "epoch": "MAKE_TIMESTAMP(CAST(CAST({x} AS DOUBLE) * 1000000 AS BIGINT))",
        "yyyymmdd": "STRPTIME(CAST({x} AS TEXT), '%Y%m%d')",
    },
    converted="({x}) AT TIME ZONE {z} AT TIME ZONE {w}",
    date="CAST({x} AS DATE)",
    truncated=each_unit("DATE_TRUNC('[unit]', {x})"),
    part=each_unit("EXTRACT([unit] FROM {x})", PART_UNITS),
    milliseconds="EXTRACT(MILLISECOND FROM {x})",
    weekday="EXTRACT(ISODOW FROM {x})",
    week_of_year="EXTRACT(WEEK FROM {x})",
    day_of_year="EXTRACT(DAYOFYEAR FROM {x})",
    unixtime="CAST(FLOOR(EPOCH({x})) AS BIGINT)",
    monday="CAST(DATE_TRUNC('WEEK', {d}) AS DATE)",
    plus=each_unit("({x}) + TO_[unit]S(CAST({n} AS INT))"),
    plus_days="({d}) + {n}",
    microseconds="EPOCH_US({b}) - EPOCH_US({a})",
    shown={
        "month": "STRFTIME({x}, '%Y-%m')",
        "hour": "STRFTIME({x}, '%Y-%m-%d %H')",
        "minute": "STRFTIME({x}, '%Y-%m-%d %H:%M')",
        "second": "STRFTIME({x}, '%Y-%m-%d %H:%M:%S')",
        "time_of_day": "STRFTIME({x}, '%H:%M')",
        "millisecond": "STRFTIME({x}, '%Y-%m-%d %H:%M:%S.%g')",
        "microsecond": "STRFTIME({x}, '%Y-%m-%d %H:%M:%S.%f')",
    },
    remainder="({a}) % ({b})",
    quotient="({a}) // ({b})",
    percentile="QUANTILE_CONT(CAST({x} AS DOUBLE), {f})",
    distinct_list="ARRAY_TO_STRING(LIST_SORT(ARRAY_AGG(DISTINCT CAST({x} AS TEXT))), ', ')",
    approximate_distinct="APPROX_COUNT_DISTINCT({x})",
)
