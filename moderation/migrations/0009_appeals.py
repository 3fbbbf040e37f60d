import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def give_grounds(apps, schema_editor):
    """A refusal that an undo brought back bore the reason of the publication that it took back."""
    refused = apps.get_model('moderation', 'Decision').objects.filter(outcome__in=['rejected', 'spam'], reason__in=['clean', 'fine'])
    refused.update(reason='other')


class Migration(migrations.Migration):

    dependencies = [
        ('comments', '0004_people'),
        ('moderation', '0008_notices'),
        ('newsroom', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(give_grounds, migrations.RunPython.noop),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='text')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='at')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered at')),
                ('granted', models.BooleanField(blank=True, null=True, verbose_name='granted')),
                ('answer', models.TextField(blank=True, verbose_name='answer')),
            ],
            options={
                'verbose_name': 'appeal',
                'verbose_name_plural': 'appeals',
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_is_about_something',
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('decision', 'decision'), ('confirm', 'confirmation of an address'), ('reply', 'reply'), ('appeal', 'answer to an appeal')], db_default='decision', default='decision', max_length=8, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['rejected', 'spam']), ('reason__in', ['clean', 'fine']), _negated=True), name='decision_refusal_has_ground'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='answered_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='appeal', to='moderation.decision', verbose_name='decision'),
        ),
        migrations.AddField(
            model_name='notice',
            name='appeal',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notice', to='moderation.appeal'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('comment__isnull', False), ('decision__isnull', False), ('kind', 'decision')), models.Q(('commenter__isnull', False), ('kind', 'confirm'), ('publication__isnull', False)), models.Q(('comment__isnull', False), ('commenter__isnull', False), ('kind', 'reply')), models.Q(('appeal__isnull', False), ('comment__isnull', False), ('kind', 'appeal')), _connector='OR'), name='notice_is_about_something'),
        ),
        migrations.AddIndex(
            model_name='appeal',
            index=models.Index(condition=models.Q(('answered_at', None)), fields=['created_at', 'id'], name='appeal_open'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None), ('granted', None)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), ('granted__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='appeal_answered_as_a_whole'),
        ),
    ]
