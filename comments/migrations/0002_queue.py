import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


def place_what_waits(apps, schema_editor):
    """Comments from before the column stand in the order in which they came."""
    apps.get_model('comments', 'Comment').objects.update(queue_at=models.F('created_at'))


class Migration(migrations.Migration):

    dependencies = [
        ('comments', '0001_initial'),
        ('newsroom', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='comment',
            name='queue_at',
            # With a default in the database as well: the code that still runs during the migration does not know the column.
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False),
        ),
        migrations.RunPython(place_what_waits, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('status', 'held')), fields=['queue_at', 'id'], name='comment_queue'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('status', 'spam')), fields=['created_at', 'id'], name='comment_spam'),
        ),
    ]
