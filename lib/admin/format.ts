/**
 * Human-readable numbers and times.
 *
 * @module
 */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Formats bytes in powers of a thousand: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let [value, at] = [bytes, 0];
  while (value >= 999.5 && at < UNITS.length - 1) [value, at] = [value / 1000, at + 1];
  return `${at === 0 ? value : threeDigits(value)} ${UNITS[at]}`;
}

/** Formats seconds: `2.5 ms`, `340 ms`, `1.2 s`, `4 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${threeDigits(seconds * 1000)} ms`;
  if (seconds < 90) return `${threeDigits(seconds)} s`;
  return formatUptime(seconds);
}

/** Formats a longer duration, given in seconds, in its two largest units: `4 min`, `3 h 20 min`, `2 d 5 h`. */
export function formatUptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Formats the time of day in UTC: `12:34:56`. @param time Milliseconds since 1970. */
export function formatTime(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}

/** Rounds to two decimals below ten and one below a hundred, without trailing zeros. */
function threeDigits(value: number): string {
  return String(Number(value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)));
}
