const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const rfc850 = /^[A-Z][a-z]+day, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;
const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) (\d{4})$/;

/** The form that is sent (RFC 9110 § 5.6.7): whole seconds, cut off. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** Unix milliseconds of any of the three forms of RFC 9110 § 5.6.7, or undefined for anything else. */
export function parseHttpDate(text: string): number | undefined {
  const ms = Date.parse(asImfFixdate(text) ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function asImfFixdate(text: string): string | undefined {
  if (imfFixdate.test(text)) return text;
  const old = rfc850.exec(text);
  if (old !== null) {
    const [, day = '', month = '', year = '', time = ''] = old;
    // More than 50 years ahead means the century before.
    const century = Number(year) + 2000 > new Date().getUTCFullYear() + 50 ? '19' : '20';
    return `${day} ${month} ${century}${year} ${time} GMT`;
  }
  const c = asctime.exec(text);
  if (c === null) return undefined;
  const [, month = '', day = '', time = '', year = ''] = c;
  return `${day.trim()} ${month} ${year} ${time} GMT`;
}
