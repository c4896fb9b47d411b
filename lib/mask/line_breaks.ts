/**
 * Line breaks as they stand in wrapped base64: plain, in JSON and JavaScript, in a URI, and in HTML and XML, where some encoders
 * only escape the carriage return.
 */
export const LINE_BREAKS: readonly string[] = [
  "\n",
  "\r\n",
  "\\n",
  "\\r\\n",
  "\r",
  "%0A",
  "%0D%0A",
  "%0a",
  "%0d%0a",
  "%250A",
  "%250D%250A",
  "%250a",
  "%250d%250a",
  "\\u000A",
  "\\u000D\\u000A",
  "\\u000a",
  "\\u000d\\u000a",
  "\\x0A",
  "\\x0D\\x0A",
  "\\x0a",
  "\\x0d\\x0a",
  "&#10;",
  "&#13;&#10;",
  "&#13;\n",
  "&#xA;",
  "&#xD;&#xA;",
  "&#xD;\n",
  "&#xa;",
  "&#xd;&#xa;",
  "&#xd;\n",
  "&NewLine;",
  "\r&NewLine;",
];

/** Those that are common enough for a break near both ends of a short form to be looked for: plain, in JSON, and in XML. */
export const COMMON_LINE_BREAKS: readonly string[] = [
  "\n",
  "\r\n",
  "\\n",
  "\\r\\n",
  "&#13;\n",
  "&#xD;&#xA;",
  "&#xA;",
];
