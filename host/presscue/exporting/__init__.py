"""A session in other people's formats: CSV, Parquet, MCAP.

tables      samples, series, reps, sets and events as Arrow tables, a piece at a time; units in the names
files       those as CSV or Parquet
mcap        those as channels of an MCAP file
command     `presscue export`
"""
