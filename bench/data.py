"""Inputs of the bench cases: made by a formula, the same bytes each time."""
import json, pathlib, random, shutil
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


def project_10000(folder: pathlib.Path):
    """A project of 10,000 models with two tests each, in 100 folders with a properties file each; they read one or two of those
    before them. A hundred are tables, the others views."""
    rng = random.Random(1)
    (folder / "dbt_project.yml").write_text("name: big\nversion: '1.0'\nprofile: big\nmodels:\n  big:\n    +materialized: view\n")
    (folder / "profiles.yml").write_text("big:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: big.duckdb, threads: 2}\n")
    for area in range(100):
        here = folder / f"models/area_{area:02}"
        here.mkdir(parents=True)
        described = ["version: 2", "models:"]
        for i in range(area * 100, area * 100 + 100):
            if i < 100:
                sql = "{{ config(materialized='table') }}\nselect range as id, range % 7 as kind, 'n' || range as name from range(" + str(i + 1) + ")\n"
            else:
                a, b = (rng.randrange(max(0, i - 2000), i) for _ in range(2))
                sql = (f"{{%- set kinds = ['1', '2'] -%}}\nwith a as (\n    select * from {{{{ ref('m_{a:05}') }}}}\n), b as (\n    select * from {{{{ ref('m_{b:05}') }}}}\n)\n"
                       "select a.id, a.kind, b.name,\n    {% for k in kinds -%}\n    case when a.kind = {{ k }} then 1 else 0 end as is_{{ k }}{{ ',' if not loop.last }}\n"
                       "    {% endfor %}\nfrom a join b using (id)\n")
            (here / f"m_{i:05}.sql").write_text(sql)
            described += [f"  - name: m_{i:05}", f"    description: model number {i}", "    columns:", "      - name: id", "        data_tests: [unique, not_null]"]
        (here / "_models.yml").write_text("\n".join(described) + "\n")


SHOP_ROWS = 4_000_000
SHOP_AREAS = {"customer": "customer_id", "product": "product_id", "carrier": "mode", "day": "order_date", "flag": "flag"}


def shop_30(folder: pathlib.Path):
    """shop_project() over a Parquet file of 4 M rows."""
    connect().execute(f"COPY ({ORDERS.format(first=0, last=SHOP_ROWS)}) TO '{folder}/orders.parquet' (COMPRESSION zstd, COMPRESSION_LEVEL 1)")
    shop_project(folder, "orders.parquet")


def shop_30_csv(folder: pathlib.Path):
    """shop_project() over a CSV file of 1 M rows."""
    connect().execute(f"COPY ({ORDERS.format(first=0, last=SHOP_ROWS // 4)}) TO '{folder}/orders.csv' (HEADER)")
    shop_project(folder, "read_csv('orders.csv', types = {'price': 'DECIMAL(12,2)', 'discount': 'DECIMAL(4,2)', 'tax': 'DECIMAL(4,2)'})")


def shop_project(folder: pathlib.Path, location: str):
    """30 models over one source: a staging view, four views for each of five areas, six tables, three views on these; 40 tests."""
    (folder / "dbt_project.yml").write_text("name: shop\nversion: '1.0'\nprofile: shop\nmodels:\n  +materialized: view\n")
    (folder / "profiles.yml").write_text("shop:\n  target: file\n  outputs:\n    file: {type: duckdb, path: \"{{ env_var('SHOP_DB', 'shop.duckdb') }}\", threads: 2}\n")
    (folder / "weir.yml").write_text("id: 0b4f7a52-7c0e-4f0e-8d6e-3a9f6f6d2c11\n")
    models = folder / "models"
    models.mkdir()
    (models / "sources.yml").write_text(f"sources:\n  - name: raw\n    tables:\n      - name: orders\n        meta:\n          external_location: \"{location}\"\n          formatter: template\n")
    sql = {"stg_orders": "select *, price * quantity as gross from {{ source('raw', 'orders') }}"}
    tests = {"stg_orders": {"order_id": ["unique", "not_null"], **{c: ["not_null"] for c in ("customer_id", "product_id", "price", "quantity", "order_date")},
                            "flag": [{"accepted_values": {"arguments": {"values": ["N", "R", "A"]}}}],
                            "mode": [{"accepted_values": {"arguments": {"values": ["AIR", "RAIL", "SHIP", "TRUCK", "MAIL"]}}}]}}
    for area, key in SHOP_AREAS.items():
        sql |= {f"{area}_orders": f"select order_id, {key}, gross, discount, tax, express from {{{{ ref('stg_orders') }}}}",
                f"{area}_clean": f"select * from {{{{ ref('{area}_orders') }}}} where gross > 0",
                f"{area}_net": f"select *, gross * (1 - discount) * (1 + tax) as net from {{{{ ref('{area}_clean') }}}}",
                f"{area}_sums": f"select {key}, count(*) as orders, sum(net) as revenue, count(*) filter (express) as express from {{{{ ref('{area}_net') }}}} group by 1",
                f"{area}s": f"{{{{ config(materialized='table') }}}} select *, revenue / orders as average from {{{{ ref('{area}_sums') }}}}"}
        tests[f"{area}s"] = {key: ["unique", "not_null"], "revenue": ["not_null"], "orders": ["not_null"]}
        tests[f"{area}_clean"] = {key: ["not_null"]}
    sql["express_orders"] = "{{ config(materialized='table') }} select order_id, customer_id, product_id, order_date, gross from {{ ref('stg_orders') }} where express"
    to_customers = {"relationships": {"arguments": {"to": "ref('customers')", "field": "customer_id"}}}
    tests["express_orders"] = {"order_id": ["unique", "not_null"], "customer_id": [to_customers]}
    for name, table in (("best_customers", "customers"), ("best_products", "products"), ("best_days", "days")):
        sql[name] = f"select * from {{{{ ref('{table}') }}}} order by revenue desc limit 100"
        tests[name] = {"revenue": ["not_null"]}
    for name, text in sql.items():
        (models / f"{name}.sql").write_text(text + "\n")
    described = [{"name": name, "columns": [{"name": c, "data_tests": t} for c, t in columns.items()]} for name, columns in tests.items()]
    (models / "models.yml").write_text(json.dumps({"models": described}, indent=1) + "\n")


def hundred_days(folder: pathlib.Path):
    """4 M orders as CSV, a file for each of a hundred days; day-100.csv is the day after."""
    rows = SHOP_ROWS // 100
    for day in range(101):
        orders = ORDERS.format(first=day * rows, last=(day + 1) * rows)
        name = f"orders-{day:03}" if day < 100 else "day-100"
        connect().execute(f"""COPY (SELECT * REPLACE (DATE '2026-01-01' + {day} AS order_date) FROM ({orders})) TO '{folder}/{name}.csv' (HEADER)""")


def jaffle_shop(folder: pathlib.Path):
    """dbt's own example project, as it stands."""
    shutil.copytree(pathlib.Path(__file__).parent.parent / "tests/conformance/dbt/jaffle_shop_duckdb", folder, dirs_exist_ok=True)


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


# Wide enough that a file of 128 MiB holds about 2.5 M of them; nothing about their order tells user or time.
CLICKS = """
  SELECT i AS click_id, (hash(i) % 5000000)::BIGINT AS user_id, TIMESTAMP '2026-01-01' + to_seconds((hash(i + 1) % 31536000)::BIGINT) AS at,
         'https://shop.example/' || ['item', 'cart', 'search', 'help'][(hash(i + 2) % 4 + 1)::INTEGER] || '/' || (hash(i + 3) % 100000)::VARCHAR AS url,
         hash(i + 4)::VARCHAR || hash(i + 5)::VARCHAR AS session, (hash(i + 6) % 60000)::INTEGER AS ms, hash(i + 7) / 7.0::DOUBLE AS score
  FROM range({rows}) t(i)"""


def clicks(folder: pathlib.Path, rows: int):
    connect().execute(f"COPY ({CLICKS.format(rows=rows)}) TO '{folder}/clicks.parquet' (COMPRESSION zstd, COMPRESSION_LEVEL 1)")


def clicks_5gb(folder: pathlib.Path):
    clicks(folder, 90_000_000)


def clicks_small(folder: pathlib.Path):
    clicks(folder, 6_000_000)


# A table of many files that are not there: enough for everything that reads the log alone. File i holds the ids from
# i * 1000 to i * 1000 + 999; a day has 500 files. Statistics of five columns as writers give them, as texts.
MANY_FILES_SCHEMA = {"type": "struct", "fields": [
    {"name": name, "type": type_name, "nullable": True, "metadata": {}}
    for name, type_name in [("id", "long"), ("customer", "long"), ("amount", "decimal(12,2)"),
                            ("created_at", "timestamp"), ("label", "string"), ("day", "date")]]}

MANY_FILES_STATS = """
  '{"numRecords":1000,"minValues":{"id":' || i * 1000 || ',"customer":' || hash(i) % 1000 || ',"amount":'
  || hash(i + 1) % 100 || '.25,"created_at":"' || strftime(TIMESTAMP '2024-01-01' + to_seconds(i * 60), '%Y-%m-%dT%H:%M:%S')
  || '.000Z","label":"item ' || hash(i + 2) % 1000 || '"},"maxValues":{"id":' || i * 1000 + 999 || ',"customer":'
  || 100000 + hash(i) % 1000 || ',"amount":' || 9000 + hash(i + 1) % 100 || '.75,"created_at":"'
  || strftime(TIMESTAMP '2024-01-01' + to_seconds(i * 60 + 59), '%Y-%m-%dT%H:%M:%S') || '.000Z","label":"item '
  || 5000 + hash(i + 2) % 1000 || '"},"nullCount":{"id":0,"customer":0,"amount":0,"created_at":0,"label":'
  || hash(i + 3) % 10 || '}}'"""


def many_files(folder: pathlib.Path, files: int):
    """A log of one checkpoint (version 10) that adds so many files, written as one Parquet file."""
    log = folder / "lake" / "main" / "files" / "_delta_log"
    log.mkdir(parents=True)
    day = "(DATE '2024-01-01' + (i // 500)::INTEGER)::VARCHAR"
    add = f"""{{'path': 'day=' || {day} || '/part-' || i || '-' || md5(i::VARCHAR) || '.c000.snappy.parquet',
        'partitionValues': MAP {{'day': {day}}}, 'size': (1000000 + hash(i) % 1000000)::BIGINT,
        'modificationTime': 1704067200000 + i, 'dataChange': false, 'tags': NULL::MAP(VARCHAR, VARCHAR),
        'stats': {MANY_FILES_STATS}}}"""
    metadata = f"""{{'id': '5fba94ed-9794-4965-ba6e-6ee3c0d22af9', 'name': NULL::VARCHAR, 'description': NULL::VARCHAR,
        'format': {{'provider': 'parquet', 'options': MAP {{}}::MAP(VARCHAR, VARCHAR)}},
        'schemaString': '{json.dumps(MANY_FILES_SCHEMA)}', 'partitionColumns': ['day'],
        'configuration': MAP {{}}::MAP(VARCHAR, VARCHAR), 'createdTime': 1704067200000}}"""
    remove = "NULL::STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN)"
    txn = "NULL::STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)"
    connect().execute(f"""COPY (
        SELECT txn, add, remove, "metaData", protocol FROM (
          SELECT -2 AS place, {txn} AS txn, NULL AS add, {remove} AS remove, NULL AS "metaData",
                 {{'minReaderVersion': 1::INTEGER, 'minWriterVersion': 2::INTEGER}} AS protocol
          UNION ALL SELECT -1, NULL, NULL, NULL, {metadata}, NULL
          UNION ALL SELECT i, NULL, {add}, NULL, NULL, NULL FROM range({files}) t(i)) ORDER BY place)
        TO '{log}/{10:020}.checkpoint.parquet' (COMPRESSION snappy)""")
    (log / f"{10:020}.json").write_text('{"commitInfo":{"timestamp":1704067200000,"operation":"WRITE"}}\n')
    (log / "_last_checkpoint").write_text(json.dumps({"version": 10, "size": files + 2}))


def log_100k(folder: pathlib.Path):
    many_files(folder, 100_000)


def log_200k(folder: pathlib.Path):
    many_files(folder, 200_000)


def log_1m(folder: pathlib.Path):
    many_files(folder, 1_000_000)


def delta_on_parquet(folder: pathlib.Path):
    """6 M rows of lineitem's shape in 12 Parquet files, and a Delta log over them that allows deletion vectors."""
    db, rows, count = connect(), 6_000_000, 12
    table = folder / "lake" / "main" / "lineitem"
    (table / "_delta_log").mkdir(parents=True)
    actions = []
    for k in range(count):
        file = table / f"part-{k:03}.parquet"
        select = LINEITEM.format(first=k * rows // count, last=(k + 1) * rows // count)
        db.execute(f"COPY ({select}) TO '{file}' (COMPRESSION zstd, COMPRESSION_LEVEL 1)")
        actions.append({"add": {"path": file.name, "partitionValues": {}, "size": file.stat().st_size,
                                "modificationTime": 1704067200000, "dataChange": True,
                                "stats": json.dumps({"numRecords": rows // count})}})
    names = {"BIGINT": "long", "INTEGER": "integer", "VARCHAR": "string", "DATE": "date"}
    fields = [{"name": name, "type": names.get(kind, kind.lower()), "nullable": True, "metadata": {}}
              for name, kind, *_ in db.execute(f"DESCRIBE SELECT * FROM '{table}/part-000.parquet'").fetchall()]
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"],
                "writerFeatures": ["deletionVectors"]}
    metadata = {"id": "7c0b8f6e-3d3b-4b6e-9a55-0a4a8f3f7a11", "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps({"type": "struct", "fields": fields}), "partitionColumns": [],
                "configuration": {"delta.enableDeletionVectors": "true"}, "createdTime": 1704067200000}
    lines = [{"protocol": protocol}, {"metaData": metadata}, *actions]
    (table / "_delta_log" / f"{0:020}.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
