"""Groups of rows are summed under weights, and means leave out what is not defined."""

import numpy as np
import pytest

from scorers.metric import ParamsError
from scorers.weighted.confusion import Groups, mean_of_defined, number_of, running_total


def test_the_weight_of_each_group_is_that_of_its_rows() -> None:
    groups = Groups.of(np.array([2, 0, 2, 4]), rows=np.array([0, 1, 3, 4]), size=6)

    sums = groups.sums(np.array([[1, 10, 100, 1000, 10_000], [0, 0, 7, 0, 3]]))

    assert sums.tolist() == [[10, 0, 1001, 0, 10_000, 0], [0, 0, 0, 0, 3, 0]]


def test_without_rows_all_groups_weigh_nothing() -> None:
    none = np.array([], dtype=np.intp)

    assert Groups.of(none, rows=none, size=2).sums(np.ones((1, 3), dtype=np.int64)).tolist() == [
        [0, 0]
    ]


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3)])
def test_a_running_total_adds_along_the_last_axis_from_the_first_term_on(
    shape: tuple[int, ...],
) -> None:
    large_first = np.broadcast_to([2.0**53, 1.0, 1.0], shape)

    # Beside so large a number each 1 is lost; together they are not.
    assert (running_total(large_first) == 2.0**53).all()
    assert (running_total(large_first[..., ::-1]) == 2.0**53 + 2).all()
    assert running_total(large_first).shape == shape[:-1]


def test_a_mean_leaves_out_what_is_not_defined_and_there_is_none_of_nothing() -> None:
    values = np.array([[1.0, np.nan, 4.0], [np.nan, 5.0, np.nan], [np.nan] * 3])

    assert mean_of_defined(values).tolist()[:2] == [2.5, 5.0]
    assert np.isnan(mean_of_defined(values)[2])
    assert mean_of_defined(values[0]) == 2.5


@pytest.mark.parametrize("classes", ["ab", 2, [0], [0, 0], [0, None], [], [[0], [1]]])
def test_classes_that_are_no_list_of_two_or_more_are_refused(classes: object) -> None:
    with pytest.raises(ParamsError, match="classes must be"):
        number_of(classes)  # type: ignore[arg-type]  # that is what is tested


def test_classes_may_be_numbers_or_texts() -> None:
    assert number_of([0, 1.5, "benign"]) == 3
