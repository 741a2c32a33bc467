// What settings must hold to each other, beyond the type of each. Every rule adds its sentence; none stops the next.
import { isLoopback, parseAddress } from "./address.ts";
import type { KeyName, Values } from "./keys.ts";

export type Broken = { key: KeyName; says: string };

type Rule = (values: Values, isGiven: (key: KeyName) => boolean) => readonly (Broken | false)[];

export const brokenRules = (values: Values, isGiven: (key: KeyName) => boolean): Broken[] =>
  rules.flatMap((rule) => rule(values, isGiven)).filter((broken) => broken !== false);

const identity: Rule = ({ dev, issuer, kek_file }, isGiven) => [
  !dev && issuer === undefined && { key: "issuer", says: "is needed outside dev mode" },
  !dev && !isGiven("kek") && kek_file === undefined && { key: "kek_file", says: "is needed outside dev mode" },
  isGiven("kek") && isGiven("kek_file") && { key: "kek", says: "must not be given together with kek_file" },
];

const encryption: Rule = ({ tls_cert_file, tls_key_file, tls_client_ca_file }) => [
  tls_cert_file !== undefined &&
    tls_key_file === undefined && { key: "tls_key_file", says: "belongs to tls_cert_file" },
  tls_key_file !== undefined &&
    tls_cert_file === undefined && { key: "tls_cert_file", says: "belongs to tls_key_file" },
  tls_client_ca_file !== undefined &&
    tls_cert_file === undefined && { key: "tls_client_ca_file", says: "needs tls_cert_file and tls_key_file" },
];

// ASVS 12.3.1: nothing crosses a network in the clear because somebody forgot a setting.
const plaintext: Rule = (values) =>
  (["grpc_address", "http_address"] as const).map(
    (key) =>
      !values.allow_plaintext &&
      values.tls_cert_file === undefined &&
      !isLoopback(parseAddress(values[key])?.host ?? "") && {
        key,
        says: "is not loopback: give tls_cert_file and tls_key_file, or set allow_plaintext",
      },
  );

const lifetimes: Rule = (values) => [
  values.access_token_ttl > values.max_access_token_ttl && {
    key: "access_token_ttl",
    says: "must not be longer than max_access_token_ttl",
  },
  values.refresh_idle_ttl > values.refresh_absolute_ttl && {
    key: "refresh_idle_ttl",
    says: "must not be longer than refresh_absolute_ttl",
  },
  // The next key is published for one cache lifetime before it signs.
  values.key_rotation_interval < 2 * values.jwks_max_age && {
    key: "key_rotation_interval",
    says: "must be at least twice jwks_max_age",
  },
];

const vault: Rule = ({ secret_store, vault_address, vault_token_file }) => [
  secret_store === "vault" && vault_address === undefined && { key: "vault_address", says: "is needed for vault" },
  secret_store === "vault" &&
    vault_token_file === undefined && { key: "vault_token_file", says: "is needed for vault" },
];

const rules: readonly Rule[] = [identity, encryption, plaintext, lifetimes, vault];
