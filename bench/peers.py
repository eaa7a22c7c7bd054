# One engine beside velo, in a process of its own on one core. It reads lines of JSON:
# first what to load; then requests, for one run of the query, which it answers with the
# CPU time by getrusage, or for the last answer as a CSV file without a header.
import json, os, resource, sys

os.environ["POLARS_MAX_THREADS"] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def arrow(path):
    import pyarrow as pa

    with pa.OSFile(path) as f:
        return pa.ipc.open_stream(f).read_all()


def mapped(path):
    """A file of Arrow IPC as a table whose columns stand in the file."""
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(path)).read_all()


def typed(types, kind, struct):
    """The engine's type of a kind; of an object, whose kind is "name kind, name kind", what struct makes of its fields."""
    if kind in types:
        return types[kind]
    return struct([(name, types[k]) for name, k in (field.split(" ") for field in kind.split(", "))])


class DuckDB:
    types = {"int": "BIGINT", "double": "DOUBLE", "text": "VARCHAR", "decimal": "DECIMAL(18,4)"}

    def __init__(self, s):
        import duckdb

        self.version = duckdb.__version__
        self.con = duckdb.connect()
        self.con.execute("SET threads = 1; SET enable_progress_bar = false")
        self.opened = []  # Arrow files, which each run opens
        for t in s["tables"]:
            self.table(t)
        self.file = s["file"]
        self.query = "CREATE TEMP TABLE answer AS " + s["query"]
        if self.file:
            form = {"csv": "FORMAT csv, HEADER true", "jsonl": "FORMAT json"}[s["answer"]]
            self.query = f"COPY ({s['query']}) TO {quoted(self.file)} ({form})"

    def table(self, t):
        path, name = quoted(t["path"]), '"' + t["name"] + '"'
        struct = lambda fields: "STRUCT(" + ", ".join(f"{name} {kind}" for name, kind in fields) + ")"
        columns = ", ".join(f"{quoted(c)}: '{typed(self.types, k, struct)}'" for c, k in t["columns"])
        if t["format"] == "arrows":
            loaded = arrow(t["path"])
            self.con.execute(f"CREATE TABLE {name} AS SELECT * FROM loaded")
            return
        if t["format"] == "arrow":  # its own reader is an extension; a table costs it less than a dataset
            self.opened.append((t["name"], t["path"]))
            return
        plain = ", quote = '', escape = '', auto_detect = false" if t["plain"] else ""
        source = {
            "csv": f"SELECT * FROM read_csv({path}, delim = {quoted(t['delimiter'])}, header = {t['header']}, columns = {{{columns}}}{plain})",
            "jsonl": f"SELECT * FROM read_json({path}, format = 'newline_delimited', columns = {{{columns}}})",
            "parquet": f"SELECT * FROM read_parquet({path})",
            "capture": "SELECT unnest(from_json(payload, '{%s}')) FROM read_json(%s, format = 'newline_delimited', columns = {'payload': 'VARCHAR'})"
            % (", ".join(f'"{c}": "{typed(self.types, k, struct)}"' for c, k in t["columns"]), path),
        }[t["format"]]
        self.con.execute(f"CREATE VIEW {name} AS {source}")

    def forget(self):
        self.con.execute("DROP TABLE IF EXISTS answer")

    def run(self):
        for name, path in self.opened:
            self.con.register(name, mapped(path))
        self.con.execute(self.query)

    def answer(self, path):
        self.con.execute(f"COPY answer TO {quoted(path)} (FORMAT csv, HEADER false)")


class DataFusion:
    def __init__(self, s):
        import datafusion

        self.version = datafusion.__version__
        self.ctx = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(1))
        self.opened = []  # Arrow files, which each run opens: what register_arrow reads of them costs it ten times more
        for t in s["tables"]:
            self.table(t)
        self.query, self.file, self.format = s["query"], s["file"], s["answer"]

    def table(self, t):
        import pyarrow as pa

        types = {"int": pa.int64(), "double": pa.float64(), "text": pa.string(), "decimal": pa.decimal128(18, 4)}
        schema = pa.schema([(c, typed(types, k, pa.struct)) for c, k in t["columns"]])
        if t["format"] == "arrows":
            self.ctx.register_record_batches(t["name"], [arrow(t["path"]).to_batches()])
        elif t["format"] == "arrow":
            self.opened.append((t["name"], t["path"]))
        elif t["format"] == "csv":
            self.ctx.register_csv(t["name"], t["path"], schema=schema, has_header=t["header"], delimiter=t["delimiter"], file_extension=".csv")
        elif t["format"] == "jsonl":
            self.ctx.register_json(t["name"], t["path"], schema=schema, file_extension=".jsonl")
        elif t["format"] == "parquet":
            self.ctx.register_parquet(t["name"], t["path"])
        else:
            raise ValueError("it has no way to read " + t["format"])

    def forget(self):
        self.batches = None

    def run(self):
        for name, path in self.opened:
            self.ctx.deregister_table(name)
            self.ctx.register_record_batches(name, [mapped(path).to_batches()])
        frame = self.ctx.sql(self.query)
        if not self.file:
            self.batches = frame.collect()
            return
        if os.path.exists(self.file):
            os.remove(self.file)
        if self.format == "csv":
            frame.write_csv(self.file, with_header=True)
        else:
            frame.write_json(self.file)

    def answer(self, path):
        import pyarrow as pa, pyarrow.csv

        batches = [b for b in self.batches if b.num_rows > 0]
        if not batches:
            open(path, "w").close()
            return
        table = pa.Table.from_batches(batches)
        plain = [pa.field(f.name, pa.string() if f.type == pa.string_view() else f.type) for f in table.schema]
        table = table.cast(pa.schema(plain))  # the writer of CSV has no views
        pa.csv.write_csv(table, path, pa.csv.WriteOptions(include_header=False))


class ClickHouse:
    types = {"int": "Int64", "double": "Float64", "text": "String", "decimal": "Decimal(18, 4)"}

    def __init__(self, s):
        import chdb
        from chdb import session

        self.version = chdb.__version__
        self.session = session.Session()
        self.session.query("SET max_threads = 1")
        self.session.query("SET max_insert_threads = 1")
        self.session.query("SET output_format_decimal_trailing_zeros = 1")
        self.session.query("SET format_csv_null_representation = ''")
        for t in s["tables"]:
            self.table(t)
        self.file = s["file"]
        self.format = {"csv": "CSVWithNames", "jsonl": "JSONEachRow"}.get(s["answer"])
        self.query = s["query"]

    def table(self, t):
        path, name = quoted(t["path"]), '"' + t["name"] + '"'
        struct = lambda fields: "Tuple(" + ", ".join(f"{name} {kind}" for name, kind in fields) + ")"
        kind = lambda k: f"Nullable({self.types[k]})" if t["nulls"] and k in self.types else typed(self.types, k, struct)
        structure = quoted(", ".join(f"`{c}` {kind(k)}" for c, k in t["columns"]))
        if t["format"] == "arrows":
            self.session.query(f"CREATE TABLE {name} ENGINE = Memory AS SELECT * FROM file({path}, ArrowStream, {structure})")
            return
        source = {
            "csv": f"SELECT * FROM file({path}, {'CSVWithNames' if t['header'] else 'CSV'}, {structure}) SETTINGS format_csv_delimiter = {quoted(t['delimiter'])}",
            "jsonl": f"SELECT * FROM file({path}, JSONEachRow, {structure})",
            "parquet": f"SELECT * FROM file({path}, Parquet, {structure})",
            "arrow": f"SELECT * FROM file({path}, Arrow, {structure})",
            "capture": f"SELECT %s FROM file({path}, JSONEachRow, 'payload String')"
            % ", ".join(f"JSONExtract(payload, {quoted(c)}, {quoted(kind(k))}) AS `{c}`" for c, k in t["columns"]),
        }[t["format"]]
        self.session.query(f"CREATE VIEW {name} AS {source}")

    def forget(self):
        self.session.query("DROP TABLE IF EXISTS answer")

    def run(self):
        if self.file:
            self.session.query(f"{self.query} INTO OUTFILE {quoted(self.file)} TRUNCATE FORMAT {self.format}")
            return
        self.session.query("CREATE TABLE answer ENGINE = Memory AS " + self.query)

    def answer(self, path):
        with open(path, "wb") as f:
            f.write(self.session.query("SELECT * FROM answer", "CSV").bytes())


class Polars:
    def __init__(self, s):
        import polars as pl

        self.version = pl.__version__
        self.types = {"int": pl.Int64, "double": pl.Float64, "text": pl.String, "decimal": pl.Decimal(18, 4)}
        tables = {t["name"]: self.table(pl, t) for t in s["tables"]}
        self.query, self.file, self.format = eval(s["query"], {"pl": pl, "t": next(iter(tables.values()))} | tables), s["file"], s["answer"]
        times = {}
        for self.engine in ("in-memory", "streaming") * 2:  # it is asked in the way that costs it less, the first run of all apart
            self.forget()
            before = cpu()
            self.run()
            times[self.engine] = cpu() - before
        self.engine = min(times, key=times.get)

    def table(self, pl, t):
        columns = {c: typed(self.types, k, lambda fields: pl.Struct(dict(fields))) for c, k in t["columns"]}
        if t["format"] == "arrows":
            return pl.read_ipc_stream(t["path"]).rechunk().lazy()
        if t["format"] == "csv":
            return pl.scan_csv(t["path"], schema=columns, has_header=t["header"], separator=t["delimiter"], quote_char=None if t["plain"] else '"')
        if t["format"] == "jsonl":
            return pl.scan_ndjson(t["path"], schema=columns)
        if t["format"] == "parquet":
            return pl.scan_parquet(t["path"])
        if t["format"] == "arrow":
            return pl.scan_ipc(t["path"])
        payload = pl.col("payload").str.json_decode(pl.Struct(columns))
        return pl.scan_ndjson(t["path"], schema={"payload": pl.String}).select(payload).unnest("payload")

    def forget(self):
        self.rows = None

    def run(self):
        if self.file and self.format == "csv":
            self.query.sink_csv(self.file, engine=self.engine)
        elif self.file:
            self.query.sink_ndjson(self.file, engine=self.engine)
        else:
            self.rows = self.query.collect(engine=self.engine)

    def answer(self, path):
        self.rows.write_csv(path, include_header=False)


def reply(**values):
    print(json.dumps(values), flush=True)


def main():
    engines = {"duckdb": DuckDB, "datafusion": DataFusion, "clickhouse": ClickHouse, "polars": Polars}
    try:
        s = json.loads(sys.stdin.readline())
        engine = engines[s["engine"]](s)
        reply(version=engine.version)
        for line in sys.stdin:
            request = json.loads(line)
            if request["answer"]:
                engine.answer(request["answer"])
                reply()
            else:
                engine.forget()  # the last answer, as our own side does
                before = cpu()
                engine.run()
                reply(cpu=cpu() - before)
    except Exception as e:
        reply(error=f"{type(e).__name__}: {e}")


main()
