/** Status codes by their first digit; `none` where the client disconnected before the response. */
export const STATUS_CLASSES = ["2xx", "3xx", "4xx", "5xx", "none"] as const;
export type StatusClass = typeof STATUS_CLASSES[number];

/** Returns the class of a status code; 0 is no status. */
export function statusClass(status: number): StatusClass {
  return status === 0 ? "none" : STATUS_CLASSES[Math.floor(status / 100) - 2] ?? "5xx";
}
