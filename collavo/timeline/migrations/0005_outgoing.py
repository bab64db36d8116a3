"""Webhooks out, with the trigger that writes what is to be told: in the statement that writes the event."""

import collavo.ids
import collavo.secrets
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# The defaults of the other columns are the database's. Told only when something was written, the dispatcher wakes.
CREATE = """
CREATE FUNCTION collavo_outgoing() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER collavo_outgoing AFTER INSERT ON timeline_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION collavo_outgoing();
"""
DROP = """
DROP TRIGGER collavo_outgoing ON timeline_event;
DROP FUNCTION collavo_outgoing();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_mail_notices'),
        ('timeline', '0004_notice_choices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.UUIDField(default=collavo.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('url', models.URLField(max_length=500, verbose_name='address')),
                ('note', models.CharField(blank=True, help_text='What listens there, for people.', max_length=200)),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, help_text='“post.*” or “post.published”; empty: everything.')),
                ('secret', collavo.secrets.SecretField()),
                ('old_secret', collavo.secrets.SecretField(blank=True, default='')),
                ('old_secret_until', models.DateTimeField(blank=True, help_text='Signed with the old secret too, so long.', null=True)),
                ('status', models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('off', 'Switched off'), ('removed', 'Removed')], default='active', max_length=8)),
                ('reason', models.CharField(blank=True, help_text='Why it is switched off.', max_length=300)),
                ('failures', models.PositiveIntegerField(default=0, help_text='Tries that failed since the last that worked.')),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('wait_until', models.DateTimeField(blank=True, help_text='Nothing is sent there before.', null=True)),
                ('served_at', models.DateTimeField(blank=True, help_text='When something was last taken up for it.', null=True)),
                ('worked_at', models.DateTimeField(blank=True, help_text='When it last took something.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='endpoints', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'webhook',
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('event_type', models.CharField(max_length=60)),
                ('subject_id', models.UUIDField()),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('delivered', 'Delivered'), ('failed', 'Given up')], db_default='pending', max_length=10)),
                ('due_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0)),
                ('replay', models.BooleanField(db_default=False, help_text='A person asked for it to be sent again.')),
                ('body', models.TextField(blank=True, db_default='', help_text='What is sent: made once, the same at every try.')),
                ('http_status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('error', models.CharField(blank=True, db_default='', max_length=300)),
                ('answer', models.CharField(blank=True, db_default='', help_text='How the last answer begins.', max_length=500)),
                ('duration_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('tried_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='timeline.event')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='timeline.endpoint')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('status', 'removed'), _negated=True), fields=['workspace'], name='endpoint_kept'),
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'paused', 'off', 'removed'])), name='endpoint_status_known'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['endpoint', '-id'], name='delivery_log'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['endpoint', 'due_at'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['endpoint', 'subject_id', 'id'], name='delivery_order'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'delivered', 'failed'])), name='delivery_status_known'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_at__isnull', False), ('status', 'pending')), models.Q(models.Q(('status', 'pending'), _negated=True), ('due_at', None)), _connector='OR'), name='delivery_due_while_pending'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
