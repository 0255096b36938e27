view: customers {
  sql_table_name: customers ;;

  dimension: customer_id {
    primary_key: yes
    label: "Customer Number"
    type: number
    sql: ${TABLE}.customer_id ;;
    value_format_name: id
  }
  dimension: name {
    label: "Customer Name"
    tags: ["synonym:customer", "synonym:buyer", "synonym:client"]
    type: string
    sql: ${TABLE}.first_name || ' ' || ${TABLE}.last_name ;;
  }
  dimension: email {
    hidden: yes
    type: string
    sql: ${TABLE}.email ;;
  }
  dimension: gender {
    type: string
    sql: ${TABLE}.gender ;;
  }
  dimension: age {
    label: "Customer Age"
    type: number
    sql: ${TABLE}.age ;;
  }
  dimension: age_group {
    type: tier
    tiers: [18, 30, 45, 60]
    style: integer
    sql: ${age} ;;
  }
  dimension: city {
    label: "Customer City"
    type: string
    sql: ${TABLE}.city ;;
  }
  dimension: country {
    label: "Customer Country"
    tags: ["synonym:country"]
    type: string
    sql: ${TABLE}.country ;;
  }
  dimension: is_member {
    label: "Member"
    description: "Whether the customer is a member of the co-operative."
    type: yesno
    sql: ${TABLE}.is_member ;;
  }
  dimension_group: joined {
    description: "When the customer opened an account."
    type: time
    timeframes: [raw, date, month, quarter, year]
    sql: ${TABLE}.joined_at ;;
  }

  measure: count {
    label: "Number of Customers"
    tags: ["synonym:customers", "synonym:buyers"]
    type: count
    drill_fields: [name, city, country]
  }
  measure: member_count {
    label: "Number of Members"
    tags: ["synonym:members"]
    type: count
    filters: [is_member: "yes"]
  }
  measure: average_age {
    label: "Average Customer Age"
    type: average
    sql: ${age} ;;
    value_format_name: decimal_1
  }
}

view: customer_history {
  derived_table: {
    sql:
      SELECT
        customer_id,
        COUNT(*) AS order_count,
        MIN(ordered_at) AS first_order_at,
        MAX(ordered_at) AS last_order_at
      FROM orders
      WHERE status <> 'Cancelled'
      GROUP BY customer_id ;;
  }

  dimension: customer_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.customer_id ;;
  }
  dimension: lifetime_orders {
    description: "How many orders the customer has placed in all, without cancelled ones."
    type: number
    sql: ${TABLE}.order_count ;;
  }
  dimension: is_repeat_customer {
    label: "Repeat Customer"
    description: "Whether the customer has ordered more than once."
    type: yesno
    sql: ${lifetime_orders} > 1 ;;
  }
  dimension_group: first_order {
    type: time
    timeframes: [raw, date, month, quarter, year]
    sql: ${TABLE}.first_order_at ;;
  }
  measure: average_lifetime_orders {
    description: "Orders per customer over all time, on average."
    type: average
    sql: ${lifetime_orders} ;;
    value_format_name: decimal_2
  }
}
