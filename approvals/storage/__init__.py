"""Where uploads are kept. Each place is a module of its own, so that only the one in use is loaded."""
