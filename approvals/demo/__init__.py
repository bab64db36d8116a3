"""The demo's content: its words (`content`), its pictures and film (`render`), and rows in bulk for benchmarks."""
