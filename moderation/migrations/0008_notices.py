import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('comments', '0004_people'),
        ('moderation', '0003_api_keys'),
        ('newsroom', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='commenter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='comments.commenter'),
        ),
        migrations.AddField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('decision', 'decision'), ('confirm', 'confirmation of an address'), ('reply', 'reply')], db_default='decision', default='decision', max_length=8, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='notice',
            name='publication',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='newsroom.publication'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='comment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='comments.comment'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='decision',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notice', to='moderation.decision'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='state',
            field=models.CharField(choices=[('due', 'to be sent'), ('sent', 'sent'), ('failed', 'could not be sent'), ('capped', 'not sent: too many to this address'), ('dropped', 'not sent: no longer wanted')], default='due', max_length=8, verbose_name='state'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'reply')), fields=('comment', 'commenter'), name='notice_reply_once'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('comment__isnull', False), ('decision__isnull', False), ('kind', 'decision')), models.Q(('commenter__isnull', False), ('kind', 'confirm'), ('publication__isnull', False)), models.Q(('comment__isnull', False), ('commenter__isnull', False), ('kind', 'reply')), _connector='OR'), name='notice_is_about_something'),
        ),
    ]
