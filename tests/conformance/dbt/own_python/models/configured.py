import pyarrow as pa


def model(dbt, session):
    dbt.config(
        alias="renamed",
        tags=["python", "odd"],
        my_list=[1, "two", None, True, -3.5],
        my_map={"a": 1, "b": [2]},
    )
    found = {
        "limit": dbt.config.get("limit_by"),
        "materialized": dbt.config.get("materialized"),
        "list": dbt.config.get("my_list"),
        "map": dbt.config.get("my_map"),
        "none": dbt.config.get("not_there"),
        "default": dbt.config.get("not_there_either", 7),
        "owner": dbt.config.meta_get("owner"),
        "least": dbt.config.meta_get("least", 9),
        "nobody": dbt.config.meta_get("nobody", "else"),
        "this": f"{dbt.this.schema}.{dbt.this.identifier}",
        "incremental": dbt.is_incremental,
    }
    return pa.table({"key": list(found), "value": [repr(value) for value in found.values()]})
