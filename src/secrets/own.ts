// Secrets that Tessera generated itself and stores as keyed digests.
import { hash } from "node:crypto";
import { looksLikeApplicationSecret } from "../tokens/application-secret.ts";
import type { Keyring } from "../tokens/keyring.ts";
import type { SecretOutcome, Secrets } from "./secrets.ts";

/** One live secret of an application; several may be live at a time, so that they can be exchanged without a gap. */
export type StoredSecret = { id: string; digest: string; expireTime: number | null };

export type OwnSecretsParts = {
  keyring: Pick<Keyring, "checkMac">;
  /** All secrets of an application, expired ones included; the same list for as long as none of them changes. */
  secretsOf: (clientId: string) => Promise<readonly StoredSecret[]>;
  /** Told which secret was used. Must not throw: a note of use is no part of authentication. */
  touch?: (id: string, now: number) => void;
};

/**
 * Every stored secret is compared, and one that does not exist if there is none, so that no comparison tells how near it
 * was. One that was right is known again by its SHA-256 until the stored secrets change.
 */
export function createOwnSecrets({ keyring, secretsOf, touch }: OwnSecretsParts): Secrets {
  const proven = new WeakMap<readonly StoredSecret[], Map<string, StoredSecret>>();
  const matchOf = (stored: readonly StoredSecret[], presented: string): StoredSecret | undefined => {
    const digest = hash("sha256", presented, "base64url");
    const known = proven.get(stored)?.get(digest);
    if (known !== undefined) return known;
    const match = compare(keyring, stored, presented);
    if (match !== undefined)
      proven.set(stored, (proven.get(stored) ?? new Map<string, StoredSecret>()).set(digest, match));
    return match;
  };
  return {
    async verify({ clientId, presented, now }): Promise<SecretOutcome> {
      const stored = await secretsOf(clientId);
      const match = matchOf(stored, presented);
      if (stored.length === 0) return "not_found";
      if (!match) return "wrong";
      if (match.expireTime !== null && now >= match.expireTime) return "expired";
      touch?.(match.id, now);
      return "ok";
    },
  };
}

function compare(
  keyring: Pick<Keyring, "checkMac">,
  stored: readonly StoredSecret[],
  presented: string,
): StoredSecret | undefined {
  const compared = stored.length > 0 ? stored : [absent];
  const matching = compared.filter(({ digest }) => keyring.checkMac("pepper", presented, digest));
  // Only what Tessera generates counts, whatever digest found its way into the store.
  return looksLikeApplicationSecret(presented) ? matching[0] : undefined;
}

/** Its key id is none that a keyring makes. */
const absent: StoredSecret = { id: "", digest: "none.", expireTime: null };
