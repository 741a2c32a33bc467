// The table of grants and of refresh families in plain SQL, durable as Tessera's, with what writes to them prepared.
import Sqlite from "better-sqlite3";
import { families, type Family, familyOf, grantColumns, type GrantRow, type Update } from "./row-samples.ts";

export function openTables(path: string) {
  const file = new Sqlite(path);
  file.pragma("journal_mode = WAL");
  file.pragma("synchronous = FULL");
  file.exec(tables);
  const family = file.prepare<[Family]>(firstHead);
  for (let turn = 0; turn < families; turn++) family.run(familyOf(turn));
  const insertion = `INSERT INTO "grant" VALUES (${grantColumns.map((name) => `@${name}`).join(", ")})`;
  return {
    begin: file.prepare("BEGIN IMMEDIATE"),
    commit: file.prepare("COMMIT"),
    insert: file.prepare<[GrantRow]>(insertion),
    update: file.prepare<[Update], { generation: number }>(rotation),
    close: () => void file.close(),
  };
}

const tables = `
  CREATE TABLE "grant" (
    id text PRIMARY KEY NOT NULL, tenant_id text NOT NULL, parent_id text, user_id text NOT NULL,
    client_id text NOT NULL, resource_id text NOT NULL, organization_id text, connector_id text, realm text NOT NULL,
    scope text, request_id text NOT NULL, create_time integer NOT NULL, expire_time integer NOT NULL,
    revoke_time integer, revoke_reason text
  );
  CREATE INDEX grant_expiry ON "grant" (expire_time);
  CREATE TABLE refresh_family (
    id text PRIMARY KEY NOT NULL, tenant_id text NOT NULL, grant_id text NOT NULL, client_id text NOT NULL,
    binding text, generation integer NOT NULL, head_digest text NOT NULL, previous_digest text, salt text,
    retry_window_ms integer NOT NULL, idle_ttl_ms integer NOT NULL, create_time integer NOT NULL, rotate_time integer,
    idle_expire_time integer NOT NULL, absolute_expire_time integer NOT NULL, revoke_time integer
  );
  CREATE INDEX refresh_family_grant ON refresh_family (grant_id);
`;

const firstHead = `
  INSERT INTO refresh_family VALUES (
    @id, @tenant, @grant, @client, NULL, 1, @digest, NULL, NULL, 30000, 604800000, @now, NULL, @now, @now, NULL
  )
`;

const rotation = `
  UPDATE refresh_family
  SET generation = generation + 1, previous_digest = head_digest, head_digest = @successor, salt = @salt,
    rotate_time = @now, idle_expire_time = @idleExpireTime
  WHERE id = @id RETURNING generation
`;
