"""What programs do with media, cases and content. The verbs are those of the console."""
