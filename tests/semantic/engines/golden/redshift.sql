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
CAST(EXTRACT(HOUR FROM orders.created_at) AS INTEGER)

-- timeframe hour2
DATEADD(HOUR, -(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INTEGER) % 2), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour3
DATEADD(HOUR, -(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INTEGER) % 3), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour4
DATEADD(HOUR, -(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INTEGER) % 4), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour6
DATEADD(HOUR, -(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INTEGER) % 6), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour8
DATEADD(HOUR, -(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INTEGER) % 8), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour12
DATEADD(HOUR, -(CAST(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) AS INTEGER) % 12), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe minute
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI')

-- timeframe minute2
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 2), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute3
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 3), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute4
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 4), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute5
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 5), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute6
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 6), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute10
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 10), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute12
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 12), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute15
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 15), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute20
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 20), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute30
DATEADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) AS INTEGER) % 30), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe second
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS')

-- timeframe second10
DATEADD(SECOND, -(CAST(EXTRACT(SECOND FROM DATE_TRUNC('SECOND', orders.created_at)) AS INTEGER) % 10), DATE_TRUNC('SECOND', orders.created_at))

-- timeframe millisecond
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS.MS')

-- timeframe millisecond250
TO_CHAR(DATEADD(MILLISECOND, -(CAST(EXTRACT(MILLISECOND FROM DATE_TRUNC('MILLISECOND', orders.created_at)) AS INTEGER) % 250), DATE_TRUNC('MILLISECOND', orders.created_at)), 'YYYY-MM-DD HH24:MI:SS.MS')

-- timeframe microsecond
TO_CHAR(orders.created_at, 'YYYY-MM-DD HH24:MI:SS.US')

-- timeframe unixtime
CAST(FLOOR(EXTRACT(EPOCH FROM orders.created_at)) AS BIGINT)

-- timeframe unixtime zone=America/New_York
CAST(FLOOR(EXTRACT(EPOCH FROM CONVERT_TIMEZONE('America/New_York', 'UTC', orders.created_at))) AS BIGINT)

-- timeframe date
CAST(orders.created_at AS DATE)

-- timeframe day_of_month
CAST(EXTRACT(DAY FROM orders.created_at) AS INTEGER)

-- timeframe day_of_year
CAST(EXTRACT(DOY FROM orders.created_at) AS INTEGER)

-- timeframe week
CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE)) AS DATE)

-- timeframe week week_start_day=tuesday
CAST(DATEADD(DAY, 1, CAST(DATE_TRUNC('WEEK', CAST(DATEADD(DAY, -1, CAST(orders.created_at AS DATE)) AS DATE)) AS DATE)) AS DATE)

-- timeframe week week_start_day=wednesday
CAST(DATEADD(DAY, 2, CAST(DATE_TRUNC('WEEK', CAST(DATEADD(DAY, -2, CAST(orders.created_at AS DATE)) AS DATE)) AS DATE)) AS DATE)

-- timeframe week week_start_day=thursday
CAST(DATEADD(DAY, 3, CAST(DATE_TRUNC('WEEK', CAST(DATEADD(DAY, -3, CAST(orders.created_at AS DATE)) AS DATE)) AS DATE)) AS DATE)

-- timeframe week week_start_day=friday
CAST(DATEADD(DAY, 4, CAST(DATE_TRUNC('WEEK', CAST(DATEADD(DAY, -4, CAST(orders.created_at AS DATE)) AS DATE)) AS DATE)) AS DATE)

-- timeframe week week_start_day=saturday
CAST(DATEADD(DAY, 5, CAST(DATE_TRUNC('WEEK', CAST(DATEADD(DAY, -5, CAST(orders.created_at AS DATE)) AS DATE)) AS DATE)) AS DATE)

-- timeframe week week_start_day=sunday
CAST(DATEADD(DAY, 6, CAST(DATE_TRUNC('WEEK', CAST(DATEADD(DAY, -6, CAST(orders.created_at AS DATE)) AS DATE)) AS DATE)) AS DATE)

-- timeframe week_of_year
CAST(EXTRACT(WEEK FROM orders.created_at) AS INTEGER)

-- timeframe day_of_week
CASE (CAST(EXTRACT(DOW FROM orders.created_at) AS INTEGER) + 6) % 7 + 1 WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' WHEN 7 THEN 'Sunday' END

-- timeframe day_of_week_index
(((CAST(EXTRACT(DOW FROM orders.created_at) AS INTEGER) + 6) % 7 + 1 + 6) % 7)

-- timeframe day_of_week_index week_start_day=sunday
(((CAST(EXTRACT(DOW FROM orders.created_at) AS INTEGER) + 6) % 7 + 1 + 0) % 7)

-- timeframe month
TO_CHAR(orders.created_at, 'YYYY-MM')

-- timeframe month_num
CAST(EXTRACT(MONTH FROM orders.created_at) AS INTEGER)

-- timeframe month_name
CASE CAST(EXTRACT(MONTH FROM orders.created_at) AS INTEGER) WHEN 1 THEN 'January' WHEN 2 THEN 'February' WHEN 3 THEN 'March' WHEN 4 THEN 'April' WHEN 5 THEN 'May' WHEN 6 THEN 'June' WHEN 7 THEN 'July' WHEN 8 THEN 'August' WHEN 9 THEN 'September' WHEN 10 THEN 'October' WHEN 11 THEN 'November' WHEN 12 THEN 'December' END

-- timeframe fiscal_month_num fiscal_month_offset=3
CAST(EXTRACT(MONTH FROM DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS INTEGER)

-- timeframe fiscal_month_num fiscal_month_offset=-10
CAST(EXTRACT(MONTH FROM DATEADD(MONTH, 10, DATE_TRUNC('MONTH', orders.created_at))) AS INTEGER)

-- timeframe quarter
(CAST(CAST(EXTRACT(YEAR FROM orders.created_at) AS INTEGER) AS VARCHAR(MAX)) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INTEGER) AS VARCHAR(MAX)))

-- timeframe quarter_of_year
('Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INTEGER) AS VARCHAR(MAX)))

-- timeframe fiscal_quarter
('FY' || CAST(CAST(EXTRACT(YEAR FROM orders.created_at) AS INTEGER) AS VARCHAR(MAX)) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INTEGER) AS VARCHAR(MAX)))

-- timeframe fiscal_quarter fiscal_month_offset=3
('FY' || CAST(CAST(EXTRACT(YEAR FROM DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS INTEGER) AS VARCHAR(MAX)) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS INTEGER) AS VARCHAR(MAX)))

-- timeframe fiscal_quarter_of_year fiscal_month_offset=3
('Q' || CAST(CAST(EXTRACT(QUARTER FROM DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS INTEGER) AS VARCHAR(MAX)))

-- timeframe year
CAST(EXTRACT(YEAR FROM orders.created_at) AS INTEGER)

-- timeframe fiscal_year fiscal_month_offset=3
('FY' || CAST(CAST(EXTRACT(YEAR FROM DATEADD(MONTH, -3, DATE_TRUNC('MONTH', orders.created_at))) AS INTEGER) AS VARCHAR(MAX)))

-- elapsed second
((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP), CAST(orders.shipped_at AS TIMESTAMP))) / 1000000)

-- elapsed minute
((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP), CAST(orders.shipped_at AS TIMESTAMP))) / 60000000)

-- elapsed hour
((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP), CAST(orders.shipped_at AS TIMESTAMP))) / 3600000000)

-- elapsed day
((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP), CAST(orders.shipped_at AS TIMESTAMP))) / 86400000000)

-- elapsed week
((DATEDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP), CAST(orders.shipped_at AS TIMESTAMP))) / 604800000000)

-- elapsed month
((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INTEGER) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP)) AS INTEGER)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INTEGER) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP)) AS INTEGER)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)), CAST(orders.shipped_at AS TIMESTAMP)) < DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)), CAST(orders.created_at AS TIMESTAMP)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)), CAST(orders.shipped_at AS TIMESTAMP)) > DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)), CAST(orders.created_at AS TIMESTAMP)) THEN 1 ELSE 0 END)

-- elapsed quarter
(((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INTEGER) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP)) AS INTEGER)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INTEGER) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP)) AS INTEGER)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)), CAST(orders.shipped_at AS TIMESTAMP)) < DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)), CAST(orders.created_at AS TIMESTAMP)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)), CAST(orders.shipped_at AS TIMESTAMP)) > DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)), CAST(orders.created_at AS TIMESTAMP)) THEN 1 ELSE 0 END) / 3)

-- elapsed year
(((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INTEGER) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP)) AS INTEGER)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) AS INTEGER) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP)) AS INTEGER)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)), CAST(orders.shipped_at AS TIMESTAMP)) < DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)), CAST(orders.created_at AS TIMESTAMP)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)), CAST(orders.shipped_at AS TIMESTAMP)) > DATEDIFF(MICROSECOND, DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)), CAST(orders.created_at AS TIMESTAMP)) THEN 1 ELSE 0 END) / 12)

-- moment_from datetime
CAST(orders.created_at AS TIMESTAMP)

-- moment_from timestamp
CAST(orders.created_at AS TIMESTAMP)

-- moment_from date
CAST(orders.created_at AS TIMESTAMP)

-- moment_from epoch
(CAST('1970-01-01' AS TIMESTAMP) + orders.created_at * INTERVAL '1 SECOND')

-- moment_from yyyymmdd
CAST(TO_DATE(CAST(orders.created_at AS VARCHAR(MAX)), 'YYYYMMDD') AS TIMESTAMP)

-- converted UTC to America/New_York
CONVERT_TIMEZONE('UTC', 'America/New_York', orders.created_at)

-- converted Europe/Berlin to UTC
CONVERT_TIMEZONE('Europe/Berlin', 'UTC', orders.created_at)

-- percentile 0.5
PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CAST(orders.amount AS DOUBLE PRECISION))

-- percentile 0.95
PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY CAST(orders.amount AS DOUBLE PRECISION))

-- distinct_list
LISTAGG(DISTINCT CAST(orders.name AS VARCHAR(MAX)), ', ') WITHIN GROUP (ORDER BY CAST(orders.name AS VARCHAR(MAX)))

-- approximate_distinct
APPROXIMATE COUNT(DISTINCT orders.name)

-- as_text
CAST(orders.amount AS VARCHAR(MAX))

-- as_number
CAST(orders.amount AS DOUBLE PRECISION)

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
(orders.name = users.name OR (orders.name IS NULL AND users.name IS NULL))

-- miles 36.97 -122.03
(2 * 3958.7613 * ATAN2(SQRT((POWER(SIN((CAST(lat AS DOUBLE PRECISION) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS DOUBLE PRECISION) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS DOUBLE PRECISION) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))), SQRT(ABS(1 - (POWER(SIN((CAST(lat AS DOUBLE PRECISION) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS DOUBLE PRECISION) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS DOUBLE PRECISION) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))))))

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
