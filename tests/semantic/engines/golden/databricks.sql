-- timeframe raw
orders.created_at

-- timeframe yesno
(NOT (orders.created_at) IS NULL)

-- timeframe time
CAST(DATE_TRUNC('SECOND', orders.created_at) AS TIMESTAMP_NTZ)

-- timeframe time_of_day
DATE_FORMAT(orders.created_at, 'HH:mm')

-- timeframe hour
DATE_FORMAT(orders.created_at, 'yyyy-MM-dd HH')

-- timeframe hour_of_day
CAST(EXTRACT(HOUR FROM orders.created_at) AS INT)

-- timeframe hour2
DATE_ADD(HOUR, -(CAST(EXTRACT(HOUR FROM CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 2), CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe hour3
DATE_ADD(HOUR, -(CAST(EXTRACT(HOUR FROM CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 3), CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe hour4
DATE_ADD(HOUR, -(CAST(EXTRACT(HOUR FROM CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 4), CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe hour6
DATE_ADD(HOUR, -(CAST(EXTRACT(HOUR FROM CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 6), CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe hour8
DATE_ADD(HOUR, -(CAST(EXTRACT(HOUR FROM CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 8), CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe hour12
DATE_ADD(HOUR, -(CAST(EXTRACT(HOUR FROM CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 12), CAST(DATE_TRUNC('HOUR', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute
DATE_FORMAT(orders.created_at, 'yyyy-MM-dd HH:mm')

-- timeframe minute2
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 2), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute3
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 3), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute4
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 4), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute5
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 5), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute6
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 6), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute10
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 10), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute12
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 12), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute15
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 15), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute20
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 20), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe minute30
DATE_ADD(MINUTE, -(CAST(EXTRACT(MINUTE FROM CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 30), CAST(DATE_TRUNC('MINUTE', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe second
DATE_FORMAT(orders.created_at, 'yyyy-MM-dd HH:mm:ss')

-- timeframe second10
DATE_ADD(SECOND, -(CAST(EXTRACT(SECOND FROM CAST(DATE_TRUNC('SECOND', orders.created_at) AS TIMESTAMP_NTZ)) AS INT) % 10), CAST(DATE_TRUNC('SECOND', orders.created_at) AS TIMESTAMP_NTZ))

-- timeframe millisecond
DATE_FORMAT(orders.created_at, 'yyyy-MM-dd HH:mm:ss.SSS')

-- timeframe millisecond250
DATE_FORMAT(DATE_ADD(MILLISECOND, -(CAST(EXTRACT(SECOND FROM CAST(DATE_TRUNC('MILLISECOND', orders.created_at) AS TIMESTAMP_NTZ)) * 1000 AS INT) % 250), CAST(DATE_TRUNC('MILLISECOND', orders.created_at) AS TIMESTAMP_NTZ)), 'yyyy-MM-dd HH:mm:ss.SSS')

-- timeframe microsecond
DATE_FORMAT(orders.created_at, 'yyyy-MM-dd HH:mm:ss.SSSSSS')

-- timeframe unixtime
UNIX_SECONDS(CAST(orders.created_at AS TIMESTAMP))

-- timeframe unixtime zone=America/New_York
UNIX_SECONDS(CAST(CONVERT_TIMEZONE('America/New_York', 'UTC', orders.created_at) AS TIMESTAMP))

-- timeframe date
CAST(orders.created_at AS DATE)

-- timeframe day_of_month
CAST(EXTRACT(DAY FROM orders.created_at) AS INT)

-- timeframe day_of_year
DAYOFYEAR(orders.created_at)

-- timeframe week
CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE)) AS DATE)

-- timeframe week week_start_day=tuesday
DATE_ADD(CAST(DATE_TRUNC('WEEK', DATE_ADD(CAST(orders.created_at AS DATE), -1)) AS DATE), 1)

-- timeframe week week_start_day=wednesday
DATE_ADD(CAST(DATE_TRUNC('WEEK', DATE_ADD(CAST(orders.created_at AS DATE), -2)) AS DATE), 2)

-- timeframe week week_start_day=thursday
DATE_ADD(CAST(DATE_TRUNC('WEEK', DATE_ADD(CAST(orders.created_at AS DATE), -3)) AS DATE), 3)

-- timeframe week week_start_day=friday
DATE_ADD(CAST(DATE_TRUNC('WEEK', DATE_ADD(CAST(orders.created_at AS DATE), -4)) AS DATE), 4)

-- timeframe week week_start_day=saturday
DATE_ADD(CAST(DATE_TRUNC('WEEK', DATE_ADD(CAST(orders.created_at AS DATE), -5)) AS DATE), 5)

-- timeframe week week_start_day=sunday
DATE_ADD(CAST(DATE_TRUNC('WEEK', DATE_ADD(CAST(orders.created_at AS DATE), -6)) AS DATE), 6)

-- timeframe week_of_year
WEEKOFYEAR(orders.created_at)

-- timeframe day_of_week
CASE EXTRACT(DAYOFWEEK_ISO FROM orders.created_at) WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' WHEN 7 THEN 'Sunday' END

-- timeframe day_of_week_index
((EXTRACT(DAYOFWEEK_ISO FROM orders.created_at) + 6) % 7)

-- timeframe day_of_week_index week_start_day=sunday
((EXTRACT(DAYOFWEEK_ISO FROM orders.created_at) + 0) % 7)

-- timeframe month
DATE_FORMAT(orders.created_at, 'yyyy-MM')

-- timeframe month_num
CAST(EXTRACT(MONTH FROM orders.created_at) AS INT)

-- timeframe month_name
CASE CAST(EXTRACT(MONTH FROM orders.created_at) AS INT) WHEN 1 THEN 'January' WHEN 2 THEN 'February' WHEN 3 THEN 'March' WHEN 4 THEN 'April' WHEN 5 THEN 'May' WHEN 6 THEN 'June' WHEN 7 THEN 'July' WHEN 8 THEN 'August' WHEN 9 THEN 'September' WHEN 10 THEN 'October' WHEN 11 THEN 'November' WHEN 12 THEN 'December' END

-- timeframe fiscal_month_num fiscal_month_offset=3
CAST(EXTRACT(MONTH FROM DATE_ADD(MONTH, -3, CAST(DATE_TRUNC('MONTH', orders.created_at) AS TIMESTAMP_NTZ))) AS INT)

-- timeframe fiscal_month_num fiscal_month_offset=-10
CAST(EXTRACT(MONTH FROM DATE_ADD(MONTH, 10, CAST(DATE_TRUNC('MONTH', orders.created_at) AS TIMESTAMP_NTZ))) AS INT)

-- timeframe quarter
(CAST(CAST(EXTRACT(YEAR FROM orders.created_at) AS INT) AS STRING) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INT) AS STRING))

-- timeframe quarter_of_year
('Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INT) AS STRING))

-- timeframe fiscal_quarter
('FY' || CAST(CAST(EXTRACT(YEAR FROM orders.created_at) AS INT) AS STRING) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM orders.created_at) AS INT) AS STRING))

-- timeframe fiscal_quarter fiscal_month_offset=3
('FY' || CAST(CAST(EXTRACT(YEAR FROM DATE_ADD(MONTH, -3, CAST(DATE_TRUNC('MONTH', orders.created_at) AS TIMESTAMP_NTZ))) AS INT) AS STRING) || '-Q' || CAST(CAST(EXTRACT(QUARTER FROM DATE_ADD(MONTH, -3, CAST(DATE_TRUNC('MONTH', orders.created_at) AS TIMESTAMP_NTZ))) AS INT) AS STRING))

-- timeframe fiscal_quarter_of_year fiscal_month_offset=3
('Q' || CAST(CAST(EXTRACT(QUARTER FROM DATE_ADD(MONTH, -3, CAST(DATE_TRUNC('MONTH', orders.created_at) AS TIMESTAMP_NTZ))) AS INT) AS STRING))

-- timeframe year
CAST(EXTRACT(YEAR FROM orders.created_at) AS INT)

-- timeframe fiscal_year fiscal_month_offset=3
('FY' || CAST(CAST(EXTRACT(YEAR FROM DATE_ADD(MONTH, -3, CAST(DATE_TRUNC('MONTH', orders.created_at) AS TIMESTAMP_NTZ))) AS INT) AS STRING))

-- elapsed second
((TIMESTAMPDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ))) DIV 1000000)

-- elapsed minute
((TIMESTAMPDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ))) DIV 60000000)

-- elapsed hour
((TIMESTAMPDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ))) DIV 3600000000)

-- elapsed day
((TIMESTAMPDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ))) DIV 86400000000)

-- elapsed week
((TIMESTAMPDIFF(MICROSECOND, CAST(orders.created_at AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ))) DIV 604800000000)

-- elapsed month
((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS INT) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP_NTZ)) AS INT)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS INT) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP_NTZ)) AS INT)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP_NTZ) >= CAST(orders.created_at AS TIMESTAMP_NTZ) AND TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ)) < TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.created_at AS TIMESTAMP_NTZ)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP_NTZ) < CAST(orders.created_at AS TIMESTAMP_NTZ) AND TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ)) > TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.created_at AS TIMESTAMP_NTZ)) THEN 1 ELSE 0 END)

-- elapsed quarter
(((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS INT) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP_NTZ)) AS INT)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS INT) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP_NTZ)) AS INT)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP_NTZ) >= CAST(orders.created_at AS TIMESTAMP_NTZ) AND TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ)) < TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.created_at AS TIMESTAMP_NTZ)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP_NTZ) < CAST(orders.created_at AS TIMESTAMP_NTZ) AND TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ)) > TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.created_at AS TIMESTAMP_NTZ)) THEN 1 ELSE 0 END) DIV 3)

-- elapsed year
(((CAST(EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS INT) - CAST(EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP_NTZ)) AS INT)) * 12 + (CAST(EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS INT) - CAST(EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP_NTZ)) AS INT)) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP_NTZ) >= CAST(orders.created_at AS TIMESTAMP_NTZ) AND TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ)) < TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.created_at AS TIMESTAMP_NTZ)) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP_NTZ) < CAST(orders.created_at AS TIMESTAMP_NTZ) AND TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.shipped_at AS TIMESTAMP_NTZ)) > TIMESTAMPDIFF(MICROSECOND, CAST(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP_NTZ)) AS TIMESTAMP_NTZ), CAST(orders.created_at AS TIMESTAMP_NTZ)) THEN 1 ELSE 0 END) DIV 12)

-- moment_from datetime
CAST(orders.created_at AS TIMESTAMP_NTZ)

-- moment_from timestamp
CAST(orders.created_at AS TIMESTAMP_NTZ)

-- moment_from date
CAST(orders.created_at AS TIMESTAMP_NTZ)

-- moment_from epoch
CAST(TIMESTAMP_SECONDS(orders.created_at) AS TIMESTAMP_NTZ)

-- moment_from yyyymmdd
CAST(TO_DATE(CAST(orders.created_at AS STRING), 'yyyyMMdd') AS TIMESTAMP_NTZ)

-- converted UTC to America/New_York
CONVERT_TIMEZONE('UTC', 'America/New_York', orders.created_at)

-- converted Europe/Berlin to UTC
CONVERT_TIMEZONE('Europe/Berlin', 'UTC', orders.created_at)

-- percentile 0.5
PERCENTILE(CAST(orders.amount AS DOUBLE), 0.5)

-- percentile 0.95
PERCENTILE(CAST(orders.amount AS DOUBLE), 0.95)

-- distinct_list
NULLIF(ARRAY_JOIN(ARRAY_SORT(COLLECT_SET(CAST(orders.name AS STRING))), ', '), '')

-- approximate_distinct
APPROX_COUNT_DISTINCT(orders.name)

-- as_text
CAST(orders.amount AS STRING)

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
CAST('2024-02-29 23:59:59' AS TIMESTAMP_NTZ)

-- moment 2024-02-29 23:59:59.123456
CAST('2024-02-29 23:59:59.123456' AS TIMESTAMP_NTZ)

-- name orders.id
orders.id

-- name order.group
`order`.`group`

-- name orders.created date
orders.`created date`

-- name my-project.some"quote`both
`my-project`.`some"quote``both`
