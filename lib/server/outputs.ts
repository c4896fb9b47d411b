import type { Settings } from "../config/settings/settings.ts";
import { LineWriter } from "../core/line_writer.ts";
import { escapeControls } from "../log/escape_controls.ts";
import { failureSink } from "../log/failure_sink.ts";
import { jsonLine } from "../log/json_line.ts";
import { readableLine } from "../log/readable_line.ts";
import type { Sink } from "../log/request_log.ts";

/** The destinations of log entries. */
export interface Outputs {
  readonly sinks: readonly Sink[];
  /** Whether any sink logs the client. */
  readonly logsClient: boolean;
  /** Resolves once all lines have been written. */
  flushed(): Promise<unknown>;
}

/** Opens the outputs that the settings select. */
export function openOutputs(settings: Pick<Settings, "log" | "debug">): Outputs {
  const stdout = new LineWriter(
    Deno.stdout,
    (lost) => JSON.stringify({ time: new Date().toISOString(), lost_lines: lost }),
  );
  const stderr = new LineWriter(
    Deno.stderr,
    (lost) => `cred-proxy: dropped ${lost} log line(s): the reader of stderr is too slow`,
  );
  const sinks: Sink[] = [];
  if (settings.log === "json") sinks.push((entry) => stdout.push(escapeControls(jsonLine(entry))));
  if (settings.debug) sinks.push((entry) => stderr.push(escapeControls(readableLine(entry))));
  // If every request is logged on stderr, failures need no extra line.
  else sinks.push(failureSink((line) => stderr.push(escapeControls(`cred-proxy: ${line}`))));
  return {
    sinks,
    logsClient: settings.log === "json",
    flushed: () => Promise.all([stdout.flushed(), stderr.flushed()]),
  };
}
