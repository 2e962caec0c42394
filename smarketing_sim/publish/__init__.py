"""Publishing: figures, words, the page, PDF, the shelf of reports."""
