"""Exit codes: what the command line tells a script about how a command ended."""

from collections.abc import Mapping
from enum import IntEnum

from challenge_platform import errors


class ExitCode(IntEnum):
    """How a command ended; a script may rely on these numbers."""

    DONE = 0
    USAGE = 1
    INVALID = 2
    FAILED = 3
    PLATFORM = 4
    TIMED_OUT = 5
    AUTHENTICATION = 6
    QUOTA = 7
    CANCELLED = 8
    INTERRUPTED = 130


class CommandError(Exception):
    """What only the command line can meet; everything else is in `challenge_platform.errors`."""


class PlatformFault(CommandError):
    """The platform cannot be reached, or its answer cannot be used; the caller did no wrong."""


class TooManyRequests(CommandError):
    """The platform asks this address to slow down."""


class WaitTimedOut(CommandError):
    """A submission had not ended when the time given with `--wait` was over."""


EXIT_OF_ERROR: Mapping[type[Exception], ExitCode] = {
    errors.InvalidInput: ExitCode.USAGE,
    errors.InvalidUpload: ExitCode.INVALID,
    errors.UploadTooLarge: ExitCode.INVALID,
    errors.ChecksumMismatch: ExitCode.PLATFORM,
    errors.StorageFull: ExitCode.PLATFORM,
    errors.RegistryUnavailable: ExitCode.PLATFORM,
    errors.NoWorker: ExitCode.PLATFORM,
    errors.NotAuthenticated: ExitCode.AUTHENTICATION,
    errors.NotAllowed: ExitCode.AUTHENTICATION,
    errors.AgreementRequired: ExitCode.USAGE,
    errors.NotFound: ExitCode.USAGE,
    errors.Conflict: ExitCode.USAGE,
    errors.PhaseClosed: ExitCode.USAGE,
    errors.QuotaExceeded: ExitCode.QUOTA,
    errors.ConcurrencyExceeded: ExitCode.QUOTA,
    errors.TooManyUploads: ExitCode.QUOTA,
    errors.Sealed: ExitCode.USAGE,
    errors.PlatformError: ExitCode.PLATFORM,
    PlatformFault: ExitCode.PLATFORM,
    TooManyRequests: ExitCode.QUOTA,
    WaitTimedOut: ExitCode.TIMED_OUT,
}

EXIT_OF_STATE: Mapping[str, ExitCode] = {
    "scored": ExitCode.DONE,
    "rejected": ExitCode.INVALID,
    "failed": ExitCode.FAILED,
    "errored": ExitCode.PLATFORM,
    "cancelled": ExitCode.CANCELLED,
}
"""The states in which a submission has ended, and what `submit --wait` then exits with."""


def exit_code_of(error: Exception, /) -> ExitCode | None:
    """Give the exit code of an anticipated error, or None for one that is a bug."""
    return next(
        (EXIT_OF_ERROR[kind] for kind in type(error).__mro__ if kind in EXIT_OF_ERROR), None
    )
