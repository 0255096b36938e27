view: trips {
  sql_table_name: trips ;;
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: bike_id { hidden: yes type: number sql: ${TABLE}.bike_id ;; }
  dimension: start_station_id { hidden: yes type: number sql: ${TABLE}.start_station_id ;; }
  dimension: end_station_id { hidden: yes type: number sql: ${TABLE}.end_station_id ;; }
  dimension: rider_type { type: string sql: ${TABLE}.rider_type ;; }
  dimension: duration_minutes { type: number sql: ${TABLE}.minutes ;; }
  dimension: distance_km { label: "Distance (km)" type: number sql: ${TABLE}.km ;; }
  dimension_group: started { type: time timeframes: [raw, time, date, hour_of_day, day_of_week, week, month, quarter, year] sql: ${TABLE}.started_at ;; }
  dimension_group: ended { type: time timeframes: [raw, time, date, month] sql: ${TABLE}.ended_at ;; }
  measure: trip_count { label: "Trips" type: count }
  measure: total_distance { type: sum sql: ${distance_km} ;; }
  measure: average_duration { type: average sql: ${duration_minutes} ;; }
  measure: fares { label: "Fare Revenue" type: sum value_format_name: eur sql: ${TABLE}.fare ;; synonyms: ["income from fares"] }
}
view: bikes {
  sql_table_name: bikes ;;
  dimension: id { primary_key: yes type: number sql: ${TABLE}.id ;; }
  dimension: model { label: "Bike Model" type: string sql: ${TABLE}.model ;; }
  dimension: is_electric { type: yesno sql: ${TABLE}.electric ;; }
  dimension: state { type: string sql: ${TABLE}.state ;; }
  dimension_group: bought { type: time timeframes: [raw, date, month, year] sql: ${TABLE}.bought_on ;; }
  measure: count { type: count }
}
view: stations {
  sql_table_name: stations ;;
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: name { type: string sql: ${TABLE}.name ;; }
  dimension: district { type: string sql: ${TABLE}.district ;; }
  measure: count { type: count }
}
view: repairs {
  sql_table_name: repairs ;;
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: bike_id { hidden: yes type: number sql: ${TABLE}.bike_id ;; }
  dimension: part { type: string sql: ${TABLE}.part ;; }
  dimension_group: repaired { type: time timeframes: [raw, date, month, year] sql: ${TABLE}.repaired_on ;; }
  measure: count { type: count }
  measure: total_cost { type: sum value_format_name: eur sql: ${TABLE}.cost ;; }
}
