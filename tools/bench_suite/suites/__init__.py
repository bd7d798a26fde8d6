"""One file per suite. A suite names its TITLE, COLUMNS, FLOOR (a column that is no peer), THREADS,
EFFORT and QUICK, and yields its rows from `rows(options)`.
"""
