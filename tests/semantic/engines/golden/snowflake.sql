-- timeframe raw
orders.created_at

-- timeframe yesno
(NOT (orders.created_at) IS NULL)

-- timeframe time
DATE_TRUNC('SECOND', orders.created_at)

-- timeframe time_of_day
TO_CHAR(orders.created_at, 'HH24:MI')

-- timeframe hour
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24')

-- timeframe hour_of_day
DATE_PART(HOUR, orders.created_at)

-- timeframe hour2
DATEADD(HOUR, -(DATE_PART(HOUR, DATE_TRUNC('HOUR', orders.created_at)) % 2), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour3
DATEADD(HOUR, -(DATE_PART(HOUR, DATE_TRUNC('HOUR', orders.created_at)) % 3), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour4
DATEADD(HOUR, -(DATE_PART(HOUR, DATE_TRUNC('HOUR', orders.created_at)) % 4), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour6
DATEADD(HOUR, -(DATE_PART(HOUR, DATE_TRUNC('HOUR', orders.created_at)) % 6), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour8
DATEADD(HOUR, -(DATE_PART(HOUR, DATE_TRUNC('HOUR', orders.created_at)) % 8), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour12
DATEADD(HOUR, -(DATE_PART(HOUR, DATE_TRUNC('HOUR', orders.created_at)) % 12), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe minute
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI')

-- timeframe minute2
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 2), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute3
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 3), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute4
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 4), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute5
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 5), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute6
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 6), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute10
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 10), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute12
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 12), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute15
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 15), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute20
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 20), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute30
DATEADD(MINUTE, -(DATE_PART(MINUTE, DATE_TRUNC('MINUTE', orders.created_at)) % 30), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe second
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS')

-- timeframe second10
DATEADD(SECOND, -(DATE_PART(SECOND, DATE_TRUNC('SECOND', orders.created_at)) % 10), DATE_TRUNC('SECOND', orders.created_at))

-- timeframe millisecond
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS.FF3')

-- timeframe millisecond250
TO_CHAR(DATEADD(MILLISECOND, -((FLOOR(DATE_PART(NANOSECOND, DATE_TRUNC('MILLISECOND', orders.created_at)) / 1000000)) % 250), DATE_TRUNC('MILLISECOND', orders.created_at)), 'YYYY-MM-DD HH24:MI:SS.FF3')

-- timeframe microsecond
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS.FF6')

-- timeframe unixtime
DATE_PART(EPOCH_SECOND, orders.created_at)

-- timeframe unixtime zone=America/New_York
DATE_PART(EPOCH_SECOND, CONVERT_TIMEZONE('America/New_York', 'UTC', orders.created_at))

-- timeframe date
CAST(orders.created_at AS DATE)

-- timeframe day_of_month
DATE_PART(DAY, orders.created_at)

-- timeframe day_of_year
DAYOFYEAR(orders.created_at)

-- timeframe week
DATEADD(DAY, 1 - DAYOFWEEKISO(CAST(orders.created_at AS DATE)), CAST(orders.created_at AS DATE))

-- timeframe week week_start_day=tuesday
DATEADD(DAY, 1, DATEADD(DAY, 1 - DAYOFWEEKISO(DATEADD(DAY, -1, CAST(orders.created_at AS DATE))), DATEADD(DAY, -1, CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=wednesday
DATEADD(DAY, 2, DATEADD(DAY, 1 - DAYOFWEEKISO(DATEADD(DAY, -2, CAST(orders.created_at AS DATE))), DATEADD(DAY, -2, CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=thursday
DATEADD(DAY, 3, DATEADD(DAY, 1 - DAYOFWEEKISO(DATEADD(DAY, -3, CAST(orders.created_at AS DATE))), DATEADD(DAY, -3, CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=friday
DATEADD(DAY, 4, DATEADD(DAY, 1 - DAYOFWEEKISO(DATEADD(DAY, -4, CAST(orders.created_at AS DATE))), DATEADD(DAY, -4, CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=saturday
DATEADD(DAY, 5, DATEADD(DAY, 1 - DAYOFWEEKISO(DATEADD(DAY, -5, CAST(orders.created_at AS DATE))), DATEADD(DAY, -5, CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=sunday
DATEADD(DAY, 6, DATEADD(DAY, 1 - DAYOFWEEKISO(DATEADD(DAY, -6, CAST(orders.created_at AS DATE))), DATEADD(DAY, -6, CAST(orders.created_at AS DATE))))

-- timeframe week_of_year
WEEKISO(orders.created_at)

-- timeframe day_of_week
CASE DAYOFWEEKISO(orders.created_at) WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' WHEN 7 THEN 'Sunday' END

-- timeframe day_of_week_index
((DAYOFWEEKISO(orders.created_at) + 6) % 7)

-- timeframe day_of_week_index week_start_day=sunday
((DAYOFWEEKISO(orders.created_at) + 0) % 7)

-- timeframe month
TO_CHAR(orders.created_at, 'YYYY-MM')

-- timeframe month_num
DATE_PART(MONTH, orders.created_at)

-- timeframe month_name
CASE DATE_PART(MONTH, orders.created_at) WHEN 1 THEN 'January' WHEN 2 THEN 'February' WHEN 3 THEN 'March' WHEN 4 THEN 'April' WHEN 5 THEN 'May' WHEN 6 THEN 'June' WHEN 7 THEN 'July' WHEN 8 THEN 'August' WHEN 9 THEN 'September' WHEN 10 THEN 'October' WHEN 11 THEN 'November' WHEN 12 THEN 'December' END

-- timeframe fiscal_month_num fiscal_month_offset=3
DATE_PART(MONTH, DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at)))

-- timeframe fiscal_month_num fiscal_month_offset=-10
DATE_PART(MONTH, DATEADD(MONTH, 10, DATE_TRUNC('MONTH', orders.created_at)))

-- timeframe quarter
(CAST(DATE_PART(YEAR, orders.created_at) AS VARCHAR) || '-Q' || CAST(DATE_PART(QUARTER, orders.created_at) AS VARCHAR))

-- timeframe quarter_of_year
('Q' || CAST(DATE_PART(QUARTER, orders.created_at) AS VARCHAR))

-- timeframe fiscal_quarter
('FY' || CAST(DATE_PART(YEAR, orders.created_at) AS VARCHAR) || '-Q' || CAST(DATE_PART(QUARTER, orders.created_at) AS VARCHAR))

-- timeframe fiscal_quarter fiscal_month_offset=3
('FY' || CAST(DATE_PART(YEAR, DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS VARCHAR) || '-Q' || CAST(DATE_PART(QUARTER, DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS VARCHAR))

-- timeframe fiscal_quarter_of_year fiscal_month_offset=3
('Q' || CAST(DATE_PART(QUARTER, DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS VARCHAR))

-- timeframe year
DATE_PART(YEAR, orders.created_at)

-- timeframe fiscal_year fiscal_month_offset=3
('FY' || CAST(DATE_PART(YEAR, DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS VARCHAR))

-- elapsed second
CAST(((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) - (DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) % 1000000) / 1000000 AS BIGINT)

-- elapsed minute
CAST(((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) - (DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) % 60000000) / 60000000 AS BIGINT)

-- elapsed hour
CAST(((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) - (DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) % 3600000000) / 3600000000 AS BIGINT)

-- elapsed day
CAST(((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) - (DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) % 86400000000) / 86400000000 AS BIGINT)

-- elapsed week
CAST(((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) - (DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMPNTZ), CAST(orders.shipped_at AS TIMESTAMPNTZ))) % 604800000000) / 604800000000 AS BIGINT)

-- elapsed month
((DATE_PART(YEAR, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(YEAR, CAST(orders.created_at AS TIMESTAMPNTZ))) * 12 + (DATE_PART(MONTH, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(MONTH, CAST(orders.created_at AS TIMESTAMPNTZ))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) >= CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) < DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) < CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) > DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN 1 ELSE 0 END)

-- elapsed quarter
CAST((((DATE_PART(YEAR, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(YEAR, CAST(orders.created_at AS TIMESTAMPNTZ))) * 12 + (DATE_PART(MONTH, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(MONTH, CAST(orders.created_at AS TIMESTAMPNTZ))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) >= CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) < DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) < CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) > DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN 1 ELSE 0 END) - ((DATE_PART(YEAR, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(YEAR, CAST(orders.created_at AS TIMESTAMPNTZ))) * 12 + (DATE_PART(MONTH, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(MONTH, CAST(orders.created_at AS TIMESTAMPNTZ))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) >= CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) < DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) < CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) > DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN 1 ELSE 0 END) % 3) / 3 AS BIGINT)

-- elapsed year
CAST((((DATE_PART(YEAR, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(YEAR, CAST(orders.created_at AS TIMESTAMPNTZ))) * 12 + (DATE_PART(MONTH, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(MONTH, CAST(orders.created_at AS TIMESTAMPNTZ))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) >= CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) < DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) < CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) > DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN 1 ELSE 0 END) - ((DATE_PART(YEAR, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(YEAR, CAST(orders.created_at AS TIMESTAMPNTZ))) * 12 + (DATE_PART(MONTH, CAST(orders.shipped_at AS TIMESTAMPNTZ)) - DATE_PART(MONTH, CAST(orders.created_at AS TIMESTAMPNTZ))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) >= CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) < DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMPNTZ) < CAST(orders.created_at AS TIMESTAMPNTZ) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMPNTZ)), CAST(orders.shipped_at AS TIMESTAMPNTZ)) > DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMPNTZ)), CAST(orders.created_at AS TIMESTAMPNTZ)) THEN 1 ELSE 0 END) % 12) / 12 AS BIGINT)

-- moment_from datetime
CAST(orders.created_at AS TIMESTAMPNTZ)

-- moment_from timestamp
CAST(orders.created_at AS TIMESTAMPNTZ)

-- moment_from date
CAST(orders.created_at AS TIMESTAMPNTZ)

-- moment_from epoch
TO_TIMESTAMP_NTZ(CAST(orders.created_at AS DECIMAL(20, 6)))

-- moment_from yyyymmdd
TO_TIMESTAMP_NTZ(CAST(orders.created_at AS VARCHAR), 'yyyymmDD')

-- converted UTC to America/New_York
CONVERT_TIMEZONE('UTC', 'America/New_York', orders.created_at)

-- converted Europe/Berlin to UTC
CONVERT_TIMEZONE('Europe/Berlin', 'UTC', orders.created_at)

-- percentile 0.5
PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CAST(orders.amount AS DOUBLE))

-- percentile 0.95
PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY CAST(orders.amount AS DOUBLE))

-- distinct_list
LISTAGG(DISTINCT CAST(orders.name AS VARCHAR), ', ') WITHIN GROUP (ORDER BY CAST(orders.name AS VARCHAR))

-- approximate_distinct
APPROX_COUNT_DISTINCT(orders.name)

-- as_text
CAST(orders.amount AS VARCHAR)

-- as_number
CAST(orders.amount AS DOUBLE)

-- like FOO%
orders.name LIKE 'FOO%'

-- like 50^%^_off\^^ O'Neil
orders.name LIKE '50^%^_off\\^^ O\'Neil' ESCAPE '^'

-- like_any_case %foo_bar%
LOWER(orders.name) LIKE LOWER('%foo_bar%')

-- equals Germany
orders.name = 'Germany'

-- equals Germany|O'Neil|a\b
orders.name IN ('Germany', 'O\'Neil', 'a\\b')

-- equals_any_case Germany|FRANCE
LOWER(orders.name) IN (LOWER('Germany'), LOWER('FRANCE'))

-- is_same
orders.name IS NOT DISTINCT FROM users.name

-- miles 36.97 -122.03
(2 * 3958.7613 * ATAN2(SQRT((POWER(SIN((CAST(lat AS DOUBLE) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS DOUBLE) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS DOUBLE) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))), SQRT(ABS(1 - (POWER(SIN((CAST(lat AS DOUBLE) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS DOUBLE) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS DOUBLE) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))))))

-- text it's
'it\'s'

-- text back\slash "double" `tick` {brace} 50% _under
'back\\slash "double" `tick` {brace} 50% _under'

-- text x'); DROP TABLE users; --
'x\'); DROP TABLE users; --'

-- number 12.5
12.5

-- number -3
(-3.0)

-- day 2024-02-29
CAST('2024-02-29' AS DATE)

-- moment 2024-02-29 23:59:59
CAST('2024-02-29 23:59:59' AS TIMESTAMPNTZ)

-- moment 2024-02-29 23:59:59.123456
CAST('2024-02-29 23:59:59.123456' AS TIMESTAMPNTZ)

-- name orders.id
orders.id

-- name order.group
"order"."group"

-- name orders.created date
orders."created date"

-- name my-project.some"quote`both
"my-project"."some""quote`both"
