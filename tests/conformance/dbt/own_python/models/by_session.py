def model(dbt, session):
    dbt.config(materialized="table", tags=["python"])
    orders = dbt.ref("stg_orders")
    rates = dbt.ref("rates", v=1)
    newest = dbt.ref("snakes", "rates")
    kept = orders.filter("amount is not null")
    return session.sql("""
        select kept.id, kept.customer, rates.rate as first_rate, newest.rate as rate, kept.amount * newest.rate as due
        from kept left join rates using (customer) left join newest using (customer)
    """)
