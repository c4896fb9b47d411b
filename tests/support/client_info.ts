/** The runtime's information about a client, for tests that call the handler directly. */
export const CLIENT_INFO = {
  remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port: 4711 },
} as const;
