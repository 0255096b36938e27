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
CAST(EXTRACT(HOUR FROM orders.created_at) AS INT)

-- timeframe hour2
((DATE_TRUNC('HOUR', orders.created_at)) + (-(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INT) % 2)) * INTERVAL '1 HOUR')

-- timeframe hour3
((DATE_TRUNC('HOUR', orders.created_at)) + (-(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INT) % 3)) * INTERVAL '1 HOUR')

-- timeframe hour4
((DATE_TRUNC('HOUR', orders.created_at)) + (-(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INT) % 4)) * INTERVAL '1 HOUR')

-- timeframe hour6
((DATE_TRUNC('HOUR', orders.created_at)) + (-(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INT) % 6)) * INTERVAL '1 HOUR')

-- timeframe hour8
((DATE_TRUNC('HOUR', orders.created_at)) + (-(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INT) % 8)) * INTERVAL '1 HOUR')

-- timeframe hour12
((DATE_TRUNC('HOUR', orders.created_at)) + (-(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INT) % 12)) * INTERVAL '1 HOUR')

-- timeframe minute
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI')

-- timeframe minute2
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 2)) * INTERVAL '1 MINUTE')

-- timeframe minute3
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 3)) * INTERVAL '1 MINUTE')

-- timeframe minute4
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 4)) * INTERVAL '1 MINUTE')

-- timeframe minute5
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 5)) * INTERVAL '1 MINUTE')

-- timeframe minute6
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 6)) * INTERVAL '1 MINUTE')

-- timeframe minute10
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 10)) * INTERVAL '1 MINUTE')

-- timeframe minute12
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 12)) * INTERVAL '1 MINUTE')

-- timeframe minute15
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 15)) * INTERVAL '1 MINUTE')

-- timeframe minute20
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 20)) * INTERVAL '1 MINUTE')

-- timeframe minute30
((DATE_TRUNC('MINUTE', orders.created_at)) + (-(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INT) % 30)) * INTERVAL '1 MINUTE')

-- timeframe second
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS')

-- timeframe second10
((DATE_TRUNC('SECOND', orders.created_at)) + (-(CAST(EXTRACT(SECOND FROM DATE_TRUNC('SECOND', orders.created_at)) AS INT) % 10)) * INTERVAL '1 SECOND')

-- timeframe millisecond
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS.MS')

-- timeframe millisecond250
TO_CHAR((DATE_TRUNC('MILLISECOND', orders.created_at)) + (-(CAST(EXTRACT(MILLISECONDS FROM DATE_TRUNC('MILLISECOND', orders.created_at)) AS INT) % 250)) * INTERVAL '1 MILLISECOND', 'YYYY-MM-DD HH24:MI:SS.MS')

-- timeframe microsecond
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS.US')

-- timeframe unixtime
CAST(FLOOR(EXTRACT(EPOCH FROM orders.created_at)) AS BIGINT)

-- timeframe unixtime zone=America/New_York
CAST(FLOOR(EXTRACT(EPOCH FROM (orders.created_at AT TIME ZONE 'America/New_York' AT TIME ZONE 'UTC'))) AS BIGINT)

-- timeframe date
CAST(orders.created_at AS DATE)

-- timeframe day_of_month
CAST(EXTRACT(DAY FROM orders.created_at) AS INT)

-- timeframe day_of_year
CAST(EXTRACT(DOY FROM orders.created_at) AS INT)

-- timeframe week
CAST(DATE_TRUNC('WEEK', CAST(CAST(orders.created_at AS DATE) AS TIMESTAMP)) AS DATE)

-- timeframe week week_start_day=tuesday
(CAST(DATE_TRUNC('WEEK', CAST(CAST(orders.created_at AS DATE) + -1 AS TIMESTAMP)) AS DATE) + 1)

-- timeframe week week_start_day=wednesday
(CAST(DATE_TRUNC('WEEK', CAST(CAST(orders.created_at AS DATE) + -2 AS TIMESTAMP)) AS DATE) + 2)

-- timeframe week week_start_day=thursday
(CAST(DATE_TRUNC('WEEK', CAST(CAST(orders.created_at AS DATE) + -3 AS TIMESTAMP)) AS DATE) + 3)

-- timeframe week week_start_day=friday
(CAST(DATE_TRUNC('WEEK', CAST(CAST(orders.created_at AS DATE) + -4 AS TIMESTAMP)) AS DATE) + 4)

-- timeframe week week_start_day=saturday
(CAST(DATE_TRUNC('WEEK', CAST(CAST(orders.created_at AS DATE) + -5 AS TIMESTAMP)) AS DATE) + 5)

-- timeframe week week_start_day=sunday
(CAST(DATE_TRUNC('WEEK', CAST(CAST(orders.created_at AS DATE) + -6 AS TIMESTAMP)) AS DATE) + 6)

-- timeframe week_of_year
CAST(EXTRACT(WEEK FROM orders.created_at) AS INT)

-- timeframe day_of_week
CASE CAST(EXTRACT(ISODOW FROM orders.created_at) AS INT) WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' WHEN 7 THEN 'Sunday' END

-- timeframe day_of_week_index
((CAST(EXTRACT(ISODOW FROM orders.created_at) AS INT) + 6) % 7)

-- timeframe day_of_week_index week_start_day=sunday
((CAST(EXTRACT(ISODOW FROM orders.created_at) AS INT) + 0) % 7)

-- timeframe month
TO_CHAR(orders.created_at, 'YYYY-MM')

-- timeframe month_num
CAST(EXTRACT(MONTH FROM orders.created_at) AS INT)

-- timeframe month_name
CASE CAST(EXTRACT(MONTH FROM orders.created_at) AS INT) WHEN 1 THEN 'January' WHEN 2 THEN 'February' WHEN 3 THEN 'March' WHEN 4 THEN 'April' WHEN 5 THEN 'May' WHEN 6 THEN 'June' WHEN 7 THEN 'July' WHEN 8 THEN 'August' WHEN 9 THEN 'September' WHEN 10 THEN 'October' WHEN 11 THEN 'November' WHEN 12 THEN 'December' END

-- timeframe fiscal_month_num fiscal_month_offset=3
CAST(EXTRACT(MONTH FROM (DATE_TRUNC('MONTH', orders.created_at)) + (-3) * INTERVAL '1 MONTH') AS INT)

-- timeframe fiscal_month_num fiscal_month_offset=-10
CAST(EXTRACT(MONTH FROM (DATE_TRUNC('MONTH', orders.created_at)) + 10 * INTERVAL '1 MONTH') AS INT)

-- timeframe quarter
(CAST(CAST(EXTRACT(YEAR FROM orders.created_at) AS INT) AS TEXT) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INT) AS TEXT))

-- timeframe quarter_of_year
('Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INT) AS TEXT))

-- timeframe fiscal_quarter
('FY' || CAST(CAST(EXTRACT(YEAR FROM orders.created_at) AS INT) AS TEXT) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INT) AS TEXT))

-- timeframe fiscal_quarter fiscal_month_offset=3
('FY' || CAST(CAST(EXTRACT(YEAR FROM (DATE_TRUNC('MONTH', orders.created_at)) + (-3) * INTERVAL '1 MONTH') AS INT) AS TEXT) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM (DATE_TRUNC('MONTH', orders.created_at)) + (-3) * INTERVAL '1 MONTH') AS INT) AS TEXT))

-- timeframe fiscal_quarter_of_year fiscal_month_offset=3
('Q' || CAST(CAST(EXTRACT(QUARTER FROM (DATE_TRUNC('MONTH', orders.created_at)) + (-3) * INTERVAL '1 MONTH') AS INT) AS TEXT))

-- timeframe year
CAST(EXTRACT(YEAR FROM orders.created_at) AS INT)

-- timeframe fiscal_year fiscal_month_offset=3
('FY' || CAST(CAST(EXTRACT(YEAR FROM (DATE_TRUNC('MONTH', orders.created_at)) + (-3) * INTERVAL '1 MONTH') AS INT) AS TEXT))

-- elapsed second
(CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - CAST(orders.created_at AS TIMESTAMP)) * 1000000 AS BIGINT) / 1000000)

-- elapsed minute
(CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - CAST(orders.created_at AS TIMESTAMP)) * 1000000 AS BIGINT) / 60000000)

-- elapsed hour
(CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - CAST(orders.created_at AS TIMESTAMP)) * 1000000 AS BIGINT) / 3600000000)

-- elapsed day
(CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - CAST(orders.created_at AS TIMESTAMP)) * 1000000 AS BIGINT) / 86400000000)

-- elapsed week
(CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - CAST(orders.created_at AS TIMESTAMP)) * 1000000 AS BIGINT) / 604800000000)

-- elapsed month
((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INT) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP)) AS INT)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INT) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP)) AS INT)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) * 1000000 AS BIGINT) < CAST(EXTRACT(EPOCH FROM CAST(orders.created_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) * 1000000 AS BIGINT) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) * 1000000 AS BIGINT) > CAST(EXTRACT(EPOCH FROM CAST(orders.created_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) * 1000000 AS BIGINT) THEN 1 ELSE 0 END)

-- elapsed quarter
(((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INT) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP)) AS INT)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INT) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP)) AS INT)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) * 1000000 AS BIGINT) < CAST(EXTRACT(EPOCH FROM CAST(orders.created_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) * 1000000 AS BIGINT) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) * 1000000 AS BIGINT) > CAST(EXTRACT(EPOCH FROM CAST(orders.created_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) * 1000000 AS BIGINT) THEN 1 ELSE 0 END) / 3)

-- elapsed year
(((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INT) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP)) AS INT)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INT) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP)) AS INT)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) * 1000000 AS BIGINT) < CAST(EXTRACT(EPOCH FROM CAST(orders.created_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) * 1000000 AS BIGINT) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND CAST(EXTRACT(EPOCH FROM CAST(orders.shipped_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) * 1000000 AS BIGINT) > CAST(EXTRACT(EPOCH FROM CAST(orders.created_at AS TIMESTAMP) - (DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) * 1000000 AS BIGINT) THEN 1 ELSE 0 END) / 12)

-- moment_from datetime
CAST(orders.created_at AS TIMESTAMP)

-- moment_from timestamp
CAST(orders.created_at AS TIMESTAMP)

-- moment_from date
CAST(orders.created_at AS TIMESTAMP)

-- moment_from epoch
(TO_TIMESTAMP(CAST(orders.created_at AS DOUBLE PRECISION)) AT TIME ZONE 'UTC')

-- moment_from yyyymmdd
CAST(TO_DATE(CAST(orders.created_at AS TEXT), 'YYYYMMDD') AS TIMESTAMP)

-- converted UTC to America/New_York
(orders.created_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')

-- converted Europe/Berlin to UTC
(orders.created_at AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC')

-- percentile 0.5
PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CAST(orders.amount AS DOUBLE PRECISION))

-- percentile 0.95
PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY CAST(orders.amount AS DOUBLE PRECISION))

-- distinct_list
STRING_AGG(DISTINCT CAST(orders.name AS TEXT), ', ' ORDER BY CAST(orders.name AS TEXT))

-- approximate_distinct
COUNT(DISTINCT orders.name)

-- as_text
CAST(orders.amount AS TEXT)

-- as_number
CAST(orders.amount AS DOUBLE PRECISION)

-- like FOO%
orders.name LIKE 'FOO%'

-- like 50^%^_off\^^ O'Neil
orders.name LIKE '50^%^_off\^^ O''Neil' ESCAPE '^'

-- like_any_case %foo_bar%
LOWER(orders.name) LIKE LOWER('%foo_bar%')

-- equals Germany
orders.name = 'Germany'

-- equals Germany|O'Neil|a\b
orders.name IN ('Germany', 'O''Neil', 'a\b')

-- equals_any_case Germany|FRANCE
LOWER(orders.name) IN (LOWER('Germany'), LOWER('FRANCE'))

-- is_same
orders.name IS NOT DISTINCT FROM users.name

-- miles 36.97 -122.03
(2 * 3958.7613 * ATAN2(SQRT((POWER(SIN((CAST(lat AS DOUBLE PRECISION) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS DOUBLE PRECISION) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS DOUBLE PRECISION) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))), SQRT(ABS(1 - (POWER(SIN((CAST(lat AS DOUBLE PRECISION) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS DOUBLE PRECISION) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS DOUBLE PRECISION) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))))))

-- text it's
'it''s'

-- text back\slash "double" `tick` {brace} 50% _under
'back\slash "double" `tick` {brace} 50% _under'

-- text x'); DROP TABLE users; --
'x''); DROP TABLE users; --'

-- number 12.5
12.5

-- number -3
(-3.0)

-- day 2024-02-29
CAST('2024-02-29' AS DATE)

-- moment 2024-02-29 23:59:59
CAST('2024-02-29 23:59:59' AS TIMESTAMP)

-- moment 2024-02-29 23:59:59.123456
CAST('2024-02-29 23:59:59.123456' AS TIMESTAMP)

-- name orders.id
orders.id

-- name order.group
"order"."group"

-- name orders.created date
orders."created date"

-- name my-project.some"quote`both
"my-project"."some""quote`both"
