/**
 * What knows clients, for the tables that say who they are; see `load_clients.ts`.
 *
 * @module
 */

export { ClientDirectory } from "./client_directory.ts";
export { clientHashes, proofText, unsetClientText } from "./client_tokens.ts";
export { checkKeyFiles, openIssuers } from "./open_issuers.ts";
export { TokenClashes } from "./token_clashes.ts";
