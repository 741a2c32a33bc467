// Secrets kept in HashiCorp Vault or OpenBao, read over the HTTP API of the KV version 2 engine.
import { unavailable } from "../failure.ts";
import type { Outbound } from "../tokens/outbound.ts";
import { isSameSecret, type Secrets } from "./secrets.ts";

export type VaultParts = {
  /** Origin of the Vault, without a slash at the end. */
  address: string;
  /** Where the KV v2 engine is mounted, usually `kv` or `secret`. */
  mount: string;
  /** The namespace of Vault Enterprise or HCP; none if absent. */
  namespace?: string;
  /** The Vault token, read anew for each request, since its file is replaced when it is renewed. */
  token: () => string;
  outbound: Outbound;
};

type StoredVersion = { version: number; secret: string };

const safeId = /^[0-9A-Za-z_-]{1,128}$/;

/**
 * Reads `{mount}/data/secret/{tenant}/{project}/{client}` and compares its field `secret_id`, of the current and of
 * the previous version, so that a secret can be replaced without a gap. Only Vault's own words for an absent secret
 * are `not_found`; everything else that is not a secret is Failure `unavailable`.
 */
export function createVaultSecrets(parts: VaultParts): Secrets {
  return {
    async verify({ tenantId, projectId, clientId, presented, now, signal }) {
      const ids = [tenantId, projectId, clientId];
      // They become a path in the Vault, where a slash or two dots would lead to somebody else's secret.
      if (!ids.every((id) => safeId.test(id))) return { kind: "not_found" };
      const read = versionReader(parts, ids.join("/"), signal);
      const current = await read();
      if (!current) return { kind: "not_found" };
      // Nobody here hears of what changes in the Vault.
      const ok = { kind: "ok", until: now } as const;
      if (isSameSecret(presented, current.secret)) return ok;
      // Version 0 would mean the current one.
      const previous = current.version > 1 ? await read(current.version - 1) : undefined;
      return previous && isSameSecret(presented, previous.secret) ? ok : { kind: "wrong" };
    },
  };
}

/** Reads one version, the current one if none is named; undefined if it does not exist or was deleted. */
function versionReader(parts: VaultParts, path: string, signal: AbortSignal) {
  const url = `${parts.address}/v1/${parts.mount}/data/secret/${path}`;
  return async (version?: number): Promise<StoredVersion | undefined> => {
    const headers = {
      "x-vault-token": readToken(parts.token),
      "x-vault-request": "true",
      ...(parts.namespace !== undefined && { "x-vault-namespace": parts.namespace }),
    };
    const asked = version === undefined ? url : `${url}?version=${version}`;
    const { status, body } = await parts.outbound.json(asked, { headers, signal });
    if (status === 404 && saysAbsent(body)) return undefined;
    const stored = status === 200 ? storedVersion(body) : undefined;
    if (!stored) throw unavailable(`the Vault answered ${status} without a usable secret`);
    return stored;
  };
}

/** A file that cannot be read is a dependency that is down. */
function readToken(token: () => string): string {
  try {
    return token().trim();
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** No secret: an empty list of errors. A deleted version: metadata without data. A wrong mount has an error to tell. */
function saysAbsent(body: unknown): boolean {
  const { errors, data } = members(body);
  if (Array.isArray(errors)) return errors.length === 0;
  const { data: content, metadata } = members(data);
  return content === null && typeof metadata === "object" && metadata !== null;
}

function storedVersion(body: unknown): StoredVersion | undefined {
  const { data, metadata } = members(members(body).data);
  const { version } = members(metadata);
  const { secret_id: secret } = members(data);
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 1) return undefined;
  return typeof secret === "string" && secret !== "" ? { version, secret } : undefined;
}

/** The members of whatever was answered; none of what is not an object. */
const members = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? { ...value } : {};
