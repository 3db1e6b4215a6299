"""The reveal: opening the sealed private scores of a phase, once, with the operator's key."""

from datetime import datetime

from sqlmodel import Session, select

from challenge_platform.core import audit, board, standing
from challenge_platform.core.challenge import Challenge, PublishedChallenge, record_reveal
from challenge_platform.core.definition import Board
from challenge_platform.core.result import REPORTED, Result, report_of
from challenge_platform.core.standing import Standing
from challenge_platform.core.submission import count_under_way, find_submission
from challenge_platform.errors import Conflict
from challenge_platform.storage import ObjectStore
from challenge_platform.vault import Key
from scorers.document import SplitScores


def reveal(
    session: Session,
    store: ObjectStore,
    challenge: PublishedChallenge,
    /,
    *,
    phase: str,
    release_key: Key,
    now: datetime,
) -> int:
    """Open the private scores of the submissions that stand on the public board, and rank them.

    The phase takes no submission from then on. Give how many there were. Raise Conflict when the
    phase is revealed already or has submissions under way, KeyUnavailable with another key;
    nothing is then changed.
    """
    challenge.definition.phase(phase)
    held = select(Challenge.id).where(Challenge.id == challenge.id)
    session.exec(held.with_for_update(key_share=True)).one()
    if under_way := count_under_way(session, challenge_id=challenge.id, phase=phase):
        raise Conflict(
            "{under_way} submission(s) of phase {phase!r} are under way; reveal it after their end",
            under_way=under_way,
            phase=phase,
        )
    record_reveal(session, challenge.id, phase=phase, now=now)
    query = select(Standing).where(
        Standing.challenge_id == challenge.id,
        Standing.phase == phase,
        Standing.board == Board.PUBLIC,
    )
    standings = session.exec(query).all()
    for public in standings:
        result = session.get_one(Result, public.submission_id)
        private = _open(result, key=release_key)
        vector = store.put(private.vector(challenge.definition.scoring.primary.key).tobytes())
        standing.offer(
            session,
            challenge,
            submission=find_submission(session, public.submission_id),
            scores={key: score.model_dump(mode="json") for key, score in private.metrics.items()},
            resamples=vector.digest,
            units=private.units or None,
            store=store,
            now=now,
            board=Board.PRIVATE,
        )
        if (report := report_of(session, public.submission_id)) is not None:
            report.private = private.model_dump(mode="json", include=REPORTED)
            session.add(report)
    draft = board.compose(session, store, challenge, phase=phase, board=Board.PRIVATE)
    board.record(session, draft, now=now)
    audit.record(
        session,
        action="private scores revealed",
        subject=challenge.slug,
        now=now,
        phase=phase,
        submissions=len(standings),
    )
    return len(standings)


def _open(result: Result, *, key: Key) -> SplitScores:
    return SplitScores.from_json(key.decrypt(result.sealed))
