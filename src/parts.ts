// What is handed down: everything a use-case may touch. Each asks for the few it needs with Pick.
import type { Logger } from "pino";
import type { PolicyCache } from "./policies.ts";
import type { Clock } from "./clock.ts";
import type { Messages } from "./messages/messages.ts";
import type { Random } from "./random.ts";
import type { Secrets } from "./secrets/secrets.ts";
import type { Store } from "./store/store.ts";
import type { Issuers } from "./tokens/issuers.ts";
import type { Keyring } from "./tokens/keyring.ts";
import type { Mint } from "./tokens/mint.ts";
import type { Verify } from "./tokens/verify.ts";
import type { UserPermissions } from "./user-permissions.ts";
import type { Validate } from "./validation.ts";

/** Lifetimes of the instance, in seconds. */
export type Lifetimes = {
  accessToken: number;
  accessTokenMaximum: number;
  refreshIdle: number;
  refreshAbsolute: number;
  retryWindow: number;
};

/** Where an instance that nobody administers leaves the secret that opens it, for its operator only. */
export type BootstrapFile = {
  path: string;
  exists(): boolean;
  /** Instead of what is there. */
  write(secret: string): void;
  remove(): void;
};

export type Parts = {
  /** The issuer identifier in every token, byte for byte (RFC 8414 section 2). */
  issuer: string;
  lifetimes: Lifetimes;
  store: Store;
  policies: PolicyCache;
  permissions: UserPermissions;
  keyring: Keyring;
  mint: Mint;
  verify: Verify;
  issuers: Issuers;
  messages: Messages;
  secrets: Secrets;
  bootstrapFile: BootstrapFile;
  clock: Clock;
  random: Random;
  validate: Validate;
  log: Logger;
};
