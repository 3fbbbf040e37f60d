import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('comments', '0002_queue'),
        ('newsroom', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='commenter',
            name='email',
            field=models.EmailField(blank=True, db_default='', default='', max_length=254, verbose_name='confirmed e-mail'),
        ),
        migrations.AddField(
            model_name='commenter',
            name='email_round',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='commenter',
            name='notify_replies',
            field=models.BooleanField(db_default=False, default=False, verbose_name='mail about replies'),
        ),
        migrations.AddField(
            model_name='commenter',
            name='pending_email',
            field=models.EmailField(blank=True, db_default='', default='', editable=False, max_length=254),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(django.db.models.functions.text.Lower('author_email'), name='comment_address'),
        ),
    ]
