// Addresses to listen on: their grammar, and which of them never leave the machine.
import { isIPv4, isIPv6 } from "node:net";

/** Where a server listens. `host` has no brackets; port 0 takes any free port. */
export type Address = { host: string; port: number };

/** Reads `host:port` or `[IPv6]:port`; undefined if it is neither. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  return bracketed !== undefined && !isIPv6(bracketed) ? undefined : { host, port };
}

export const formatAddress = ({ host, port }: Address): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** True only for 127.0.0.0/8, ::1 and the name localhost: any other spelling counts as reachable from outside. */
export const isLoopback = (host: string): boolean =>
  (isIPv4(host) && host.startsWith("127.")) || host === "::1" || host.toLowerCase() === "localhost";
