"""What mends a finding, as edits of the text."""
