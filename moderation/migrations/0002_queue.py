from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('comments', '0002_queue'),
        ('moderation', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='decision',
            options={'ordering': ['created_at', 'id'], 'permissions': [('decide', 'Can decide on comments')], 'verbose_name': 'decision', 'verbose_name_plural': 'decisions'},
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('moderator__isnull', False)), fields=['created_at', 'id'], name='decision_person'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('resolved_at', None)), fields=['comment', 'created_at'], name='report_open'),
        ),
    ]
