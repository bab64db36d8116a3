"""The dispatcher is woken by what is due soon. It looks by itself every five seconds: what is far away needs no alarm.

A transaction that notifies holds a lock over its commit against all others that notify, the disk's answer included:
programs that planned posts for next week took turns there.
"""

from django.db import migrations

WAKE = """
DROP TRIGGER collavo_post_due_insert ON publishing_post;
DROP TRIGGER collavo_post_due_update ON publishing_post;

CREATE TRIGGER collavo_post_due_insert AFTER INSERT ON publishing_post
    FOR EACH ROW WHEN (NEW.due_at < clock_timestamp() + interval '1 minute') EXECUTE FUNCTION collavo_post_due();

CREATE TRIGGER collavo_post_due_update AFTER UPDATE OF due_at, status ON publishing_post
    FOR EACH ROW WHEN (
        NEW.due_at < clock_timestamp() + interval '1 minute' AND (OLD.due_at IS NULL OR NEW.due_at < OLD.due_at)
        OR (OLD.status = 'publishing' AND NEW.status <> 'publishing')
    ) EXECUTE FUNCTION collavo_post_due();
"""
BEFORE = """
DROP TRIGGER collavo_post_due_insert ON publishing_post;
DROP TRIGGER collavo_post_due_update ON publishing_post;

CREATE TRIGGER collavo_post_due_insert AFTER INSERT ON publishing_post
    FOR EACH ROW WHEN (NEW.due_at IS NOT NULL) EXECUTE FUNCTION collavo_post_due();

CREATE TRIGGER collavo_post_due_update AFTER UPDATE OF due_at, status ON publishing_post
    FOR EACH ROW WHEN (
        NEW.due_at < OLD.due_at
        OR (OLD.due_at IS NULL AND NEW.due_at IS NOT NULL)
        OR (OLD.status = 'publishing' AND NEW.status <> 'publishing')
    ) EXECUTE FUNCTION collavo_post_due();
"""


class Migration(migrations.Migration):
    dependencies = [("publishing", "0010_wishes")]
    operations = [migrations.RunSQL(WAKE, BEFORE)]
