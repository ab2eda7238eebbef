"""File formats of instances and plans, recognised by their content, one file each."""
