"""The API under /api/v1: JSON in and out, bearer tokens only, described at /openapi.json."""

from challenge_platform.web.api import about, challenges, jury, leaderboards, submissions, uploads
from challenge_platform.web.api.tokens import SECURITY_SCHEMES

__all__ = ["BLUEPRINTS", "SECURITY_SCHEMES"]

BLUEPRINTS = (about.api, challenges.api, submissions.api, uploads.api, leaderboards.api, jury.api)
