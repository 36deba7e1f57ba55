import datetime
import decimal

import pyarrow as pa


def model(dbt, session):
    # A comment that names dbt.ref("nothing") reads nothing.
    ids = [row[0] for row in dbt.ref("stg_orders").order("id").fetchall()]
    day = datetime.date(2026, 1, 1)
    return pa.table({
        "id": pa.array(ids, pa.int16()),
        "at": pa.array([datetime.datetime(2026, 1, 1, 12, 30, i) for i in ids], pa.timestamp("us")),
        "day": [day + datetime.timedelta(days=i) for i in ids],
        "parts": [list(range(i)) for i in ids],
        "both": [{"n": i, "text": "t" * i} for i in ids],
        "exact": [decimal.Decimal(i) / 8 for i in ids],
        "even": [i % 2 == 0 for i in ids],
        "real": [i / 3 for i in ids],
        "bytes": [bytes([i, 0]) for i in ids],
        "nothing": pa.array([None] * len(ids), pa.string()),
    })
