"""presscue: form coaching on the leg press. Host package; imports nothing heavy."""

__version__ = "0.1.0"
