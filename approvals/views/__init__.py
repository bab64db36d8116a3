"""The pages of cases, content and decisions. Each view fetches, calls one verb and renders one part."""
