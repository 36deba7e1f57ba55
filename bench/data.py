"""Inputs of the bench cases: made by a formula, the same bytes each time."""
import json, pathlib
import duckdb

ORDER_ROWS = 8_200_000  # about 1 GB of CSV

ORDERS = """
  SELECT i AS order_id, (hash(i) % 200000)::BIGINT AS customer_id, (hash(i + 1) % 50000)::INTEGER AS product_id,
         (hash(i + 2) % 50 + 1)::INTEGER AS quantity, ((hash(i + 3) % 1000000) / 100.0)::DECIMAL(12,2) AS price,
         ((hash(i + 4) % 11) / 100.0)::DECIMAL(4,2) AS discount, ((hash(i + 5) % 9) / 100.0)::DECIMAL(4,2) AS tax,
         DATE '2020-01-01' + (hash(i + 6) % 2000)::INTEGER AS order_date,
         DATE '2020-01-01' + (hash(i + 6) % 2000 + hash(i + 7) % 30)::INTEGER AS ship_date,
         TIMESTAMP '2020-01-01' + to_seconds((hash(i + 8) % 172800000)::BIGINT) AS created_at,
         (hash(i + 9) % 2 = 0) AS express, ['N', 'R', 'A'][(hash(i + 10) % 3 + 1)::INTEGER] AS flag,
         ['AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL'][(hash(i + 11) % 5 + 1)::INTEGER] AS mode,
         (hash(i + 12) % 1000000) / 7.0::DOUBLE AS weight,
         CASE WHEN hash(i + 13) % 20 = 0 THEN NULL ELSE 'item ' || (hash(i + 14) % 100000)::VARCHAR END AS label,
         'note ' || (hash(i + 15) % 10000000)::VARCHAR || ' checked' AS note
  FROM range({first}, {last}) t(i)"""


def connect():
    db = duckdb.connect()
    db.execute("SET threads = 2")
    return db


def orders_csv(folder: pathlib.Path):
    """1 GB of CSV in four files, 16 typed columns."""
    db, part = connect(), ORDER_ROWS // 4
    for k in range(4):
        rows = ORDERS.format(first=k * part, last=(k + 1) * part)
        db.execute(f"COPY ({rows}) TO '{folder}/orders-{k}.csv' (HEADER)")


def project_100(folder: pathlib.Path):
    """A project of 100 models: 10 tables over a seed, 90 over those."""
    (folder / "models").mkdir()
    (folder / "seeds").mkdir()
    (folder / "dbt_project.yml").write_text("name: hundred\nversion: '1.0'\nprofile: hundred\nmodels:\n  +materialized: table\n")
    (folder / "weir.yml").write_text("target: lake\nid: 5d2f0c0e-6c43-4a39-9c0e-2f3f2d8f6a10\n")
    (folder / "seeds" / "numbers.csv").write_text("id,value\n" + "".join(f"{i},{i * i}\n" for i in range(1000)))
    for i in range(100):
        source = "numbers" if i < 10 else f"m{i % 10:02d}"
        (folder / "models" / f"m{i:02d}.sql").write_text(
            f"select id, value + {i} as value from {{{{ ref('{source}') }}}} where id % 2 = {i % 2} or id < 500\n")


def twenty_million(folder: pathlib.Path):
    """20 M rows as one Parquet file: wide enough that sorting does not fit 512 MB."""
    connect().execute(f"""COPY (SELECT i AS id, hash(i) AS key, (hash(i + 1) % 4000000)::BIGINT AS groups,
        'payload ' || hash(i + 2)::VARCHAR || ' of row' AS payload FROM range(20000000) t(i))
        TO '{folder}/rows.parquet' (COMPRESSION zstd, COMPRESSION_LEVEL 1)""")


LINEITEM_ROWS = 60_000_000

LINEITEM = """
  SELECT i // 4 AS l_orderkey, (i % 4 + 1)::INTEGER AS l_linenumber, (hash(i) % 2000000)::BIGINT AS l_partkey,
         (hash(i + 7) % 100000)::BIGINT AS l_suppkey, (hash(i + 1) % 50 + 1)::DECIMAL(15,2) AS l_quantity,
         ((hash(i + 2) % 9000000) / 100.0)::DECIMAL(15,2) AS l_extendedprice,
         ((hash(i + 3) % 11) / 100.0)::DECIMAL(15,2) AS l_discount, ((hash(i + 4) % 9) / 100.0)::DECIMAL(15,2) AS l_tax,
         ['A', 'N', 'R'][(hash(i + 5) % 3 + 1)::INTEGER] AS l_returnflag, ['F', 'O'][(i % 2 + 1)::INTEGER] AS l_linestatus,
         DATE '1992-01-01' + (hash(i + 6) % 2500)::INTEGER AS l_shipdate,
         DATE '1992-01-01' + (hash(i + 8) % 2500)::INTEGER AS l_commitdate,
         DATE '1992-01-01' + (hash(i + 9) % 2500)::INTEGER AS l_receiptdate,
         ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'][(hash(i + 10) % 4 + 1)::INTEGER] AS l_shipinstruct,
         ['MAIL', 'SHIP', 'AIR', 'TRUCK', 'RAIL'][(hash(i + 11) % 5 + 1)::INTEGER] AS l_shipmode,
         'comment ' || (hash(i + 12) % 1000000)::VARCHAR || ' carefully final' AS l_comment
  FROM range({first}, {last}) t(i)"""


def lineitem(folder: pathlib.Path):
    """60 M rows in the order of their key; an upsert of 1 % of them with a few new ones."""
    db = connect()
    db.execute("SET preserve_insertion_order = true")
    parquet = "(COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    db.execute(f"COPY ({LINEITEM.format(first=0, last=LINEITEM_ROWS)}) TO '{folder}/base.parquet' {parquet}")
    changed = f"""SELECT * REPLACE ((l_quantity + 1)::DECIMAL(15,2) AS l_quantity) FROM '{folder}/base.parquet'
                  WHERE hash(l_orderkey * 4 + l_linenumber) % 100 = 0"""
    new = LINEITEM.format(first=LINEITEM_ROWS, last=LINEITEM_ROWS + LINEITEM_ROWS // 2000)
    db.execute(f"COPY ({changed} UNION ALL {new}) TO '{folder}/updates.parquet' {parquet}")
