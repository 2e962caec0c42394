"""What runs in a notebook: the content of each page, one folder for each question."""
