// What ical.js makes of our calendar objects: reads one from standard input and prints what it understood as JSON, or answers it:
// calendar.mjs read | busy <from> <until> | accept | decline | counter <begin on the clocks of the zone> <IANA zone>
import { readFileSync } from 'node:fs';
import ICAL from 'ical.js';

const [what, begin, zone] = process.argv.slice(2);
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, 'utf8')));
for (const defined of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(defined);
const events = calendar.getAllSubcomponents('vevent').map((event) => new ICAL.Event(event));

if (what === 'read') {
  console.log(JSON.stringify({
    method: calendar.getFirstPropertyValue('method'),
    events: events.map((event) => ({
      uid: event.uid,
      sequence: event.sequence ?? 0,
      start: event.startDate.toJSDate().toISOString(),
      end: event.endDate.toJSDate().toISOString(),
      status: event.component.getFirstPropertyValue('status'),
      summary: event.summary,
    })),
  }));
} else if (what === 'busy') {
  const [from, until] = [begin, zone].map((text) => new Date(text));
  const busy = [];
  for (const event of events.filter((one) => !one.isRecurrenceException())) {
    const times = event.iterator();
    for (let next = times.next(); next && next.toJSDate() < until; next = times.next()) {
      const { startDate, endDate, item } = event.getOccurrenceDetails(next);
      const is = (name, value) => item.component.getFirstPropertyValue(name) === value;
      const [start, end] = [startDate, endDate].map((time) => time.toJSDate());
      if (!is('status', 'CANCELLED') && !is('transp', 'TRANSPARENT') && start < end && start < until && end > from) {
        busy.push({ from: start.toISOString(), until: end.toISOString() });
      }
    }
  }
  console.log(JSON.stringify(busy.sort((a, b) => a.from.localeCompare(b.from) || a.until.localeCompare(b.until))));
} else {
  const [event] = events;
  calendar.updatePropertyWithValue('method', what === 'counter' ? 'COUNTER' : 'REPLY');
  if (what === 'counter') {
    const start = event.component.getFirstProperty('dtstart');
    start.setValue(ICAL.Time.fromDateTimeString(begin));
    start.setParameter('tzid', zone);
    event.component.removeAllProperties('dtend');
  } else {
    event.component.getFirstProperty('attendee').setParameter('partstat', what === 'accept' ? 'ACCEPTED' : 'DECLINED');
  }
  event.component.updatePropertyWithValue('comment', '那天, 出差;\n改天');
  process.stdout.write(calendar.toString());
}
