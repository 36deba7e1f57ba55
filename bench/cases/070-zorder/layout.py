"""What share of the files a reader of one user, and one of a day, must open, in each of the tables; fails if weir's is no less than half."""
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable


def shares(path):
    actions = pa.table(DeltaTable(path).get_add_actions(flatten=True))
    shares = []
    for column, values in (("user_id", range(1000, 5_000_000, 250_000)), ("at", [pa.scalar(f"2026-{m:02d}-15T12:00:00").cast(pa.timestamp("us")) for m in range(1, 13)])):
        low, high = actions[f"min.{column}"], actions[f"max.{column}"]
        if column == "at":
            low, high = low.cast(pa.timestamp("us")), high.cast(pa.timestamp("us"))
        hits = sum(pc.sum(pc.and_(pc.less_equal(low, v), pc.greater_equal(high, v))).as_py() for v in values)
        shares.append(hits / len(values) / actions.num_rows)
    return actions.num_rows, shares


for path in ("base/lake", "plain", "lake"):
    files, (user, at) = shares(f"{path}/main/clicks")
    print(f"{path}: {files} files, user {user:.2f}, time {at:.2f};")
assert user < 0.5 and at < 0.5, "the rows are in no order"
