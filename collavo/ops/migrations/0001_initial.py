from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("beat_at", models.DateTimeField(null=True)),
                (
                    "asked_at",
                    models.DateTimeField(
                        help_text="When a sign of life was last asked for through the queue.", null=True
                    ),
                ),
            ],
        ),
    ]
