def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append", on_schema_change="append_new_columns")
    orders = dbt.ref("stg_orders")
    if not dbt.is_incremental:
        return orders.project("id, customer")
    else:
        orders = orders.filter("id > (select max(id) from " + str(dbt.this) + ")")
    return orders.project("id, customer, amount")
