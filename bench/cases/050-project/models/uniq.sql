select distinct payload, key from read_parquet('landing/rows.parquet')
