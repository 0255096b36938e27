connection: "shop"
include: "/*.view.lkml"

explore: order_items {
  label: "Order Items"
  join: orders { relationship: many_to_one sql_on: ${order_items.order_id} = ${orders.id} ;; }
  join: users { relationship: many_to_one sql_on: ${orders.user_id} = ${users.id} ;; }
  join: stores { relationship: many_to_one sql_on: ${orders.store_id} = ${stores.id} ;; }
  join: products { relationship: many_to_one sql_on: ${order_items.product_id} = ${products.id} ;; }
}

explore: orders {
  join: users { relationship: many_to_one sql_on: ${orders.user_id} = ${users.id} ;; }
  join: stores { relationship: many_to_one sql_on: ${orders.store_id} = ${stores.id} ;; }
  join: order_items { relationship: one_to_many sql_on: ${orders.id} = ${order_items.order_id} ;; }
  join: products { relationship: many_to_one sql_on: ${order_items.product_id} = ${products.id} ;; }
}

explore: users {
  label: "Customers"
  join: orders { relationship: one_to_many sql_on: ${users.id} = ${orders.user_id} ;; }
  join: order_items { relationship: one_to_many sql_on: ${orders.id} = ${order_items.order_id} ;; }
}

explore: products {}

explore: inventory_items {
  join: products { relationship: many_to_one sql_on: ${inventory_items.product_id} = ${products.id} ;; }
}

explore: events {
  label: "Web Events"
  join: users { relationship: many_to_one sql_on: ${events.user_id} = ${users.id} ;; }
}
