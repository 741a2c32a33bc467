// The one-time secret that opens a tenant which nobody administers yet. Generated; a keyed digest is all that is stored.
import type { Random } from "../random.ts";
import { generated } from "./application-secret.ts";
import type { Keyring } from "./keyring.ts";

/** How long one may be used, in milliseconds. */
export const bootstrapSecretTtl = 86_400_000;

/** `bs_`, 256 random bits, and a checksum by which scanners know a leaked one. Shown once. */
export const newBootstrapSecret = (random: Random): string => generated("bs_", random);

/** What is stored of a secret. */
export const bootstrapSecretDigest = (keyring: Pick<Keyring, "mac">, secret: string): string =>
  keyring.mac("pepper", secret);

/** What may be stored of it: one for each key that digests are made with. */
export const bootstrapSecretDigests = (keyring: Pick<Keyring, "macs">, secret: string): string[] =>
  keyring.macs("pepper", secret);
