/** Coded content that is not forwarded: a secret stands in it, or it can't be looked into. */
export class ContentWithheld extends Error {
  override readonly name = "ContentWithheld";
}
