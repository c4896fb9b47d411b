/** What the runtime says about whoever sent a request, where a test calls the handler itself. */
export const CLIENT_INFO = {
  remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port: 4711 },
} as const;
