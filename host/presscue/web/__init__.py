"""The pages: what they show (`picture`), the process that serves them (`server`), and this side of it (`feed`)."""
