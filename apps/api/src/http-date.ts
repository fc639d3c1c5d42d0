const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const CLOCK = String.raw`(?<hour>[01]\d|2[0-3]):(?<minute>[0-5]\d):(?<second>[0-5]\d|60)`;
const MONTH = `(?<month>${MONTHS.join('|')})`;
/** The form to use, and the two obsolete ones that must be understood all the same. */
const FORMS = [
  String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${CLOCK} GMT`,
  String.raw`(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${CLOCK} GMT`,
  String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \d]\d) ${CLOCK} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/** Reads a date as HTTP writes it (RFC 9110, section 5.6.7), in seconds since the epoch; null when it is none. */
export function parseHttpDate(text: string): number | null {
  const fields = FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (!fields) return null;
  const { day, month = '', year = '', hour, minute, second } = fields;
  const time = Date.UTC(
    fullYear(year),
    MONTHS.indexOf(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return time / 1000;
}

/** Two digits name the latest year that is not more than 50 years ahead. */
function fullYear(year: string): number {
  if (year.length === 4) return Number(year);
  const now = new Date().getUTCFullYear();
  const guess = now - (now % 100) + Number(year);
  return guess > now + 50 ? guess - 100 : guess;
}
