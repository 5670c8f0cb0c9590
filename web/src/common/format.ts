const kMinuteMs = 60_000;
const kHourMs = 60 * kMinuteMs;
const kDayMs = 24 * kHourMs;

/** Whole number with the locale's grouping. */
export function formatCount(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(value);
}

/** Share in per cent with at most `digits` decimals; a dash when the whole is zero. */
export function formatRate(part: number, whole: number, locale: string, digits = 1): string {
  if (whole <= 0) return '–';
  return formatRatio(part / whole, locale, digits);
}

/** A ratio (0.9103) in per cent. */
export function formatRatio(ratio: number, locale: string, digits = 1): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(ratio);
}

/** A reading with its unit; a dash when there is none. */
export function formatReading(value: number | undefined, unit: string | undefined, locale: string): string {
  if (value === undefined) return '–';
  const number = new Intl.NumberFormat(locale, { maximumSignificantDigits: 6 }).format(value);
  return unit ? `${number} ${unit}` : number;
}

export function formatScore(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 3 }).format(value);
}

/** Date and time to the minute in the city's zone. `time_zone` is an IANA name. */
export function formatInstant(instant: string, locale: string, timeZone: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  return new Intl.DateTimeFormat(locale, {
    timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);
}

/** Time of day to the second in the city's zone. */
export function formatTimeOfDay(instant: string, locale: string, timeZone: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  return new Intl.DateTimeFormat(locale, {
    timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  }).format(at);
}

/** A local day "2026-11-20" in words. */
export function formatDay(day: string, locale: string): string {
  const at = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return day;
  return new Intl.DateTimeFormat(locale, {
    timeZone: 'UTC', year: 'numeric', month: 'long', day: 'numeric',
  }).format(at);
}

/** The local day in a zone at an instant, as "2026-11-20". */
export function localDay(at: Date, timeZone: string): string {
  // The Swedish locale writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone, year: 'numeric', month: '2-digit', day: '2-digit',
  }).format(at);
}

/** `count` days after a day "2026-11-20". */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * kDayMs).toISOString().slice(0, 10);
}

/** A duration as its two biggest units: [["days", 3], ["hours", 4]]. Empty below one minute. */
export function splitDuration(ms: number): ['days' | 'hours' | 'minutes', number][] {
  const size = Math.abs(ms);
  const days = Math.floor(size / kDayMs);
  const hours = Math.floor((size % kDayMs) / kHourMs);
  const minutes = Math.floor((size % kHourMs) / kMinuteMs);
  const parts: ['days' | 'hours' | 'minutes', number][] = [];
  if (days > 0) parts.push(['days', days]);
  if (hours > 0) parts.push(['hours', hours]);
  if (minutes > 0 && days === 0) parts.push(['minutes', minutes]);
  return parts;
}

/** A case number in groups, for reading aloud and checking by eye: 110108 20261120 00012. */
export function groupCaseNumber(number: string): string {
  return /^\d{19}$/.test(number)
    ? `${number.slice(0, 6)} ${number.slice(6, 14)} ${number.slice(14)}`
    : number;
}
