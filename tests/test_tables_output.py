"""Results on disk: OUT.json and the series, whole or not at all."""

import json

import numpy as np
import pytest
from pyarrow import csv, parquet

from presscue.analysis.output import SERIES, SeriesWriter, at_rows, write_analysis
from presscue.errors import SaveError, UsageError


def test_an_analysis_reads_back(tmp_path):
    path = tmp_path / "out.json"
    write_analysis(
        path, {"reps": [{"rep": np.int64(0), "pause_s": float("nan")}], "x": (np.float64(1.5), np.arange(2))}
    )
    read = json.loads(path.read_text())
    assert read == {"format": "presscue.analysis/1", "reps": [{"rep": 0, "pause_s": None}], "x": [1.5, [0, 1]]}
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]


def test_an_analysis_that_cannot_be_written(tmp_path):
    with pytest.raises(SaveError, match="cannot be written: No such file"):
        write_analysis(tmp_path / "none" / "out.json", {})
    (tmp_path / "out.json").mkdir()
    with pytest.raises(SaveError, match="directory"):
        write_analysis(tmp_path / "out.json", {})
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_series_in_pieces(tmp_path, suffix):
    path = tmp_path / f"series{suffix}"
    writer = SeriesWriter(path)
    for start in (0, 3):
        writer.write({"time_s": np.arange(start, start + 3.0), "knee_flexion_deg": np.array([0.1, np.nan, start])})
        assert not path.exists()
    writer.close()
    table = csv.read_csv(path) if suffix == ".csv" else parquet.read_table(path)
    assert tuple(table.column_names) == SERIES
    assert table["time_s"].to_pylist() == [0, 1, 2, 3, 4, 5]
    assert np.isnan(table["knee_flexion_deg"].to_numpy()[[1, 4]].astype(float)).all()
    assert table["knee_flexion_deg"].to_numpy()[[0, 5]].tolist() == [0.1, 3.0]
    assert np.isnan(table["seat_share"].to_numpy().astype(float)).all()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_discarded_series_leaves_what_was_there(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text("before")
    writer = SeriesWriter(path)
    writer.write({"time_s": np.zeros(1)})
    writer.discard()
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["series.csv"]


def test_a_series_that_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match=r"ends in \.csv or \.parquet"):
        SeriesWriter(tmp_path / "series.txt")
    with pytest.raises(SaveError, match="cannot be written"):
        SeriesWriter(tmp_path / "none" / "series.csv")


def test_the_series_at_the_rows_of_the_recording():
    series = {"time_s": np.array([1.0, 2.0, 2.0, 3.0]), "valgus_deg": np.array([10.0, 20.0, 21.0, 30.0])}
    out = at_rows(np.array([0.5, 1.0, 1.5, 2.0, np.nan, 3.0, 2.0, 4.0]), series)
    nan = np.nan
    assert np.array_equal(out["valgus_deg"], [nan, 10.0, nan, 21.0, nan, 30.0, 21.0, nan], equal_nan=True)
    empty = at_rows(np.array([1.0]), {"time_s": np.zeros(0), "valgus_deg": np.zeros(0)})
    assert np.isnan(empty["valgus_deg"]).all()
