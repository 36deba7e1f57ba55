def model(dbt, session):
    dbt.config(materialized="incremental", unique_key="id")
    orders = dbt.ref("stg_orders")
    if dbt.is_incremental:
        last = session.sql(f"select max(id) from {dbt.this}").fetchone()[0]
        orders = orders.filter(f"id >= {last}")
    return orders.project(f"id, customer, amount, {dbt.is_incremental} as added")
