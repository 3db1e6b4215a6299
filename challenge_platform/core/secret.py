"""Secrets that people are given and the database does not keep: it has their SHA-256."""

import hashlib
import hmac


def digest_of(secret: str, /) -> str:
    """Give what is kept of a secret, which was drawn at random and so needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret_of(digest: str, secret: str, /) -> bool:
    """Whether this is the secret of a digest, told in a time that does not depend on it."""
    return hmac.compare_digest(digest, digest_of(secret))
