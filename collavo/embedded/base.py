"""The database engine `collavo.embedded`: Django's own for PostgreSQL, which starts the server before it connects."""

from pathlib import Path
from typing import Any, ClassVar

from django.db.backends.postgresql import base

from collavo import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    started: ClassVar[set[str]] = set()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Only the first connection of a process starts the server: who stops it later means it."""
        folder = self.settings_dict["DATA_FOLDER"]
        if folder not in self.started:
            embedded.start(Path(folder))
            self.started.add(folder)
        return super().get_new_connection(conn_params)
