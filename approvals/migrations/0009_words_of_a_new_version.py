"""The words of a new version are gathered by its trigger itself, whose plan the database keeps.

Through a function for many versions each new one took 1 ms longer, planned anew every time.
"""

from django.db import migrations

MINE = """
-- What a version is found by. The one place that says how much each part weighs.
CREATE FUNCTION collavo_weighed(title text, caption text, name text, brand text, angle text) RETURNS tsvector
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('simple', title), 'A')
           || setweight(to_tsvector('simple', left(caption, 50000)), 'B')
           || setweight(to_tsvector('simple', concat_ws(' ', name, brand, angle)), 'C')
$$;

CREATE OR REPLACE FUNCTION collavo_words(wanted uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO approvals_searchentry (version_id, words)
    SELECT v.id, collavo_weighed(a.title, v.caption, c.name, c.brand, s.angle)
    FROM approvals_version v
    JOIN approvals_asset a ON a.id = v.asset_id
    JOIN approvals_case c ON c.id = v.case_id
    LEFT JOIN approvals_slot s ON s.id = a.slot_id
    WHERE v.id = ANY (wanted)
    ORDER BY v.id
    ON CONFLICT (version_id) DO UPDATE SET words = EXCLUDED.words
$$;

CREATE OR REPLACE FUNCTION collavo_version_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO approvals_searchentry (version_id, words)
    SELECT NEW.id, collavo_weighed(a.title, NEW.caption, c.name, c.brand, s.angle)
    FROM approvals_asset a
    JOIN approvals_case c ON c.id = NEW.case_id
    LEFT JOIN approvals_slot s ON s.id = a.slot_id
    WHERE a.id = NEW.asset_id
    ON CONFLICT (version_id) DO UPDATE SET words = EXCLUDED.words;
    RETURN NULL;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION collavo_version_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM collavo_words(ARRAY[NEW.id]);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION collavo_words(wanted uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO approvals_searchentry (version_id, words)
    SELECT v.id,
           setweight(to_tsvector('simple', a.title), 'A')
           || setweight(to_tsvector('simple', left(v.caption, 50000)), 'B')
           || setweight(to_tsvector('simple', concat_ws(' ', c.name, c.brand, s.angle)), 'C')
    FROM approvals_version v
    JOIN approvals_asset a ON a.id = v.asset_id
    JOIN approvals_case c ON c.id = v.case_id
    LEFT JOIN approvals_slot s ON s.id = a.slot_id
    WHERE v.id = ANY (wanted)
    ORDER BY v.id
    ON CONFLICT (version_id) DO UPDATE SET words = EXCLUDED.words
$$;

DROP FUNCTION collavo_weighed;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0008_studio_answers")]
    operations = [migrations.RunSQL(MINE, BEFORE)]
