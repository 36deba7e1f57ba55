"""Whether a table's log is a history that the Delta protocol allows, told from its files alone: no code of weir or of another engine.

A place is a table's folder: its keys, the bytes of one, and how big the others are.
"""
import base64, io, json, pathlib, uuid
from urllib.parse import unquote

import pyarrow.parquet as pq


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    def sizes(self):
        return {str(f.relative_to(self.path)): f.stat().st_size for f in self.path.rglob("*") if f.is_file()}

    def read(self, key):
        return (self.path / key).read_bytes()


class Bucket:
    """The same on S3, for a boto3 client."""

    def __init__(self, client, bucket, prefix):
        self.client, self.bucket, self.prefix = client, bucket, prefix.rstrip("/") + "/"

    def sizes(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        return {o["Key"].removeprefix(self.prefix): o["Size"] for page in pages for o in page.get("Contents", [])}

    def read(self, key):
        return self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"].read()


def vector_key(vector):
    """Where a deletion vector lies in the table's folder; None if it is in the log itself."""
    kind, text = vector["storageType"], vector["pathOrInlineDv"]
    if kind != "u":
        return None if kind == "i" else text
    prefix, code = text[:-20], text[-20:]  # base85 as Python's b85decode has it not: Z85
    return (prefix + "/" if prefix else "") + f"deletion_vector_{uuid.UUID(bytes=z85(code))}.bin"


def z85(text):
    digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    theirs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    return base64.b85decode(text.translate(str.maketrans(digits, theirs)))


def identity(action):
    vector = action.get("deletionVector")
    return unquote(action["path"]), (vector["storageType"], vector["pathOrInlineDv"], vector.get("offset")) if vector else None


class Log:
    """The log replayed from version 0. `versions` are (commitInfo, actions), `live` the files of the last one."""

    def __init__(self, place):
        self.place, self.wrong, self.versions, self.live, self.seen = place, [], [], {}, {}
        self.sizes = place.sizes()
        found = sorted(int(k[11:31]) for k in self.sizes if k.startswith("_delta_log/") and k[11:31].isdigit() and k[31:] == ".json")
        if found != list(range(len(found))):
            self.wrong.append(f"versions {found}")
        self.features, self.properties, self.time, self.mark = set(), {}, 0, -1
        for version in found:
            self.replay(version)

    def replay(self, version):
        info, actions = {}, []
        for line in self.place.read(f"_delta_log/{version:020}.json").decode().splitlines():
            (kind, fields), = json.loads(line).items()
            if kind == "commitInfo":
                info = fields
            else:
                actions.append((kind, fields))
        self.versions.append((info, actions))
        told = lambda text: self.wrong.append(f"version {version}: {text}")
        for kind, fields in actions:
            if kind == "protocol":
                self.features = set(fields.get("writerFeatures") or [])
            elif kind == "metaData":
                self.properties = fields["configuration"]
        removed = [fields for kind, fields in actions if kind == "remove"]
        added = [fields for kind, fields in actions if kind == "add"]
        for file in removed:
            if self.live.pop(identity(file)[0], (None,))[0] != identity(file):
                told(f"removes {identity(file)}, which is not there")
        for file in added:
            path = identity(file)[0]
            if path in self.live:
                told(f"adds {path}, which is there")
            if identity(file) in self.seen and info.get("operation") not in ("RESTORE", "CLUSTERING"):
                told(f"adds {identity(file)} again, which version {self.seen[identity(file)]} had")
            self.live[path], self.seen[identity(file)] = (identity(file), file), version
        if info.get("isBlindAppend") and (removed or not all(a["dataChange"] for a in added) or any(k == "cdc" for k, _ in actions)):
            told("is no blind append, as it says")
        if info.get("readVersion", version - 1) >= version:
            told(f"has read version {info['readVersion']}")
        if "inCommitTimestamp" in self.features and self.properties.get("delta.enableInCommitTimestamps") == "true":
            if info.get("inCommitTimestamp", 0) <= self.time:
                told(f"time {info.get('inCommitTimestamp')} after {self.time}")
            self.time = info.get("inCommitTimestamp", 0)
        if "rowTracking" in self.features:
            self.row_ids(actions, told)
        self.summaries(version, info, told)

    def summaries(self, version, info, told):
        """What else the log holds of this version repeats it: the checksum, and checkpoints in one Parquet file."""
        if (name := f"_delta_log/{version:020}.crc") in self.sizes:
            crc, sizes = json.loads(self.place.read(name)), [f["size"] for _, f in self.live.values()]
            if (crc["numFiles"], crc["tableSizeBytes"]) != (len(sizes), sum(sizes)):
                told(f"its checksum says {crc['numFiles']} files of {crc['tableSizeBytes']} bytes, not {len(sizes)} of {sum(sizes)}")
            if "txnId" in crc and crc["txnId"] != info.get("txnId"):
                told("its checksum is of another commit")
        for name in self.sizes:
            if name.startswith(f"_delta_log/{version:020}.checkpoint.") and name.endswith(".parquet"):
                rows = pq.read_table(io.BytesIO(self.place.read(name)), columns=["add"]).column("add").to_pylist()
                if not name.endswith(".checkpoint.parquet") and "sidecar" in pq.read_schema(io.BytesIO(self.place.read(name))).names:
                    continue  # files may be in sidecars
                if (found := sorted(identity(row) for row in rows if row)) != sorted(key for key, _ in self.live.values()):
                    told(f"its checkpoint has {found}")

    def row_ids(self, actions, told):
        """Ids are given once: each new range lies above all that were given before."""
        mark = self.mark
        for fields in (f for kind, f in actions if kind == "add"):
            rows = json.loads(fields["stats"])["numRecords"]
            first = fields.get("baseRowId")
            if first is None or fields.get("defaultRowCommitVersion") is None:
                told(f"gives no row ids to {fields['path']}")
            elif first > self.mark:
                if first <= mark:
                    told(f"gives the row id {first} twice")
                mark = max(mark, first + rows - 1)
        for fields in (f for kind, f in actions if kind == "domainMetadata" and f["domain"] == "delta.rowTracking"):
            if json.loads(fields["configuration"])["rowIdHighWaterMark"] != mark:
                told(f"has given row ids up to {mark}, and says {fields['configuration']}")
        self.mark = mark

    def needed(self):
        """Keys of the live files and their vectors."""
        keys = set()
        for _, file in self.live.values():
            keys.add(unquote(file["path"]))
            if vector := file.get("deletionVector"):
                keys |= {vector_key(vector)} - {None}
        return keys

    def problems(self):
        lost = sorted(k for k in self.needed() if k not in self.sizes)
        short = [f["path"] for _, f in self.live.values() if self.sizes.get(unquote(f["path"]), f["size"]) != f["size"]]
        return self.wrong + [f"lost: {k}" for k in lost] + [f"not as long as the log says: {p}" for p in short]

    def strays(self):
        """Files beside the log that the last version does not need."""
        return sorted(k for k in self.sizes if not k.startswith(("_delta_log/", "_weir/")) and k not in self.needed())
