from django.db import models


class Heartbeat(models.Model):
    """When a part of the product was last seen at work."""

    name = models.CharField(primary_key=True, max_length=40)
    beat_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, help_text="When a sign of life was last asked for through the queue.")

    def __str__(self) -> str:
        return self.name
