"""The leaderboard of a bundle: its columns, which one ranks, and what the platform does instead."""

from challenge_platform.cli.codabench import keys
from challenge_platform.cli.codabench.bundle import Column
from challenge_platform.cli.codabench.fields import Mapping, indexes, number, parts, text, truth
from challenge_platform.cli.codabench.report import Report

_SLOW = ("duration", "time", "runtime", "seconds")
_BEST = "Force_Best"


def read_board(document: Mapping, /, *, report: Report) -> tuple[tuple[Column, ...], int]:
    """Give the columns of the first leaderboard in their order, and the position that ranks."""
    key = "leaderboards" if document.get("leaderboards") is not None else "leaderboard"
    found = document.get(key)
    if key == "leaderboard" and found is not None:
        report.changed(key, "the documents of Codabench say so; its program wants `leaderboards`")
        found = [found] if isinstance(found, dict) and "columns" in found else found
    boards = parts(found, place=key)
    if not boards:
        report.decide("leaderboards", "there is none, so that nothing says what ranks")
        return (), 0
    for other in boards[1:]:
        report.dropped(
            key, f"the leaderboard {text(other.get('title'))!r}: Codabench uses the first one only"
        )
    first = boards[0]
    keys.tell_unread(first, known=keys.LEADERBOARD, place=f"{key}[0]", report=report)
    columns = _columns(first, report=report)
    if first.get("primary_index") is None:
        report.changed(f"{key}[0].primary_index", "is missing", new="0, the first column")
    primary = number(first.get("primary_index"), default=0)
    if columns and not 0 <= primary < len(columns):
        report.decide(f"{key}[0].primary_index", f"there is no column {primary}")
        primary = 0
    _tell_rule(first, report=report)
    _tell_slow_ties(columns, primary=primary, report=report)
    return columns, primary


def _columns(board: Mapping, *, report: Report) -> tuple[Column, ...]:
    listed = parts(board.get("columns"), place="columns")
    ordered = sorted(
        enumerate(listed), key=lambda each: (number(each[1].get("index"), default=each[0]), each[0])
    )
    return tuple(_column(column, position, report=report) for position, column in ordered)


def _column(column: Mapping, position: int, *, report: Report) -> Column:
    title = text(column.get("title"), default=f"Column {position}")
    key = text(column.get("key"), default=title)
    place = f"columns.{key}"
    keys.tell_unread(column, known=keys.COLUMN, place=place, report=report)
    sorting = _sorting(column, place=place, report=report)
    if column.get("hidden") is None:
        report.changed(f"{place}.hidden", "is missing", new="false")
    computed = None
    if operation := text(column.get("computation")):
        of = ", ".join(map(str, indexes(column.get("computation_indexes"))))
        computed = f"{operation} of the columns {of}"
        report.changed(place, "is computed of others; write it as a metric", old=computed)
    return Column(
        key=key,
        title=title,
        ascending=sorting == "asc",
        precision=number(column.get("precision"), default=2),
        hidden=truth(column.get("hidden"), default=False),
        computed=computed,
    )


def _sorting(column: Mapping, *, place: str, report: Report) -> str:
    """Give `asc` or `desc`; the key `sort` of CodaLab counts where `sorting` is missing."""
    older, sorting = (text(column.get(key)).lower() for key in ("sort", "sorting"))
    if sorting in {"asc", "desc"}:
        return sorting
    if older in {"asc", "desc"}:
        report.changed(
            f"{place}.sorting",
            "is missing; `sort` is taken for it, which Codabench does not read",
            old="desc",
            new=older,
        )
        return older
    report.changed(f"{place}.sorting", "is missing", new="desc, larger is better")
    return "desc"


def _tell_rule(board: Mapping, *, report: Report) -> None:
    rule = text(board.get("submission_rule"), default="Add")
    if rule != _BEST:
        report.changed("submission_rule", "a team stands by its best", old=rule, new=_BEST)


def _tell_slow_ties(columns: tuple[Column, ...], /, *, primary: int, report: Report) -> None:
    """Warn where the slower of two equal submissions would win."""
    for position, column in enumerate(columns):
        named = f"{column.key} {column.title}".lower()
        is_slow = any(word in named.split() or word == column.key.lower() for word in _SLOW)
        if position != primary and is_slow and not column.ascending:
            report.changed(
                f"columns.{column.key}",
                "more of it ranks higher, so that the slower of two equal submissions wins",
                old="desc",
                new="desc, as it stands; asc is meant",
            )
