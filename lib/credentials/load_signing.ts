import type { RouteConfig } from "../config/route/route_config.ts";

/** What signs requests. */
export type SigningParts = typeof import("./aws/aws_credential.ts");

/** Loads what signs, for routes of which one does; undefined for others, since a start is sooner without it. */
export async function loadSigning(
  routes: readonly Pick<RouteConfig, "signWith">[],
): Promise<SigningParts | undefined> {
  if (routes.every(({ signWith }) => signWith === undefined)) return undefined;
  return await import("./aws/aws_credential.ts");
}
