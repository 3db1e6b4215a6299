"""`python -m challenge_platform.migrations`: bring the database of the settings up to date."""

from challenge_platform.config import Settings
from challenge_platform.database import connect
from challenge_platform.migrations import upgrade

if __name__ == "__main__":
    upgrade(connect(Settings().database_address))
