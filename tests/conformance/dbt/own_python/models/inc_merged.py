def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="merge", unique_key=["customer"])
    return dbt.ref("stg_orders").aggregate("customer, max(placed) as last", "customer")
