// Secrets that Tessera generated itself and stores as keyed digests.
import { looksLikeApplicationSecret } from "../tokens/application-secret.ts";
import type { Keyring } from "../tokens/keyring.ts";
import type { SecretOutcome, Secrets } from "./secrets.ts";

/** One live secret of an application; several may be live at a time, so that they can be exchanged without a gap. */
export type StoredSecret = { id: string; digest: string; expireTime: number | null };

export type OwnSecretsParts = {
  keyring: Pick<Keyring, "checkMac">;
  /** All secrets of an application, expired ones included. */
  secretsOf: (clientId: string) => Promise<readonly StoredSecret[]>;
  /** Told which secret was used. Must not throw: a note of use is no part of authentication. */
  touch?: (id: string, now: number) => void;
};

/** Every stored secret is compared, and one that does not exist if there is none, so that the time tells nothing. */
export function createOwnSecrets({ keyring, secretsOf, touch }: OwnSecretsParts): Secrets {
  return {
    async verify({ clientId, presented, now }): Promise<SecretOutcome> {
      const stored = await secretsOf(clientId);
      const compared = stored.length > 0 ? stored : [absent];
      const matching = compared.filter(({ digest }) => keyring.checkMac("pepper", presented, digest));
      if (stored.length === 0) return { kind: "not_found" };
      const [match] = matching;
      // Only what Tessera generates counts, whatever digest found its way into the store.
      if (!match || !looksLikeApplicationSecret(presented)) return { kind: "wrong" };
      const until = match.expireTime ?? Number.POSITIVE_INFINITY;
      if (now >= until) return { kind: "expired" };
      touch?.(match.id, now);
      return { kind: "ok", until };
    },
  };
}

/** Its key id is none that a keyring makes. */
const absent: StoredSecret = { id: "", digest: "none.", expireTime: null };
