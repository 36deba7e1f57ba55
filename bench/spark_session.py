"""Spark with Delta as a peer: one local session with two threads; what is timed is the work inside it."""
import pathlib, time

from pyspark.sql import SparkSession

JARS = pathlib.Path(__file__).resolve().parent.parent / "third_party/spark/dist/delta/jars"


def start():
    session = (SparkSession.builder.master("local[2]").config("spark.jars", ",".join(map(str, sorted(JARS.glob("*.jar")))))
               .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
               .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
               .config("spark.sql.shuffle.partitions", "4").config("spark.databricks.delta.snapshotPartitions", "2")
               .config("spark.databricks.delta.merge.materializeSource", "none").config("spark.driver.memory", "8g")
               .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false").getOrCreate())
    session.sparkContext.setLogLevel("OFF")
    session.sql("SELECT sum(id) FROM range(1000)").collect()  # the code of queries is loaded before the clock starts
    return session


def timed(session, statement):
    started = time.perf_counter()
    session.sql(statement).collect()
    print(f"\nelapsed_ms={(time.perf_counter() - started) * 1000:.1f}", flush=True)
