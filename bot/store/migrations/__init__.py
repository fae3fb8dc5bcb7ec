"""The tables' history, oldest first; each file in `versions` leads from one revision to the next."""
