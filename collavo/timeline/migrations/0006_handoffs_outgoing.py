"""What befalls a hand-off is told as such: it stands in its post's history, and stays in that post's order."""

from django.db import migrations

BEFORE = """
CREATE OR REPLACE FUNCTION collavo_outgoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO timeline_delivery (endpoint_id, event_id, event_type, subject_id)
    SELECT e.id, n.id, n.subject_type || '.' || n.verb, n.subject_id
    FROM written n JOIN timeline_endpoint e ON e.workspace_id = n.workspace_id
    WHERE e.status <> 'removed'
      AND n.subject_type IN ('post', 'version', 'handoff', 'connector')
      AND (e.events = '{}' OR n.subject_type || '.*' = ANY (e.events) OR n.subject_type || '.' || n.verb = ANY (e.events))
    ORDER BY n.id;
    IF FOUND THEN
        PERFORM pg_notify('collavo_due', '');
    END IF;
    RETURN NULL;
END $$;
"""
# One event can be told twice to one endpoint: as what befell the post, and as what befell its hand-off.
CREATE = """
CREATE OR REPLACE FUNCTION collavo_outgoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO timeline_delivery (endpoint_id, event_id, event_type, subject_id)
    SELECT e.id, n.id, t.kind || '.' || t.verb, n.subject_id
    FROM written n JOIN timeline_endpoint e ON e.workspace_id = n.workspace_id
    CROSS JOIN LATERAL (
        SELECT n.subject_type AS kind, n.verb AS verb
        WHERE n.subject_type IN ('post', 'version', 'connector') AND NOT starts_with(n.verb, 'handoff_')
        UNION ALL
        SELECT 'handoff', CASE
            WHEN starts_with(n.verb, 'handoff_') THEN substr(n.verb, 9)
            WHEN n.verb = 'awaiting_creator' THEN 'opened'
            WHEN n.data ->> 'old' = 'awaiting_creator' AND n.verb = 'published' THEN 'posted'
            WHEN n.data ->> 'old' = 'awaiting_creator' AND n.verb = 'failed' THEN 'could_not'
            WHEN n.data ->> 'old' = 'awaiting_creator' AND n.verb = 'canceled' THEN 'canceled'
        END
        WHERE n.subject_type = 'post'
    ) t
    WHERE e.status <> 'removed' AND t.verb IS NOT NULL
      AND (e.events = '{}' OR t.kind || '.*' = ANY (e.events) OR t.kind || '.' || t.verb = ANY (e.events))
    ORDER BY n.id, t.kind DESC;
    IF FOUND THEN
        PERFORM pg_notify('collavo_due', '');
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("timeline", "0005_outgoing")]
    operations = [migrations.RunSQL(CREATE, BEFORE)]
