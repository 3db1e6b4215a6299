"""The database: connections that stay open for those who read next."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from sqlalchemy import event, text

from challenge_platform.config import Settings
from challenge_platform.database import connect

THREADS = Settings.model_fields["web_threads"].default


def test_as_many_readers_as_web_has_threads_open_no_connection_twice(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path}/platform.sqlite")
    opened: list[object] = []
    event.listen(database.reader, "connect", lambda connection, _record: opened.append(connection))
    together = Barrier(THREADS)

    def read() -> None:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
            together.wait(timeout=10)

    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(2):
            for done in [threads.submit(read) for _ in range(THREADS)]:
                done.result()

    assert len(opened) == THREADS
    database.close()
