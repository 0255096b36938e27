view: visits {
  sql_table_name: visits ;;
  dimension: visit_id { primary_key: yes type: number sql: ${TABLE}.visit_id ;; }
  dimension: patient_id { hidden: yes type: number sql: ${TABLE}.patient_id ;; }
  dimension: doctor_id { hidden: yes type: number sql: ${TABLE}.doctor_id ;; }
  dimension: diagnosis { type: string sql: ${TABLE}.diagnosis ;; }
  dimension: is_emergency { type: yesno sql: ${TABLE}.emergency ;; }
  dimension: waiting_minutes { type: number sql: ${TABLE}.waiting_minutes ;; }
  dimension_group: visit { type: time timeframes: [raw, date, day_of_week, week, month, quarter, year] sql: ${TABLE}.visited_on ;; }
  measure: number_of_visits { type: count }
  measure: total_charges { type: sum value_format_name: eur sql: ${TABLE}.charge ;; }
  measure: average_charge { type: average value_format_name: eur sql: ${TABLE}.charge ;; }
  measure: average_waiting_time { label: "Average Waiting Time" description: "Minutes" type: average sql: ${waiting_minutes} ;; }
}
view: patients {
  sql_table_name: patients ;;
  dimension: patient_id { primary_key: yes type: number sql: ${TABLE}.patient_id ;; }
  dimension: full_name { type: string sql: ${TABLE}.full_name ;; }
  dimension: insurance { label: "Insurance Type" type: string sql: ${TABLE}.insurance ;; }
  dimension: sex { type: string sql: ${TABLE}.sex ;; }
  dimension: age { type: number sql: ${TABLE}.age ;; }
  dimension: city { type: string sql: ${TABLE}.city ;; }
  dimension_group: registered { type: time timeframes: [raw, date, month, year] sql: ${TABLE}.registered_on ;; }
  measure: patient_count { type: count }
}
view: doctors {
  sql_table_name: doctors ;;
  dimension: doctor_id { primary_key: yes hidden: yes type: number sql: ${TABLE}.doctor_id ;; }
  dimension: name { type: string sql: ${TABLE}.name ;; }
  dimension: specialty { type: string sql: ${TABLE}.specialty ;; }
  dimension: ward { type: string sql: ${TABLE}.ward ;; }
  measure: count { type: count }
}
