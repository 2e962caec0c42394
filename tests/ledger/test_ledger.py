"""The ledger's schema and invariants, and that Parquet gives back every bit."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from smarketing_sim import ledger_files
from smarketing_sim.errors import InputError, LedgerError
from smarketing_sim.ledger import KEYS, OUTCOMES, SCHEMA, Ledger
from smarketing_sim.ledger_files import read_ledger, write_ledger
from smarketing_sim.scenario.schema import Scenario
from tests.conftest import ROOT

Tables = dict[str, dict[str, np.ndarray]]
Changed = Callable[..., Ledger]
COLUMNS = [(table, column) for table in SCHEMA for column in SCHEMA[table]]
IN_ORDER = [
    "created_at",
    "mql_at",
    "handed_at",
    "first_attempt_at",
    "connected_at",
    "qualified_at",
    "met_at",
    "opportunity_at",
    "deal_closed_at",
]


def put(table: str, column: str, value: Any) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table][column] = value(tables[table][column])

    return change


def swap_rows(table: str, one: int, other: int) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        for column in tables[table].values():
            column[[one, other]] = column[[other, one]]

    return change


def repeat_row(table: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        for name, column in tables[table].items():
            tables[table][name] = np.insert(column, 1, column[0])
        if table == "leads":
            tables["leads"]["attempt_count"][1] = 0
            for later in IN_ORDER[3:]:
                tables["leads"][later][1] = np.nan

    return change


def same_bits(one: Ledger, other: Ledger) -> None:
    for table, column in COLUMNS:
        a, b = one.tables[table][column], other.tables[table][column]
        assert a.dtype == b.dtype, (table, column)
        assert (a.tolist() == b.tolist()) if a.dtype == object else (a.tobytes() == b.tobytes()), (table, column)
    assert (one.epoch, one.ends_at) == (other.epoch, other.ends_at)
    assert dict(one.categories) == dict(other.categories)
    pd.testing.assert_frame_equal(one.runs, other.runs)


def test_a_ledger_that_is_not_changed_is_accepted(changed: Changed, ledger: Ledger) -> None:
    same_bits(changed(), ledger)
    assert len(ledger.leads) > 100
    assert len(ledger.attempts) > 100
    assert bool(ledger.attempts.automatic.any())


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_missing_column_is_refused_by_name(changed: Changed, table: str, column: str) -> None:
    with pytest.raises(LedgerError, match=f"{table} lacks {column}"):
        changed(lambda tables: tables[table].pop(column))


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_of_another_type_is_refused_by_name(changed: Changed, table: str, column: str) -> None:
    wrong = "float32" if SCHEMA[table][column] != "float32" else "float64"
    with pytest.raises(LedgerError, match=rf"{table}\.{column} is "):
        changed(put(table, column, lambda values: np.zeros(len(values), dtype=wrong)))


@pytest.mark.parametrize("table", SCHEMA)
def test_an_unknown_column_a_missing_table_and_a_short_column_are_refused(changed: Changed, table: str) -> None:
    with pytest.raises(LedgerError, match="unknown columns extra"):
        changed(lambda tables: tables[table].update(extra=np.zeros(3)))
    with pytest.raises(LedgerError, match=f"{table} lacks"):
        changed(lambda tables: tables.pop(table))
    with pytest.raises(LedgerError, match="differ in length"):
        changed(put(table, "replication", lambda values: values[:-1]))


@pytest.mark.parametrize("table", SCHEMA)
def test_rows_out_of_order_are_refused(changed: Changed, table: str) -> None:
    with pytest.raises(LedgerError, match=r"not sorted|attempt counts"):
        changed(swap_rows(table, 0, -1))


@pytest.mark.parametrize("table", ["leads", "attempts", "marketing"])
def test_two_rows_with_one_key_are_refused(changed: Changed, table: str) -> None:
    with pytest.raises(LedgerError, match="two rows with one key"):
        changed(repeat_row(table))


@pytest.mark.parametrize(("earlier", "later"), list(itertools.pairwise(IN_ORDER)))
def test_a_lead_that_runs_back_in_time_is_refused(changed: Changed, earlier: str, later: str) -> None:
    def earlier_after(tables: Tables) -> None:
        leads = tables["leads"]
        row = int(np.flatnonzero(~np.isnan(leads[later]))[0])
        leads[later][row] = leads[earlier][row] - 1

    def without(tables: Tables) -> None:
        leads = tables["leads"]
        row = int(np.flatnonzero(~np.isnan(leads[later]))[0])
        leads[earlier][row] = np.nan

    with pytest.raises(LedgerError, match=f"{later} before {earlier}"):
        changed(earlier_after)
    with pytest.raises(LedgerError, match=r"without|before"):
        changed(without)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("leads", "source"),
        ("leads", "reason"),
        ("leads", "outcome"),
        ("attempts", "channel"),
        ("attempts", "result"),
        ("rep_time", "state"),
        ("marketing", "campaign"),
    ],
)
@pytest.mark.parametrize("code", [-2, 99])
def test_a_code_without_a_name_is_refused(changed: Changed, table: str, column: str, code: int) -> None:
    def change(tables: Tables) -> None:
        tables[table][column][0] = code

    with pytest.raises(LedgerError, match=rf"{table}\.{column} has a code without a name"):
        changed(change)


def test_names_that_are_not_there_are_refused(changed: Changed, ledger: Ledger) -> None:
    names = {column: values for column, values in ledger.categories.items() if column != "persona"}
    with pytest.raises(LedgerError, match=r"no names for leads\.persona"):
        changed(categories=names)


def test_attempts_that_do_not_add_up_are_refused(changed: Changed) -> None:
    def change(tables: Tables) -> None:
        tables["leads"]["attempt_count"][0] += 1

    with pytest.raises(LedgerError, match="disagree"):
        changed(change)


def test_attempts_of_one_lead_noted_under_another_are_refused(changed: Changed) -> None:
    def change(tables: Tables) -> None:
        counts = tables["leads"]["attempt_count"]
        rows = np.flatnonzero(counts > 0)
        counts[rows[0]] += 1
        counts[rows[1]] -= 1

    with pytest.raises(LedgerError, match="disagree"):
        changed(change)


@pytest.mark.parametrize(("column", "shift"), [("started_at", -1e6), ("ended_at", -1e6)])
def test_an_attempt_that_starts_early_or_ends_before_it_starts_is_refused(
    changed: Changed, column: str, shift: float
) -> None:
    with pytest.raises(LedgerError, match="starts before it is due"):
        changed(put("attempts", column, lambda values: values + shift))


def test_open_leads_and_only_they_are_censored_and_unresolved(changed: Changed) -> None:
    with pytest.raises(LedgerError, match="censored"):
        changed(put("leads", "censored", lambda values: ~values))
    with pytest.raises(LedgerError, match="resolved_at"):
        changed(put("leads", "resolved_at", lambda values: np.full(len(values), np.nan)))
    with pytest.raises(LedgerError, match=r"resolved_at|censored"):
        changed(put("leads", "outcome", lambda values: np.full(len(values), OUTCOMES.index("open"), dtype="int32")))


def test_parquet_gives_back_every_bit(ledger: Ledger, tmp_path: Path) -> None:
    write_ledger(ledger, tmp_path / "new" / "folder")
    assert np.isnan(ledger.tables["leads"]["met_at"]).any()
    same_bits(read_ledger(tmp_path / "new" / "folder"), ledger)


def test_outside_ids_of_19_digits_come_back_as_they_were(changed: Changed, tmp_path: Path) -> None:
    ids = ["9007199254740993123", "0012", "", "=cmd|' /C calc'!A0", "Zoë", "NULL", "nan"]
    odd = changed(
        put(
            "leads",
            "external_id",
            lambda values: np.array([ids[n % len(ids)] for n in range(len(values))], dtype=object),
        )
    )
    write_ledger(odd, tmp_path)
    assert read_ledger(tmp_path).tables["leads"]["external_id"].tolist() == odd.tables["leads"]["external_id"].tolist()
    assert odd.leads.external_id.iloc[0] == ids[0]


def test_large_lead_ids_keep_every_digit(changed: Changed, tmp_path: Path) -> None:
    top = 2**63 - 1

    def change(tables: Tables) -> None:
        last = tables["leads"]["lead_id"][-1]
        tables["attempts"]["lead_id"][tables["attempts"]["lead_id"] == last] = top
        tables["leads"]["lead_id"][-1] = top

    large = changed(change)
    write_ledger(large, tmp_path)
    assert read_ledger(tmp_path).tables["leads"]["lead_id"][-1] == top


def test_an_empty_ledger_survives_parquet(changed: Changed, tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for table in tables.values():
            for column in table:
                table[column] = table[column][:0]

    empty = changed(change)
    write_ledger(empty, tmp_path)
    same_bits(read_ledger(tmp_path), empty)


def test_writing_twice_gives_the_same_bytes(ledger: Ledger, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_ledger(ledger, tmp_path / folder)
    for name in (*SCHEMA, "runs"):
        assert (tmp_path / "a" / f"{name}.parquet").read_bytes() == (tmp_path / "b" / f"{name}.parquet").read_bytes()


@pytest.mark.parametrize("table", SCHEMA)
def test_times_become_timestamps_and_what_has_not_happened_stays_empty(ledger: Ledger, table: str) -> None:
    plain, stamped = getattr(ledger, table), ledger.as_timestamps(table)
    assert list(plain.columns) == list(stamped.columns) == list(SCHEMA[table])
    for column in (name for name in SCHEMA[table] if name.endswith("_at")):
        assert str(stamped[column].dtype).endswith("UTC]")
        assert (stamped[column].isna() == plain[column].isna()).all()
        minutes = (stamped[column] - pd.Timestamp(ledger.epoch)) / pd.Timedelta(minutes=1)
        assert np.allclose(minutes.dropna(), plain[column].dropna(), atol=1e-6)


def test_codes_read_as_names_in_scenario_order(ledger: Ledger, scenario: Scenario) -> None:
    assert list(ledger.leads.source.cat.categories) == list(scenario.marketing.sources)
    assert list(ledger.leads.outcome.cat.categories) == list(OUTCOMES)


def test_ledgers_of_several_replications_become_one(ledgers: list[Ledger], tmp_path: Path) -> None:
    joined = Ledger.concat(ledgers)
    for name in SCHEMA:
        assert len(getattr(joined, name)) == sum(len(getattr(ledger, name)) for ledger in ledgers)
    assert joined.runs.replication.tolist() == [0, 1, 2]
    for number, ledger in enumerate(ledgers):
        rows = joined.tables["leads"]["replication"] == number
        assert joined.tables["leads"]["created_at"][rows].tobytes() == ledger.tables["leads"]["created_at"].tobytes()
    write_ledger(joined, tmp_path)
    same_bits(read_ledger(tmp_path), joined)


def test_ledgers_out_of_order_or_twice_or_none_are_not_joined(ledgers: list[Ledger]) -> None:
    for wrong in ([], ledgers[::-1], [ledgers[0], ledgers[0]]):
        with pytest.raises(LedgerError):
            Ledger.concat(wrong)


def test_keys_are_columns_and_rows_stand_in_their_order(ledger: Ledger) -> None:
    for table, keys in KEYS.items():
        frame = getattr(ledger, table)[list(keys)].copy()
        for column in frame.select_dtypes("category"):
            frame[column] = frame[column].cat.codes
        assert frame.equals(frame.sort_values(list(keys), kind="stable"))


@pytest.mark.parametrize("kind", ["file", "below a file", "null device"])
def test_a_folder_that_cannot_be_written_is_told_in_one_line(ledger: Ledger, tmp_path: Path, kind: str) -> None:
    (tmp_path / "plain").write_text("x")
    folder = {"file": tmp_path / "plain", "below a file": tmp_path / "plain" / "x", "null device": Path("/dev/null/x")}[
        kind
    ]
    with pytest.raises(InputError) as caught:
        write_ledger(ledger, folder)
    assert len(str(caught.value).splitlines()) == 1
    assert "cannot be written" in str(caught.value)
    assert "None" not in str(caught.value)


def test_a_file_that_cannot_be_replaced_is_told_in_one_line(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "attempts.parquet").mkdir()
    with pytest.raises(InputError, match="cannot be written") as caught:
        write_ledger(ledger, tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_times_of_written_tables_count_from_where_the_document_says(
    ledger: Ledger, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost, an analyst has minutes and nothing to count them from."""
    ledger_files.write_ledger(ledger, tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    shown = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").split("```python")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(shown, names)
    begins = pd.Timestamp(scenario.run.starts_on - dt.timedelta(weeks=1), tz=scenario.calendar.zone)
    minutes = pd.read_parquet("out/leads.parquet")["created_at"]
    expected = begins.tz_convert("UTC") + pd.to_timedelta(minutes, unit="min")
    assert (abs(names["leads"]["created_at"] - expected) < pd.Timedelta("1us")).all()
    assert str(names["local"].dt.tz) == "Europe/Oslo"
