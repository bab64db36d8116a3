"""A trigger that tells the dispatcher when a post's moment moved nearer, or when an account got room for another."""

from django.db import migrations

CREATE = """
CREATE FUNCTION collavo_post_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('collavo_due', '');
    RETURN NULL;
END $$;

CREATE TRIGGER collavo_post_due_insert AFTER INSERT ON publishing_post
    FOR EACH ROW WHEN (NEW.due_at IS NOT NULL) EXECUTE FUNCTION collavo_post_due();

CREATE TRIGGER collavo_post_due_update AFTER UPDATE OF due_at, status ON publishing_post
    FOR EACH ROW WHEN (
        NEW.due_at < OLD.due_at
        OR (OLD.due_at IS NULL AND NEW.due_at IS NOT NULL)
        OR (OLD.status = 'publishing' AND NEW.status <> 'publishing')
    ) EXECUTE FUNCTION collavo_post_due();
"""
DROP = """
DROP TRIGGER collavo_post_due_update ON publishing_post;
DROP TRIGGER collavo_post_due_insert ON publishing_post;
DROP FUNCTION collavo_post_due();
"""


class Migration(migrations.Migration):
    dependencies = [("publishing", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
