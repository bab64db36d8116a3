"""Hand-offs: what no API allows is posted by a person, at the right minute, with everything ready, and proven.

`giving` (the claim gives a due post to its creator), `tasks` (the row: opened and closed with its post's status),
`verbs` (what people do with one), `people` (who they are), `links` (whether a link can be the post's), `finding`
(Collavo looks by itself), `reminders` (by the clock), `notices` (the words that people are told).
"""
