def model(dbt, session):
    raw = dbt.source("raw", "raw_orders")
    return raw.filter("amount is not null").project("id, amount * 2 as twice, placed")
