view: sites {
  sql_table_name: sites ;;

  dimension: site_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.site_id ;;
  }
  dimension: name {
    label: "Site"
    tags: ["synonym:shop", "synonym:store", "synonym:branch", "synonym:location"]
    type: string
    sql: ${TABLE}.name ;;
  }
  dimension: city {
    label: "Site City"
    type: string
    sql: ${TABLE}.city ;;
  }
  dimension_group: opened {
    label: "Site Opened"
    type: time
    timeframes: [raw, date, year]
    datatype: date
    convert_tz: no
    sql: ${TABLE}.opened_on ;;
  }
  measure: count {
    label: "Number of Sites"
    type: count
  }
}

view: campaigns {
  sql_table_name: campaigns ;;

  dimension: campaign_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.campaign_id ;;
  }
  dimension: name {
    label: "Campaign"
    type: string
    sql: ${TABLE}.name ;;
  }
  dimension: channel {
    label: "Campaign Channel"
    type: string
    sql: ${TABLE}.channel ;;
  }
  measure: budget {
    label: "Campaign Budget"
    type: sum
    sql: ${TABLE}.budget ;;
    value_format_name: @{money}
  }
}
