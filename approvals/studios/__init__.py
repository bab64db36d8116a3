"""Studios turn versions into new versions: the built-in format studio, and programs that are asked over HTTP."""
