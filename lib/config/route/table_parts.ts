/**
 * What reads the fields that most tables do not have; see `read_table.ts`.
 *
 * @module
 */

export { readClients } from "./client_fields.ts";
export { checkClients } from "./client_relations.ts";
export { readIssuers } from "./issuer_fields.ts";
export { linkClients } from "./link_clients.ts";
export { checkSigning, readSignWith } from "./sign_with_fields.ts";
export { readTokenFrom } from "./token_from_fields.ts";
