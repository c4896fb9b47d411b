/** The classes of status codes: `1xx` for a WebSocket, `none` if the client disconnected before the response. */
export const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"] as const;

/** The class of a status code. */
export type StatusClass = typeof STATUS_CLASSES[number];

/** Returns the class of a status code, where 0 stands for no status. */
export function statusClass(status: number): StatusClass {
  return status === 0 ? "none" : STATUS_CLASSES[Math.floor(status / 100) - 1] ?? "5xx";
}
