// Who the development issuer knows: the demo users and the applications that may sign them in.

export type DevUser = {
  /** The `sub` of its tokens. */
  subject: string;
  username: string;
  name: string;
  email: string;
  emailVerified: boolean;
  phone?: string;
};

/** A public client: it has no secret, and PKCE is what protects its codes. */
export type DevClient = { clientId: string; redirectUris: readonly string[] };
