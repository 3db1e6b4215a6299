"""The audit of features on this machine: what the platform runs again, run again on the sample."""

import secrets
from collections.abc import Callable
from pathlib import Path

from challenge_platform.cli.local_run import LocalChallenge
from challenge_platform.cli.terminal import note, say
from challenge_platform.core.feature_audit import Broken
from challenge_platform.core.feature_runs import Audit, Audited, declaration_in
from sandbox import Outcome
from scorers.predictions.table import InvalidPredictions, read_ids, read_predictions

Again = Callable[[bytes | None, str], Outcome]
"""Runs the program again: on this table of ids, None for the given one, for this file."""


def audited(
    challenge: LocalChallenge, given: Outcome, /, *, archive: bytes, again: Again
) -> Audited | None:
    """Audit a program that has run, if its challenge has rules about features.

    None without rules, and where it made no valid predictions, as is told elsewhere. `archive` is
    that of its code, if it is code.
    """
    features, definition = challenge.program.features, challenge.definition
    if features is None or given.file is None:
        return None
    table = _table_of(challenge).read_bytes()
    ids = read_ids(table, id_column=definition.submission.id)
    try:
        read_predictions(
            given.file, submission=definition.submission, ids=ids, scoring=definition.scoring
        )
    except InvalidPredictions:
        return None
    note("running it again on changed tables, for the rules about features")
    return Audit(
        features=features,
        submission=definition.submission,
        scoring=definition.scoring,
        ids=ids,
        table=table,
        seed=secrets.randbits(63),
        declared=declaration_in(archive) if archive else None,
        launch=lambda _number, changed, collect: again(changed, collect),
    ).run(given.file)


def tell(found: Audited, /) -> bool:
    """Print what an audit found; give whether all rules are kept."""
    if found.broken is None:
        say(f"It keeps the challenge's rules about features: {len(found.timings)} more runs.")
        return True
    note(f"The platform would say: {_text(found.broken)} (features_refused, on your team's side)")
    return False


def _text(broken: Broken) -> str:
    return f"{broken.found}; expected {broken.expected}. To repair it: {broken.repair}."


def _table_of(challenge: LocalChallenge) -> Path:
    ids = challenge.definition.submission.ids
    return next(path for path in challenge.inputs if path.name == ids)
