/**
 * Compares two strings in a time that does not depend on their content, so that a client can't guess the token byte by
 * byte.
 */
export function isEqual(token: string, given: string): boolean {
  let difference = token.length ^ given.length;
  for (let index = 0; index < token.length; index++) {
    // Past the end `charCodeAt` returns NaN, which counts as 0 here; the lengths differ then.
    difference |= token.charCodeAt(index) ^ given.charCodeAt(index);
  }
  return difference === 0;
}
