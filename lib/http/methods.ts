/**
 * Methods that are never forwarded: TRACE echoes the credential (RFC 9110, section 9.3.8), TRACK is its name in IIS,
 * and CONNECT opens a tunnel.
 */
export const NEVER_FORWARDED: ReadonlySet<string> = new Set(["TRACE", "CONNECT", "TRACK"]);
