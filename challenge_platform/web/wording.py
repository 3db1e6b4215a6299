"""The platform's own words for readers, in their language: states, reasons, faults, refusals."""

from challenge_platform.core.account import Role
from challenge_platform.core.definition import Board
from challenge_platform.core.feature_audit import Rule
from challenge_platform.core.feedback import VisibleSubmission
from challenge_platform.core.heartbeat import Part
from challenge_platform.core.phase import Status
from challenge_platform.core.run import Stage
from challenge_platform.core.stage_view import SCORE
from challenge_platform.core.submission import Fault, Kind, Reason, State
from challenge_platform.web.language import lazy_gettext as _
from sandbox import End
from sandbox.archive import ArchiveProblem
from scorers.predictions.problems import ProblemCode
from scorers.uncertainty.intervals import NoInterval

STATES = {
    State.QUEUED: _("Queued"),
    State.RUNNING: _("Being scored"),
    State.SCORED: _("Scored"),
    State.REJECTED: _("Rejected"),
    State.FAILED: _("Failed"),
    State.ERRORED: _("Platform error"),
    State.CANCELLED: _("Cancelled"),
}

STAGES: dict[str, str] = {
    Stage.SMOKE: _("Run on the sample"),
    Stage.PUBLIC: _("Run on the public files"),
    Stage.HIDDEN: _("Run on the hidden files"),
    Stage.AUDIT: _("Run again on changed tables"),
    SCORE: _("Scoring"),
}
"""The stages of a submission, by name."""

ENDS = {
    End.FINISHED: _("finished"),
    End.CRASHED: _("ended with an error"),
    End.TIMED_OUT: _("took too long"),
    End.OUT_OF_MEMORY: _("ran out of memory"),
    End.OUTPUT_TOO_LARGE: _("wrote too much"),
    End.NO_FILE: _("wrote no file"),
    End.CANCELLED: _("cancelled"),
}
"""How a stage ended."""

KINDS = {
    Kind.PREDICTIONS: _("Predictions file"),
    Kind.CODE: _("Archive of code"),
    Kind.CONTAINER: _("Container image"),
}
"""What may be submitted."""

REASONS = {
    Reason.COMPLETE: _("It was scored."),
    Reason.SANDBOX_UNAVAILABLE: _("The sandbox that scores submissions could not be started."),
    Reason.SCORING_CRASHED: _("The platform's scoring program crashed."),
    Reason.SCORING_TIMED_OUT: _("The platform's scoring program took too long."),
    Reason.SCORING_OUT_OF_MEMORY: _("The platform's scoring program ran out of memory."),
    Reason.SCORING_OUTPUT_TOO_LARGE: _("The platform's scoring program gave too long an answer."),
    Reason.SCORING_ANSWER_INVALID: _("The platform's scoring program gave no valid answer."),
    Reason.TRUTH_UNAVAILABLE: _("The platform could not open the challenge's hidden truth."),
    Reason.UNEXPECTED: _("The platform met an error that it did not expect."),
    Reason.WORKER_LOST: _("The platform's worker stopped again and again while scoring."),
    Reason.CANCELLED_BY_TEAM: _("Your team cancelled it."),
    Reason.PREDICTIONS_REFUSED: _("The file breaks a rule of the challenge."),
    Reason.FEATURES_REFUSED: _("Your program breaks a rule of the challenge about features."),
    Reason.RUN_CRASHED: _("Your program ended with an error."),
    Reason.RUN_TIMED_OUT: _("Your program took longer than the challenge allows."),
    Reason.RUN_OUT_OF_MEMORY: _("Your program needed more memory than the challenge allows."),
    Reason.RUN_OUTPUT_TOO_LARGE: _("Your program wrote more than the challenge allows."),
    Reason.RUN_NO_FILE: _("Your program ended without writing the predictions file."),
}

REPAIRS = {
    Reason.PREDICTIONS_REFUSED: _(
        "A metric cannot use what is in it. Repair each problem below, then submit the file again."
    ),
    Reason.FEATURES_REFUSED: _(
        "It was run again on tables in which some cells were exchanged between rows, or empty, "
        "and did not predict as the rule below wants. `challenge run-local` does the same on the "
        "sample at home, as often as you like."
    ),
    Reason.RUN_CRASHED: _(
        "Run it on the public files as the platform does, without a network and with nothing to "
        "write to but /output and /tmp, and repair what it says there."
    ),
    Reason.RUN_TIMED_OUT: _(
        "Make it faster, for example by loading a trained model in place of training one, or by "
        "predicting many rows at a time."
    ),
    Reason.RUN_OUT_OF_MEMORY: _(
        "Read and predict fewer rows at a time; what is written to /tmp and /output counts as "
        "memory too."
    ),
    Reason.RUN_OUTPUT_TOO_LARGE: _(
        "Print less, and write the predictions file alone, with only the columns asked for."
    ),
    Reason.RUN_NO_FILE: _(
        "Write the file into the folder /output, under the name that the challenge asks for."
    ),
}
"""What to do about an end that has a repair."""

REPAIR_ON_PUBLIC = _(
    "The predictions that your program wrote cannot be scored. Repair each problem below, then "
    "submit again."
)
REPAIR_ON_HIDDEN = _(
    "It did well on the sample, and not on the hidden files, of which nothing may be told. Look "
    "for what may be different there: more rows, empty cells, values that the sample does not have."
)
"""What to do about a program whose predictions were refused, or which failed on hidden files."""


def repair_of(submission: VisibleSubmission, /) -> str:
    """Say what to do about an end without a score; empty where there is nothing to repair."""
    runs = [stage for stage in submission.stages.views if stage.name != SCORE]
    told = str(REPAIRS.get(submission.reason, "")) if submission.reason else ""
    if not runs or not told:
        return told
    if runs[-1].name == Stage.HIDDEN:
        refused = submission.reason is Reason.PREDICTIONS_REFUSED
        return str(REPAIR_ON_HIDDEN) if refused else f"{told} {REPAIR_ON_HIDDEN}"
    return str(REPAIR_ON_PUBLIC) if submission.reason is Reason.PREDICTIONS_REFUSED else told


FAULTS = {
    Fault.NOBODY: "",
    Fault.PARTICIPANT: _(
        "This was your team's doing, and there is nothing to repair: submit again whenever you "
        "like."
    ),
    Fault.PLATFORM: _(
        "This is the platform's fault, not yours. There is nothing to repair in your file: submit "
        "it again, and if it ends like this once more, send the organizers the reason below and "
        "the address of this page."
    ),
}
"""Whose fault an end without a score was, and what to do about it."""

PROBLEMS = {
    ProblemCode.FILE_TOO_LARGE: _("The file is too large."),
    ProblemCode.EMPTY_FILE: _("The file is empty."),
    ProblemCode.BINARY_FILE: _("This is no text file."),
    ProblemCode.NOT_UTF8: _("The text is not in UTF-8."),
    ProblemCode.WRONG_DELIMITER: _("The cells are not separated by commas."),
    ProblemCode.MISSING_COLUMN: _("A column is missing."),
    ProblemCode.EXTRA_COLUMN: _("This column was not asked for."),
    ProblemCode.DUPLICATE_COLUMN: _("This column is there twice."),
    ProblemCode.NO_ROWS: _("There are no rows below the header."),
    ProblemCode.TOO_MANY_ROWS: _("There are more rows than are allowed."),
    ProblemCode.WRONG_CELL_COUNT: _("The row has too few or too many cells."),
    ProblemCode.UNBALANCED_QUOTES: _("The quotes do not pair."),
    ProblemCode.CELL_TOO_LONG: _("The cell is too long."),
    ProblemCode.EMPTY_CELL: _("The cell is empty."),
    ProblemCode.MISSING_ID: _("An id has no row."),
    ProblemCode.UNKNOWN_ID: _("This id was not asked for."),
    ProblemCode.DUPLICATE_ID: _("This id has more than one row."),
    ProblemCode.NOT_A_NUMBER: _("This is no number."),
    ProblemCode.NOT_FINITE: _("This number is not finite."),
    ProblemCode.NOT_AN_INTEGER: _("This is no whole number."),
    ProblemCode.OUT_OF_RANGE: _("This number is out of the range."),
    ProblemCode.UNKNOWN_LABEL: _("The challenge has no such class."),
    ProblemCode.TOO_MANY_CODES: _("There are too many codes in the cell."),
    ProblemCode.TOO_MANY_OBJECTS: _("There are too many rows of one id."),
    ProblemCode.INVALID_ARCHIVE: _("The archive cannot be used."),
    ProblemCode.MISSING_FILE: _("An id has no file."),
    ProblemCode.EXTRA_FILE: _("This file was not asked for."),
    ProblemCode.UNREADABLE_MASK: _("The file cannot be read."),
    ProblemCode.WRONG_MASK_TYPE: _("The mask does not hold whole numbers."),
    ProblemCode.WRONG_MASK_SHAPE: _("The mask has another size than the image."),
    ProblemCode.UNREADABLE_DOCUMENT: _("This is no text of JSON."),
    ProblemCode.WRONG_DOCUMENT: _("The JSON does not hold what was asked for."),
    ProblemCode.BROKEN_RULE: _("A metric cannot use this row."),
    Rule.REPEATABLE: _("The program does not predict the same twice."),
    Rule.ALLOWED: _("A prediction is made from what it may not use."),
    Rule.MUST_USE: _("A prediction is made without what it must use."),
    Rule.AT_MOST: _("A prediction is made from too many columns, or from unlisted ones."),
    Rule.MISSING: _("The program cannot do with missing values."),
    ArchiveProblem.NOT_AN_ARCHIVE: _("This is no zip or tar.gz archive."),
    ArchiveProblem.DAMAGED_ARCHIVE: _("The archive is damaged."),
    ArchiveProblem.CONTRADICTORY_ARCHIVE: _("The archive contradicts itself."),
    ArchiveProblem.HIDDEN_DATA: _("The archive has bytes that belong to no file."),
    ArchiveProblem.UNSUPPORTED_ARCHIVE: _("The archive is of a kind that is not read here."),
    ArchiveProblem.ENCRYPTED_MEMBER: _("The archive has a password."),
    ArchiveProblem.NOT_A_REGULAR_FILE: _("This is no regular file."),
    ArchiveProblem.UNSAFE_NAME: _("This name cannot be used."),
    ArchiveProblem.NAME_TOO_LONG: _("The name is too long."),
    ArchiveProblem.TOO_DEEP: _("The file lies in too many folders."),
    ArchiveProblem.SAME_NAME: _("Two files have the same name."),
    ArchiveProblem.TOO_MANY_MEMBERS: _("The archive has too many files."),
    ArchiveProblem.MEMBER_TOO_LARGE: _("A file of the archive is too large."),
    ArchiveProblem.UNPACKS_TOO_LARGE: _("The archive is too large when it is unpacked."),
    ArchiveProblem.PACKED_TOO_TIGHTLY: _("The archive unpacks to far more than it has."),
    ArchiveProblem.MISSING_MEMBER: _("A file that is needed is missing."),
    ArchiveProblem.INSIDE_A_FOLDER: _("All files lie in one folder."),
}

ROLES = {Role.PARTICIPANT: _("Participant"), Role.ORGANIZER: _("Organizer")}

BOARDS = {Board.PUBLIC: _("Public"), Board.PRIVATE: _("Private")}

PHASES = {Status.SOON: _("Not yet open"), Status.OPEN: _("Open"), Status.CLOSED: _("Closed")}

PARTS = {Part.LAUNCHER: _("Launcher of sandboxes"), Part.REAPER: _("Reaper")}

SOURCES = {
    "none": _("not asked for"),
    "optional": _("may be sent along"),
    "required": _("must be sent along"),
}

UNDEFINED = _("undefined")

NO_INTERVALS: dict[str, str] = {
    NoInterval.FEW_EVENTS: _("too few events to tell"),
    NoInterval.FEW_UNITS: _("too few units to tell"),
    NoInterval.RARELY_DEFINED: _("too rarely defined to tell"),
    NoInterval.UNMOVED: _("too little variation to tell"),
    NoInterval.BIASED: _("cannot be told by resampling"),
    NoInterval.ONE_NUMBER: _("no interval: the program of the organizers gives one number"),
}
"""Why a score has no interval."""

REFUSALS = {
    "bad_request": (
        _("This request cannot be read"),
        _("Go back, load the page again and repeat what you did."),
    ),
    "invalid_input": (
        _("Something in this request is wrong"),
        _("Read the message below, then repair it."),
    ),
    "invalid_upload": (
        _("This file cannot be scored"),
        _("Nothing was used of your quota. Repair what is listed, then submit it again."),
    ),
    "upload_too_large": (
        _("This file is too large"),
        _("Nothing was read or stored, and nothing was used of your quota."),
    ),
    "registry_unavailable": (
        _("The registry does not answer"),
        _("Nothing was used of your quota. Try again later."),
    ),
    "checksum_mismatch": (
        _("This file was damaged on its way"),
        _("Nothing of it was kept, and nothing was used of your quota. Send it again."),
    ),
    "not_authenticated": (_("Log in first"), _("This page needs an account.")),
    "not_allowed": (
        _("You may not do this"),
        _("Your account or token does not have this right."),
    ),
    "agreement_required": (
        _("Accept the agreement first"),
        _("Open the challenge's rules, read the agreement and join."),
    ),
    "sealed": (
        _("The private scores are sealed"),
        _("Nobody can read them before the organizers reveal them, the platform's pages included."),
    ),
    "not_found": (
        _("There is no such page"),
        _("The address is wrong, or what it names is not for your eyes."),
    ),
    "method_not_allowed": (_("This page cannot be used like this"), ""),
    "conflict": (
        _("This has changed in the meantime"),
        _("Load the page again to see how it is now."),
    ),
    "phase_closed": (
        _("The phase is not open"),
        _("The challenge's overview says when each phase opens and closes."),
    ),
    "quota_exceeded": (
        _("Your team has used its submissions"),
        _("The submit page says when the next one is free."),
    ),
    "concurrency_exceeded": (
        _("Your team has a submission under way"),
        _("Wait until it has ended, then submit again."),
    ),
    "too_many_uploads": (
        _("You have too many uploads under way"),
        _("Finish one of them, or wait a day after its last byte."),
    ),
    "too_many_requests": (_("Too many attempts"), _("Wait a minute, then try again.")),
    "unavailable": (
        _("A part of the platform is not available"),
        _("This is not your fault. Try again in a minute."),
    ),
    "internal_server_error": (
        _("The platform made a mistake"),
        _("This is not your fault. It was recorded; try again later."),
    ),
}
"""Title and advice of each error page, by the code that the API gives as well."""
