"""The peer of the cases about logs: deltalake opens the table of the folder given and prints what is asked for.
  files.py TABLE count          how many live files there are
  files.py TABLE id N           paths of the files whose statistics allow the id N
  files.py TABLE append N       appends N times a file that is not there; the last line is the median of the commits, in ms
"""
import statistics, sys, time
import pyarrow.compute as pc
from deltalake import DeltaTable

table = DeltaTable(sys.argv[1])
if sys.argv[2] == "count":
    print(len(table.file_uris()))
elif sys.argv[2] == "id":
    import pyarrow as pa
    actions = pa.table(table.get_add_actions(flatten=True))
    wanted = int(sys.argv[3])
    kept = actions.filter(pc.and_(pc.less_equal(actions["min.id"], wanted), pc.greater_equal(actions["max.id"], wanted)))
    print(*kept["path"].to_pylist(), sep="\n")
else:
    from deltalake.transaction import AddAction
    times = []
    for k in range(int(sys.argv[3])):
        add = AddAction(f"day=2024-01-01/peer-{k}.parquet", 1000, {"day": "2024-01-01"}, 1704067200000, True,
                        '{"numRecords":1}')
        start = time.perf_counter()
        table.create_write_transaction([add], "append", table.schema(), ["day"])
        times.append((time.perf_counter() - start) * 1000)
        table.update_incremental()
    print(statistics.median(times))
