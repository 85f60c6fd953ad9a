"""Writes the log of facts for what was recorded before it, and fills in what closed months did not keep.

Number, name, department, zone and rules are those at the upgrade, and the closing says so (`filled_in`). Adjustments,
until now a row a day, become a row a person and month.
"""

import datetime as dt
import heapq
import zoneinfo

from django.db import migrations

BATCH = 2_000
ONE_DAY = dt.timedelta(days=1)
LOOKED_BACK = 12
"""So many months back a closing looked for late facts."""
COMPARED = (
    'present', 'leave', 'absent', 'off', 'worked', 'planned', 'standard', 'overtime', 'payable', 'late', 'early',
    'night',
)
UNPAID = ('overtime_to_approve', 'undertime')


def fill(apps, schema_editor):
    """Fill everything in; a database without rows stays without rows."""
    zone = _zone(apps)
    _log_facts(apps, zone)
    _fill_closings(apps)
    _group_adjustments(apps)
    _records_begin(apps)
    _reset_sequence(apps, schema_editor)


def _zone(apps):
    row = apps.get_model('attendance', 'SiteSettings').objects.filter(pk=1).first()
    return zoneinfo.ZoneInfo(row.time_zone if row else 'UTC')


def _log_facts(apps, zone):
    """Write a line for each fact in the order in which they became known; the log of a running system goes on."""
    line = apps.get_model('attendance', 'FactLine')
    number, waiting = 0, []
    for at, kind, person, first, last in heapq.merge(*_sources(apps, zone)):
        number += 1
        waiting.append(line(sequence=number, kind=kind, person_id=person, first=first, last=last, recorded_at=at))
        if len(waiting) == BATCH:
            line.objects.bulk_create(waiting)
            waiting = []
    line.objects.bulk_create(waiting)
    if number:
        apps.get_model('attendance', 'FactCounter').objects.create(pk=1, value=number)


def _sources(apps, zone):
    """Return the facts of each kind, sorted by when they became known."""
    def model(name):
        return apps.get_model('attendance', name).objects

    def around(at):
        day = at.astimezone(zone).date()
        return day - ONE_DAY, day + ONE_DAY

    def check_ins(field, kind):
        rows = model('CheckIn').exclude(**{field: None}).order_by(field).values_list(field, 'at', 'person_id')
        return ((known, kind, person, *around(at)) for known, at, person in rows.iterator(chunk_size=BATCH))

    def corrections():
        rows = model('Correction').exclude(decided_at=None).filter(state='approved').order_by('decided_at')
        for known, day, person in rows.values_list('decided_at', 'day', 'person_id').iterator(chunk_size=BATCH):
            yield known, 'correction', person, day - ONE_DAY, day + ONE_DAY

    def leave():
        rows = model('Leave').exclude(decided_at=None).filter(state='approved').order_by('decided_at')
        for known, first, last, person in rows.values_list('decided_at', 'first', 'last', 'person_id'):
            yield known, 'leave', person, first, last

    def approvals():
        rows = model('OvertimeApproval').order_by('at').values_list('at', 'day', 'person_id')
        return ((known, 'overtime', person, day, day) for known, day, person in rows)

    def left():
        rows = model('Person').exclude(deactivated_at=None).order_by('deactivated_at')
        for known, person in rows.values_list('deactivated_at', 'pk'):
            yield known, 'employment', person, known.astimezone(zone).date(), None

    return [check_ins('at', 'check_in'), check_ins('voided_at', 'void'), corrections(), leave(), approvals(), left()]


def _fill_closings(apps):
    closing, closed = (apps.get_model('attendance', name) for name in ('MonthClosing', 'ClosedMonth'))
    settings = apps.get_model('attendance', 'SiteSettings').objects.filter(pk=1).first()
    rules = apps.get_model('attendance', 'WorkRules').objects.order_by('pk').first()
    line = apps.get_model('attendance', 'FactLine')
    rows = list(closing.objects.order_by('month'))
    for row in rows:
        known = [each.closed_at for each in rows if 0 <= _months_between(row.month, each.month) <= LOOKED_BACK]
        newest = line.objects.filter(recorded_at__lte=max(known)).order_by('-sequence').first()
        row.sequence = newest.sequence if newest else 0
        row.time_zone = settings.time_zone if settings else 'UTC'
        row.rules = [{'since': None, 'content': rules.content if rules else {}}]
        row.closed_by_name = row.closed_by.username if row.closed_by else ''
        row.filled_in = True
        row.save()
    people = {person.pk: person for person in apps.get_model('attendance', 'Person').objects.select_related('department')}
    waiting = []
    for row in closed.objects.defer('days', 'totals').iterator(chunk_size=BATCH):
        person = people[row.person_id]
        row.employee_number = person.employee_number or ''
        row.name = person.name
        row.department = person.department.name if person.department else ''
        waiting.append(row)
        if len(waiting) == BATCH:
            closed.objects.bulk_update(waiting, ['employee_number', 'name', 'department'])
            waiting = []
    closed.objects.bulk_update(waiting, ['employee_number', 'name', 'department'])


def _months_between(earlier, later):
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _group_adjustments(apps):
    """Make one row of the days of a person and month, with the differences of their sums."""
    adjustment, closed = (apps.get_model('attendance', name) for name in ('Adjustment', 'ClosedMonth'))
    groups = {}
    for row in adjustment.objects.order_by('closing__month', 'person', 'day'):
        groups.setdefault((row.closing_id, row.person_id, row.day.replace(day=1)), []).append(row)
    for (_, _, month), rows in groups.items():
        kept = rows[0]
        kept.month = month
        kept.days = [{'day': row.day.isoformat(), 'before': row.before, 'after': row.after} for row in rows]
        kept.quantities = _quantities(kept.days)
        kept.sequence = kept.closing.sequence
        kept.save()
        adjustment.objects.filter(pk__in=[row.pk for row in rows[1:]]).delete()
        if not closed.objects.filter(closing=kept.closing, person=kept.person).exists():
            _let_wait(adjustment, kept)


def _let_wait(adjustment, row):
    """Write what reached no file once more: whoever had left had no line in it. It goes into the next file."""
    adjustment.objects.create(
        person=row.person,
        day=row.day,
        before=row.before,
        after=row.after,
        month=row.month,
        kind='entry',
        quantities=row.quantities,
        days=row.days,
        reason=f'not in the file of {row.closing.month:%Y-%m}: had left',
        entered_at=row.closing.closed_at,
    )


def _quantities(days):
    pairs = [(_as_paid(day['before']), _as_paid(day['after'])) for day in days]
    found = {key: sum(after[key] - before[key] for before, after in pairs) for key in (*COMPARED, *UNPAID)}
    for key in ('leave_by_code', 'overtime_by_rate'):
        sums = {}
        for before, after in pairs:
            for sign, form in ((1, after), (-1, before)):
                for name, value in form.get(key, {}).items():
                    sums[name] = sums.get(name, 0) + sign * value
        found[key] = {name: value for name, value in sums.items() if value}
    return {key: value for key, value in found.items() if value}


def _as_paid(day):
    """Return a day with its overtime as totals have it: what is paid, what waits for an approval, what is missing."""
    overtime, waits = day['overtime'], day['overtime_state'] == 'to_approve'
    return {
        **day,
        'overtime': 0 if waits else max(0, overtime),
        'overtime_by_rate': {} if waits else day.get('overtime_by_rate', {}),
        'overtime_to_approve': max(0, overtime) if waits else 0,
        'undertime': max(0, -overtime),
    }


def _records_begin(apps):
    first = apps.get_model('attendance', 'MonthClosing').objects.order_by('month').first()
    if first is not None:
        apps.get_model('attendance', 'MonthSettings').objects.create(pk=1, records_begin=first.month)


def _reset_sequence(apps, schema_editor):
    """Let the next row of rules get a free number: the one row there was had its number said."""
    connection = schema_editor.connection
    if connection.vendor == 'postgresql':
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('attendance_workrules', 'id'), "
                "GREATEST((SELECT COALESCE(MAX(id), 0) FROM attendance_workrules), 1))"
            )


class Migration(migrations.Migration):

    dependencies = [
        ('attendance', '0007_months_that_stand'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
