"""The laptop's archive: a folder of recordings, notes beside them, and an index that can be made anew from both.

places      where the archive is, and how its files are named
journal     what people say about a session, line by line in a file of its own beside it
annotations what such lines mean, laid over an analysis
scan        what lies in the folder, and in which order it is listed
index       the index (SQLite): sessions, sets, reps, events, as last analysed and annotated
facts       the rows of the index that a recording and its analysis make
refresh     bring the index up to date with the folder
take_in     files into the archive, verified, none twice
select      which recording a user means
"""
