import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def mark(apps, schema_editor):
    """List the matches that were marked for a look until now: of people with a look-alike and without a PIN."""
    marked = apps.get_model('attendance', 'Attempt').objects.filter(answer='matched', code='look_alike_without_pin')
    marked.update(weakness='look_alike_without_pin')


class Migration(migrations.Migration):

    dependencies = [
        ('attendance', '0013_half_holidays_and_missing_outs'),
    ]

    operations = [
        migrations.AddField(
            model_name='attempt',
            name='weakness',
            field=models.CharField(blank=True, help_text='why somebody should look at a match', max_length=24),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('weakness', ''), _negated=True), fields=['at'], name='weak_attempts'),
        ),
        migrations.CreateModel(
            name='MatchReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('right', 'it is'), ('wrong', 'it is not')], max_length=5)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('check_in', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='attendance.checkin')),
                ('correction', models.ForeignKey(blank=True, help_text='by which the check-in was taken away, where this answer did it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='attendance.correction')),
            ],
            options={
                'ordering': ('-at', '-pk'),
                'indexes': [models.Index(fields=['check_in', 'at'], name='reviews_of_a_check_in')],
            },
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
