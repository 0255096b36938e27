connection: "shop"
label: "Shop"
week_start_day: monday
fiscal_month_offset: 0
case_sensitive: no

include: "/views/*.view.lkml"

access_grant: sees_margins {
  user_attribute: role
  allowed_values: ["treasurer", "manager"]
}

explore: order_items {
  label: "Sales"
  description: "What the shop sold: orders, their lines, products, customers, sites, campaigns and returns."
  tags: ["synonym:orders", "synonym:purchases"]

  join: orders {
    type: inner
    relationship: many_to_one
    sql_on: ${order_items.order_id} = ${orders.order_id} ;;
  }
  join: products {
    relationship: many_to_one
    sql_on: ${order_items.product_id} = ${products.product_id} ;;
  }
  join: brands {
    relationship: many_to_one
    sql_on: ${products.brand_id} = ${brands.brand_id} ;;
  }
  join: customers {
    relationship: many_to_one
    sql_on: ${orders.customer_id} = ${customers.customer_id} ;;
  }
  join: customer_history {
    view_label: "Customers"
    relationship: one_to_one
    sql_on: ${customers.customer_id} = ${customer_history.customer_id} ;;
  }
  join: sites {
    relationship: many_to_one
    sql_on: ${orders.site_id} = ${sites.site_id} ;;
  }
  join: campaigns {
    relationship: many_to_one
    sql_on: ${orders.campaign_id} = ${campaigns.campaign_id} ;;
  }
  join: returns {
    relationship: one_to_one
    sql_on: ${order_items.order_item_id} = ${returns.order_item_id} ;;
  }
}

explore: customers {
  label: "Customers"
  description: "The shop's customers, members and others, with what they ordered."

  join: orders {
    relationship: one_to_many
    sql_on: ${customers.customer_id} = ${orders.customer_id} ;;
  }
  join: order_items {
    relationship: one_to_many
    sql_on: ${orders.order_id} = ${order_items.order_id} ;;
  }
  join: visits {
    relationship: one_to_many
    sql_on: ${customers.customer_id} = ${visits.customer_id} ;;
  }
}

explore: products {
  label: "Products"
  description: "What the shop offers, with stock and reviews."

  join: brands {
    relationship: many_to_one
    sql_on: ${products.brand_id} = ${brands.brand_id} ;;
  }
  join: stock {
    relationship: one_to_many
    sql_on: ${products.product_id} = ${stock.product_id} ;;
  }
  join: sites {
    relationship: many_to_one
    sql_on: ${stock.site_id} = ${sites.site_id} ;;
  }
  join: reviews {
    relationship: one_to_many
    sql_on: ${products.product_id} = ${reviews.product_id} ;;
  }
}

explore: visits {
  label: "Web visits"
  description: "Visits to the web shop, by where they came from."

  join: customers {
    relationship: many_to_one
    sql_on: ${visits.customer_id} = ${customers.customer_id} ;;
  }
}

explore: site_sales {
  extends: [order_items]
  label: "Sales of my site"
  description: "Sales of the sites that a person's user attribute site names, and of no other."
  view_name: order_items
  access_filter: {
    field: sites.name
    user_attribute: site
  }
}

explore: daily_sales {
  label: "Days"
  description: "The shop day by day."
}
