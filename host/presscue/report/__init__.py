"""What people read after training: one HTML file that needs nothing else, for a session and for a history.

story    what went well, and what to work on
metrics  each set in figures
drawing  curves and bars as inline SVG
session  the report of a session
history  the page of a training history
page     a template filled in: styles, script and marks put into the file
"""
