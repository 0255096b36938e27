view: products {
  sql_table_name: products ;;

  dimension: product_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.product_id ;;
  }
  dimension: brand_id {
    hidden: yes
    type: number
    sql: ${TABLE}.brand_id ;;
  }
  dimension: name {
    label: "Product Name"
    tags: ["synonym:product", "synonym:item", "synonym:article"]
    type: string
    sql: ${TABLE}.name ;;
  }
  dimension: category {
    label: "Product Category"
    tags: ["synonym:category"]
    type: string
    sql: ${TABLE}.category ;;
  }
  dimension: list_price {
    type: number
    sql: ${TABLE}.list_price ;;
    value_format_name: @{money}
  }
  dimension: price_band {
    description: "List prices in bands."
    type: tier
    tiers: [25, 100, 500, 1500]
    style: integer
    sql: ${list_price} ;;
  }
  dimension: unit_cost {
    hidden: yes
    type: number
    sql: ${TABLE}.unit_cost ;;
  }
  dimension: is_active {
    label: "Active"
    description: "Whether the product is offered now."
    type: yesno
    sql: ${TABLE}.is_active ;;
  }

  measure: count {
    label: "Number of Products"
    type: count
    drill_fields: [name, category, list_price]
  }
  measure: average_list_price {
    type: average
    sql: ${list_price} ;;
    value_format_name: @{money}
  }
  measure: highest_list_price {
    type: max
    sql: ${list_price} ;;
    value_format_name: @{money}
  }
}

view: brands {
  sql_table_name: brands ;;

  dimension: brand_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.brand_id ;;
  }
  dimension: name {
    label: "Brand"
    tags: ["synonym:make", "synonym:manufacturer"]
    type: string
    sql: ${TABLE}.name ;;
  }
  dimension: country {
    label: "Brand Country"
    type: string
    sql: ${TABLE}.country ;;
  }
}
