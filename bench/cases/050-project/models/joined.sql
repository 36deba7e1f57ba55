select a.id, b.payload
from read_parquet('landing/rows.parquet') a
join read_parquet('landing/rows.parquet') b on a.key = b.key
