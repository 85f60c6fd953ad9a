from django.db import migrations


def fill(apps, schema_editor):
    """Remember as pairs whom somebody has said to be two people, though their photos look alike."""
    embeddings = apps.get_model('attendance', 'ReferenceEmbedding').objects
    pairs = apps.get_model('attendance', 'LookAlikePair').objects
    decided = embeddings.filter(
        look_alike_verdict='different_people',
        look_alike__isnull=False,
        reference__person__erased_at=None,
        look_alike__person__erased_at=None,
    ).order_by('pk')
    for one, other, at, created in decided.values_list(
        'reference__person', 'look_alike__person', 'finished_at', 'created_at'
    ):
        if one != other:
            first, second = sorted((one, other))
            pairs.get_or_create(first_id=first, second_id=second, defaults={'found_at': at or created})


class Migration(migrations.Migration):

    dependencies = [
        ('attendance', '0011_photos_that_wait'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
