# Makes the container files of this folder, with fastavro 1.13 (and cramjam):
#   python3 generate.py
import datetime
import decimal

import fastavro

schema = {"type": "record", "name": "T", "namespace": "a.b", "fields": [
    {"name": "id", "type": "long"},
    {"name": "s", "type": ["null", "string"], "default": None},
    {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "t", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "l", "type": {"type": "array", "items": "int"}},
    {"name": "u", "type": ["int", "string"]},
    {"name": "date", "type": {"type": "int", "logicalType": "date"}},
]}
start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
rows = [{"id": i, "s": None if i % 3 == 0 else f"v{i}", "d": decimal.Decimal(i) / 4, "t": start + datetime.timedelta(microseconds=i), "l": list(range(i % 3)),
         "u": i if i % 2 else "x", "date": datetime.date(2024, 2, 28) + datetime.timedelta(days=i)} for i in range(40)]
for codec in ["null", "deflate", "snappy", "bzip2", "xz"]:
    fastavro.writer(open(f"{codec}.avro", "wb"), schema, rows, codec=codec, sync_interval=300, sync_marker=b"0123456789abcdef")
