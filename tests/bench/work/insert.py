# SPDX-License-Identifier: GPL-2.0-only
"""300 inserts into an SQLite table, each a transaction that is on the disk when it ends."""
import sqlite3

base = sqlite3.connect("base.sqlite", isolation_level=None)
base.execute("PRAGMA synchronous = FULL")
base.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, amount REAL)")
for i in range(300):
    base.execute("INSERT INTO t (name, amount) VALUES (?, ?)", (f"row {i}", i / 7))
assert base.execute("SELECT count(*), sum(id) FROM t").fetchone() == (300, 45150)
base.close()
