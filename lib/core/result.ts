/**
 * The result of a parser: a value, or everything that is wrong with the input.
 *
 * A parser has the form `(text, path) => Result`, a check `(value, path) => readonly Problem[]`. The caller, which knows
 * where the input was found, passes its path, and every problem carries it.
 *
 * @module
 */

/** The kind of a problem. Code and tests depend on it: messages may be reworded, codes are stable. */
export type ProblemCode =
  // Presence, type and size.
  | "missing"
  | "unset"
  | "empty"
  | "unknown_field"
  | "unknown_setting"
  | "unknown_route"
  | "unknown_provider"
  | "unknown_option"
  | "too_many_arguments"
  | "unknown_issuer"
  | "wrong_type"
  | "out_of_range"
  | "too_long"
  | "too_large"
  // Conflicts.
  | "exclusive_fields"
  | "requires_basic"
  | "conflict"
  | "duplicate_member"
  | "duplicate_item"
  | "duplicate_header"
  | "duplicate_route"
  | "duplicate_client"
  | "duplicate_issuer"
  | "requires_subject"
  | "requires_issuer"
  | "unneeded_issuer"
  // Strings and numbers.
  | "invalid_json"
  | "invalid_env_file"
  | "invalid_utf8"
  | "invalid_characters"
  | "invalid_choice"
  | "invalid_number"
  // URLs, hosts and paths.
  | "invalid_scheme"
  | "invalid_userinfo"
  | "invalid_host"
  | "missing_brackets"
  | "invalid_port"
  | "invalid_address"
  | "invalid_path"
  | "leading_slash"
  | "trailing_slash"
  | "empty_segment"
  | "dot_segment"
  | "invalid_placeholder"
  | "unexpected_query"
  | "invalid_query"
  | "invalid_wildcard"
  // HTTP.
  | "invalid_auth_scheme"
  | "invalid_auth_user"
  | "invalid_name"
  | "invalid_hash"
  | "invalid_subject"
  | "invalid_claim"
  | "invalid_time"
  | "invalid_field_name"
  | "invalid_parameter_name"
  | "reserved_field"
  | "credential_field"
  | "invalid_method"
  | "invalid_parameter"
  | "method_not_forwarded"
  // Variables and files.
  | "invalid_variable_name"
  | "reserved_variable"
  | "not_found"
  | "not_a_file"
  | "outside_folder"
  | "permission_denied"
  | "unreadable"
  // Certificates.
  | "private_key"
  | "no_certificate"
  | "no_key"
  | "invalid_certificate"
  | "invalid_private_key"
  // The runtime's permissions.
  | "missing_grant"
  | "unrestricted_grant"
  | "unneeded_grant"
  | "restart_needed";

/** One thing that is wrong with the configuration. Never contains a secret. */
export interface Problem {
  /** The location, for example `routes[1].auth_scheme` or `CRED_PROXY_PORT`. */
  readonly path: string;
  readonly code: ProblemCode;
  /** Says what is wrong, then what to do or what was found. */
  readonly message: string;
}

/** A valid value. */
export interface Success<Value> {
  readonly ok: true;
  readonly value: Value;
}

/** Everything that is wrong: at least one problem. */
export interface Failure {
  readonly ok: false;
  readonly problems: readonly Problem[];
}

/** A value, or everything that is wrong with it. */
export type Result<Value> = Success<Value> | Failure;

/** Returns a valid value. */
export function ok<Value>(value: Value): Success<Value> {
  return { ok: true, value };
}

/** Returns one problem as a failure. */
export function fail(path: string, code: ProblemCode, message: string): Failure {
  return failAll([problem(path, code, message)]);
}

/** Returns several problems, at least one, as a failure. */
export function failAll(problems: readonly Problem[]): Failure {
  return { ok: false, problems };
}

/** Returns the value if there are no problems. */
export function okUnless<Value>(problems: readonly Problem[], value: Value): Result<Value> {
  return problems.length === 0 ? ok(value) : failAll(problems);
}

/** Returns a problem. */
export function problem(path: string, code: ProblemCode, message: string): Problem {
  return { path, code, message };
}

/** Returns the problems of a result; empty if it is a value. */
export function problemsOf(result: Result<unknown>): readonly Problem[] {
  return result.ok ? [] : result.problems;
}
