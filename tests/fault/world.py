"""A small project with everything that publishes: file sources with a quarantine, a view, a table, an incremental merge.

The oracle is plain Python over the raw files plus deltalake reading the published tables; it shares no code with weir.
"""
import collections, csv, json, os, pathlib, shutil, subprocess, tempfile

from delta_rows import delta_rows

SOURCES = """version: 2
sources:
  - name: raw
    schema: raw
    tables:
      - name: trips
        config:
          meta:
            weir:
              ingest:
                files: landing/trips-*.csv
                format: csv
                on_changed_file: reload
                quarantine: {max_ratio: 0.5}
        columns:
          - {name: id, data_type: bigint, data_tests: [unique, not_null]}
          - {name: city, data_type: varchar}
          - {name: fare, data_type: 'decimal(10,2)'}
"""
MODELS = {
    "stg_trips.sql": "{{ config(materialized='view') }}\nselect id, city, fare, _file from {{ source('raw', 'trips') }}\n",
    "cities.sql": "{{ config(materialized='table') }}\nselect city, count(*) as trips, sum(fare) as fares\n"
                  "from {{ ref('stg_trips') }} group by city\n",
    "fares.sql": "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id',\n"
                 "          tblproperties={'delta.enableDeletionVectors': true}) }}\n"
                 "select id, city, fare * 2 as double_fare, (select max(id) from {{ ref('stg_trips') }}) as newest\n"
                 "from {{ ref('stg_trips') }}\n"  # newest changes the rows that are merged again: their file gets a vector
                 "{% if is_incremental() %} where id > (select coalesce(max(id), 0) - 2 from {{ this }}) {% endif %}\n",
    "models.yml": "version: 2\nmodels:\n  - name: cities\n    columns:\n      - {name: city, data_tests: [unique]}\n"
                  "  - name: fares\n    columns:\n      - {name: id, data_tests: [unique, not_null]}\n",
}
CITIES = ["Lyon", "Oslo", "Graz", "Bari"]


def trips_file(k, rows=40):
    """Text of the k-th file: `rows` good rows and one bad one."""
    lines = ["id,city,fare"]
    for i in range(rows):
        number = k * rows + i + 1
        lines.append(f"{number},{CITIES[number % 4]},{number % 97}.{number % 10}0")
    lines.insert(1 + rows // 2, f"x{k},Nowhere,1.00")
    return "\n".join(lines) + "\n"


def scratch(name):
    """A temporary folder, in memory where there is room: what dies here is weir, not the disk, and a disk's fsync is most of the time."""
    memory = pathlib.Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 8 << 30
    return tempfile.TemporaryDirectory(prefix=f"weir-{name}-", dir=memory if roomy else None)


class World:
    def __init__(self, root: pathlib.Path, weir: str):
        self.root, self.weir = root, str(pathlib.Path(weir).resolve())
        self.merged = {}  # rows of files that have changed since the incremental model read them: a merge forgets no key

    def create(self, files=(0, 1)):
        shutil.rmtree(self.root, ignore_errors=True)
        self.merged = {}
        (self.root / "models").mkdir(parents=True)
        (self.root / "landing").mkdir()
        (self.root / "dbt_project.yml").write_text("name: world\nversion: '1.0'\nprofile: world\n")
        (self.root / "weir.yml").write_text("id: 0c9f5b44-33f2-4f0c-9d57-6d9e1d9f0a11\ntarget: lake\n")
        (self.root / "models" / "sources.yml").write_text(SOURCES)
        for name, text in MODELS.items():
            (self.root / "models" / name).write_text(text)
        for k in files:
            self.land(k)
        return self

    def land(self, k):
        (self.root / "landing" / f"trips-{k:03d}.csv").write_text(trips_file(k))

    def change(self, k, text):
        """Another content for a file that was loaded: its rows are exchanged, but the merged model keeps their keys."""
        good, _ = self.raw_rows()
        self.merged |= {row[0]: row for row, file in good if file == f"landing/trips-{k:03d}.csv"}
        (self.root / "landing" / f"trips-{k:03d}.csv").write_text(text)

    def configure(self, line):
        """One more setting of the source."""
        sources = self.root / "models" / "sources.yml"
        sources.write_text(sources.read_text().replace("            weir:\n", f"            weir:\n              {line}\n"))

    def save(self, target: pathlib.Path):
        """Keeps the state of the world; back() restores it in the same place (weir refuses a copied table, as it must)."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.root, target, symlinks=True)
        self.saved = target
        return self

    def back(self):
        shutil.rmtree(self.root)
        shutil.copytree(self.saved, self.root, symlinks=True)
        return self

    def run(self, *words, env=None, check=None, timeout=120):
        done = subprocess.run([self.weir, *words], cwd=self.root, env={**os.environ, **(env or {})}, capture_output=True,
                              text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        if check is not None and done.returncode != check:
            raise AssertionError(f"weir {' '.join(words)} exited {done.returncode}, not {check}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *words, env=None):
        return subprocess.Popen([self.weir, *words], cwd=self.root, env={**os.environ, **(env or {})},
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    # ------------------------------------------------------------ oracle
    def raw_rows(self):
        good, bad = [], []
        for path in sorted((self.root / "landing").glob("trips-*.csv")):
            with open(path, newline="") as file:
                for row in list(csv.reader(file))[1:]:
                    (good if row[0].isdigit() else bad).append((row, f"landing/{path.name}"))
        return good, bad

    def expected(self):
        good, bad = self.raw_rows()
        trips = collections.Counter((int(r[0]), r[1], r[2], f) for r, f in good)
        cities = collections.defaultdict(lambda: [0, 0])
        for r, _ in good:
            cities[r[1]][0] += 1
            cities[r[1]][1] += round(float(r[2]) * 100)
        fares = self.merged | {r[0]: r for r, _ in good}
        return {
            "raw/trips": trips,
            "raw/trips__quarantine": collections.Counter(f for _, f in bad),
            "main/cities": collections.Counter((c, n, s) for c, (n, s) in cities.items()),
            "main/fares": collections.Counter((int(r[0]), r[1], round(float(r[2]) * 200)) for r in fares.values()),
        }

    def published(self):
        def rows(folder):
            if not (self.root / "lake" / folder / "_delta_log").is_dir():
                return []
            return delta_rows(self.root / "lake" / folder).to_pylist()

        def label(file):  # the oracle does not care what the label is relative to
            return "landing/" + file.rsplit("/", 1)[-1]

        return {
            "raw/trips": collections.Counter((r["id"], r["city"], str(r["fare"]), label(r["_file"])) for r in rows("raw/trips")),
            "raw/trips__quarantine": collections.Counter(label(r["_file"]) for r in rows("raw/trips__quarantine")),
            "main/cities": collections.Counter((r["city"], r["trips"], round(float(r["fares"]) * 100)) for r in rows("main/cities")),
            "main/fares": collections.Counter((r["id"], r["city"], round(float(r["double_fare"]) * 100)) for r in rows("main/fares")),
        }

    def differences(self, expected=None):
        expected, found = expected or self.expected(), self.published()
        return [f"{name}: {len(list((expected[name] - found[name]).elements()))} rows missing, "
                f"{len(list((found[name] - expected[name]).elements()))} rows too many"
                for name in expected if expected[name] != found[name]]
