"""What a computer does with a node beside training: keys, its logs, its power."""
