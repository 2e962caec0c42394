"""Tables whose columns are made when they are asked for: all rows, a part of them, or piece by piece."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pytest

from smarketing_sim.ledger import Column, LazyTable, Table, part_of, pieces_of

ROWS = np.arange(10)


class Maker:
    """Makes rows of a column, and remembers which."""

    def __init__(self) -> None:
        self.asked: list[slice] = []

    def __call__(self, rows: slice) -> Column:
        self.asked.append(rows)
        return ROWS[rows]


def test_a_column_is_made_once_and_not_before_it_is_asked_for() -> None:
    made, never = Maker(), Maker()
    table = LazyTable({"a": made, "b": never})
    assert [table["a"].tolist() for _ in range(2)] == [ROWS.tolist()] * 2
    assert (made.asked, never.asked) == ([slice(None)], [])
    assert (list(table), len(table)) == (["a", "b"], 2)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(slice(2, 8), slice(1, 4)), (slice(2, 8), slice(4, 9)), (slice(2, 8), slice(3, None)), (slice(None), slice(3)),
     (slice(6, None), slice(0, 2)), (slice(6, None), slice(1, None)), (slice(None, 5), slice(3, 20)),
     (slice(8, 30), slice(5, 9))],
)  # fmt: skip
@pytest.mark.parametrize("lazy", [True, False])
def test_a_part_of_a_part_is_made_of_its_own_rows_alone(outer: slice, inner: slice, lazy: bool) -> None:
    maker = Maker()
    table: Table = LazyTable({"a": maker}) if lazy else {"a": ROWS}
    assert part_of(part_of(table, outer), inner)["a"].tolist() == ROWS[outer][inner].tolist()
    assert [len(ROWS[rows]) for rows in maker.asked] == [len(ROWS[outer][inner])] * lazy


def test_a_part_keeps_its_columns_apart_from_those_of_the_whole() -> None:
    maker = Maker()
    table = LazyTable({"a": maker})
    assert table.part(slice(0, 3))["a"].tolist() == [0, 1, 2]
    assert table["a"].tolist() == ROWS.tolist()
    assert maker.asked == [slice(0, 3), slice(None)]


def test_a_table_is_one_piece_unless_it_is_made_in_pieces() -> None:
    def pieces() -> Iterator[Table]:
        yield from ({"a": ROWS[:4]}, {"a": ROWS[4:]})

    maker = Maker()
    in_pieces = LazyTable({"a": maker}, pieces=pieces)
    assert [piece["a"].tolist() for piece in pieces_of(in_pieces)] == [ROWS[:4].tolist(), ROWS[4:].tolist()]
    assert maker.asked == []
    for table in ({"a": ROWS}, LazyTable({"a": maker}), in_pieces.part(slice(0, 10))):
        assert [piece["a"].tolist() for piece in pieces_of(table)] == [ROWS.tolist()]


def test_what_is_sent_to_another_process_is_plain() -> None:
    sent = pickle.loads(pickle.dumps(LazyTable({"a": Maker()}).part(slice(2, 4))))
    assert (type(sent), sent["a"].tolist()) == (dict, [2, 3])
