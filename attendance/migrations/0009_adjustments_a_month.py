from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('attendance', '0008_fill_closed_months'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='adjustment',
            name='after',
        ),
        migrations.RemoveField(
            model_name='adjustment',
            name='before',
        ),
        migrations.RemoveField(
            model_name='adjustment',
            name='day',
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'facts')), fields=('closing', 'person', 'month'), name='one_adjustment_a_person_and_month'),
        ),
    ]
