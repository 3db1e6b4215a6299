"""Exit codes: every anticipated error and every end of a submission has one."""

import pytest

from challenge_platform import errors
from challenge_platform.cli import exits
from challenge_platform.cli.exits import EXIT_OF_ERROR, EXIT_OF_STATE, ExitCode, exit_code_of
from challenge_platform.core.submission import OPEN_STATES, State


def _kinds(kind: type[Exception]) -> set[type[Exception]]:
    """List a class of errors and all below it, of the platform's own modules."""
    below = {each for child in kind.__subclasses__() for each in _kinds(child)}
    return {each for each in {kind, *below} if each.__module__ in {errors.__name__, exits.__name__}}


def test_the_numbers_are_those_of_the_design() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "USAGE": 1,
        "INVALID": 2,
        "FAILED": 3,
        "PLATFORM": 4,
        "TIMED_OUT": 5,
        "AUTHENTICATION": 6,
        "QUOTA": 7,
        "CANCELLED": 8,
        "INTERRUPTED": 130,
    }


def test_every_refusal_has_an_exit_code_of_its_own() -> None:
    refusals = _kinds(errors.RequestRefused) - {errors.RequestRefused}

    assert refusals <= EXIT_OF_ERROR.keys()


def test_every_error_of_the_command_line_has_an_exit_code() -> None:
    assert _kinds(exits.CommandError) - {exits.CommandError} <= EXIT_OF_ERROR.keys()


def test_a_fault_of_the_platform_is_never_called_the_participants() -> None:
    faults = _kinds(errors.PlatformError) - _kinds(errors.RequestRefused) - {errors.Sealed}

    codes = {exit_code_of(kind.__new__(kind)) for kind in faults}

    assert codes == {ExitCode.PLATFORM}


def test_what_nobody_anticipated_is_a_bug_and_has_no_exit_code() -> None:
    assert exit_code_of(KeyError("id")) is None


@pytest.mark.parametrize("state", list(State))
def test_exactly_the_states_that_are_an_end_have_an_exit_code(state: State) -> None:
    assert (state in EXIT_OF_STATE) is (state not in OPEN_STATES)
