// The kinds of value a setting can have. Each takes the words of a shell as well as those of a file, says in one
// sentence what it wants, and never repeats what it got.
import { isIP } from "node:net";
import { z } from "zod";
import { isLoopback, parseAddress } from "./address.ts";

export const text = z.string({ error: "must be text" }).min(1, { error: "must not be empty" }).max(4096);

export const choice = <const T extends readonly string[]>(...words: T) =>
  z.enum(words, { error: `must be one of ${words.join(", ")}` });

export const yesNo = z.preprocess(
  (raw) => (raw === "true" ? true : raw === "false" ? false : raw),
  z.boolean({ error: "must be true or false" }),
);

export const count = (min: number, max: number) => whole(min, max, `must be a whole number from ${min} to ${max}`);

/** A duration: whole seconds and nothing else, so that "15m" is never taken for 15 of something. */
export const seconds = (min: number, max: number) =>
  whole(min, max, `must be a whole number of seconds without a unit (900, not 15m), from ${min} to ${max}`);

function whole(min: number, max: number, error: string) {
  const digits = (raw: unknown) => (typeof raw === "string" && /^\d{1,15}$/.test(raw) ? Number(raw) : raw);
  return z.preprocess(digits, z.int({ error }).min(min, { error }).max(max, { error }));
}

export const address = z
  .string({ error: "must be text" })
  .refine((value) => parseAddress(value) !== undefined, { error: "must be host:port, such as 127.0.0.1:8080" });

/** A list in the file, or words separated by commas in the environment and in flags. */
export const list = <T extends z.ZodType<string>>(item: T) =>
  z.preprocess(
    (raw) => (typeof raw === "string" ? words(raw) : raw),
    z.array(item, { error: "must be a list" }).max(256),
  );

const words = (raw: string): string[] =>
  raw
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

export const addressRange = z.string({ error: "must be text" }).refine(isRange, {
  error: "must be an address range, such as 10.0.0.0/8 or fd00::/8",
});

function isRange(value: string): boolean {
  const [, host, prefix] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(value) ?? [];
  const version = isIP(host ?? "");
  return version !== 0 && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** An issuer identifier (RFC 8414 section 2): https, or http on loopback. Kept byte for byte, so only one spelling fits. */
export const issuer = z.string({ error: "must be text" }).refine(isIssuer, {
  error: "must be an https URL (http only on loopback) in normal form, without user, query or fragment",
});

function isIssuer(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || /[?#]/.test(value) || url.username !== "" || url.password !== "") return false;
  return isSafe(url) && (url.href === value || url.href === `${value}/`);
}

export const serviceUrl = z
  .string({ error: "must be text" })
  .refine((value) => isSafe(URL.parse(value)), { error: "must be an https URL (http only on loopback)" });

const isSafe = (url: URL | null): boolean =>
  url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname.replace(/^\[|\]$/g, "")));

export const databaseUrl = z
  .string({ error: "must be text" })
  .refine((value) => !/^postgres(ql)?:/.test(value), { error: "PostgreSQL is not available yet; use sqlite:<path>" })
  .refine((value) => /^(sqlite:.|postgres(ql)?:)/.test(value), { error: "must be sqlite:<path>" });

/** 32 bytes in plain base64. */
export const key32 = z
  .string({ error: "must be text" })
  .refine((value) => /^[A-Za-z0-9+/]{43}=$/.test(value), { error: "must be 32 bytes in base64 (44 characters)" });
