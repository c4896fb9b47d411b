/** Line breaks as they stand in wrapped base64: plain, in JSON, in a URI, and in HTML. */
export const LINE_BREAKS: readonly string[] = [
  "\n",
  "\r\n",
  "\\n",
  "\\r\\n",
  "%0A",
  "%0D%0A",
  "%0a",
  "%0d%0a",
  "&#10;",
  "&#13;&#10;",
];

/** Those that are common enough for a break near both ends of a short form to be looked for. */
export const COMMON_LINE_BREAKS: readonly string[] = LINE_BREAKS.slice(0, 4);
