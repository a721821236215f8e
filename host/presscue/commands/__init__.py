"""The commands, one file each: options, help and the call. What is heavy is imported inside that call."""
