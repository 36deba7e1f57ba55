import pyarrow as pa


def model(dbt, session):
    schema = pa.schema([("n", pa.int64()), ("text", pa.string())])
    batches = [pa.record_batch([[n, n + 1], [f"{n}", "ä\"'\n"]], schema=schema) for n in (0, 2, 4)]
    return pa.RecordBatchReader.from_batches(schema, batches)
