select * from read_parquet('landing/rows.parquet') order by payload
