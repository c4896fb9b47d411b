/** Never forwarded: the first echoes the credential, the second makes a tunnel, the third is the first elsewhere. */
export const NEVER_FORWARDED: ReadonlySet<string> = new Set(["TRACE", "CONNECT", "TRACK"]);
