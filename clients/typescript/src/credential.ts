// Who calls: an application by its id and secret, or the holder of an access token.

/**
 * An application (HTTP Basic, RFC 6749 section 2.3.1) or a bearer (RFC 6750). A public application has no secret;
 * never ship a secret to a browser.
 */
export type Credential = { clientId: string; clientSecret?: string } | { token: () => Promise<string> };

/** The value of the authorization header. */
export async function authorizationOf(credential: Credential): Promise<string> {
  if ("token" in credential) return `Bearer ${await credential.token()}`;
  // Both halves are form-encoded first, so that a colon in the id cannot move the border between them.
  const pair = [credential.clientId, credential.clientSecret ?? ""].map(encodeURIComponent).join(":");
  return `Basic ${btoa(pair)}`;
}
