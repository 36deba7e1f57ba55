def model(dbt, session):
    dbt.config(materialized="external", location="out/orders.parquet")
    return dbt.ref("by_relation").project("customer, orders")
