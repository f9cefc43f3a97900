"""What every room needs of the computer: files, folders, TOML, JSON, CSV, the terminal."""
