"""Amazon Redshift: an old PostgreSQL with date functions of its own. The session's time zone must be the stored zone."""

from tertulia.semantic.engines.phrasebook import PART_UNITS, Phrasebook, each_unit, words
from tertulia.semantic.engines.postgres import POSTGRES_WORDS

REDSHIFT = Phrasebook(
    dialect="redshift",
    reserved=POSTGRES_WORDS
    | words(
        "backup between bytedict deflate delta explicit identity ignore interval language minus new off offline old"
    )
    | words(
        "oid open parallel partition percent permissions qualify raw recover resort rowid sysdate system tag top wallet"
    ),
    as_text="CAST({x} AS VARCHAR(MAX))",
    as_number="CAST({x} AS DOUBLE PRECISION)",
    lowered="LOWER({x})",
    is_same="(({a}) = ({b}) OR (({a}) IS NULL AND ({b}) IS NULL))",
    day="CAST({t} AS DATE)",
    moment="CAST({t} AS TIMESTAMP)",
    moments_from={
        "datetime": "CAST({x} AS TIMESTAMP)",
        "timestamp": "CAST({x} AS TIMESTAMP)",
        "date": "CAST({x} AS TIMESTAMP)",
        "epoch": "CAST('1970-01-01' AS TIMESTAMP) + ({x}) * INTERVAL '1 SECOND'",
        "yyyymmdd": "CAST(TO_DATE(CAST({x} AS VARCHAR(MAX)), 'YYYYMMDD') AS TIMESTAMP)",
    },
    converted="CONVERT_TIMEZONE({z}, {w}, {x})",
    date="CAST({x} AS DATE)",
    truncated=each_unit("DATE_TRUNC('[unit]', {x})"),
    part=each_unit("CAST(EXTRACT([unit] FROM {x}) AS INTEGER)", PART_UNITS),
    milliseconds="CAST(EXTRACT(MILLISECOND FROM {x}) AS INTEGER)",
    weekday="(CAST(EXTRACT(DOW FROM {x}) AS INTEGER) + 6) % 7 + 1",
    week_of_year="CAST(EXTRACT(WEEK FROM {x}) AS INTEGER)",
    day_of_year="CAST(EXTRACT(DOY FROM {x}) AS INTEGER)",
    unixtime="CAST(FLOOR(EXTRACT(EPOCH FROM {x})) AS BIGINT)",
    monday="CAST(DATE_TRUNC('WEEK', {d}) AS DATE)",
    plus=each_unit("DATEADD([unit], {n}, {x})"),
    plus_days="CAST(DATEADD(DAY, {n}, {d}) AS DATE)",
    microseconds="DATEDIFF(MICROSECOND, {a}, {b})",
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
    distinct_list=(
        "LISTAGG(DISTINCT CAST({x} AS VARCHAR(MAX)), ', ') WITHIN GROUP (ORDER BY CAST({x} AS VARCHAR(MAX)))"
    ),
    approximate_distinct="APPROXIMATE COUNT(DISTINCT {x})",
)
