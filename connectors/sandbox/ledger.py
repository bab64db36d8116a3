"""What the sandbox knows, in one SQLite file: accounts, containers, live posts, and every call it received.

The file survives restarts and kills: each statement outside `transaction()` is committed before it returns. It is not
flushed to the disk each time, so it may lose its end when the machine itself loses power.
"""

# ruff: noqa: S608 (names in these statements are our own; values travel as parameters)

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import Any

from connectors.sandbox.records import Account, Container, LivePost, Token

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
    issued_at REAL NOT NULL, expires_at REAL NOT NULL, PRIMARY KEY (token, account));
CREATE TABLE IF NOT EXISTS containers (
    id TEXT PRIMARY KEY, platform TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL,
    created_at REAL NOT NULL, ready_at REAL NOT NULL, params TEXT NOT NULL, children TEXT NOT NULL,
    media TEXT NOT NULL, checked INTEGER NOT NULL, error TEXT NOT NULL, post TEXT UNIQUE);
CREATE INDEX IF NOT EXISTS containers_by_account ON containers (account, created_at);
CREATE TABLE IF NOT EXISTS posts (
    id TEXT PRIMARY KEY, platform TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, caption TEXT NOT NULL,
    path TEXT NOT NULL, shortcode TEXT NOT NULL, published_at REAL NOT NULL, listed_at REAL NOT NULL,
    container TEXT UNIQUE, origin TEXT NOT NULL, call INTEGER NOT NULL, media TEXT NOT NULL, facts TEXT NOT NULL,
    comments_enabled INTEGER NOT NULL, deleted_at REAL);
CREATE INDEX IF NOT EXISTS posts_by_account ON posts (account, published_at);
CREATE INDEX IF NOT EXISTS posts_by_path ON posts (path);
CREATE TABLE IF NOT EXISTS comments (
    id TEXT PRIMARY KEY, post TEXT NOT NULL, username TEXT NOT NULL, text TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, account TEXT NOT NULL,
    params TEXT NOT NULL, faults TEXT NOT NULL, status INTEGER, seconds REAL, outcome TEXT NOT NULL);
"""
TABLES = ("accounts", "tokens", "containers", "posts", "comments", "calls")


class LedgerInUse(Exception):
    """Another sandbox has this directory open."""


LedgerClosed = sqlite3.ProgrammingError  # what SQLite raises once the connection is closed


class Ledger:
    """One connection behind one lock: a sandbox is a single process, and SQLite writes one at a time anyway."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.media = directory / "media"
        self.media.mkdir(parents=True, exist_ok=True)
        self._claim_directory()
        self._lock = threading.RLock()
        self._db = sqlite3.connect(directory / "ledger.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(SCHEMA)
        self._load_accounts()

    def _claim_directory(self) -> None:
        self._claim = (self.directory / "lock").open("w")
        try:
            fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            self._claim.close()
            raise LedgerInUse(f"Another sandbox is using {self.directory}.") from e

    def close(self) -> None:
        """Give file and directory free."""
        with self._lock:
            self._db.close()
            self._claim.close()

    def run(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Execute one statement and fetch what it answers."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def changed(self, sql: str, *values: Any) -> int:
        """Execute one statement; how many rows it changed."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else in between. May stand inside another one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:  # an open transaction would hold everybody up, whatever ended this one
                self._db.execute("ROLLBACK")
                self._load_accounts()
                raise
            self._db.execute("COMMIT")

    def insert(self, table: str, values: dict[str, Any]) -> int:
        """Add one row; lists and dicts are kept as JSON. Answers the row's number."""
        flat = [json.dumps(v) if isinstance(v, list | dict) else v for v in values.values()]
        marks = ", ".join("?" * len(flat))
        with self._lock:
            done = self._db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", flat)
            return done.lastrowid or 0

    def forget_everything(self) -> None:
        """Empty all tables but the settings."""
        with self.transaction():
            for table in TABLES:
                self._db.execute(f"DELETE FROM {table}")
            self._load_accounts()

    # --- settings -----------------------------------------------------------------------------------------------

    def setting(self, key: str, default: Any) -> Any:
        """A kept value, or the default."""
        rows = self.run("SELECT value FROM settings WHERE key = ?", key)
        return json.loads(rows[0]["value"]) if rows else default

    def keep_setting(self, key: str, value: Any) -> None:
        """Keep a value over restarts."""
        self.run("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", key, json.dumps(value))

    # --- accounts -----------------------------------------------------------------------------------------------
    # Every call asks for a token and its account, so these two tables are also kept in memory.

    def _load_accounts(self) -> None:
        accounts = (Account(**json.loads(row["data"])) for row in self.run("SELECT data FROM accounts ORDER BY rowid"))
        self._accounts = {account.id: account for account in accounts}
        self._by_name = {account.username: account for account in self._accounts.values()}
        self._tokens: dict[str, list[Token]] = {}
        for row in self.run("SELECT * FROM tokens ORDER BY rowid"):
            self._tokens.setdefault(row["token"], []).append(Token(**dict(row)))

    def save_account(self, account: Account) -> None:
        """Add it or replace the one with this id. sqlite3.IntegrityError when another one has its username."""
        sql = (
            "INSERT INTO accounts (id, username, data) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET username = excluded.username, data = excluded.data"
        )
        with self._lock:
            self.run(sql, account.id, account.username, json.dumps(asdict(account)))
            if old := self._accounts.get(account.id):
                self._by_name.pop(old.username, None)
            self._accounts[account.id] = self._by_name[account.username] = account

    def accounts(self) -> list[Account]:
        """All, in the order they were added."""
        return list(self._accounts.values())

    def account(self, id_or_username: str) -> Account | None:
        """By id or by username."""
        return self._accounts.get(id_or_username) or self._by_name.get(id_or_username)

    def save_token(self, token: Token) -> None:
        """Add it or replace it."""
        with self._lock:
            marks = ", ".join("?" * 6)
            self.run(f"INSERT OR REPLACE INTO tokens VALUES ({marks})", *astuple(token))
            others = [row for row in self._tokens.get(token.token, []) if row.account != token.account]
            self._tokens[token.token] = [*others, token]

    def tokens(self, token: str) -> list[Token]:
        """The rows of one token: one per account that it opens."""
        return self._tokens.get(token, [])

    def tokens_of(self, account: str) -> list[Token]:
        """Every token of one account."""
        return [row for rows in self._tokens.values() for row in rows if row.account == account]

    def set_token(self, token: str, state: str, expires_at: float | None = None) -> None:
        """Change a token's state, and when it expires if given."""
        for row in self.tokens(token):
            expiry = row.expires_at if expires_at is None else expires_at
            self.save_token(replace(row, state=state, expires_at=expiry))

    # --- containers and posts -------------------------------------------------------------------------------------

    def add_container(self, container: Container) -> None:
        """Keep a new container."""
        values = asdict(container)
        self.insert("containers", values | {"post": values["post"] or None})

    def container(self, key: str) -> Container | None:
        """By its id."""
        found = self.run("SELECT * FROM containers WHERE id = ?", key)
        return Container.read(found[0]) if found else None

    def containers(self, where: str, *values: Any) -> list[Container]:
        """Those that meet a condition."""
        return [Container.read(row) for row in self.run(f"SELECT * FROM containers WHERE {where}", *values)]

    def add_post(self, post: LivePost) -> None:
        """Make it live. sqlite3.IntegrityError when its container already became one: the judge's own last word."""
        values = asdict(post)
        self.insert("posts", values | {"container": values["container"] or None})

    def posts(self, where: str = "1", *values: Any, limit: int = -1) -> list[LivePost]:
        """Those that meet a condition, newest first."""
        sql = f"SELECT * FROM posts WHERE {where} ORDER BY published_at DESC, rowid DESC LIMIT ?"
        return [LivePost.read(row) for row in self.run(sql, *values, limit)]

    def count(self, table: str, where: str, *values: Any) -> int:
        """How many rows meet a condition."""
        return int(self.run(f"SELECT count(*) AS n FROM {table} WHERE {where}", *values)[0]["n"])

    # --- calls ------------------------------------------------------------------------------------------------------

    def call_arrived(self, at: float, method: str, path: str, account: str, params: dict[str, str], faults: str) -> int:
        """Write a call down before anything is done about it."""
        row = {"at": at, "method": method, "path": path, "account": account, "params": params, "faults": faults}
        return self.insert("calls", row | {"outcome": "open"})

    def call_ended(self, number: int, status: int | None, seconds: float, outcome: str) -> None:
        """`outcome`: answered, dropped, hung, or failed (a mistake in the sandbox itself)."""
        self.run("UPDATE calls SET status=?, seconds=?, outcome=? WHERE id=?", status, seconds, outcome, number)
