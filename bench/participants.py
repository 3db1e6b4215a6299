"""Teams that submit through the API, and the moment at which their standing is there."""

import time
from collections.abc import Collection

import httpx
from sqlmodel import col, select

from challenge_platform.core.standing import Standing
from tests.live import Live, token

POLL_SECONDS = 0.002


def submit(live: Live, content: bytes, /, *, name: str) -> tuple[str, float]:
    """Submit as a new team; give the submission's id and when it was accepted."""
    return post(live, content, bearer=token(live.platform, live.slug, name=name))


def post(live: Live, content: bytes, /, *, bearer: str) -> tuple[str, float]:
    """Submit with a token; give the submission's id and when it was accepted."""
    with httpx.Client(
        base_url=live.client.base_url, headers={"Authorization": f"Bearer {bearer}"}, timeout=60
    ) as client:
        answer = client.post(
            f"/api/v1/challenges/{live.slug}/submissions",
            files={"file": ("p.csv", content, "text/csv")},
        )
        accepted = time.perf_counter()
        answer.raise_for_status()
    return str(answer.json()["id"]), accepted


def wait_for_standing(live: Live, submission_id: str, /) -> float:
    """Wait until a submission stands on a board, and give when it was seen there."""
    while not standing(live, [submission_id]):
        time.sleep(POLL_SECONDS)
    return time.perf_counter()


def standing(live: Live, submissions: Collection[str], /) -> set[str]:
    """Give those of some submissions that stand on a board."""
    with live.platform.database.reading() as session:
        query = select(Standing.submission_id).where(col(Standing.submission_id).in_(submissions))
        return set(session.exec(query))
