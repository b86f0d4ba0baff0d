"""pandas, pyarrow, polars and DuckDB read what image-drift wrote: columns and their order, types, row count, values.

    python3 check_parquet.py FILE.parquet EXPECTED.json

EXPECTED.json, in which every key except "columns" is optional:

    {"columns": ["embeddings", "plane", …], "rows": 2, "metadata": {"tap": "fc.0", …},
     "values": {"embeddings": [[0.1, 0.2], …], "target": ["plane", null], …}}

Numbers are compared as float32 to the last bit. Needs pyarrow and pandas; uses polars and duckdb if they are installed.
Exits with 0, or with 1 after printing the differences.
"""
import json
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

TEXT = {"target", "image_url", "event_id", "image_phash", "image_grid"}


def expected_type(name):
    if name == "embeddings":
        return pa.list_(pa.float32())
    if name == "timestamp":
        return pa.int64()
    if name.endswith("_score"):
        return pa.float64()
    return pa.string() if name in TEXT else pa.float32()


def normal(name, values):
    """Python lists with None for every kind of missing value, floats as their float32 bits."""
    if name == "embeddings":
        return [np.asarray(v, dtype=np.float32).tobytes() for v in values]
    if name in TEXT or name == "timestamp":
        return [None if v is None or v != v else (int(v) if name == "timestamp" else v) for v in values]
    missing = np.float32(np.nan)
    return [(missing if v is None or v != v else np.float32(v)).tobytes() for v in values]


def tables(path):
    """Yields the same table from each installed reader, as (reader, column names, function name → list)."""
    arrow = pq.read_table(path)
    yield "pyarrow", arrow.column_names, lambda n: arrow.column(n).to_pylist()
    frame = pd.read_parquet(path)
    yield "pandas", list(frame.columns), lambda n: [None if v is pd.NA else v for v in frame[n].astype(object)]
    try:
        import polars
    except ImportError:
        print("polars: not installed")
    else:
        lazy = polars.read_parquet(path)
        yield "polars", lazy.columns, lambda n: lazy[n].to_list()
    try:
        import duckdb
    except ImportError:
        print("duckdb: not installed")
    else:
        relation = duckdb.sql(f"select * from read_parquet('{path}')")
        rows = relation.fetchall()
        yield "duckdb", relation.columns, lambda n: [row[relation.columns.index(n)] for row in rows]


def main(path, expected_path):
    with open(expected_path, encoding="utf-8") as file:
        expected = json.load(file)
    problems = []
    schema = pq.read_schema(path)
    for name in expected["columns"]:
        if name in schema.names and schema.field(name).type != expected_type(name):
            problems.append(f"{name}: type {schema.field(name).type}, not {expected_type(name)}")
    if str(schema.field("embeddings").type) != "list<element: float>":
        problems.append(f"embeddings shows as {schema.field('embeddings').type}")
    metadata = json.loads((schema.metadata or {}).get(b"image_drift", b"{}"))
    for key, value in expected.get("metadata", {}).items():
        if metadata.get(key) != value:
            problems.append(f"metadata {key}: {metadata.get(key)!r}, not {value!r}")
    for reader, columns, column in tables(path):
        if list(columns) != expected["columns"]:
            problems.append(f"{reader}: columns {list(columns)}, not {expected['columns']}")
            continue
        rows = len(column("embeddings"))
        if rows != expected.get("rows", rows):
            problems.append(f"{reader}: {rows} rows, not {expected['rows']}")
        for name, values in expected.get("values", {}).items():
            got, want = normal(name, column(name)), normal(name, values)
            if got != want:
                row = next((i for i, (g, w) in enumerate(zip(got, want)) if g != w), min(len(got), len(want)))
                problems.append(f"{reader}: column {name} differs in row {row}")
        print(f"{reader}: {rows} rows read")
    for problem in problems:
        print(f"FAILED {path}: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
