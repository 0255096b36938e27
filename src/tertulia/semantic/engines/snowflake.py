"""Snowflake. The session's TIMEZONE must be the stored zone. Names in quotes keep their case, others are upper case."""

from tertulia.semantic.engines.phrasebook import PART_UNITS, Phrasebook, each_unit, words

SNOWFLAKE = Phrasebook(
    dialect="snowflake",
    reserved=words(
        """
        account all alter and any as between by case cast check column connect connection constraint create cross current
        current_date current_time current_timestamp current_user database delete distinct drop else exists false following
        for from full grant group gscluster having ilike in increment inner insert intersect into is issue join lateral
        left like localtime localtimestamp minus natural not null of on or order organization qualify regexp revoke right
        rlike row rows sample schema select set some start table tablesample then to trigger true try_cast union unique
        update using values view when whenever where with
        """
    ),
    as_text="CAST({x} AS VARCHAR)",
    as_number="CAST({x} AS DOUBLE)",
    lowered="LOWER({x})",
    is_same="({a}) IS NOT DISTINCT FROM ({b})",
    day="CAST({t} AS DATE)",
    moment="CAST({t} AS TIMESTAMPNTZ)",
    moments_from={
        "datetime": "CAST({x} AS TIMESTAMPNTZ)",
        "timestamp": "CAST({x} AS TIMESTAMPNTZ)",
        "date": "CAST({x} AS TIMESTAMPNTZ)",
        "epoch": "TO_TIMESTAMP_NTZ(CAST({x} AS DECIMAL(20, 6)))",
        "yyyymmdd": "TO_TIMESTAMP_NTZ(CAST({x} AS VARCHAR), 'yyyymmDD')",
    },
    converted="CONVERT_TIMEZONE({z}, {w}, {x})",
    date="CAST({x} AS DATE)",
    truncated=each_unit("DATE_TRUNC('[unit]', {x})"),
    part=each_unit("DATE_PART([unit], {x})", PART_UNITS),
    milliseconds="FLOOR(DATE_PART(NANOSECOND, {x}) / 1000000)",
    weekday="DAYOFWEEKISO({x})",
    week_of_year="WEEKISO({x})",
    day_of_year="DAYOFYEAR({x})",
    unixtime="DATE_PART(EPOCH_SECOND, {x})",
    monday="DATEADD(DAY, 1 - DAYOFWEEKISO({d}), {d})",
    plus=each_unit("DATEADD([unit], {n}, {x})"),
    plus_days="DATEADD(DAY, {n}, {d})",
    microseconds="DATEDIFF(MICROSECOND, {a}, {b})",
    shown={
        "month": "TO_CHAR({x}, 'YYYY-MM')",
        "hour": "TO_CHAR({x}, 'YYYY-MM-DD HH24')",
        "minute": "TO_CHAR({x}, 'YYYY-MM-DD HH24:MI')",
        "second": "TO_CHAR({x}, 'YYYY-MM-DD HH24:MI:SS')",
        "time_of_day": "TO_CHAR({x}, 'HH24:MI')",
        "millisecond": "TO_CHAR({x}, 'YYYY-MM-DD HH24:MI:SS.FF3')",
        "microsecond": "TO_CHAR({x}, 'YYYY-MM-DD HH24:MI:SS.FF6')",
    },
    remainder="({a}) % ({b})",
    # a division keeps six digits and would round up to the next whole number: the remainder goes first
    quotient="CAST((({a}) - ({a}) % ({b})) / ({b}) AS BIGINT)",
    percentile="PERCENTILE_CONT({f}) WITHIN GROUP (ORDER BY CAST({x} AS DOUBLE))",
    distinct_list="LISTAGG(DISTINCT CAST({x} AS VARCHAR), ', ') WITHIN GROUP (ORDER BY CAST({x} AS VARCHAR))",
    approximate_distinct="APPROX_COUNT_DISTINCT({x})",
)
