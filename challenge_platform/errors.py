"""Every error the platform anticipates; whatever is not in this tree is a bug and rises as itself.

PlatformError
├── RequestRefused            what was asked cannot be done; the message says how to repair it
│   ├── InvalidInput          a value, a file of settings or an argument is wrong
│   ├── InvalidUpload         a predictions file was refused; carries the list of problems
│   ├── UploadTooLarge        the file is over the challenge's limit
│   ├── ChecksumMismatch      what arrived is not what was sent
│   ├── StorageFull           there is no room on the disk for it
│   ├── RegistryUnavailable   the registry of an image does not give it now
│   ├── NoWorker              nobody could run it now
│   ├── NotAuthenticated      no valid session or token
│   ├── NotAllowed            signed in, but not permitted
│   ├── AgreementRequired     the challenge's agreement has not been accepted
│   ├── NotFound              no such thing, or not for this reader
│   ├── Conflict              the thing exists already, or has moved on
│   ├── PhaseClosed           the phase is not open at this time
│   ├── QuotaExceeded         the team has no submission left in this period
│   ├── ConcurrencyExceeded   the team has as many submissions under way as the phase allows
│   └── TooManyUploads        the person has as many uploads under way as one may have
├── Sealed                    the private scores of a phase that has not been revealed
├── KeyUnavailable            this process does not hold the key that it was asked to use
├── ObjectDamaged             a stored object no longer has the bytes that its name promises
├── StaleClaim                another worker has taken the submission over; this one must stop
└── QueueUnavailable          Redis cannot be reached; the reaper will enqueue later
"""

from collections.abc import Mapping, Sequence
from datetime import datetime


class PlatformError(Exception):
    """Anything the platform anticipates; its text is meant to be read by whoever caused it.

    The text is an English template whose places, such as {slug!r}, `values` fill. Both are kept,
    for pages say it in their reader's language. Without values it is taken as it stands.
    """

    def __init__(self, template: str = "", /, **values: object) -> None:
        super().__init__(template.format(**values) if values else template)
        self.template = template
        self.values = values


class RequestRefused(PlatformError):
    """What was asked cannot be done, and the message says how to repair it."""


class InvalidInput(RequestRefused):
    """A value, a file of settings or an argument is wrong."""


class InvalidUpload(RequestRefused):
    """A predictions file was refused; `problems` has at most 20 of the `total` found."""

    def __init__(
        self, message: str, *, problems: Sequence[Mapping[str, str | int | None]], total: int
    ) -> None:
        super().__init__(message)
        self.problems = tuple(dict(problem) for problem in problems)
        self.total = total


class UploadTooLarge(RequestRefused):
    """The file is over the challenge's limit."""


class ChecksumMismatch(RequestRefused):
    """What arrived is not what was sent, by its checksum."""


class StorageFull(RequestRefused):
    """There is no room on the platform's disk for what would be sent."""


class NoWorker(RequestRefused):
    """The platform has no worker now that could run what would be sent."""


class RegistryUnavailable(RequestRefused):
    """The registry that an image was to come from does not give it now."""


class NotAuthenticated(RequestRefused):
    """There is no valid session or token."""


class NotAllowed(RequestRefused):
    """The caller is known, but not permitted to do this."""


class AgreementRequired(RequestRefused):
    """The challenge's agreement, in its current version, has not been accepted."""


class NotFound(RequestRefused):
    """There is no such thing, or not for this reader."""


class Conflict(RequestRefused):
    """The thing exists already, or has moved on since it was read."""


class PhaseClosed(RequestRefused):
    """The phase is not open at this time."""


class QuotaExceeded(RequestRefused):
    """The team has no submission left in this period; `next_slot` is when it has one again."""

    def __init__(self, template: str, /, *, next_slot: datetime | None, **values: object) -> None:
        super().__init__(template, **values)
        self.next_slot = next_slot


class ConcurrencyExceeded(RequestRefused):
    """The team has as many submissions under way as the phase allows."""


class TooManyUploads(RequestRefused):
    """The person has as many uploads under way as one may have."""


class Sealed(PlatformError):
    """The private scores of this phase have not been revealed."""


class KeyUnavailable(PlatformError):
    """The process does not hold the key that it was asked to use."""


class ObjectDamaged(PlatformError):
    """A stored object no longer has the bytes that its name promises."""


class StaleClaim(PlatformError):
    """Another worker has taken the submission over; this one must stop."""


class ForgedJob(PlatformError):
    """A message in Redis was not written by this platform; it is dropped, nothing runs."""


class QueueUnavailable(PlatformError):
    """Redis cannot be reached; nothing is lost, the reaper enqueues later."""
