# Makes the files of this folder, with pyarrow 26 and DuckDB 2.0:
#   python3 generate.py
import datetime as d
import decimal
import math
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

D = decimal.Decimal
utc = d.timezone.utc
n = 5


def opt(values):  # every third is missing
    return [None if i % 3 == 2 else v for i, v in enumerate(values)]


scalars = pa.table({
    "b": pa.array(opt([True, False, True, False, True]), pa.bool_()),
    "i8": pa.array(opt([-128, 127, 0, 1, 2]), pa.int8()),
    "i16": pa.array(opt([-32768, 32767, 0, 1, 2]), pa.int16()),
    "i32": pa.array(opt([-(2**31), 2**31 - 1, 0, 1, 2]), pa.int32()),
    "i64": pa.array(opt([-(2**63), 2**63 - 1, 0, 1, 2]), pa.int64()),
    "u8": pa.array(opt([255, 0, 1, 2, 3]), pa.uint8()),
    "u16": pa.array(opt([65535, 0, 1, 2, 3]), pa.uint16()),
    "u32": pa.array(opt([2**32 - 1, 0, 1, 2, 3]), pa.uint32()),
    "u64": pa.array(opt([2**63 - 1, 0, 1, 2, 3]), pa.uint64()),
    "f16": pa.array(opt([1.5, -2.0, 0.0, 65504.0, 1.0]), pa.float16()),
    "f32": pa.array(opt([1.5, -0.25, 0.0, math.nan, math.inf]), pa.float32()),
    "f64": pa.array(opt([0.1, 1e300, 0.0, math.nan, -math.inf]), pa.float64()),
    "d9": pa.array(opt([D("1234567.89"), D("-0.01"), D(0), D("0.10"), D(1)]), pa.decimal128(9, 2)),
    "d18": pa.array(opt([D("-1234567890123456.78"), D("0.01"), D(0), D("0.10"), D(1)]), pa.decimal128(18, 2)),
    "d38": pa.array(opt([D("-" + "9" * 38), D("9" * 38), D(0), D(5), D(-1)]), pa.decimal128(38, 0)),
    "s": pa.array(opt(["", "a,b", "x", "é\n", "z" * 40]), pa.string()),
    "y": pa.array(opt([b"", b"\x00\xff", b"x", b"ab", b"c"]), pa.binary()),
    "fx": pa.array(opt([b"abc", b"\x00\x01\x02", b"xyz", b"123", b"zzz"]), pa.binary(3)),
    "da": pa.array(opt([d.date(1, 1, 1), d.date(9999, 12, 31), d.date(2000, 1, 1), d.date(1969, 12, 31), d.date(2024, 2, 29)]), pa.date32()),
    "tm": pa.array(opt([d.time(0, 0), d.time(23, 59, 59, 999000), d.time(1), d.time(12, 34, 56, 789000), d.time(2)]), pa.time32("ms")),
    "tu": pa.array(opt([d.time(0, 0), d.time(23, 59, 59, 999999), d.time(1), d.time(12, 34, 56, 789001), d.time(2)]), pa.time64("us")),
    "tn": pa.array(opt([0, 86399999999999, 0, 1999, 1]), pa.time64("ns")),
    "ts": pa.array(opt([-1, 1709210096789, 0, 5, 6]), pa.timestamp("ms", tz="UTC")),
    "tsu": pa.array(opt([-1, 1709210096789001, 0, 5, 6]), pa.timestamp("us", tz="UTC")),
    "tsn": pa.array(opt([-1, 1709210096789001999, 0, 5999, 6]), pa.timestamp("ns")),
    "dict": pa.array(opt(["red", "green", "blue", "red", "red"]), pa.dictionary(pa.int8(), pa.string())),
    "no": pa.array([None] * n, pa.null()),
})
for codec in ["none", "snappy", "gzip", "zstd", "lz4"]:
    pq.write_table(scalars, f"scalars-{codec}.parquet", compression=codec)
pq.write_table(scalars, "scalars-v2.parquet", data_page_version="2.0", version="2.6", use_dictionary=False, compression="zstd", write_page_checksum=True)
pq.write_table(scalars.select(["s"]), "brotli.parquet", compression="brotli")

# Small pages and groups, so that batches cross them; each encoding.
m = 3000
numbers = pa.table({
    "i32": pa.array([(i * 7919) % 1000 - 500 if i % 11 else None for i in range(m)], pa.int32()),
    "i64": pa.array([i * i * (-1) ** i for i in range(m)], pa.int64()),
    "f": pa.array([i / 7 for i in range(m)], pa.float32()),
    "d": pa.array([i / 3 for i in range(m)], pa.float64()),
    "s": pa.array([f"key-{i % 17}" * (i % 3 + 1) if i % 5 else None for i in range(m)], pa.string()),
    "u": pa.array([f"unique-{i:05d}" for i in range(m)], pa.string()),
    "b": pa.array([i % 3 == 0 for i in range(m)], pa.bool_()),
    "l": pa.array([list(range(i % 4)) if i % 7 else None for i in range(m)], pa.list_(pa.int64())),
})
small = dict(data_page_size=200, row_group_size=700, write_batch_size=50)
pq.write_table(numbers, "many-dict.parquet", **small)
pq.write_table(numbers, "many-plain.parquet", use_dictionary=False, **small)
pq.write_table(numbers, "many-delta.parquet", use_dictionary=False, data_page_version="2.0", compression="snappy",
               column_encoding={"i32": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED", "f": "BYTE_STREAM_SPLIT", "d": "BYTE_STREAM_SPLIT",
                                "s": "DELTA_LENGTH_BYTE_ARRAY", "u": "DELTA_BYTE_ARRAY", "b": "RLE", "l.list.element": "DELTA_BINARY_PACKED"}, **small)
# A dictionary that is given up in the middle of the chunk.
pq.write_table(numbers, "many-fallback.parquet", dictionary_pagesize_limit=300, **small)

inner = pa.struct([("a", pa.int64()), ("l", pa.list_(pa.string()))])
nested = pa.table({
    "id": pa.array(range(6), pa.int64()),
    "l": pa.array([[1, None, 3], [], None, [4], [None], [5, 6]], pa.list_(pa.int64())),
    "ll": pa.array([[[1], [], None, [2, 3]], None, [], [[]], [None], [[4, None]]], pa.list_(pa.list_(pa.int32()))),
    "st": pa.array([{"a": 1, "l": ["x", None]}, None, {"a": None, "l": None}, {"a": 2, "l": []}, {"a": 3, "l": ["y"]}, {"a": 4, "l": ["z"]}], inner),
    "m": pa.array([[("k", 1), ("j", None)], [], None, [("a", 2), ("a", 3)], [("b", 4)], [("c", 5)]], pa.map_(pa.string(), pa.int64())),
    "ls": pa.array([[{"a": 1, "l": ["p"]}, None], [], None, [{"a": None, "l": None}], [{"a": 2, "l": []}], [{"a": 3, "l": [None]}]], pa.list_(inner)),
    "ml": pa.array([[(1, ["x"])], None, [], [(2, None)], [(3, [])], [(4, [None, "y"])]], pa.map_(pa.int32(), pa.list_(pa.string()))),
})
pq.write_table(nested, "nested.parquet")
pq.write_table(nested, "nested-v2.parquet", data_page_version="2.0", data_page_size=8, write_batch_size=1, row_group_size=4)

pq.write_table(pa.table({"t": pa.array([1709210096789001999, 0, -1], pa.timestamp("ns"))}), "int96.parquet", use_deprecated_int96_timestamps=True)
pq.write_table(pa.table({"id": pa.array([1, 2, 3]), "u": pa.array([1, 2**63, 2**64 - 1], pa.uint64())}), "uint64.parquet")
pq.write_table(pa.table({"id": pa.array([1]), "d": pa.array([D("1" * 50)], pa.decimal256(60, 2))}), "decimal256.parquet")
pq.write_table(pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", ""]), "names.parquet")
pq.write_table(pa.table({"a": pa.array([], pa.int64()), "s": pa.array([], pa.string())}), "empty.parquet")
pq.write_table(pa.table({"id": pa.array([1, 2, 3]), "s": pa.array([b"ok", b"\xff", b"fine"], pa.binary()).view(pa.string())}), "utf8.parquet")

duckdb.sql("""COPY (SELECT i AS id, uuid AS u, 'k' || (i % 3) AS k, i * 1.5::DECIMAL(20,3) AS d, [i, NULL, i + 1] AS l, {'x': i, 'y': [{'z': i::VARCHAR}]} AS st,
 MAP {'a': i, 'b': NULL} AS m, i::UTINYINT AS u8, TIMESTAMPTZ '2024-02-29 12:34:56.789012+00' + INTERVAL (i) HOUR AS tz, TIME '12:34:56.789' AS t, INTERVAL '1 month 2 days 3 seconds' AS iv
 FROM (SELECT i, '00000000-0000-0000-0000-00000000000' || i AS s, s::UUID AS uuid FROM range(6) r(i))) TO 'duckdb.parquet' (COMPRESSION zstd)""")
