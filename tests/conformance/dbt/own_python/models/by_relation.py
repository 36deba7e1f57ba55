def model(dbt, session):
    orders = dbt.ref("stg_orders")
    return orders.aggregate("customer, sum(id) as ids, sum(amount) as total, count(*) as orders", "customer")
