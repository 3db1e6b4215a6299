"""A platform on which everything that people may write is an attack."""

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.core import account
from challenge_platform.core.account import User
from challenge_platform.core.challenge import find_challenge
from tests.conftest import TINY, participant
from tests.web.routes import Values, known_values

PROBE_TAG = "xss-probe"
ATTACK = f"<{PROBE_TAG}><img src=x onerror=document.title='run'>"
NAME = f"=1+{ATTACK}"
MESSAGE = f'@SUM(1)">{ATTACK}</textarea><script>document.title="run"</script>'
FILENAME = f'=../..\\a"\r\nX-Evil: 1;{ATTACK}.csv'
TOKEN = f"-2+3 {ATTACK}"
TITLE = f"Tiny {ATTACK}"
TEXT = f"""
{ATTACK} <script>document.title="run"</script>

[link](javascript:document.title="run") ![image](data:text/html,run) <javascript:alert(1)>

[ref]: javascript:alert(1)
[ref] <a href="x" onclick="document.title='run'">text</a>
"""


@dataclass(frozen=True, kw_only=True)
class HostileWorld:
    """The account whose owner wrote all this, addresses that lead to it, and what was written."""

    author: User
    known: Values
    written: tuple[str, ...]


def hostile_world(platform: Platform, folder: Path, /) -> HostileWorld:
    """Publish a hostile challenge, and let somebody with a hostile name submit to it."""
    copy = shutil.copytree(TINY, folder / TINY.name)
    definition = copy / "challenge.yaml"
    definition.write_text(definition.read_text().replace("en: Tiny survival", f'en: "{TITLE}"'))
    for page in copy.glob("pages/*.md"):
        page.write_text(page.read_text() + TEXT)
    build_challenge(platform, copy, say=lambda _line: None)
    now = platform.clock()
    with platform.database.reading() as session:
        challenge = find_challenge(session, TINY.name)
    author = participant(platform, challenge, name="author")
    with platform.database.writing() as session:
        user = session.get_one(User, author.user.id)
        team = session.get_one(type(author.team), author.team.id)
        user.name = team.name = NAME
        session.add_all([user, team])
        account.issue_token(session, user, name=TOKEN, now=now)
    author = dataclasses.replace(author, user=user, team=team)
    return HostileWorld(
        author=user,
        known=known_values(platform, author, filename=FILENAME, message=MESSAGE),
        written=(NAME, MESSAGE, FILENAME, TOKEN, TITLE),
    )
