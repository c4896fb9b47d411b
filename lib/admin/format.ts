/** Numbers as people read them. */

const SIZES = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes, in powers of a thousand: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let [value, at] = [bytes, 0];
  while (value >= 999.5 && at < SIZES.length - 1) [value, at] = [value / 1000, at + 1];
  return `${at === 0 ? value : threeDigits(value)} ${SIZES[at]}`;
}

/** Seconds: `2.5 ms`, `340 ms`, `1.2 s`, `4 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${threeDigits(seconds * 1000)} ms`;
  if (seconds < 90) return `${threeDigits(seconds)} s`;
  return formatUptime(seconds);
}

/** A longer time in its two largest units: `4 min`, `3 h 20 min`, `2 d 5 h`. */
export function formatUptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The time of day in UTC: `12:34:56`. */
export function formatTime(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}

/** Two digits behind the point below ten, one below a hundred, without zeros at the end. */
function threeDigits(value: number): string {
  return String(Number(value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)));
}
