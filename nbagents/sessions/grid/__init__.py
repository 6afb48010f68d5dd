"""What an editable grid needs of any session: pages of short rows, whole cells, changes."""
